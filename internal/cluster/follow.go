package cluster

import (
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
)

// partFollowed is the part of the whole that a followed file may take, in percent.
const partFollowed = 4

// Follow makes the end of what a file on this machine gets from now on part of
// the evidence, free of secrets: the log of a program that the cluster is made
// of. It is written down when the evidence is closed, under the file's own name,
// unless the cell passed.
func (e *Evidence) Follow(file string) {
	if e.root == nil {
		return
	}
	f, err := os.Open(file)
	if err != nil {
		e.problem(err)
		return
	}
	from, err := f.Seek(0, io.SeekEnd)
	e.problem(errors.Join(err, f.Close()))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.followed = append(e.followed, followedFile{file, from})
}

// followedFile is a file, and where in it the evidence begins.
type followedFile struct {
	path string
	from int64
}

// writeFollowed writes the ends of the files that are followed.
func (e *Evidence) writeFollowed() {
	e.mu.Lock()
	files := e.followed
	e.mu.Unlock()
	for _, file := range files {
		text, err := e.endOf(file, e.limits.total()*partFollowed/100/len(files))
		if err == nil && text != "" {
			err = e.write(path.Base(fileName(filepath.Base(file.path))), text)
		}
		e.problem(err)
	}
}

func (e *Evidence) endOf(file followedFile, limit int) (string, error) {
	f, err := os.Open(file.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	from := file.from
	if info.Size() < from { // it was begun anew
		from = 0
	}
	end := newTail(limit)
	// Of a file that grew without end only as much is read as can be kept, and
	// the line in which that begins.
	if skip := info.Size() - from - 2*int64(limit); skip > 0 {
		from += skip
		end.dropped = skip
	}
	if _, err := io.Copy(end, io.NewSectionReader(f, from, info.Size()-from)); err != nil {
		return "", err
	}
	return end.text(limit, e.cluster.Redactor), nil
}
