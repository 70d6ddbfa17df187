package kube

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"
)

// scalar judges a value whose place holds no object or list.
func (v *validator) scalar(value any, t valueType, n *node, at *place) {
	ok := false
	switch n.shape {
	case shapeString:
		ok = t == typeString
	case shapeBool:
		ok = t == typeBool
	case shapeFloat:
		ok = t == typeNumber
	case shapeInt32, shapeInt64:
		v.integer(value, t, n, at)
		return
	case shapeIntOrString:
		if t == typeNumber {
			v.integer(value, t, n, at)
			return
		}
		ok = t == typeString
	case shapeQuantity:
		if t == typeString && !isQuantity(strings.TrimSpace(text(value))) {
			v.format(at, n, value)
			return
		}
		ok = t == typeString || t == typeNumber
	case shapeTime:
		if _, isTime := value.(time.Time); !isTime && t == typeString {
			if _, err := time.Parse(time.RFC3339, text(value)); err != nil {
				v.format(at, n, value)
				return
			}
		}
		ok = t == typeString
	case shapeBytes:
		if t == typeString {
			if _, err := base64.StdEncoding.DecodeString(text(value)); err != nil {
				// The value may be a secret: it is not repeated.
				v.add(at, BadFormat, Error, n.shape.expectation(), "other text", "not base64: encode the value (b64enc), or use a field that takes plain text")
			}
			return
		}
		if isByteList(value) {
			v.add(at, WrongType, Warning, n.shape.expectation(), "list", "a list here is read as bytes: expected string in base64")
			return
		}
	}
	if !ok {
		v.wrongType(at, n, value)
	}
}

// isByteList reports whether a value is a list of bytes, which Go's JSON
// decoder, and so the API server, takes for the bytes themselves.
func isByteList(value any) bool {
	list, ok := value.([]any)
	if !ok {
		return false
	}
	for _, item := range list {
		b, whole := integer(item)
		if item != nil && (!whole || b < 0 || b > math.MaxUint8) {
			return false
		}
	}
	return true
}

func (v *validator) integer(value any, t valueType, n *node, at *place) {
	if t != typeNumber {
		v.wrongType(at, n, value)
		return
	}
	whole, ok := integer(value)
	narrow := n.shape == shapeInt32 || n.shape == shapeIntOrString && n.rules == nil
	if ok && narrow && (whole < math.MinInt32 || whole > math.MaxInt32) {
		ok = false
	}
	if !ok {
		v.wrongType(at, n, value)
	}
}

func (v *validator) format(at *place, n *node, value any) {
	expected, got := n.shape.expectation(), describe(value)
	v.add(at, BadFormat, Error, expected, got, fmt.Sprintf("expected %s, got %s", expected, got))
}

// wrongType reports a value of another type, with the likely cure.
func (v *validator) wrongType(at *place, n *node, value any) {
	expected, got := n.shape.expectation(), describe(value)
	cure := ""
	switch t := typeOf(value); {
	case n.shape == shapeString && (t == typeBool || t == typeNumber):
		cure = "; quote it"
	case t == typeString && (n.shape == shapeInt32 || n.shape == shapeInt64 || n.shape == shapeFloat) && isQuantity(text(value)),
		t == typeString && n.shape == shapeBool && (text(value) == "true" || text(value) == "false"):
		cure = "; write it without quotes"
	}
	v.add(at, WrongType, Error, expected, got, fmt.Sprintf("expected %s, got %s%s", expected, got, cure))
}

// isQuantity reports whether a string is a resource.Quantity: a decimal number
// with an optional binary (Ki), decimal (m, k, M) or exponent (e3) suffix, as
// k8s.io/apimachinery/pkg/api/resource defines it.
func isQuantity(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '+' || s[0] == '-' {
		s = s[1:]
	}
	end, digits, dots := 0, 0, 0
	for end < len(s) && (s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
		if s[end] == '.' {
			dots++
		} else {
			digits++
		}
		end++
	}
	if digits == 0 || dots > 1 {
		return false
	}
	switch suffix := s[end:]; suffix {
	case "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei":
		return true
	default:
		return isExponent(suffix)
	}
}

func isExponent(s string) bool {
	if len(s) < 2 || s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s[0] == '+' || s[0] == '-' {
		s = s[1:]
	}
	if s == "" || len(s) > 9 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
