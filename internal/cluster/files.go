package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

// write replaces a file of the evidence as a whole: whoever reads it, or kills
// us, never meets half of one.
func (e *Evidence) write(name, text string) error {
	temporary := name + ".part"
	if err := e.root.WriteFile(temporary, []byte(text), 0o644); err != nil {
		return errors.Join(err, ignoreAbsent(e.root.Remove(temporary)))
	}
	return e.root.Rename(temporary, name)
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fileName makes a file name of the names of a pod and a container, which
// hostile clusters may have made of anything.
func fileName(parts ...string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '_'
	}, strings.Join(parts, "."))
	return strings.TrimLeft(name[max(len(name)-maxName, 0):], ".")
}

// journal is a file to which lines are added. Its first half is written as it
// comes; of what comes then the end is kept, in a file beside it.
type journal struct {
	e    *Evidence
	name string

	mu      sync.Mutex
	left    int // bytes until the beginning is full
	later   *tail
	pending strings.Builder // not on the disk yet
}

func newJournal(e *Evidence, name string, limit int) *journal {
	return &journal{e: e, name: name, left: limit / 2, later: newTail(limit / 2)}
}

// add writes down a line with its time, free of secrets.
func (j *journal) add(at time.Time, line string) {
	line = at.UTC().Format("2006-01-02T15:04:05Z ") + plain(j.e.cluster.Redactor.Redact(line), maxLogged) + "\n"
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.left < len(line) {
		j.left = 0
		_, _ = j.later.Write([]byte(line)) // it never fails
		return
	}
	j.left -= len(line)
	j.pending.WriteString(line)
}

// flush puts on the disk what was added.
func (j *journal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pending.Len() > 0 {
		j.e.problem(j.append(j.pending.String()))
		j.pending.Reset()
	}
	if j.later.changed() {
		ext := path.Ext(j.name)
		j.e.problem(j.e.write(strings.TrimSuffix(j.name, ext)+".later"+ext, j.later.text(j.later.keep, j.e.cluster.Redactor)))
	}
}

func (j *journal) append(text string) error {
	f, err := j.e.root.OpenFile(j.name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// redactAgain takes out of all files the secrets that were not known when they
// were written.
func (e *Evidence) redactAgain() error {
	return fs.WalkDir(e.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := e.root.ReadFile(name)
		if err != nil {
			return err
		}
		if text := e.cluster.Redactor.Redact(string(data)); text != string(data) {
			return e.write(name, text)
		}
		return nil
	})
}
