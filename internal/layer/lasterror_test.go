package layer

import (
	"slices"
	"testing"
)

func TestTheLastErrorIsAmongTheLastWords(t *testing.T) {
	for _, test := range []struct {
		name   string
		last   []string
		stderr string
		want   []string
	}{
		{"nothing", nil, "", nil},
		{"no errors", []string{"a", "b"}, "", []string{"a", "b"}},
		{"it is there", []string{"too dark", "b", "c"}, "x\ntoo dark\n", []string{"too dark", "b", "c"}},
		{"it was pushed out", []string{"a", "b", "c"}, "x\ntoo dark\n", []string{"b", "c", "too dark"}},
		{"it alone", nil, "too dark\n\n", []string{"too dark"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := withLastError(test.last, test.stderr); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
