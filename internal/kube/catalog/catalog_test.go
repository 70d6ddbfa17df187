package catalog

import (
	"bytes"
	"strings"
	"testing"
)

const sample = `minor 24 v1.24.17 2022-05-03
minor 25 v1.25.16 2022-08-23
kind apps/v1 Deployment namespaced apps/v1.Deployment on=24-25
kind apps/v1 Scale subresource - on=24-25
kind batch/v1beta1 CronJob namespaced batch/v1beta1.CronJob on=24 off=25
life batch/v1beta1 CronJob introduced=1.8 deprecated=1.21 removed=1.25 replacement=batch/v1/CronJob
type apps/v1.Deployment
 name string!
 old {}int32 24
 spec []core/v1.Pod
type core/v1.Pod 25
 a any
`

func TestRoundTrip(t *testing.T) {
	table, err := Decode(sample)
	if err != nil {
		t.Fatal(err)
	}
	table.Sort()
	var out bytes.Buffer
	if err := Encode(&out, table); err != nil {
		t.Fatal(err)
	}
	if out.String() != sample {
		t.Errorf("got:\n%s", out.String())
	}
	if table.First != 24 || table.Last != 25 || len(table.Types) != 2 || !table.Types[0].Fields[0].Required {
		t.Errorf("%+v", table)
	}
}

func TestOnly(t *testing.T) {
	table, err := Decode(sample)
	if err != nil {
		t.Fatal(err)
	}
	only := table.Only(24)
	if len(only.Types) != 1 || len(only.Types[0].Fields) != 3 || len(only.Kinds) != 3 || only.Kinds[2].Off != 0 {
		t.Errorf("%+v", only)
	}
}

func TestDecodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "at least one minor",
		"minor 24 v1.24.17":           "line 1: expected: minor",
		"minor 99 v1 2022-01-01":      "from 0 to 63",
		"nonsense 1":                  "expected minor, kind, life or type",
		"kind a b":                    "line 1: expected: kind",
		"kind a b namespaced - on=x":  "expected minors such as",
		"kind a b namespaced - at=24": "expected on= or off=",
		"life a":                      "expected: life",
		"life a b at=1":               "unknown property",
		"type a x":                    "expected minors such as",
		" a string":                   "stands before any type",
		"type a 24\n a":               "line 2: expected: NAME TYPE",
		"type a 24\n a string 9-1":    "expected minors such as",
	} {
		_, err := Decode(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestSet(t *testing.T) {
	for text, has := range map[string][]int{"24": {24}, "24-26,28": {24, 25, 26, 28}, "0-63": {0, 63}} {
		s, err := ParseSet(text)
		if err != nil || s.String() != text {
			t.Errorf("%s: %s, %v", text, s, err)
		}
		for _, m := range has {
			if !s.Has(m) {
				t.Errorf("%s lacks %d", text, m)
			}
		}
		if s.Has(64) || s.Has(-1) {
			t.Errorf("%s has what no set has", text)
		}
	}
	if s := Set(0); s.First() != -1 || s.Last() != -1 || s.String() != "" {
		t.Errorf("the empty set: %d %d %q", s.First(), s.Last(), s)
	}
	for _, text := range []string{"", "-", "3-2", "64", "a", "1,,2"} {
		if _, err := ParseSet(text); err == nil {
			t.Errorf("%q is a set", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Decode(text)
		if err != nil {
			return
		}
		table.Sort()
		table.Only(table.First)
	})
}
