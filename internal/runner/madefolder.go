package runner

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
)

// FolderKind is the kind of a temporary folder.
const FolderKind = "folder"

// Temp makes a temporary folder for what a program reads and writes, and notes it
// down: it may hold values that are nobody else's, and whoever is killed removes
// nothing. done removes both. The name says what it is for.
func (m *Made) Temp(name string) (dir string, done func(), err error) {
	ref := Ref{
		Schema: RefSchema, Kind: FolderKind, Name: name + "-" + strings.ToLower(rand.Text()), Job: m.Job,
		Made: m.Now().UTC(), Expires: m.Expires.UTC(),
	}
	ref.Dir = filepath.Join(os.TempDir(), dirPrefix+ref.Name)
	if ref.Dir, err = filepath.Abs(ref.Dir); err != nil {
		return "", nil, err
	}
	if err := m.note(ref); err != nil {
		return "", nil, err
	}
	if err := os.Mkdir(ref.Dir, 0o700); err != nil {
		m.forget(ref)
		return "", nil, err
	}
	return ref.Dir, func() {
		if removeDir(ref) == nil { // else the note stays, and down tries again
			m.forget(ref)
		}
	}, nil
}
