package command

import (
	"fmt"
	"sync"
)

// tail keeps the last bytes that are written to it, in memory of at most twice
// that size.
type tail struct {
	mu      sync.Mutex
	keep    int
	buf     []byte
	dropped int64
}

func newTail(keep int) *tail { return &tail{keep: keep} }

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if len(p) > t.keep {
		t.dropped += int64(len(t.buf)) + int64(len(p)-t.keep)
		t.buf = append(t.buf[:0], p[len(p)-t.keep:]...)
		return n, nil
	}
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*t.keep {
		cut := len(t.buf) - t.keep
		t.dropped += int64(cut)
		t.buf = append(t.buf[:0], t.buf[cut:]...)
	}
	return n, nil
}

// String gives what was kept, with a line in front that says how much was not.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	buf, dropped := t.buf, t.dropped
	if cut := len(buf) - t.keep; cut > 0 {
		buf, dropped = buf[cut:], dropped+int64(cut)
	}
	if dropped == 0 {
		return string(buf)
	}
	return fmt.Sprintf("[%d bytes before this were dropped]\n%s", dropped, buf)
}
