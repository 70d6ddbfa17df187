package chart

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	releaseinterface "helm.sh/helm/v4/pkg/release"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/storage/driver"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// errGivenUp is why a worker's operation ends early: its parent closed the pipe,
// or is gone.
var errGivenUp = errors.New("the operation was interrupted")

// releaseWorkerMain runs the one operation that comes in, and returns the exit
// code of the process.
func releaseWorkerMain(in io.Reader, out io.Writer) int {
	r := bufio.NewReader(in)
	var req wireRelease
	if err := readFrame(r, &req); err != nil {
		return exitBroken
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, r) // until the parent closes it
		cancel(errGivenUp)
		time.Sleep(releaseGrace)
		os.Exit(exitStopped) //nolint:forbidigo // Helm's actions cannot be ended otherwise
	}()
	w := &releaseWorker{req: req, out: out}
	answer := w.serve(ctx)
	w.mu.Lock() // never released: no other frame may follow
	if err := writeFrame(out, wireProgress{Answer: answer}); err != nil {
		return exitBroken
	}
	return exitStopped
}

// releaseWorker runs one operation.
type releaseWorker struct {
	req    wireRelease
	config *action.Configuration
	client *hookClient
	access *access

	mu  sync.Mutex // held while a frame is written
	out io.Writer
}

// say sends a line to the parent. Where nobody listens, the answer will find out.
func (w *releaseWorker) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = writeFrame(w.out, wireProgress{Line: fmt.Sprintf(format, args...)})
}

