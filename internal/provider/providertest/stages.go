package providertest

import (
	"bytes"
	"strings"
	"sync"
)

// stageLog takes what a provider prints, and counts its lines as stages. A
// line ends with a newline or, where a program redraws one, a carriage return.
type stageLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
	n   int
	at  int // the stage that is waited for, from 1; 0 for none
	hit func()
}

// Write implements io.Writer.
func (l *stageLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p {
		if b != '\n' && b != '\r' {
			continue
		}
		l.n++
		if l.hit != nil && l.n == l.at {
			l.hit()
		}
	}
	return l.buf.Write(p)
}

// when calls a function as soon as the stage is reached.
func (l *stageLog) when(stage int, hit func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.hit = stage, hit
}

func (l *stageLog) stages() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// String gives what was printed.
func (l *stageLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimRight(l.buf.String(), "\n")
}

// spread picks at most `most` of the stages 1 to n, the first and the last
// among them; 0 means all.
func spread(n, most int) []int {
	if most <= 0 || most > n {
		most = n
	}
	var out []int
	for i := range most {
		stage := 1
		if most > 1 {
			stage += i * (n - 1) / (most - 1)
		}
		out = append(out, stage)
	}
	return out
}
