package chart

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// workerEnv makes the program a render worker.
const workerEnv = "CHART_MATRIX_RENDER_WORKER"

// Exit codes of a worker.
const (
	exitStopped = 0  // the parent closed the pipe
	exitLimit   = 70 // a limit was exceeded; the last frame says which
	exitBroken  = 71 // the parent sent something that cannot be read
)

// RunWorkerIfAsked turns the process into a worker when a [Renderer] or a
// [Target] started it, and does not return then. Call it first in main and in
// TestMain.
func RunWorkerIfAsked() {
	work := WorkerMain
	switch {
	case os.Getenv(workerEnv) != "":
	case os.Getenv(releaseWorkerEnv) != "":
		work = releaseWorkerMain
	default:
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Helm logs what it also returns
	log.SetOutput(io.Discard)                      //nolint:forbidigo // as above
	os.Exit(work(os.Stdin, os.Stdout))             //nolint:forbidigo // this is the worker's main
}

// WorkerMain serves render requests from in until it ends, and returns the
// exit code of the process. It ends the process itself when a limit is
// exceeded, or when the parent goes away during a render.
func WorkerMain(in io.Reader, out io.Writer) int {
	w := &worker{out: out}
	r := bufio.NewReaderSize(in, 1<<16)
	var init wireInit
	if err := readFrame(r, &init); err != nil {
		return exitBroken
	}
	w.init = init
	parent := os.Getppid()
	requests := make(chan wireRequest)
	go func() {
		// Reading goes on during a render, to notice that the parent is gone.
		for {
			var req wireRequest
			if err := readFrame(r, &req); err != nil {
				if tmp := scratch(init.Dir); orphaned(parent) && strings.HasPrefix(filepath.Base(tmp), scratchPrefix) {
					_ = os.RemoveAll(tmp) // nobody else is left to
				}
				if w.now.busy.Load() != 0 {
					os.Exit(exitStopped) //nolint:forbidigo // a render cannot be stopped otherwise
				}
				close(requests)
				return
			}
			requests <- req
		}
	}()
	h, err := newHost(init, &w.now)
	go w.watch()
	for req := range requests {
		var reply wireReply
		if err != nil {
			reply = wireReply{Err: err.Error()}
		} else {
			w.begin(req.Timeout)
			reply = serveSafely(h, req)
		}
		if !w.end(reply) {
			return exitBroken
		}
	}
	return exitStopped
}

// scratchPrefix begins the name of a renderer's temporary folder.
const scratchPrefix = "chart-matrix-"

// scratch is the folder of a renderer's temporary files, of which dir is one.
// All is kept in one place so that it is removed when a worker was killed.
func scratch(dir string) string {
	if dir == "" {
		return "" // the system's
	}
	return filepath.Dir(dir)
}

// orphaned tells whether the parent was killed. Its end of the pipe closes a
// moment before the system gives its children another parent.
func orphaned(parent int) bool {
	for range 5 {
		if os.Getppid() != parent {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

type worker struct {
	init wireInit
	now  progress
	mu   sync.Mutex // held while a frame is written
	out  io.Writer

	limit atomic.Int64 // time limit of the request at work, nanoseconds
}

func (w *worker) begin(limit time.Duration) {
	if limit <= 0 {
		limit = w.init.Timeout
	}
	w.limit.Store(int64(limit))
	w.now.template.Store(nil)
	w.now.busy.Store(time.Now().UnixNano())
}

func (w *worker) end(reply wireReply) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.busy.Store(0)
	return writeFrame(w.out, reply) == nil
}

// serveSafely turns a panic in a library into an answer: the worker's state is
// not in doubt, as every render works on copies.
func serveSafely(h *host, req wireRequest) (reply wireReply) {
	defer func() {
		if p := recover(); p != nil {
			reply = wireReply{Err: fmt.Sprintf("rendering stopped unexpectedly: %v", p)}
		}
	}()
	return h.serve(req)
}

// watchInterval is how often the limits are checked. A template can allocate
// some 50 MB in that time.
const watchInterval = 10 * time.Millisecond

// watch ends the process when a render exceeds its limits. The engine offers
// no way to stop it.
func (w *worker) watch() {
	// Collect harder on the way to the limit, so that garbage alone does not
	// reach it.
	debug.SetMemoryLimit(w.init.MemoryLimit / 4 * 3)
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	said := ""
	for range time.Tick(watchInterval) {
		began := w.now.busy.Load()
		if began == 0 {
			said = ""
			continue
		}
		if at := w.now.current(); at != said {
			w.say(at)
			said = at
		}
		limit := time.Duration(w.limit.Load())
		if took := time.Since(time.Unix(0, began)); limit > 0 && took > limit {
			w.stop(Timeout, fmt.Sprintf("rendering took longer than the limit of %s", limit))
		}
		metrics.Read(sample)
		if used := sample[0].Value.Uint64(); w.init.MemoryLimit > 0 && used > uint64(w.init.MemoryLimit) {
			w.stop(Memory, fmt.Sprintf("rendering took more memory than the limit of %d MiB", w.init.MemoryLimit>>20))
		}
	}
}

// say tells the parent which template is at work. Where the pipe is broken,
// the answer will find out.
func (w *worker) say(at string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now.busy.Load() != 0 && at != "" {
		_ = writeFrame(w.out, wireReply{At: at})
	}
}

func (w *worker) stop(kind FailureKind, message string) {
	w.mu.Lock() // never released: no other frame may follow
	if w.now.busy.Load() == 0 {
		w.mu.Unlock()
		return // it finished in the meantime
	}
	f := &Failure{Kind: kind, Template: w.now.current(), Message: message, Raw: message}
	if err := writeFrame(w.out, wireReply{Failure: f, Fatal: true}); err != nil {
		os.Exit(exitBroken) //nolint:forbidigo // as below
	}
	os.Exit(exitLimit) //nolint:forbidigo // a render cannot be stopped otherwise
}
