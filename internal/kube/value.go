package kube

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// valueType is the JSON type of a decoded value.
type valueType int

const (
	typeNull valueType = iota
	typeBool
	typeNumber
	typeString
	typeList
	typeObject
	typeOther // nothing that JSON can hold
)

// typeOf classifies what YAML and JSON decoders return.
func typeOf(v any) valueType {
	switch v := v.(type) {
	case nil:
		return typeNull
	case bool:
		return typeBool
	case string, time.Time, []byte:
		return typeString
	case int, int64, int32, uint64, uint, uint32, json.Number:
		return typeNumber
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return typeOther
		}
		return typeNumber
	case []any:
		return typeList
	case map[string]any, map[any]any:
		return typeObject
	}
	return typeOther
}

// text returns a string value. YAML decoders turn an unquoted date into a
// time; JSON, and so the API server, sees the string that stood there.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// object returns the entries of an object. A YAML key that is no string is
// written as JSON writes it.
func object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case map[any]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[fmt.Sprint(key)] = value
		}
		return out
	}
	return nil
}

// integer returns a number's value if it is whole and fits 64 bits. 8080.0 is
// whole: on its way to the API server it is written as 8080.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case uint:
		return int64(v), uint64(v) <= math.MaxInt64
	case uint32:
		return int64(v), true
	case uint64:
		return int64(v), v <= math.MaxInt64
	case float64:
		// From 1e21 on encoding/json writes an exponent, which no integer
		// field takes; below it, what matters is whether 64 bits hold it.
		return int64(v), v == math.Trunc(v) && v >= -(1<<63) && v < 1<<63
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n, true
		}
		if f, err := v.Float64(); err == nil {
			return integer(f)
		}
	}
	return 0, false
}

// number returns a number as a float.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case uint64:
		return float64(v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0
		}
		return f
	}
	n, _ := integer(v)
	return float64(n)
}

// describe says what a value is, in few words, for messages.
func describe(v any) string {
	switch typeOf(v) {
	case typeNull:
		return "null"
	case typeBool:
		return fmt.Sprintf("boolean %v", v)
	case typeNumber:
		return fmt.Sprintf("number %v", v)
	case typeString:
		return "string " + quote(text(v))
	case typeList:
		return "list"
	case typeObject:
		return "object"
	}
	return fmt.Sprintf("a value that JSON cannot hold (%T)", v)
}

// quote quotes a string, cut to a length that fits a line.
func quote(s string) string {
	const limit = 60
	if runes := []rune(s[:min(len(s), 4*limit)]); len(runes) > limit {
		s = string(runes[:limit]) + "…"
	}
	return strconv.Quote(s)
}
