package runner

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/matrix"
)

// bootLogName is the file in a cell's evidence with what the provider's programs
// printed while they did not make its cluster.
const bootLogName = "provider.log"

// What is kept of that, in bytes: how it began, and how it ended.
const (
	bootLogHead = 32 << 10
	bootLogTail = 96 << 10
)

// bootLog hands what a provider prints on, and keeps it. It is for several
// goroutines.
type bootLog struct {
	next io.Writer // nil for nowhere

	mu      sync.Mutex
	head    []byte
	tail    []byte
	dropped int
}

// Write implements io.Writer. It never fails: a log that does is no reason to stop.
func (b *bootLog) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		_, _ = b.next.Write(p)
	}
	n := len(p)
	if room := bootLogHead - len(b.head); room > 0 {
		room = min(room, n)
		b.head, p = append(b.head, p[:room]...), p[room:]
	}
	b.tail = append(b.tail, p...)
	if over := len(b.tail) - bootLogTail; over > bootLogTail {
		b.tail, b.dropped = append(b.tail[:0], b.tail[over:]...), b.dropped+over
	}
	return n, nil
}

// text gives what was printed and, below it, how it ended, free of what looks like
// a secret or matches a pattern of the user's.
func (b *bootLog) text(err error, secret []*regexp.Regexp) string {
	b.mu.Lock()
	head, tail, dropped := string(b.head), string(b.tail), b.dropped
	b.mu.Unlock()
	if over := len(tail) - bootLogTail; over > 0 {
		tail, dropped = tail[over:], dropped+over
	}
	if dropped > 0 {
		_, rest, _ := strings.Cut(tail, "\n") // half of a line may be half of a secret
		head = head[:strings.LastIndexByte(head, '\n')+1]
		tail = fmt.Sprintf("… %d bytes or more are left out here …\n%s", dropped, rest)
	}
	text := head + tail
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(text, line) {
			text += line + "\n"
		}
	}
	return cluster.NewRedactor(secret...).Redact(text)
}

// keepBoot puts what is known of a cluster that did not come up into the evidence
// of a cell that was to get it.
func (r *clusterRun) keepBoot(c matrix.Cell, try int) {
	if r.Evidence == nil || r.booted == "" {
		return
	}
	if folder, err := r.Evidence(c, try); err == nil {
		writeBoot(folder, r.booted)
	}
}

// writeBoot writes it down. That it cannot be kept changes nothing about the cell.
func writeBoot(folder, text string) {
	if text != "" {
		_ = os.WriteFile(filepath.Join(folder, bootLogName), []byte(text), 0o644)
	}
}
