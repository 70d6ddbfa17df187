package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSeenOfEachTry: what one try left says nothing of another.
func TestSeenOfEachTry(t *testing.T) {
	for _, part := range []string{"", "chart-matrix.web.qtsdpvw7.1/"} {
		dir := t.TempDir()
		put(t, dir, part+"evidence/qtsdpvw7/events.log", "first")
		put(t, dir, part+"evidence/qtsdpvw7-try-2/events.log", "second try")
		put(t, dir, part+"evidence/qtsdpvw7-2/logs/web.log", "second attempt")
		put(t, dir, part+"evidence/qtsdpvw7-2/events.log", "of that")
		put(t, dir, part+"evidence/gkwv9h2n-2-try-3/events.log", "third try")
		put(t, dir, part+"evidence/not a cell/events.log", "x")
		s := FindEvidence(dir)
		for _, c := range []struct {
			cell         string
			attempt, try int
			want         []SeenFile
		}{
			{"qtsdpvw7", 1, 1, []SeenFile{{"events.log", "first"}}},
			{"qtsdpvw7", 1, 2, []SeenFile{{"events.log", "second try"}}},
			{"qtsdpvw7", 1, 3, nil},
			{"qtsdpvw7", 2, 1, []SeenFile{{"events.log", "of that"}, {"logs/web.log", "second attempt"}}},
			{"qtsdpvw7", 2, 2, nil},
			{"gkwv9h2n", 2, 3, []SeenFile{{"events.log", "third try"}}},
			{"gkwv9h2n", 1, 1, nil},
			{"aaaaaaaa", 1, 1, nil},
		} {
			if got := s.Files(c.cell, c.attempt, c.try); !slices.Equal(got, c.want) {
				t.Errorf("%q: %s, attempt %d, try %d: %v, want %v", part, c.cell, c.attempt, c.try, got, c.want)
			}
		}
	}
	if got := FindEvidence(filepath.Join(t.TempDir(), "missing")).Files("qtsdpvw7", 1, 1); got != nil {
		t.Errorf("%v", got)
	}
}

func TestSeenIsBounded(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "evidence/qtsdpvw7/a.log", strings.Repeat("a", maxEvidenceBytes-10))
	put(t, dir, "evidence/qtsdpvw7/b.log", strings.Repeat("b", 100))
	put(t, dir, "evidence/qtsdpvw7/c.log", "c")
	outside := filepath.Join(t.TempDir(), "secret")
	put(t, filepath.Dir(outside), "secret", "s3cret")
	if err := os.Symlink(outside, filepath.Join(dir, "evidence/qtsdpvw7/0.log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, "evidence/qtsdpvw7/1")); err != nil {
		t.Fatal(err)
	}
	got := FindEvidence(dir).Files("qtsdpvw7", 1, 1)
	if len(got) != 2 || got[0].Name != "a.log" || got[1].Text != strings.Repeat("b", 10) {
		t.Errorf("%d files", len(got))
	}
	if err := os.Rename(filepath.Join(dir, "evidence"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(dir, "evidence")); err != nil {
		t.Fatal(err)
	}
	_ = FindEvidence(dir).Files("qtsdpvw7", 1, 1) // a link within the folder does no harm
}
