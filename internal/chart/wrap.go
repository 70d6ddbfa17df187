package chart

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// recordingFuncs returns every function that a template can call, wrapped so
// that markers are followed. Helm's own late-bound functions (include, tpl) are
// left to the engine: their results are texts, markers and all.
func (r *recorder) recordingFuncs(own template.FuncMap) template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} { // Helm removes or replaces these
		delete(all, name)
	}
	for _, more := range []template.FuncMap{helmFuncs(), textFuncs(), own} {
		for name, fn := range more {
			all[name] = fn
		}
	}
	out := make(template.FuncMap, len(all))
	for name, fn := range all {
		switch {
		case isPassThrough(name):
			out[name] = r.guard(name, fn)
		case name == "deepCopy" || name == "mustDeepCopy":
			out[name] = r.guardCopy(fn)
		default:
			out[name] = r.wrap(name, fn)
		}
	}
	for name, fn := range r.builtins() {
		out[name] = fn
	}
	return out
}

// wrap follows markers through one function.
func (r *recorder) wrap(name string, fn any) any {
	f := reflect.ValueOf(fn)
	t := f.Type()
	pure := !slices.Contains(impure, name)
	isKey, moves := movers[name]
	return reflect.MakeFunc(t, func(in []reflect.Value) []reflect.Value {
		if moves {
			return callAny(f, r.moveArgs(t, in, isKey))
		}
		if !r.touched(t, in) {
			return callAny(f, in)
		}
		args := flatten(t, in)
		if snap, ok := snapshot(args); ok && pure {
			return r.follow(name, f, snap)
		}
		return callAny(f, r.concreteArgs(in))
	}).Interface()
}

func callAny(f reflect.Value, in []reflect.Value) []reflect.Value {
	if f.Type().IsVariadic() {
		return f.CallSlice(in)
	}
	return f.Call(in)
}

// touched says whether an argument has a marker, and gives up when one is a
// stand-in for the capabilities.
func (r *recorder) touched(t reflect.Type, in []reflect.Value) bool {
	found := false
	for i, v := range in {
		if t.IsVariadic() && i == len(in)-1 {
			for j := range v.Len() {
				found = r.touches(v.Index(j)) || found
			}
			continue
		}
		found = r.touches(v) || found
	}
	return found
}

func (r *recorder) touches(v reflect.Value) bool {
	v = through(v)
	switch v.Kind() {
	case reflect.String:
		return marked(v.String())
	case reflect.Map, reflect.Slice:
		// Markers get into containers by way of movers only.
		return r.inContainers && v.CanInterface() && deepMarked(v.Interface(), 0)
	case reflect.Pointer, reflect.Struct:
		if v.CanInterface() && isStandIn(v.Interface()) {
			r.giveUp()
		}
	}
	return false
}

// flatten gives the arguments one by one, the variadic ones too.
func flatten(t reflect.Type, in []reflect.Value) []any {
	var out []any
	for i, v := range in {
		if t.IsVariadic() && i == len(in)-1 {
			for j := range v.Len() {
				out = append(out, v.Index(j).Interface())
			}
			continue
		}
		out = append(out, v.Interface())
	}
	return out
}

// follow calls a pure function on data of which some have markers.
func (r *recorder) follow(name string, f reflect.Value, args []any) []reflect.Value {
	key := callKey(name, args)
	out := r.here.call(f, args)
	if out.isText {
		r.record("shape\x00"+key, shape(out.text), func(e *evaluation) string {
			o := e.call(f, args)
			if !o.isText {
				return o.answer
			}
			return shape(o.text)
		})
		if out.text == "" {
			return out.values
		}
		if shape(out.text) == shapeTemplate {
			for _, a := range args {
				r.concreteData(a)
			}
			return out.values
		}
		t := f.Type().Out(0)
		result := reflect.New(t).Elem()
		s := reflect.ValueOf(r.mark(key, derivation{fn: f, args: args}))
		if t.Kind() == reflect.Interface {
			result.Set(s)
		} else {
			result.Set(s.Convert(t))
		}
		return append([]reflect.Value{result}, out.values[1:]...)
	}
	if out.answer == "" { // an object: it depends on all of each text
		for _, a := range args {
			r.concreteData(a)
		}
		return out.values
	}
	r.record("call\x00"+key, out.answer, func(e *evaluation) string {
		o := e.call(f, args)
		if o.isText {
			return "text"
		}
		return o.answer
	})
	if out.panics != nil {
		panic(out.panics)
	}
	return out.values
}

// What must be known of a text under a marker: that it is not empty, for `if`,
// and that it is no template, as `tpl` would take the marker for plain text.
const (
	shapeEmpty    = "empty"
	shapeText     = "text"
	shapeTemplate = "template"
)

func shape(s string) string {
	switch {
	case s == "":
		return shapeEmpty
	case strings.Contains(s, "{{"), strings.Contains(s, "}}"), strings.HasSuffix(s, "{"), strings.HasPrefix(s, "{") && len(s) == 1:
		return shapeTemplate
	}
	return shapeText
}

func callKey(name string, args []any) string {
	var b strings.Builder
	b.WriteString(name)
	for _, a := range args {
		fmt.Fprintf(&b, "\x00%#v", a)
	}
	return b.String()
}

// concreteArgs replaces the markers in arguments, which become questions.
func (r *recorder) concreteArgs(in []reflect.Value) []reflect.Value {
	out := slices.Clone(in)
	for i, v := range in {
		out[i] = r.concreteValue(v)
	}
	return out
}

func (r *recorder) concreteValue(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		if marked(v.String()) {
			return reflect.ValueOf(r.concrete(v.String())).Convert(v.Type())
		}
	case reflect.Interface:
		if !v.IsNil() {
			n := reflect.New(v.Type()).Elem()
			n.Set(r.concreteValue(v.Elem()))
			return n
		}
	case reflect.Map, reflect.Slice:
		if v.Kind() == reflect.Slice && isVariadicPart(v) {
			n := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			for i := range v.Len() {
				n.Index(i).Set(r.concreteValue(v.Index(i)))
			}
			return n
		}
		if r.inContainers && deepMarked(v.Interface(), 0) {
			r.giveUp() // a function that acts on a container with markers in it
		}
	}
	return v
}

func isVariadicPart(v reflect.Value) bool {
	k := v.Type().Elem().Kind()
	return k == reflect.Interface || k == reflect.String
}

// guard lets markers pass but not the stand-ins, whose type would show.
func (r *recorder) guard(name string, fn any) any {
	if !strings.HasPrefix(name, "type") && !strings.HasPrefix(name, "kind") {
		return fn
	}
	f := reflect.ValueOf(fn)
	return reflect.MakeFunc(f.Type(), func(in []reflect.Value) []reflect.Value {
		r.touched(f.Type(), in)
		for _, v := range in {
			if v.Kind() == reflect.Interface && !v.IsNil() {
				if _, ok := v.Elem().Interface().(guardedFiles); ok {
					r.giveUp()
				}
			}
		}
		return callAny(f, in)
	}).Interface()
}

func (r *recorder) guardCopy(fn any) any {
	f := reflect.ValueOf(fn)
	return reflect.MakeFunc(f.Type(), func(in []reflect.Value) []reflect.Value {
		if holdsStandIn(in[0].Interface(), 3) {
			r.giveUp()
		}
		return callAny(f, in)
	}).Interface()
}
