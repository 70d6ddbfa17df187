package chart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Limits of a render unless [RendererOptions] says otherwise.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultMemoryLimit = 1 << 30  // bytes of heap in one worker
	DefaultOutputLimit = 64 << 20 // bytes of rendered text
)

// RendererOptions are the limits of a renderer. Zero means the default.
type RendererOptions struct {
	Workers     int           // processes; default: the number of CPUs
	Timeout     time.Duration // of one render
	MemoryLimit int64         // of one worker's heap, bytes
	OutputLimit int64         // of one rendering, bytes
	// Executable is started as the worker; default: this program, whose main
	// calls [RunWorkerIfAsked].
	Executable string
}

// Renderer renders one chart in worker processes. Its methods may be called
// from many goroutines; equal questions are asked once. Close it after use.
type Renderer struct {
	chart *Chart
	opt   RendererOptions
	init  wireInit
	tmp   string // the chart on disk, when it is not there already

	mu      sync.Mutex
	slots   []*slot
	changed chan struct{} // closed and replaced whenever a slot becomes free
	keys    map[string]*keyState
	texts   map[string]string // of the documents in keys, by digest
	cached  int64             // bytes of text in keys and texts
	serial  int
	closed  bool
}

type slot struct {
	busy bool
	proc *process // nil until needed, and after its worker died
}

// keyState is what is known about one set of values, release and namespace.
// While its first render is under way the others wait for it, as it probably
// answers them too.
type keyState struct {
	turn    chan struct{} // holds one token
	slot    int           // where its runs are; -1 for nowhere yet
	spread  bool          // reuse failed once: go on in any free worker
	late    bool          // a version ran into the time limit
	answers map[string]*Rendering
	lints   map[string][]LintMessage
	runs    map[runID]*Rendering
}

type runID struct{ process, run int }

// maxCached is how much rendered text is remembered, in bytes, before all of
// it is forgotten.
const maxCached = 128 << 20

// NewRenderer prepares rendering of c. Workers start when they are needed.
func (c *Chart) NewRenderer(opt RendererOptions) (*Renderer, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	opt.Timeout = orDefault(opt.Timeout, DefaultTimeout)
	opt.MemoryLimit = orDefault(opt.MemoryLimit, DefaultMemoryLimit)
	opt.OutputLimit = orDefault(opt.OutputLimit, DefaultOutputLimit)
	if opt.Executable == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("cannot find this program to start render workers: %w", err)
		}
		opt.Executable = exe
	}
	r := &Renderer{chart: c, opt: opt, changed: make(chan struct{}), keys: map[string]*keyState{}, texts: map[string]string{}}
	for range opt.Workers {
		r.slots = append(r.slots, &slot{})
	}
	// Lint rules read the chart from disk, with the dependencies in it.
	tmp, err := os.MkdirTemp("", "chart-matrix-")
	if err != nil {
		return nil, err
	}
	r.tmp = tmp
	dir := filepath.Join(tmp, c.Name)
	if filepath.Base(c.Name) != c.Name || c.Name == ".." {
		dir = filepath.Join(tmp, "chart")
	}
	if err := writeFiles(dir, c.files); err != nil {
		_ = os.RemoveAll(tmp)
		return nil, err
	}
	r.init = wireInit{Dir: dir, Timeout: opt.Timeout, MemoryLimit: opt.MemoryLimit, OutputLimit: opt.OutputLimit}
	for _, f := range c.files {
		r.init.Files = append(r.init.Files, wireFile{f.Name, f.Data})
	}
	return r, nil
}

func orDefault[T time.Duration | int64](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Close ends the workers. Renders under way return an error.
func (r *Renderer) Close() error {
	r.mu.Lock()
	r.closed = true
	var ended []*process
	for _, s := range r.slots {
		if s.proc != nil && !s.busy {
			ended = append(ended, s.proc)
			s.proc = nil
		}
	}
	close(r.changed)
	r.changed = make(chan struct{})
	r.mu.Unlock()
	for _, p := range ended {
		p.kill()
	}
	return os.RemoveAll(r.tmp)
}

var errClosed = errors.New("the renderer is closed")

// acquire waits for a slot: the wanted one, or any other free one if that is
// allowed or want is -1.
func (r *Renderer) acquire(ctx context.Context, want int, anyOther bool) (int, error) {
	for {
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			return 0, errClosed
		}
		i := want
		if i < 0 || r.slots[i].busy {
			i = -1
			if want < 0 || anyOther {
				i = slices.IndexFunc(r.slots, func(s *slot) bool { return !s.busy })
			}
		}
		if i >= 0 {
			r.slots[i].busy = true
			r.mu.Unlock()
			return i, nil
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

func (r *Renderer) release(i int, p *process) {
	r.mu.Lock()
	r.slots[i].busy = false
	r.slots[i].proc = p
	closed := r.closed
	if closed {
		r.slots[i].proc = nil
	}
	close(r.changed)
	r.changed = make(chan struct{})
	r.mu.Unlock()
	if closed && p != nil {
		p.kill()
	}
}

// patience is how long the next version of the same values may take. Renders
// take a small part of the limit, and what ran into it on one version most
// likely does so on all: a tenth tells as much, and 14 versions do not take 14
// times the limit.
func (r *Renderer) patience(state *keyState) time.Duration {
	if !state.late {
		return r.opt.Timeout
	}
	return max(r.opt.Timeout/10, min(r.opt.Timeout, time.Second))
}

// ask sends a request to the worker in slot i, which the caller holds. A
// worker that ended is replaced, and asked once more unless its end is itself
// the answer.
func (r *Renderer) ask(ctx context.Context, i int, req wireRequest, v *Values, apis []string) (reply wireReply, serial int, err error) {
	p := r.slots[i].proc
	defer func() { r.release(i, p) }()
	for attempt := 0; ; attempt++ {
		if p == nil {
			r.mu.Lock()
			r.serial++
			n := r.serial
			r.mu.Unlock()
			if p, err = startProcess(n, r.opt.Executable, r.init); err != nil {
				p = nil
				return reply, 0, err
			}
		}
		send := req
		if v != nil && !p.values[v.Digest] {
			send.Values = v.encoded
		}
		if !p.apis[req.APIDigest] {
			send.APIVersions = apis
		}
		var alive bool
		reply, alive, err = p.call(ctx, send, cmp.Or(req.Timeout, r.opt.Timeout))
		serial = p.serial
		if alive && err == nil {
			if v != nil {
				p.values[v.Digest] = true
			}
			p.apis[req.APIDigest] = true
			return reply, serial, nil
		}
		if !alive {
			p = nil
		}
		if err == nil || attempt > 0 || !errors.Is(err, errWorkerGone) {
			return reply, serial, err
		}
	}
}
