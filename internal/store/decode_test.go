package store

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	fast "github.com/go-json-experiment/json"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// oddResults are results that no run writes, in ways that decoders take differently.
var oddResults = []string{
	`{"assertions":null,"steps":[{"layer":"a","assertions":null}]}`,
	`{"steps":[{"assertions":[]},{"assertions":[{}]},{"assertions":[null]},{"assertions":{}}]}`,
	`{"steps":[{"assertions":[{"name":"a","name":"b"}]}]}`,
	`{"steps":[{"assertions":[{"Name":"a","STATUS":"passed"}]}]}`,
	`{"steps":[{"assertions":[{"name":"a\u0041\n\ud83d\ude00","reason":"\ud800"}]}]}`,
	"{\"steps\":[{\"assertions\":[{\"name\":\"\xff\"}]}]}",
	`{"steps":[{"assertions":[{"name":null,"status":null,"problems":null,"seconds":null}]}]}`,
	`{"steps":[{"assertions":[{"name":1}]}]}`, `{"steps":[{"assertions":[{"seconds":"1"}]}]}`,
	`{"steps":[{"assertions":[{"seconds":"NaN"}]}]}`, `{"steps":[{"assertions":[{"seconds":1e999}]}]}`,
	`{"steps":[{"assertions":[{"seconds":-0,"problems":[{"location":null,"excerpt":[null]}]}]}]}`,
	`{"steps":[{"assertions":[{"later":[1,{"a":2}],"name":"a"}]}]}`,
	`{"steps":[{"assertions":[{"name":"a"`, `{"steps":[{"assertions":[{"name"`, `{"steps":[{"assertions":[,]}]}`,
	`{"at":{"a":null},"started":null}`, `{"started":"2026-11-23T01:00:00Z"}`, `{"started":"2026-11-23 01:00"}`,
	`{"attempt":1.0}`, `{"attempt":1e2}`, `{"attempt":-0}`, `{"attempt":99999999999999999999}`, `null`, `[]`, ` {} `, `{} {}`, "\ufeff{}",
}

// FuzzDecodersAgree: what the fast decoder takes, encoding/json reads alike.
func FuzzDecodersAgree(f *testing.F) {
	plan := aPlan(f)
	good, err := json.Marshal(resultsOf(plan)[1])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, text := range oddResults {
		f.Add([]byte(text))
	}
	sealed, err := json.Marshal(plan)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, data []byte) {
		agree(t, data, new(result.Cell), new(result.Cell))
		agree(t, data, new(matrix.Plan), new(matrix.Plan))
		agree(t, data, new(Part), new(Part))
	})
}

func agree[T any](t *testing.T, data []byte, one, two *T) {
	t.Helper()
	if fast.Unmarshal(data, one, newDecoder().options) != nil {
		return // encoding/json has the word
	}
	if err := json.Unmarshal(data, two); err != nil {
		// It does not undo the escapes in a time, as JSON means them.
		if !bytes.Contains(data, []byte(`\`)) {
			t.Fatalf("encoding/json takes it for %v: %q", err, data)
		}
	} else if !reflect.DeepEqual(one, two) {
		t.Errorf("%q\n got %+v\nwant %+v", data, one, two)
	}
}

// TestOddResultsAreReadAsEver: what is no reason to refuse a result is none
// where the fast decoder gives up.
func TestOddResultsAreReadAsEver(t *testing.T) {
	for _, text := range oddResults {
		text = `{"schema":"chart-matrix/cell/v1","id":"abcdefgh","status":"passed",` + strings.TrimLeft(text, " {")
		var want, got result.Cell
		wanted := json.Unmarshal([]byte(text), &want)
		err := decode(newDecoder(), []byte(text), &got, &got.Schema, result.CellSchema, maxResultValues)
		if (wanted == nil) != (err == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %+v, %v\nwant %+v, %v", text, got, err, want, wanted)
		}
	}
}

// TestOrdinaryResultsAreReadFast: what we write needs no second look.
func TestOrdinaryResultsAreReadFast(t *testing.T) {
	plan := aPlan(t)
	for _, c := range resultsOf(plan) {
		for _, a := range []any{c, plan, Part{Schema: PartSchema}} {
			data, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			into := reflect.New(reflect.TypeOf(a)).Interface()
			if err := fast.Unmarshal(data, into, newDecoder().options); err != nil {
				t.Errorf("%T: %v", a, err)
			}
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	w := words{}
	long := strings.Repeat("x", maxWordBytes+1)
	if w.keep([]byte(long)) != long || len(w) > 0 {
		t.Error("a long text is kept")
	}
	for i := range maxWords + 10 {
		text := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
		if w.keep(text) != string(text) {
			t.Fatalf("%q became something else", text)
		}
	}
	if len(w) != maxWords {
		t.Errorf("%d are kept", len(w))
	}
}
