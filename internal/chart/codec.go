package chart

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The values of a chart cross the pipe to a worker with their Go types: Helm
// reads 1 from a file as float64 and from --set as int64, templates see the
// difference (kindOf, printf), and JSON would lose it. The format is one tag
// byte, then a varint or a length-prefixed text; maps are sorted by key, so
// equal values have equal bytes and the digest of the bytes is their digest.
const (
	tagNil    = 'n'
	tagFalse  = 'f'
	tagTrue   = 't'
	tagString = 's'
	tagInt    = 'i'
	tagInt64  = 'l'
	tagFloat  = 'd'
	tagNumber = 'j'
	tagList   = '['
	tagMap    = '{'
)

// maxDepth bounds the nesting of encoded values; no chart comes near it.
const maxDepth = 1000

var errCodec = errors.New("encoded values are damaged")

func encodeValue(b []byte, v any, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("values are nested more than %d levels deep", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		return append(b, tagNil), nil
	case bool:
		if v {
			return append(b, tagTrue), nil
		}
		return append(b, tagFalse), nil
	case string:
		return appendText(append(b, tagString), v), nil
	case json.Number:
		return appendText(append(b, tagNumber), string(v)), nil
	case int:
		return binary.AppendVarint(append(b, tagInt), int64(v)), nil
	case int64:
		return binary.AppendVarint(append(b, tagInt64), v), nil
	case float64:
		return binary.AppendUvarint(append(b, tagFloat), math.Float64bits(v)), nil
	case []any:
		b = binary.AppendUvarint(append(b, tagList), uint64(len(v)))
		for _, e := range v {
			var err error
			if b, err = encodeValue(b, e, depth+1); err != nil {
				return nil, err
			}
		}
		return b, nil
	case map[string]any:
		b = binary.AppendUvarint(append(b, tagMap), uint64(len(v)))
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			var err error
			if b, err = encodeValue(appendText(b, k), v[k], depth+1); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return nil, fmt.Errorf("values hold a %T, expected text, number, bool, list or map", v)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeValues reads what encodeValue wrote for a map.
func decodeValues(b []byte) (map[string]any, error) {
	d := &decoder{b: b}
	v := d.value(0)
	m, ok := v.(map[string]any)
	if d.failed || !ok || len(d.b) != 0 {
		return nil, errCodec
	}
	return m, nil
}

type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) fail() any {
	d.failed = true
	d.b = nil
	return nil
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) value(depth int) any {
	if len(d.b) == 0 || depth > maxDepth {
		return d.fail()
	}
	tag := d.b[0]
	d.b = d.b[1:]
	switch tag {
	case tagNil:
		return nil
	case tagFalse:
		return false
	case tagTrue:
		return true
	case tagString:
		return d.text()
	case tagNumber:
		return json.Number(d.text())
	case tagInt:
		return int(d.varint())
	case tagInt64:
		return d.varint()
	case tagFloat:
		return math.Float64frombits(d.uvarint())
	case tagList:
		n := d.uvarint()
		if n > uint64(len(d.b)) { // every element takes a byte at least
			return d.fail()
		}
		list := make([]any, 0, n)
		for range n {
			list = append(list, d.value(depth+1))
		}
		return list
	case tagMap:
		n := d.uvarint()
		if n > uint64(len(d.b)) {
			return d.fail()
		}
		m := make(map[string]any, n)
		for range n {
			k := d.text()
			m[k] = d.value(depth + 1)
		}
		return m
	}
	return d.fail()
}
