package cluster

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// tail keeps the end of what is written to it, in whole lines, in memory of at
// most twice its size.
type tail struct {
	mu      sync.Mutex
	keep    int
	buf     []byte
	dropped int64
	dirty   bool
}

func newTail(keep int) *tail { return &tail{keep: keep} }

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	t.dirty = t.dirty || n > 0
	if n > t.keep {
		t.dropped += int64(len(t.buf)) + int64(n-t.keep)
		t.buf = append(t.buf[:0], p[n-t.keep:]...)
		return n, nil
	}
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.keep; over > t.keep {
		t.dropped += int64(over)
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return n, nil
}

// text gives at most limit bytes of the end, in lines that are clean and free
// of secrets. Where something was dropped, the first line says so: the rest of a
// line that was cut is not shown, since half of a secret cannot be recognised.
func (t *tail) text(limit int, r *Redactor) string {
	t.mu.Lock()
	t.dirty = false
	buf, dropped := t.buf, t.dropped
	if cut := len(buf) - min(limit, t.keep); cut > 0 {
		buf, dropped = buf[cut:], dropped+int64(cut)
	}
	if dropped > 0 {
		end := bytes.IndexByte(buf, '\n') + 1
		if end == 0 {
			end = len(buf)
		}
		buf, dropped = buf[end:], dropped+int64(end)
	}
	raw := string(buf)
	t.mu.Unlock()
	var b strings.Builder
	if dropped > 0 {
		fmt.Fprintf(&b, "[%d bytes before this were dropped]\n", dropped)
	}
	b.WriteString(readable(raw, r))
	return b.String()
}

func (t *tail) changed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirty
}

// readable takes the secrets out of a text of several lines and makes each
// clean.
func readable(raw string, r *Redactor) string {
	if raw == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(r.Redact(raw), "\n"), "\n") {
		b.WriteString(plain(line, maxLogged))
		b.WriteByte('\n')
	}
	return b.String()
}

// size is how many bytes are kept.
func (t *tail) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return min(len(t.buf), t.keep)
}
