package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
)

// evidenceName is the folder beside the cells with what was seen in them. It is
// not one of those that a write replaces: evidence is written while it happens,
// and so for longer than any result takes.
const evidenceName = "evidence"

// Evidence makes an empty folder in the result folder dir for what is seen in
// one try at a cell, and gives its path: evidence/ID, or evidence/ID-2 for the
// second attempt at the run; with -try-2 behind it for the second try of one job.
// Whatever an earlier run has left there is removed.
func Evidence(dir, cell string, attempt, try int) (string, error) {
	if !isID(cell) {
		return "", fmt.Errorf("cell %q has no ID that can name a folder", cell)
	}
	if err := os.MkdirAll(dir, folderPerm); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }() // only a handle
	name := path.Join(evidenceName, cell)
	if attempt > 1 {
		name += "-" + strconv.Itoa(attempt)
	}
	if try > 1 {
		name += "-try-" + strconv.Itoa(try)
	}
	if err := root.RemoveAll(name); err != nil {
		return "", err
	}
	if err := root.MkdirAll(name, folderPerm); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.FromSlash(name)), nil
}

// ClearEvidence removes the evidence of an earlier run from a result folder, so
// that none is taken for that of this one. A folder that is not ours is left alone.
func ClearEvidence(dir string) error {
	if err := CanWrite(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	return root.RemoveAll(evidenceName)
}
