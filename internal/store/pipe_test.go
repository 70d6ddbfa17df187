//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipe: opening a pipe that nobody writes to would block for ever.
func TestPipe(t *testing.T) {
	dir, _, cells := write4(t)
	file := filepath.Join(dir, "cells", cells[0].ID, "result.json")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Skip(err)
	}
	expectAnomaly(t, dir, "result.json is not used: it is not a regular file")
}
