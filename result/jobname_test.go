package result

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
)

func TestJobIn(t *testing.T) {
	ids := map[string]bool{"abcdefgh": true, "hgfedcba": true}
	for _, c := range []struct{ name, want string }{
		{"abcdefgh kind-1.34-ha", "abcdefgh"},
		{"abcdefgh", "abcdefgh"},
		{"abcdefgh, 3 cells", "abcdefgh"},
		{"ci / abcdefgh kind-1.34-ha", "abcdefgh"},
		{"ci / matrix / cells / abcdefgh kind-1.34-ha", "abcdefgh"},
		{"a / b / hgfedcba x / abcdefgh kind-1.34", "abcdefgh"}, // the last part is the job's own
		{"abcdefgh kind / test", "abcdefgh"},
		{strings.Repeat("x", 60) + " / abcdefgh kind-1.34-a-very-l...", "abcdefgh"},
		{strings.Repeat("x", 86) + " / abcdefgh...", "abcdefgh"},
		{"ci / abcdefgh…", "abcdefgh"},
		{strings.Repeat("x", 90) + " / abcd...", ""},
		{"ci / plan", ""},
		{"ci / abcdefghi kind", ""},
		{"ci/abcdefgh", ""},
		{"my abcdefgh", ""},
		{"", ""},
		{" / ", ""},
		{"a / / abcdefgh x", "abcdefgh"},
	} {
		got, ok := JobIn(c.name, ids)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q: %q, %t; want %q", c.name, got, ok, c.want)
		}
	}
	if _, ok := JobIn("", map[string]bool{"": true}); ok {
		t.Error("an empty name is a job")
	}
}

// FuzzJobIn cuts names as GitHub does, behind any caller: the job that is found
// is the one that was named, or none.
func FuzzJobIn(f *testing.F) {
	f.Add("ci / matrix")
	f.Add("abcdefgh x / y")
	f.Add(strings.Repeat("é", 45))
	f.Fuzz(func(t *testing.T, caller string) {
		ids := map[string]bool{"abcdefgh": true, "hgfedcba": true}
		name := caller + " / abcdefgh kind-1.34-ha"
		if len(name) > matrix.MaxJobName {
			name = name[:matrix.MaxJobName-3] + "..."
		}
		whole := strings.Contains(name, " / abcdefgh")
		got, ok := JobIn(name, ids)
		if whole && got != "abcdefgh" || ok != (got != "") || ok && !ids[got] {
			t.Errorf("%q: %q, %t", name, got, ok)
		}
	})
}
