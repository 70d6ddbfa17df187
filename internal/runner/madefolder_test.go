package runner

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTemporaryFolders(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	made := &Made{Dir: t.TempDir(), Job: "abcdefgh", Now: time.Now, Expires: time.Now().Add(time.Hour)}
	first, done, err := made.Temp("command")
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := made.Temp("k6") // whoever made it is killed
	if err != nil || first == second || !strings.HasPrefix(filepath.Base(second), "chart-matrix-k6-") {
		t.Fatal(second, err)
	}
	if err := os.WriteFile(filepath.Join(second, "values.yaml"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info, err)
	}
	done()
	done()
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if removed, err := Remove(t.Context(), made.Dir, "another", 0); err != nil || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	removed, err := Remove(t.Context(), made.Dir, "abcdefgh", 0)
	if err != nil || len(removed) != 1 || removed[0].Kind != FolderKind || removed[0].Dir != second {
		t.Errorf("removed %v, %v", removed, err)
	}
	for _, dir := range []string{tmp, made.Dir} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s holds %v, %v", dir, entries, err)
		}
	}
	if removed, err := Remove(t.Context(), made.Dir, "", 0); err != nil || len(removed) > 0 {
		t.Errorf("removed %v again, %v", removed, err)
	}
}

// TestOddFoldersStay: a note removes no folder that is not named as ours are.
func TestOddFoldersStay(t *testing.T) {
	made := &Made{Dir: t.TempDir(), Job: "job", Now: time.Now}
	victim := t.TempDir()
	if err := made.note(Ref{Schema: RefSchema, Kind: FolderKind, Name: "victim", Job: "job", Dir: victim}); err != nil {
		t.Fatal(err)
	}
	if _, err := Remove(t.Context(), made.Dir, "", 0); err == nil || !strings.Contains(err.Error(), "so it is left alone") {
		t.Error(err)
	}
	if _, err := os.Stat(victim); err != nil {
		t.Error(err)
	}
}

// TestTemporaryFolderWithoutRoom: what cannot be made leaves no note.
func TestTemporaryFolderWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	made := &Made{Dir: t.TempDir(), Job: "job", Now: time.Now}
	if _, _, err := made.Temp("command"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(made.Dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}
