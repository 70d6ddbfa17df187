package chart

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// releaseWorkerEnv makes the program a worker for one operation on a release.
const releaseWorkerEnv = "CHART_MATRIX_RELEASE_WORKER"

// The operations on a release.
const (
	opInstall   = "install"
	opUpgrade   = "upgrade"
	opRollback  = "rollback"
	opTest      = "test"
	opUninstall = "uninstall"
	opGet       = "get"
	opNamespace = "namespace"
	opObserve   = "observe" // what another Helm has done
)

// releaseGrace is how long a worker has to note down in the cluster that its
// operation was interrupted, so that the release does not stay locked.
const releaseGrace = 5 * time.Second

// wireRelease is the only frame to a release worker. When its input ends, the
// worker gives up.
type wireRelease struct {
	Op         string
	Files      []wireFile
	Values     []byte
	Kubeconfig string
	Context    string
	Release    string
	Namespace  string
	Timeout    time.Duration
	Revision   int
	// Of opObserve: the operation that was done, since when, the hook that was
	// meant (empty for all), and what Helm said when it failed.
	Of, Only, Said string
	Since          time.Time
}

// wireProgress is a frame from a release worker: a line, or the answer.
type wireProgress struct {
	Line   string
	Answer *wireAnswer
}

type wireAnswer struct {
	Release Release
	Err     string // the question could not be asked
	Cluster bool   // the cluster is to blame for it
}

// run asks a worker for one operation. When the context ends, the worker has
// some seconds to leave the release in order.
func (t *Target) run(ctx context.Context, req wireRelease) (*Release, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	kubeconfig, err := filepath.Abs(t.Kubeconfig)
	if err != nil {
		return nil, err
	}
	req.Kubeconfig, req.Context = kubeconfig, t.Context
	req.Release, req.Namespace = t.Release, t.Namespace
	req.Timeout = orDefault(t.Timeout, DefaultHelmTimeout)
	w, err := t.start(req)
	if err != nil {
		return nil, fmt.Errorf("%s of release %s: %w", req.Op, t.Release, err)
	}
	answer, err := w.wait(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s of release %s: %w", req.Op, t.Release, err)
	}
	if answer.Err != "" {
		err = errors.New(answer.Err)
		if answer.Cluster {
			err = fmt.Errorf("%w: %s", ErrCluster, strings.TrimPrefix(answer.Err, ErrCluster.Error()+": "))
		}
		return &answer.Release, fmt.Errorf("%s of release %s: %w", req.Op, t.Release, err)
	}
	return &answer.Release, nil
}

// releaseProcess is a release worker as the parent sees it.
type releaseProcess struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	stderr  tailBuffer
	answers chan releaseAnswer // one, and then closed
}

type releaseAnswer struct {
	answer *wireAnswer
	err    error
}

func (t *Target) start(req wireRelease) (*releaseProcess, error) {
	executable := t.Executable
	if executable == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("cannot find this program to start a worker: %w", err)
		}
		executable = own
	}
	p := &releaseProcess{answers: make(chan releaseAnswer, 1)}
	p.cmd = exec.Command(executable)
	// Kubeconfigs name programs that give credentials; they need what the user's have.
	p.cmd.Env = append(os.Environ(), releaseWorkerEnv+"=1")
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second // a credential program may hold the pipe
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a worker: %w", err)
	}
	p.in = in
	go p.read(bufio.NewReader(out), req, t.Log)
	return p, nil
}

// read sends the request and passes on what comes back.
func (p *releaseProcess) read(out io.Reader, req wireRelease, log func(string)) {
	defer close(p.answers)
	if err := writeFrame(p.in, req); err != nil {
		p.answers <- releaseAnswer{err: fmt.Errorf("%w%s", err, p.stderr.hint())}
		return
	}
	for {
		var progress wireProgress
		if err := readFrame(out, &progress); err != nil {
			p.answers <- releaseAnswer{err: err}
			return
		}
		if progress.Answer != nil {
			p.answers <- releaseAnswer{answer: progress.Answer}
			return
		}
		if log != nil {
			log(progress.Line)
		}
	}
}

// errReleaseWorkerGone says that a worker ended without an answer.
var errReleaseWorkerGone = errors.New("the worker that runs Helm ended without an answer")

// wait gives the worker's answer. The worker and all that it started are gone
// when it returns.
func (p *releaseProcess) wait(ctx context.Context) (*wireAnswer, error) {
	defer p.end()
	var a releaseAnswer
	select {
	case a = <-p.answers:
	case <-ctx.Done():
		_ = p.in.Close() // tells the worker
		timer := time.NewTimer(releaseGrace)
		defer timer.Stop()
		select {
		case <-p.answers:
		case <-timer.C:
		}
		return nil, context.Cause(ctx)
	}
	if a.err != nil {
		p.end()
		return nil, fmt.Errorf("%w: %w%s", errReleaseWorkerGone, a.err, p.stderr.hint())
	}
	return a.answer, nil
}

// end ends the worker, with the programs that it started.
func (p *releaseProcess) end() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.in.Close()
	killGroup(p.cmd.Process)
	_ = p.cmd.Wait()
}
