package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// CopyEvidence copies what was seen in cells from a result folder, or from the
// parts below a folder, to the result folder into: the folders of all tries and
// attempts of a cell, or none of them. It takes the cells in their order while
// they fit into limit bytes, and gives those that did not. Links and what is no
// plain file are passed over, and of one folder at most 500 files are copied.
func CopyEvidence(from, into string, cells []string, limit int64) (left []string, err error) {
	root, err := os.OpenRoot(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only a handle
	found := evidenceByCell(root)
	if len(found) == 0 {
		return nil, nil
	}
	target, err := os.OpenRoot(into)
	if err != nil {
		return nil, err
	}
	defer func() { _ = target.Close() }() // only a handle
	for _, cell := range cells {
		var files []evidenceFile
		size := int64(0)
		for _, folder := range found[cell] {
			of := filesBelow(root, folder)
			files = append(files, of...)
			for _, f := range of {
				size += f.size
			}
		}
		if size > limit {
			left = append(left, cell)
			continue
		}
		limit -= size
		for _, f := range files {
			if err := copyEvidence(root, target, f); err != nil {
				return left, err
			}
		}
	}
	return left, nil
}

// evidenceFile is a file in a folder of evidence.
type evidenceFile struct {
	from, to string
	size     int64
}

// evidenceByCell finds the folders of evidence of each cell. Where two parts have
// one of the same name, the first one counts.
func evidenceByCell(root *os.Root) map[string][]string {
	found, seen := map[string][]string{}, map[string]bool{}
	look := func(folder string) {
		for _, e := range entries(root, folder) {
			m := evidenceFolder.FindStringSubmatch(e.Name())
			if m != nil && e.IsDir() && isID(m[1]) && !seen[e.Name()] {
				seen[e.Name()] = true
				found[m[1]] = append(found[m[1]], path.Join(folder, e.Name()))
			}
		}
	}
	look(evidenceName)
	for _, part := range entries(root, ".") {
		if part.IsDir() {
			look(path.Join(part.Name(), evidenceName))
		}
	}
	return found
}

// filesBelow lists the plain files of a folder of evidence.
func filesBelow(root *os.Root, folder string) []evidenceFile {
	var out []evidenceFile
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		for _, e := range entries(root, path.Join(folder, dir)) {
			name := path.Join(dir, e.Name())
			switch {
			case len(out) == maxEvidenceFiles:
				return
			case e.IsDir() && depth < 4:
				walk(name, depth+1)
			case e.Type().IsRegular():
				if info, err := e.Info(); err == nil {
					out = append(out, evidenceFile{path.Join(folder, name), path.Join(evidenceName, path.Base(folder), name), info.Size()})
				}
			}
		}
	}
	walk("", 0)
	slices.SortFunc(out, func(a, b evidenceFile) int { return strings.Compare(a.to, b.to) })
	return out
}

// copyEvidence copies a file, at most as much of it as it had when it was listed.
func copyEvidence(root, target *os.Root, f evidenceFile) (err error) {
	if err := target.MkdirAll(path.Dir(f.to), folderPerm); err != nil {
		return err
	}
	in, err := root.Open(f.from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return errNotRegular
	}
	out, err := target.OpenFile(f.to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, contentPerm)
	if err != nil {
		return err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e // some file systems report a full disk only here
		}
	}()
	_, err = io.Copy(out, io.LimitReader(in, f.size))
	return err
}
