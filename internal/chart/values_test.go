package chart

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func writeValues(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolveOrder(t *testing.T) {
	base := writeValues(t, "base.yaml", "a: 1\nm: {x: 1, why: 1, gone: 1}\nlist: [1, 2]\n")
	eks := writeValues(t, "eks.yaml", "a: 2\nm: {why: 2, gone: null}\nlist: [3]\n")
	got, err := NewResolver().Resolve([]ValueLayer{
		{Source: "config", Files: []string{base}, Set: []string{"a=10,s=set"}},
		{Source: "provider eks", Axis: "provider", Files: []string{eks}, Set: []string{"m.x=true"}, SetString: []string{"n=12"}},
		{Source: "scenario ha", Axis: "scenario", Set: []string{"m.x=false", `list[0]=9`, `k8s\.io/name=v`}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": int64(10), // a set beats every file, whatever the layers' order
		"m": map[string]any{"x": false, "why": float64(2), "gone": nil},
		"s": "set", "n": "12", "list": []any{int64(9)}, "k8s.io/name": "v",
	}
	if !reflect.DeepEqual(got.Map, want) {
		t.Errorf("got  %#v\nwant %#v", got.Map, want)
	}
	var over, conf []string
	for _, o := range got.Overrides {
		over = append(over, o.Path)
	}
	for _, o := range got.Conflicts {
		conf = append(conf, o.Path+"="+o.Set[len(o.Set)-1].Value)
	}
	if got, want := strings.Join(over, " "), "a list m.gone m.why m.x"; got != want {
		t.Errorf("overrides %s, want %s", got, want)
	}
	if got, want := strings.Join(conf, " "), "list=[9] m.x=false"; got != want {
		t.Errorf("conflicts %s, want %s", got, want)
	}
	// The parsed files are shared; sets must not have changed them.
	again := NewResolver()
	if _, err := again.Resolve([]ValueLayer{{Source: "a", Files: []string{base}, Set: []string{"m.x=changed"}}}); err != nil {
		t.Fatal(err)
	}
	v, err := again.Resolve([]ValueLayer{{Source: "a", Files: []string{base}}})
	if err != nil {
		t.Fatal(err)
	}
	if x := v.Map["m"].(map[string]any)["x"]; x != float64(1) {
		t.Errorf("a set changed the parsed file: m.x is %v", x)
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct {
		name, text string
		set        []string
		want       []string
	}{
		{"list", "- a\n- b\n", nil, []string{"v.yaml:1:1", "expected a map", "a list"}},
		{"text", "hello\n", nil, []string{"v.yaml:1:1", `the single value "hello"`}},
		{"not YAML", "a: 1\nb: [\n", nil, []string{"v.yaml:", "not valid YAML"}},
		{"tab", "a:\n\tb: 1\n", nil, []string{"v.yaml:2", "not valid YAML"}},
		{"duplicate key", "a: 1\nb:\n  c: 1\n  c: 2\n", nil, []string{"v.yaml:4:3", `key "c" is already set in line 3`}},
		{"second document is a list", "a: 1\n---\n- x\n", nil, []string{"v.yaml:3:1", "a list"}},
		{"alias bomb", bomb(), nil, []string{"v.yaml", "alias"}},
		{"set without value", "", []string{"a"}, []string{"--set a", "key=value"}},
		{"set with a bad index", "", []string{"a[99999999]=1"}, []string{"--set"}},
		{"too large", strings.Repeat("# comment\n", MaxValuesFile/10+1), nil, []string{"larger than 16 MiB"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := writeValues(t, "v.yaml", tt.text)
			_, err := NewResolver().Resolve([]ValueLayer{{Source: "scenario ha", Files: []string{file}, Set: tt.set}})
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range append(tt.want, "scenario ha") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q lacks %q", shorten(err.Error(), 400), w)
				}
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		_, err := NewResolver().Resolve([]ValueLayer{{Source: "a", Files: []string{"none.yaml"}}, {Source: "b", Files: []string{"neither.yaml"}}})
		if err == nil || !strings.Contains(err.Error(), "none.yaml: no such values file") || !strings.Contains(err.Error(), "neither.yaml") {
			t.Errorf("error %v, want both files named", err)
		}
	})
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		prev := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(prev+", ", 9) + prev + "]\n")
	}
	return b.String()
}

func TestResolveEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "null\n", "\uFEFFa: 1\n"} {
		if _, err := NewResolver().Resolve([]ValueLayer{{Source: "x", Files: []string{writeValues(t, "v.yaml", text)}}}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestValuesDigestKnowsTypes(t *testing.T) {
	file := writeValues(t, "v.yaml", "a: 1\n")
	a, err := NewResolver().Resolve([]ValueLayer{{Files: []string{file}}})
	if err != nil {
		t.Fatal(err)
	}
	b, c, d := resolve(t, "a=1"), resolve(t, "a=1"), resolve(t, "a=2")
	if a.Digest == b.Digest { // float64 from a file, int64 from a set
		t.Error("digest ignores types")
	}
	if b.Digest != c.Digest || b.Digest == d.Digest {
		t.Error("digest is not that of the values")
	}
}

func FuzzDecodeValues(f *testing.F) {
	seed, err := encodeValue(nil, map[string]any{"a": []any{nil, true, false, "s", 1, int64(2), 3.5}, "m": map[string]any{}}, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("{\xff\xff\xff\xff\x0f"))
	f.Add(bytes.Repeat([]byte{tagList, 1}, 5000))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decodeValues(data)
		if err != nil {
			return
		}
		again, err := encodeValue(nil, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeValues(again)
		if err != nil {
			t.Fatal(err)
		}
		third, err := encodeValue(nil, back, 0)
		if err != nil || !bytes.Equal(again, third) {
			t.Errorf("encoding is not stable: %v", err)
		}
	})
}