func (w *releaseWorker) serve(ctx context.Context) (answer *wireAnswer) {
	began := time.Now()
	answer = &wireAnswer{}
	defer func() {
		if p := recover(); p != nil {
			answer = &wireAnswer{Err: fmt.Sprintf("Helm stopped unexpectedly: %v", p)}
		}
	}()
	if err := w.connect(ctx); err != nil {
		return &wireAnswer{Err: err.Error(), Cluster: true}
	}
	rel, err := w.operate(ctx)
	if err == nil && w.req.Op == opObserve {
		err = w.observe(rel)
	}
	answer.Release = w.describe(rel)
	answer.Release.Seconds = time.Since(began).Seconds()
	if err == nil {
		return answer
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	refusals, err := w.refuse(err, &answer.Release)
	answer.Release.Refusals = refusals
	if err != nil {
		answer.Err, answer.Cluster = err.Error(), errors.Is(err, ErrCluster)
	}
	return answer
}

// connect prepares Helm for the cluster; it does not talk to it yet.
func (w *releaseWorker) connect(ctx context.Context) error {
	kube.ManagedFieldsManager = "helm" // as the command line; else it is this program's name
	var err error
	if w.access, err = newAccess(w.req.Kubeconfig, w.req.Context, w.req.Namespace); err != nil {
		return err
	}
	w.config = action.NewConfiguration(action.ConfigurationSetLogger(&lineHandler{say: w.say}))
	if err := w.config.Init(w.access, w.req.Namespace, "secret"); err != nil {
		return err
	}
	client, ok := w.config.KubeClient.(*kube.Client)
	if !ok {
		return fmt.Errorf("the client of Helm is a %T", w.config.KubeClient)
	}
	client.Namespace = w.req.Namespace
	w.client = &hookClient{Client: client, ctx: ctx, access: w.access, namespace: w.req.Namespace, say: w.say}
	w.config.KubeClient = w.client
	return nil
}

func (w *releaseWorker) operate(ctx context.Context) (*helmrelease.Release, error) {
	waits := []kube.WaitOption{kube.WithWaitContext(ctx)}
	name := w.req.Release
	switch w.req.Op {
	case opNamespace:
		return nil, w.ensureNamespace(ctx)
	case opInstall:
		if err := w.ensureNamespace(ctx); err != nil {
			return nil, err
		}
		c, values, err := w.chart()
		if err != nil {
			return nil, err
		}
		a := action.NewInstall(w.config)
		a.ReleaseName, a.Namespace, a.Timeout = name, w.req.Namespace, w.req.Timeout
		a.WaitStrategy, a.WaitOptions = kube.HookOnlyStrategy, waits
		return asRelease(a.RunWithContext(ctx, c, values))
	case opUpgrade:
		c, values, err := w.chart()
		if err != nil {
			return nil, err
		}
		a := action.NewUpgrade(w.config)
		a.Namespace, a.Timeout = w.req.Namespace, w.req.Timeout
		a.ResetValues = true // the cell's values are whole
		a.WaitStrategy, a.WaitOptions = kube.HookOnlyStrategy, waits
		return asRelease(a.RunWithContext(ctx, name, c, values))
	case opRollback:
		a := action.NewRollback(w.config)
		a.Version, a.Timeout = w.req.Revision, w.req.Timeout
		a.WaitStrategy, a.WaitOptions = kube.HookOnlyStrategy, waits
		err := w.interruptible(ctx, func() error { return a.Run(name) })
		rel, _ := w.last() // what failed is the more important
		return rel, err
	case opTest:
		return w.test(ctx, waits)
	case opUninstall:
		a := action.NewUninstall(w.config)
		a.Timeout, a.IgnoreNotFound = w.req.Timeout, true
		a.WaitStrategy, a.WaitOptions = kube.StatusWatcherStrategy, waits
		var answer *releaseinterface.UninstallReleaseResponse
		err := w.interruptible(ctx, func() (err error) {
			answer, err = a.Run(name)
			return err
		})
		if answer == nil {
			return nil, err
		}
		rel, _ := asRelease(answer.Release, nil)
		return rel, err
	}
	rel, err := w.last()
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	return rel, err
}

// interruptible runs one of Helm's actions that take no context. What goes on
// behind it ends with the process.
func (w *releaseWorker) interruptible(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *releaseWorker) last() (*helmrelease.Release, error) {
	if err := w.client.IsReachable(); err != nil {
		return nil, err
	}
	return asRelease(w.config.Releases.Last(w.req.Release))
}

func asRelease(r releaseinterface.Releaser, err error) (*helmrelease.Release, error) {
	rel, _ := r.(*helmrelease.Release) // nil where there is none
	return rel, err
}

func (w *releaseWorker) chart() (*helmchart.Chart, map[string]any, error) {
	files := make([]*archive.BufferedFile, len(w.req.Files))
	for i, f := range w.req.Files {
		files[i] = &archive.BufferedFile{Name: f.Name, Data: f.Data}
	}
	c, err := loadFiles(files)
	if err != nil {
		return nil, nil, err
	}
	values, err := decodeValues(w.req.Values)
	return c, values, err
}

// ensureNamespace makes the namespace. Helm would do so only after it has
// rendered, and a script that runs before the install needs it, too.
func (w *releaseWorker) ensureNamespace(ctx context.Context) error {
	err := w.access.ensureNamespace(ctx, w.req.Namespace)
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// test runs the tests again without those that were run, until none is left.
// Helm stops at the first one that fails.
func (w *releaseWorker) test(ctx context.Context, waits []kube.WaitOption) (*helmrelease.Release, error) {
	w.client.event = string(helmrelease.HookTest)
	for {
		a := action.NewReleaseTesting(w.config)
		a.Namespace, a.Timeout, a.WaitOptions = w.req.Namespace, w.req.Timeout, waits
		for _, run := range w.client.runs {
			a.Filters[action.ExcludeNameFilter] = append(a.Filters[action.ExcludeNameFilter], run.Name)
		}
		before := len(w.client.runs)
		var rel *helmrelease.Release
		err := w.interruptible(ctx, func() error {
			r, shutdown, err := a.Run(w.req.Release)
			rel, _ = r.(*helmrelease.Release)
			if ending := shutdown(); err == nil {
				err = ending
			}
			return err
		})
		if err != nil && ctx.Err() == nil && w.client.making != nil {
			// It could not even be made.
			refusals, fatal := w.refuse(err, &Release{})
			if fatal != nil {
				return rel, fatal
			}
			run := *w.client.making
			run.Failed, run.Refusals = true, refusals
			w.client.runs, w.client.making = append(w.client.runs, run), nil
		}
		if err == nil || ctx.Err() != nil || len(w.client.runs) == before {
			return rel, w.allButFailures(ctx, err)
		}
	}
}

// allButFailures forgets an error that only says that a test failed: its run says so.
func (w *releaseWorker) allButFailures(ctx context.Context, err error) error {
	if n := len(w.client.runs); err != nil && ctx.Err() == nil && n > 0 && w.client.runs[n-1].Failed {
		return nil
	}
	return err
}
