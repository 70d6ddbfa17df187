package chart

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// grace is how long the parent waits beyond the time limit for a worker to end
// by itself.
const grace = 2 * time.Second

// process is a worker as the parent sees it. One caller uses it at a time.
type process struct {
	serial int // distinguishes the workers of a renderer
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr tailBuffer
	values map[string]bool // digests that the worker has
	apis   map[string]bool
	exited chan struct{}
}

func startProcess(serial int, executable string, init wireInit) (*process, error) {
	p := &process{serial: serial, values: map[string]bool{}, apis: map[string]bool{}, exited: make(chan struct{})}
	p.cmd = exec.Command(executable)
	// The worker needs nothing of the environment: templates cannot read it.
	p.cmd.Env = append(workerEnvironment(), workerEnv+"=1", "TZ=UTC")
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = ownGroup()
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a render worker: %w", err)
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 1<<16)
	if err := writeFrame(in, init); err != nil {
		p.kill()
		return nil, fmt.Errorf("the render worker ended at once: %w%s; main and TestMain must call chart.RunWorkerIfAsked first", err, p.stderr.hint())
	}
	return p, nil
}

func workerEnvironment() []string {
	var out []string
	for _, name := range []string{"TMPDIR", "TEMP", "TMP", "SystemRoot", "GOCOVERDIR", "GODEBUG"} {
		if v, ok := os.LookupEnv(name); ok {
			out = append(out, name+"="+v)
		}
	}
	return out
}

// errWorkerGone says that the worker ended without an answer.
var errWorkerGone = errors.New("the render worker ended without an answer")

// call sends a request and waits for the reply, at most limit. When ok is
// false the worker is gone and must be replaced.
func (p *process) call(ctx context.Context, req wireRequest, limit time.Duration) (reply wireReply, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return reply, true, err
	}
	type answer struct {
		reply wireReply
		err   error
	}
	answers := make(chan answer, 1)
	var at atomic.Pointer[string] // the template at work, as last heard
	go func() {
		var a answer
		if a.err = writeFrame(p.in, req); a.err == nil {
			a.reply, a.err = p.answer(&at)
		}
		answers <- a
	}()
	timer := time.NewTimer(limit + grace)
	defer timer.Stop()
	select {
	case a := <-answers:
		if a.err != nil {
			p.kill()
			return p.postMortem(a.err, heard(&at))
		}
		if a.reply.Fatal {
			p.kill()
		}
		return a.reply, !a.reply.Fatal, nil
	case <-timer.C:
		p.kill()
		msg := fmt.Sprintf("rendering took longer than the limit of %s", limit)
		return wireReply{Failure: &Failure{Kind: Timeout, Template: heard(&at), Message: msg, Raw: msg}}, false, nil
	case <-ctx.Done():
		p.kill()
		return reply, false, context.Cause(ctx)
	}
}

// answer reads frames until the one that answers.
func (p *process) answer(at *atomic.Pointer[string]) (wireReply, error) {
	for {
		var reply wireReply
		if err := readFrame(p.out, &reply); err != nil || reply.At == "" {
			return reply, err
		}
		at.Store(&reply.At)
	}
}

func heard(at *atomic.Pointer[string]) string {
	if s := at.Load(); s != nil {
		return *s
	}
	return ""
}

// postMortem reads from stderr why a worker died. Go ends a process that runs
// out of memory or stack, and so does the system.
func (p *process) postMortem(cause error, at string) (wireReply, bool, error) {
	text := p.stderr.String()
	for _, sign := range []string{"out of memory", "stack overflow", "stack exceeds", "cannot allocate memory", "makeslice", "Builder.Grow"} {
		if strings.Contains(text, sign) {
			msg := "rendering ran out of memory (" + sign + ")"
			return wireReply{Failure: &Failure{Kind: Memory, Template: at, Message: msg, Raw: text}}, false, nil
		}
	}
	if state := p.cmd.ProcessState; state != nil && killedBySystem(state) {
		msg := "the system ended the rendering, most likely for want of memory"
		return wireReply{Failure: &Failure{Kind: Memory, Template: at, Message: msg, Raw: text}}, false, nil
	}
	return wireReply{}, false, fmt.Errorf("%w: %w%s", errWorkerGone, cause, p.stderr.hint())
}

// kill ends the worker and waits for it.
func (p *process) kill() {
	select {
	case <-p.exited:
		return
	default:
	}
	_ = p.in.Close()
	// A worker that ended by itself tells why; give it the moment to.
	done := make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(100 * time.Millisecond):
		killGroup(p.cmd.Process)
		<-done
	}
	close(p.exited)
}

// tailBuffer keeps the first and forgets the rest of what is written.
type tailBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const maxStderr = 16 << 10

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxStderr - t.b.Len(); room > 0 {
		t.b.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

func (t *tailBuffer) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func (t *tailBuffer) hint() string {
	line, _, _ := strings.Cut(strings.TrimSpace(t.String()), "\n")
	if line == "" {
		return ""
	}
	return ": " + shorten(line, 300)
}
