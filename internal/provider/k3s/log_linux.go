package k3s

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// failure says how k3s ended.
func (r *running) failure(n note) error {
	after := time.Since(r.started).Round(100 * time.Millisecond)
	tail := r.tail()
	err := fmt.Errorf("k3s %s ended after %s (%s)%s", n.Version, after, r.state, tail)
	if strings.Contains(tail, "address already in use") { // taken since it was looked at
		return fmt.Errorf("%w: %w", provider.ErrTransient, err)
	}
	return err
}

// tail gives the last lines of the log, and where the rest is.
func (r *running) tail() string {
	const lines, most = 20, 16 << 10
	f, err := os.Open(r.log)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return "; its log is empty"
	}
	data := make([]byte, min(info.Size(), most))
	if _, err := f.ReadAt(data, info.Size()-int64(len(data))); err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	all := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	text := strings.ToValidUTF8(string(bytes.Join(all, []byte("\n"))), "?")
	text = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return -1
		}
		return c
	}, text)
	return fmt.Sprintf("; the end of its log, %s:\n%s", r.log, text)
}

// follow hands a growing file on, until the function that it gives is called;
// that returns when nothing more is written to w.
func follow(path string, w io.Writer) (settle func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		for last := false; ; {
			if _, err := io.Copy(w, f); err != nil || last {
				return
			}
			select {
			case <-stop:
				last = true
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() { close(stop); <-done }
}
