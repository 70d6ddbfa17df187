package chart

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
)

// textFuncs are the built-in functions of text/template that turn anything
// into text. The package registers these very functions.
func textFuncs() template.FuncMap {
	return template.FuncMap{
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	}
}

// builtins are the built-in functions that compare and index. The package does
// not export them, so they are called through templates of one action.
func (r *recorder) builtins() template.FuncMap {
	b := &builtinCaller{templates: map[string]*template.Template{}}
	compare := func(name string) func(reflect.Value, ...reflect.Value) (bool, error) {
		return func(first reflect.Value, rest ...reflect.Value) (bool, error) {
			out, err := r.builtin(b, name, append([]reflect.Value{first}, rest...))
			if err != nil {
				return false, err
			}
			return out.Bool(), nil
		}
	}
	compareTwo := func(name string) func(reflect.Value, reflect.Value) (bool, error) {
		many := compare(name)
		return func(first, second reflect.Value) (bool, error) { return many(first, second) }
	}
	return template.FuncMap{
		"eq": compare("eq"), "ne": compareTwo("ne"),
		"lt": compareTwo("lt"), "le": compareTwo("le"), "gt": compareTwo("gt"), "ge": compareTwo("ge"),
		"len": func(v reflect.Value) (int, error) {
			out, err := r.builtin(b, "len", []reflect.Value{v})
			if err != nil {
				return 0, err
			}
			return int(out.Int()), nil
		},
		"index": func(v reflect.Value, indexes ...reflect.Value) (reflect.Value, error) {
			return r.builtin(b, "index", append([]reflect.Value{v}, indexes...))
		},
	}
}

// builtin calls one of them; markers among scalars become one question, any
// other marker becomes a question about its text.
func (r *recorder) builtin(b *builtinCaller, name string, args []reflect.Value) (reflect.Value, error) {
	if fast, ok := equalTexts(name, args); ok {
		return fast, nil
	}
	if k := through(args[0]).Kind(); name == "len" && (k == reflect.Map || k == reflect.Slice) {
		return b.call(name, args)
	}
	if name == "index" { // what it is taken from stays, the keys become questions
		return b.call(name, append([]reflect.Value{args[0]}, r.concreteArgs(args[1:])...))
	}
	touched := false
	for _, a := range args {
		touched = r.touches(a) || touched
	}
	if !touched {
		return b.call(name, args)
	}
	plain := make([]any, len(args))
	for i, a := range args {
		if a.IsValid() && a.CanInterface() {
			plain[i] = a.Interface()
		}
	}
	if _, ok := snapshot(plain); !ok {
		return b.call(name, r.concreteArgs(args))
	}
	ask := func(e *evaluation) (reflect.Value, string, error) {
		in := make([]reflect.Value, len(plain))
		for i, a := range plain {
			a, _ = copyData(a, e.text, 0)
			in[i] = args[i]
			if a != nil {
				in[i] = reflect.ValueOf(a)
			}
		}
		out, err := b.call(name, in)
		if err != nil {
			return out, "error: " + err.Error(), err
		}
		return out, fmt.Sprint(out), nil
	}
	out, answer, err := ask(r.here)
	r.record("call\x00"+callKey(name, plain), answer, func(e *evaluation) string {
		_, a, _ := ask(e)
		return a
	})
	return out, err
}

// equalTexts answers the most frequent case at once: eq or ne of two texts.
func equalTexts(name string, args []reflect.Value) (reflect.Value, bool) {
	if len(args) != 2 || name != "eq" && name != "ne" {
		return reflect.Value{}, false
	}
	a, b := through(args[0]), through(args[1])
	if a.Kind() != reflect.String || b.Kind() != reflect.String || marked(a.String()) || marked(b.String()) {
		return reflect.Value{}, false
	}
	return reflect.ValueOf((a.String() == b.String()) == (name == "eq")), true
}

func through(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		return v.Elem()
	}
	return v
}

// builtinCaller runs {{take (NAME (arg 0) (arg 1) …)}}. A worker renders one
// chart at a time, so its fields need no lock.
type builtinCaller struct {
	templates map[string]*template.Template
	args      []reflect.Value
	result    reflect.Value
}

func (b *builtinCaller) call(name string, args []reflect.Value) (reflect.Value, error) {
	text := "{{take (" + name
	for i := range args {
		text += fmt.Sprintf(" (arg %d)", i)
	}
	text += ")}}"
	t, ok := b.templates[text]
	if !ok {
		var err error
		t, err = template.New(name).Funcs(template.FuncMap{
			"arg":  func(i int) reflect.Value { return b.args[i] },
			"take": func(v reflect.Value) string { b.result = v; return "" },
		}).Parse(text)
		if err != nil {
			return reflect.Value{}, err
		}
		b.templates[text] = t
	}
	b.args, b.result = args, reflect.Value{}
	if err := t.Execute(&strings.Builder{}, nil); err != nil {
		for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(next) {
			err = next // the innermost error is what the function said
		}
		return reflect.Value{}, err
	}
	return b.result, nil
}
