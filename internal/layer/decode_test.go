package layer

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// documents are shapes of YAML that a short cut may get wrong.
var documents = []string{
	"", "null", "---\n", "# nothing\n", "a: 1", "a: [1, 2.5, -0.0, 1e3, 0x1F, 0o17, 017, 1_000]\n",
	"a: yes\nb: on\nc: ~\nd: 'no'\n", "true: a\n", "null: a\n", "1.5: a\n", "[a]: b\n",
	"a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "x: &x {a: 1}\ny: {<<: *x, b: 2}\n", "x: &x {a: 1}\ny: {<<: *x, a: 2}\n",
	"a: &x [1]\nb: *x\n", "a: .nan\n", "a: -.inf\n", "a: 9007199254740993\nb: 18446744073709551615\nc: 99999999999999999999\n",
	"a: 2001-12-14\nb: 2001-12-14t21:59:43.10-05:00\n", "a: !!binary /w==\n", "a: !!str 1\nb: !!float 1\n", "a: !custom 1\n",
	"a: \"\\xff\\u2028<&>\"\n", "a: |\n  text\n   more\n", "a\n", "- a\n- b\n", "a: b: c\n", "a: [\n", "\ta: 1\n", "a: 1\n---\nb: 2\n",
	"a: 12e03\nb: 1:30\nc: 0b11\nd: +1\n", "a: \xff\n", "a: \u0000\n", "? a\n", "{a: 1, b: {c: [null, {}]}}",
}

// reference is the library without the short cut.
func reference(text string) (body any, warning string, err error) {
	if err := yaml.Unmarshal([]byte(text), &body); err != nil || body == nil {
		return nil, "", err
	}
	if err := yaml.UnmarshalStrict([]byte(text), new(any)); err != nil {
		warning = cleanYAMLError(err)
	}
	return body, warning, nil
}

func compareDecoding(t *testing.T, text string) {
	t.Helper()
	body, warning, err := decodeDocument(text)
	wantBody, wantWarning, wantErr := reference(text)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%q: error %v, want %v", text, err, wantErr)
	}
	if warning != wantWarning {
		t.Errorf("%q: warning %q, want %q", text, warning, wantWarning)
	}
	if !reflect.DeepEqual(body, wantBody) {
		t.Errorf("%q: %#v, want %#v", text, body, wantBody)
	}
}

func TestDecodeEqualsLibrary(t *testing.T) {
	for _, text := range documents {
		compareDecoding(t, text)
	}
}

func FuzzDecodeEqualsLibrary(f *testing.F) {
	for _, text := range documents {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// The library keeps one of the values of a key that stands twice after
		// it became text, in an order that is not fixed.
		if len(text) > 4<<10 || strings.Count(text, ":") > 1 && ambiguous(text) {
			t.Skip()
		}
		compareDecoding(t, text)
	})
}

// ambiguous says whether two runs of the library differ, or whether keys that
// are no text may fall together.
func ambiguous(text string) bool {
	first, _, _ := reference(text)
	for range 4 {
		if again, _, _ := reference(text); !reflect.DeepEqual(first, again) {
			return true
		}
	}
	return false
}

func BenchmarkDecode(b *testing.B) {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n" +
		strings.Repeat("  # a comment\n", 3) + "  text: |\n" + strings.Repeat("    a line of a dashboard: {\"id\": 1}\n", 200)
	for name, decode := range map[string]func(string) (any, string, error){"ours": decodeDocument, "library": reference} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := decode(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
