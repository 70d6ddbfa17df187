package providertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// Step is a step of a Fake's work.
type Step string

// The steps, in their order. Up takes those of UpSteps; what it made up to a
// failure stays, as it does where a process is killed.
const (
	Check     Step = "check"     // is the name free?
	Create    Step = "create"    // from its end on the cluster is there, half-made
	Configure Step = "configure" // writes the kubeconfig
	Ready     Step = "ready"     // from its end on the cluster is whole
	List      Step = "list"
	Remove    Step = "remove" // at its end the cluster is gone
)

// UpSteps gives the steps of Up in their order.
func UpSteps() []Step { return []Step{Check, Create, Configure, Ready} }

// Fault makes a step fail.
type Fault struct {
	Step Step
	// After fails the step when its work is done, not before.
	After bool
	// Err is what the step fails with; wrap provider.ErrTransient where
	// another try may pass. Nil, unless it hangs, means ErrInjected.
	Err error
	// Hang lets the step hang until its context ends.
	Hang bool
	// Times is how often it happens; 0 means always.
	Times int
}

// Host is where a Fake's clusters are. Fakes that share one see the same
// clusters, as the processes of one machine do. Its zero value is empty.
type Host struct {
	mu       sync.Mutex
	clusters map[string]bool // whether it is whole
}

// Names lists what is there, ours or not, whole or half-made, sorted.
func (h *Host) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]string, 0, len(h.clusters))
	for name := range h.clusters {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Put puts a cluster there that no Fake made.
func (h *Host) Put(name string) { h.set(name, true) }

func (h *Host) set(name string, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clusters == nil {
		h.clusters = map[string]bool{}
	}
	h.clusters[name] = whole
}

func (h *Host) has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.clusters[name]
	return ok
}

func (h *Host) remove(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clusters, name)
}

// Fake is a provider.Provider whose clusters are names alone. It keeps the
// contract, and can be made to fail at every point of it. Its kubeconfigs are
// well-formed and lead nowhere.
type Fake struct {
	Host *Host
	// Kind is the provider's name; empty means "fake".
	Kind string
	// Newest gives the newest patch of each minor that it makes, by minor as
	// Version.MinorString writes it; nil means DefaultVersions.
	Newest map[string]string
	Faults []Fault
	// Pause is how long each step takes.
	Pause time.Duration

	mu    sync.Mutex
	times map[int]int // how often each fault happened
}

// ErrInjected is what a Fault without an error of its own fails with.
var ErrInjected = errors.New("the fake was told to fail")

// DefaultVersions is what a Fake makes where nothing else is said.
func DefaultVersions() map[string]string {
	return map[string]string{"1.34": "v1.34.4", "1.37": "v1.37.2"}
}

// Name implements provider.Provider.
func (f *Fake) Name() string {
	if f.Kind == "" {
		return "fake"
	}
	return f.Kind
}

// Up implements provider.Provider.
func (f *Fake) Up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	if err := provider.CheckRef(f.Name(), r.Ref); err != nil {
		return nil, err
	}
	version, err := f.version(r.Version)
	if err != nil {
		return nil, err
	}
	c := &provider.Cluster{
		Ref: r.Ref, Kubeconfig: filepath.Join(r.Dir, "kubeconfig"), Context: f.Name() + "-" + r.Ref.Name, Version: version,
	}
	work := map[Step]func() error{
		Check: func() error {
			if f.Host.has(r.Ref.Name) {
				return fmt.Errorf("%w: %s", provider.ErrExists, r.Ref.Name)
			}
			return nil
		},
		Create:    func() error { f.Host.set(r.Ref.Name, false); return nil },
		Configure: func() error { return os.WriteFile(c.Kubeconfig, []byte(kubeconfig(c.Context)), 0o600) },
		Ready:     func() error { f.Host.set(r.Ref.Name, true); return nil },
	}
	for _, s := range UpSteps() {
		if r.Log != nil {
			_, _ = fmt.Fprintf(r.Log, "%s: %s\n", r.Ref.Name, s) // a log that fails is no reason to stop
		}
		if err := f.step(ctx, s, work[s]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.Ref.Name, s, err)
		}
	}
	return c, nil
}

// Down implements provider.Provider.
func (f *Fake) Down(ctx context.Context, ref provider.Ref) error {
	if err := provider.CheckRef(f.Name(), ref); err != nil {
		return err
	}
	return f.step(ctx, Remove, func() error { f.Host.remove(ref.Name); return nil })
}

// List implements provider.Provider.
func (f *Fake) List(ctx context.Context) ([]provider.Ref, error) {
	var out []provider.Ref
	err := f.step(ctx, List, func() error {
		for _, name := range f.Host.Names() {
			if ref, ok := provider.ParseRef(f.Name(), name); ok {
				out = append(out, ref)
			}
		}
		return nil
	})
	return out, err
}

func (f *Fake) version(v matrix.Version) (string, error) {
	newest := f.Newest
	if newest == nil {
		newest = DefaultVersions()
	}
	found, ok := newest[v.MinorString()]
	if !ok || v.Patch >= 0 && found != "v"+v.String() {
		var have []string
		for _, patch := range newest {
			have = append(have, patch)
		}
		slices.Sort(have)
		return "", provider.UnknownVersion(f.Name(), v, fmt.Sprint(have), "name one of these")
	}
	return found, nil
}

// step does one step, with the faults that it has.
func (f *Fake) step(ctx context.Context, s Step, work func() error) error {
	if err := f.fault(ctx, s, false); err != nil {
		return err
	}
	select {
	case <-time.After(f.Pause):
	case <-ctx.Done():
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	return f.fault(ctx, s, true)
}

func (f *Fake) fault(ctx context.Context, s Step, after bool) error {
	fault, ok := f.next(s, after)
	switch {
	case !ok:
		return nil
	case fault.Hang:
		<-ctx.Done()
		return context.Cause(ctx)
	case fault.Err != nil:
		return fault.Err
	}
	return ErrInjected
}

// next finds the fault that this point of the step has now, and counts it.
func (f *Fake) next(s Step, after bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times == nil {
		f.times = map[int]int{}
	}
	for i, fault := range f.Faults {
		if fault.Step != s || fault.After != after || fault.Times > 0 && f.times[i] >= fault.Times {
			continue
		}
		f.times[i]++
		return fault, true
	}
	return Fault{}, false
}

func kubeconfig(name string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: %[1]s, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: %[1]s, context: {cluster: %[1]s, user: %[1]s}}]
users: [{name: %[1]s, user: {}}]
current-context: %[1]s
`, name)
}
