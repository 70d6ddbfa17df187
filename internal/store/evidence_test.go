package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestEvidenceStays: results are written again and again beside evidence that
// is still being written, and read without it.
func TestEvidenceStays(t *testing.T) {
	dir, plan, cells := write4(t)
	id := plan.Cells[0].ID
	folder, err := Evidence(dir, id, 1, 1)
	if err != nil || folder != filepath.Join(dir, "evidence", id) {
		t.Fatalf("%s, %v", folder, err)
	}
	file := filepath.Join(folder, "events.log")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, plan, cells); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if _, _, anomalies, err := Read(dir); err != nil || len(anomalies) > 0 {
		t.Errorf("%v, %v", anomalies, err)
	}
	if second, err := Evidence(dir, id, 2, 1); err != nil || filepath.Base(second) != id+"-2" {
		t.Errorf("%s, %v", second, err)
	}
	if third, err := Evidence(dir, id, 2, 3); err != nil || filepath.Base(third) != id+"-2-try-3" {
		t.Errorf("%s, %v", third, err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("another try has removed the first one's: %v", err)
	}
	if _, err := Evidence(dir, id, 1, 1); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what an earlier run left is there: %v", err)
	}
	if err := ClearEvidence(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "evidence")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestEvidenceRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Evidence(dir, "../../x", 1, 1); err == nil {
		t.Error("a cell that is no name is taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "theirs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ClearEvidence(dir); !errors.Is(err, ErrOccupied) {
		t.Errorf("a folder that is somebody's is cleared: %v", err)
	}
	if err := ClearEvidence(filepath.Join(dir, "missing")); err != nil {
		t.Error(err)
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "evidence")); err != nil {
		t.Fatal(err)
	}
	if _, err := Evidence(dir, "abcdefgh", 1, 1); err == nil {
		t.Error("a link that leads out of the folder is followed")
	}
}
