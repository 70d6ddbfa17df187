package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	fast "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/posthog/chart-matrix/result"
)

// decoder reads files, one after the other: it keeps memory from one to the next.
type decoder struct {
	options    fast.Options
	words      words
	assertions []result.Assertion // scratch
}

func newDecoder() *decoder {
	d := &decoder{words: words{}}
	d.options = fast.JoinOptions(fast.RejectUnknownMembers(true), fast.WithUnmarshalers(fast.UnmarshalFromFunc(d.readAssertions)))
	return d
}

// decode reads JSON of the format want with at most maxValues values in it.
// The format that the file names is looked for in the decoded value first, at
// have, since most files are good and large. Fields that this version does not
// know are passed over.
//
// encoding/json has the word on what is read and on what is said of the rest.
// Where a file is as we write it, a decoder that is stricter and three times as
// fast reads the same from it (the mirror of the standard library's next one,
// encoding/json/v2): it gives up at a field that is unknown, twice there or in
// another case, and at text that is not UTF-8.
func decode[T any](d *decoder, data []byte, into *T, have *string, want string, maxValues int) error {
	if n := countValues(data, maxValues); n > maxValues {
		return fmt.Errorf("%w: it holds %d values, and at most %d are read", ErrTooLarge, n, maxValues)
	}
	err := fast.Unmarshal(data, into, d.options)
	if err != nil {
		*into = *new(T)
		err = json.Unmarshal(data, into)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is not JSON: %w (byte %d)", err, syntax.Offset)
	}
	if err != nil {
		*have = schemaOf(data) // a file of another format: say that, not what it lacks
	}
	switch *have {
	case want:
	case "":
		return fmt.Errorf("it has no field schema; expected %q", want)
	default:
		return fmt.Errorf("its format is %q, and this version of chart-matrix reads %q; use the version that wrote it", *have, want)
	}
	if err != nil {
		return fmt.Errorf("it does not have the form of %s: %w", want, err)
	}
	return nil
}

// countValues counts what could become a value in memory: every element or
// member follows a comma or an opening bracket that is not part of a string.
// Where even those in strings are not more than enough, they are counted too.
func countValues(data []byte, enough int) int {
	n := 1 + bytes.Count(data, []byte{','}) + bytes.Count(data, []byte{'['}) + bytes.Count(data, []byte{'{'})
	if n <= enough {
		return n
	}
	n = 1
	inString := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

// errOdd makes decode turn to encoding/json.
var errOdd = errors.New("not as we write it")

// readAssertions reads a list of assertions, which is nearly all that there is
// in most results.
func (d *decoder) readAssertions(from *jsontext.Decoder, into *[]result.Assertion) error {
	if from.PeekKind() != '[' {
		return errOdd
	}
	if _, err := from.ReadToken(); err != nil {
		return err
	}
	all := d.assertions[:0]
	for from.PeekKind() != ']' {
		var a result.Assertion
		if err := d.readAssertion(from, &a); err != nil {
			return err
		}
		all = append(all, a)
	}
	*into = append(make([]result.Assertion, 0, len(all)), all...) // as much memory as needed
	clear(all)
	d.assertions = all
	_, err := from.ReadToken()
	return err
}

func (d *decoder) readAssertion(from *jsontext.Decoder, a *result.Assertion) error {
	if from.PeekKind() != '{' {
		return errOdd
	}
	if _, err := from.ReadToken(); err != nil {
		return err
	}
	for from.PeekKind() != '}' {
		field, err := from.ReadValue()
		if err != nil {
			return err
		}
		switch string(field) {
		case `"name"`:
			a.Name, err = d.readText(from)
		case `"status"`:
			var s string
			s, err = d.readText(from)
			a.Status = result.Status(s)
		case `"reason"`:
			a.Reason, err = d.readText(from)
		case `"problems"`:
			err = fast.UnmarshalDecode(from, &a.Problems)
		case `"seconds"`:
			a.Seconds, err = readNumber(from)
		default:
			err = errOdd
		}
		if err != nil {
			return err
		}
	}
	_, err := from.ReadToken()
	return err
}

func (d *decoder) readText(from *jsontext.Decoder) (string, error) {
	v, err := from.ReadValue()
	switch {
	case err != nil:
		return "", err
	case v.Kind() != '"':
		return "", errOdd
	case bytes.IndexByte(v, '\\') < 0:
		return d.words.keep(v[1 : len(v)-1]), nil
	}
	text, err := jsontext.AppendUnquote(nil, v)
	return string(text), err
}

func readNumber(from *jsontext.Decoder) (float64, error) {
	t, err := from.ReadToken()
	switch {
	case err != nil:
		return 0, err
	case t.Kind() != '0':
		return 0, errOdd
	}
	return t.Float()
}

// words holds texts that come again and again, such as the names of checks,
// which every cell repeats.
type words map[string]string

// The bounds of what words keeps: anyone may have written what is read.
const (
	maxWords     = 1 << 16
	maxWordBytes = 128
)

func (w words) keep(text []byte) string {
	if s, ok := w[string(text)]; ok {
		return s
	}
	s := string(text)
	if len(w) < maxWords && len(s) <= maxWordBytes {
		w[s] = s
	}
	return s
}
