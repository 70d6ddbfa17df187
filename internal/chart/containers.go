package chart

import (
	"reflect"

	"helm.sh/helm/v4/pkg/chart/common"
)

// movers are the functions that move values into, out of and between
// containers without looking at them, at most at whether they are empty.
// Markers stay in the values that they move; an argument that is a key becomes
// a question. The function tells keys by the place of the argument.
var movers = map[string]func(i int) bool{
	"dict": func(i int) bool { return i%2 == 0 },
	"set":  func(i int) bool { return i == 1 },

	"list": noKey, "tuple": noKey, "append": noKey, "push": noKey, "mustAppend": noKey, "mustPush": noKey,
	"prepend": noKey, "mustPrepend": noKey, "concat": noKey, "compact": noKey, "mustCompact": noKey,
	"first": noKey, "mustFirst": noKey, "last": noKey, "mustLast": noKey, "rest": noKey, "mustRest": noKey,
	"initial": noKey, "mustInitial": noKey, "reverse": noKey, "mustReverse": noKey,
	"merge": noKey, "mergeOverwrite": noKey, "mustMerge": noKey, "mustMergeOverwrite": noKey,
	"keys": noKey, "values": noKey,

	"get": allKeys, "unset": allKeys, "hasKey": allKeys, "pick": allKeys, "omit": allKeys, "pluck": allKeys,
	"dig": allKeys, "slice": allKeys, "mustSlice": allKeys, "chunk": allKeys, "mustChunk": allKeys,
}

func noKey(int) bool   { return false }
func allKeys(int) bool { return true }

// moveArgs prepares the arguments of a mover.
func (r *recorder) moveArgs(t reflect.Type, in []reflect.Value, isKey func(i int) bool) []reflect.Value {
	out := in
	replace := func(at int, n reflect.Value) {
		if &out[0] == &in[0] {
			out = append([]reflect.Value(nil), in...)
		}
		out[at] = n
	}
	for i, v := range in {
		if !t.IsVariadic() || i != len(in)-1 {
			if n, changed := r.moveArg(v, isKey(i)); changed {
				replace(i, n)
			}
			continue
		}
		for j := range v.Len() {
			if n, changed := r.moveArg(v.Index(j), isKey(i+j)); changed {
				if out[i] == v {
					fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
					reflect.Copy(fresh, v)
					replace(i, fresh)
				}
				out[i].Index(j).Set(n)
			}
		}
	}
	return out
}

func (r *recorder) moveArg(v reflect.Value, key bool) (reflect.Value, bool) {
	inner := through(v)
	if inner.Kind() != reflect.String || !marked(inner.String()) {
		return v, false
	}
	if key {
		return r.concreteValue(v), true
	}
	r.inContainers = true
	return v, false
}

// deepMarked looks for markers in data. It does not look into objects: those
// that can hold a text of ours do not exist.
func deepMarked(v any, depth int) bool {
	if depth > maxDepth {
		return true
	}
	switch v := v.(type) {
	case string:
		return marked(v)
	case map[string]any:
		for _, e := range v {
			if deepMarked(e, depth+1) {
				return true
			}
		}
	case common.Values:
		return deepMarked(map[string]any(v), depth)
	case []any:
		for _, e := range v {
			if deepMarked(e, depth+1) {
				return true
			}
		}
	case []string:
		for _, e := range v {
			if marked(e) {
				return true
			}
		}
	case map[string]string:
		for _, e := range v {
			if marked(e) {
				return true
			}
		}
	}
	return false
}

// snapshot copies arguments, as templates may change a container afterwards.
// It fails when one holds more than plain data.
func snapshot(args []any) ([]any, bool) {
	out := make([]any, len(args))
	for i, a := range args {
		c, ok := copyData(a, func(s string) string { return s }, 0)
		if !ok {
			return nil, false
		}
		out[i] = c
	}
	return out, true
}

// copyData copies plain data and passes every text through f.
func copyData(v any, f func(string) string, depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return f(v), true
	case map[string]any:
		if v == nil {
			return any(v), true // a typed nil, which prints otherwise than nil
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			c, ok := copyData(e, f, depth+1)
			if !ok {
				return nil, false
			}
			out[k] = c
		}
		return out, true
	case common.Values:
		c, ok := copyData(map[string]any(v), f, depth)
		if !ok {
			return nil, false
		}
		return common.Values(c.(map[string]any)), true
	case []any:
		if v == nil {
			return any(v), true // a typed nil, which prints otherwise than nil
		}
		out := make([]any, len(v))
		for i, e := range v {
			c, ok := copyData(e, f, depth+1)
			if !ok {
				return nil, false
			}
			out[i] = c
		}
		return out, true
	case []string:
		if v == nil {
			return any(v), true // a typed nil, which prints otherwise than nil
		}
		out := make([]string, len(v))
		for i, e := range v {
			out[i] = f(e)
		}
		return out, true
	}
	return v, isScalar(reflect.TypeOf(v).Kind())
}

// concreteData makes questions of all texts in plain data.
func (r *recorder) concreteData(v any) {
	copyData(v, r.concrete, 0)
}
