package store

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The bounds of what is read of one cell's evidence: anybody may have written
// it. What a job writes has 5 MB by default, see internal/cluster.
const (
	maxEvidenceFiles = 500
	maxEvidenceBytes = 8 << 20 // together; of a file that exceeds what is left, the beginning
)

// Seen finds what was seen in the cells of a run: in a result folder, or in the
// parts below a folder.
type Seen struct {
	dir    string
	folder map[seenTry]string // its path, relative to dir
}

// seenTry is one try at a cell: several may leave evidence, and what the last one
// left says nothing of why the one before it failed.
type seenTry struct {
	cell         string
	attempt, try int // from 1
}

// SeenFile is a text file that was kept of a cell.
type SeenFile struct {
	Name string // with slashes, relative to the cell's evidence: logs/web-0.app.log
	Text string
}

var evidenceFolder = regexp.MustCompile(`^([a-z0-9]+)(?:-(\d{1,4}))?(?:-try-(\d{1,4}))?$`)

// FindEvidence looks for evidence in dir, and in the folders right below it,
// which are the parts that jobs left. What cannot be read is as if it were not there.
func FindEvidence(dir string) *Seen {
	s := &Seen{dir: dir, folder: map[seenTry]string{}}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return s
	}
	defer func() { _ = root.Close() }() // only a handle
	s.look(root, evidenceName)
	for _, part := range entries(root, ".") {
		if part.IsDir() {
			s.look(root, path.Join(part.Name(), evidenceName))
		}
	}
	return s
}

func (s *Seen) look(root *os.Root, folder string) {
	for _, e := range entries(root, folder) {
		m := evidenceFolder.FindStringSubmatch(e.Name())
		if m == nil || !e.IsDir() || !isID(m[1]) {
			continue
		}
		of := seenTry{cell: m[1], attempt: number(m[2]), try: number(m[3])}
		if _, twice := s.folder[of]; !twice {
			s.folder[of] = path.Join(folder, e.Name())
		}
	}
}

// number reads an attempt; the first has none in its name.
func number(digits string) int {
	if n, err := strconv.Atoi(digits); err == nil {
		return n
	}
	return 1
}

// entries lists a folder, sorted; one that cannot be read is empty.
func entries(root *os.Root, name string) []fs.DirEntry {
	f, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	all, err := f.ReadDir(-1)
	if err != nil {
		return nil
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

// Files gives the files that one try at a cell left, sorted by name: that of an
// attempt at the run, and within it the number of the try, both from 1. There are
// none where that try left none, whatever others did. Links and what is no plain
// file are passed over.
func (s *Seen) Files(cell string, attempt, try int) []SeenFile {
	folder, ok := s.folder[seenTry{cell, attempt, try}]
	if !ok {
		return nil
	}
	root, err := os.OpenRoot(filepath.Join(s.dir, filepath.FromSlash(folder)))
	if err != nil {
		return nil
	}
	defer func() { _ = root.Close() }() // only a handle
	var out []SeenFile
	left := int64(maxEvidenceBytes)
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		for _, e := range entries(root, dir) {
			name := path.Join(dir, e.Name())
			switch {
			case len(out) == maxEvidenceFiles || left <= 0:
				return
			case e.IsDir() && depth < 4:
				walk(name, depth+1)
			case e.Type().IsRegular():
				text := readSome(root, name, left)
				left -= int64(len(text))
				out = append(out, SeenFile{Name: name, Text: text})
			}
		}
	}
	walk(".", 0)
	slices.SortFunc(out, func(a, b SeenFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// readSome reads the beginning of a file, at most limit bytes.
func readSome(root *os.Root, name string, limit int64) string {
	f, err := root.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	size := min(info.Size(), limit)
	var b strings.Builder
	b.Grow(int(size)) // a gigabyte of reports has no room to read twice
	if _, err := io.Copy(&b, io.LimitReader(f, size)); err != nil {
		return ""
	}
	return b.String()
}
