package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCopyEvidence(t *testing.T) {
	for _, part := range []string{"", "chart-matrix.web.qtsdpvw7.1/"} {
		from, into := t.TempDir(), t.TempDir()
		put(t, from, part+"evidence/qtsdpvw7/events.log", "first")
		put(t, from, part+"evidence/qtsdpvw7/logs/web.log", "deep")
		put(t, from, part+"evidence/qtsdpvw7-try-2/events.log", "second try")
		put(t, from, part+"evidence/gkwv9h2n/pods.log", strings.Repeat("x", 100))
		put(t, from, part+"evidence/pdjvpf6y/events.log", "last")
		put(t, from, part+"evidence/zzzzzzzz/events.log", "of no cell that is wanted")
		put(t, from, part+"evidence/odd folder/events.log", "odd")
		if err := os.Symlink("/etc/passwd", filepath.Join(from, filepath.FromSlash(part), "evidence", "pdjvpf6y", "link.log")); err != nil {
			t.Skip("links cannot be made here")
		}
		left, err := CopyEvidence(from, into, []string{"qtsdpvw7", "gkwv9h2n", "pdjvpf6y", "aaaaaaaa"}, 30)
		if err != nil || !slices.Equal(left, []string{"gkwv9h2n"}) {
			t.Errorf("%q: left %v, %v", part, left, err)
		}
		want := []string{"evidence/pdjvpf6y/events.log", "evidence/qtsdpvw7/events.log", "evidence/qtsdpvw7/logs/web.log", "evidence/qtsdpvw7-try-2/events.log"}
		if got := tree(t, into); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", part, got, want)
		}
		if data, err := os.ReadFile(filepath.Join(into, "evidence", "qtsdpvw7-try-2", "events.log")); err != nil || string(data) != "second try" {
			t.Errorf("%q: %q, %v", part, data, err)
		}
	}
}

func TestNoEvidenceToCopy(t *testing.T) {
	for _, from := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		into := t.TempDir()
		if left, err := CopyEvidence(from, into, []string{"qtsdpvw7"}, 100); err != nil || left != nil || len(tree(t, into)) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
}
