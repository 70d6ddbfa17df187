package layer

import (
	"slices"
	"testing"
)

func TestExcerpt(t *testing.T) {
	const text = `apiVersion: v1
metadata:
  name: web
  labels: &l
    a: 1
spec:
  containers:
    - name: a
      image: b
    - name: c
      "a/b~c": d
  more: *l
`
	for _, tt := range []struct {
		pointer string
		want    []string
	}{
		{"", nil},
		{"/", nil},
		{"/apiVersion", []string{"apiVersion: v1"}},
		{"/metadata/name", []string{"metadata:", "  name: web"}},
		{"/spec/containers/1/name", []string{"- name: c"}},
		{"/spec/containers/1/a~1b~0c", []string{"- name: c", `  "a/b~c": d`}},
		{"/spec/containers/0/ports", []string{"containers:", "  - name: a"}}, // missing: what should hold it
		{"/spec/containers/7", []string{"spec:", "  containers:"}},
		{"/spec/containers/x", []string{"spec:", "  containers:"}},
		{"/spec/more/a", []string{"more: *l", "  a: 1"}},
		{"/nothing", nil},
	} {
		if got := excerptAt(text, tt.pointer); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.pointer, got, tt.want)
		}
	}
	for _, text := range []string{"", "a: [", "plain", "[1, 2]"} {
		if got := excerptAt(text, "/a/b"); got != nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
