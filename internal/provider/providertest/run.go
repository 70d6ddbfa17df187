// Package providertest holds the conformance suite of providers, and a fake
// provider that can fail at every point.
package providertest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// Open gives a provider, as a new process would have it, and what makes a
// request of a Ref that it can meet: its version, its image, its folder.
// Providers that it gave before must still see the same clusters.
type Open func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request)

// Option sets how Run goes about it.
type Option func(*suite)

// Foreign plants a cluster that chart-matrix did not make, beside those of the
// suite, and says what its name is and how to see that it is still there. It
// is removed by the cleanup of the test that it gets.
func Foreign(plant func(t *testing.T) (name string, there func() bool)) Option {
	return func(s *suite) { s.foreign = plant }
}

// Stages bounds at how many stages Up is cancelled; where a cluster takes half
// a minute, so does each of them. 0 means at every one.
func Stages(most int) Option { return func(s *suite) { s.stages = most } }

// CancelWithin is how long Up may take to come back once its context ends.
func CancelWithin(d time.Duration) Option { return func(s *suite) { s.cancel = d } }

// Within bounds one Up, and one Down.
func Within(d time.Duration) Option { return func(s *suite) { s.within = d } }

// Single is for a provider that refuses to have two clusters at once; an Up
// beside another one must then fail and make nothing.
func Single() Option { return func(s *suite) { s.single = true } }

type suite struct {
	open    Open
	foreign func(*testing.T) (string, func() bool)
	stages  int
	cancel  time.Duration
	within  time.Duration
	single  bool
}

// Run tells whether a provider keeps its contract. Every cluster that it makes
// has a name of its own and is removed again, whatever happens. What a
// provider prints to Request.Log tells the stages of its Up: one that prints
// nothing is cancelled at the start only.
func Run(t *testing.T, open Open, options ...Option) {
	s := &suite{open: open, cancel: 30 * time.Second, within: 5 * time.Minute}
	for _, o := range options {
		o(s)
	}
	if s.foreign != nil {
		name, there := s.foreign(t)
		t.Cleanup(func() {
			if !there() {
				t.Errorf("the foreign cluster %q is gone", name)
			}
		})
		t.Run("foreign", func(t *testing.T) { s.spares(t, name, there) })
	}
	t.Run("refuses what is not its own", s.refuses)
	t.Run("down of nothing", s.downOfNothing)
	t.Run("unknown version", s.unknownVersion)
	t.Run("ended context", s.endedContext)
	stages := 0
	t.Run("life", func(t *testing.T) { stages = s.life(t) })
	t.Run("cancel", func(t *testing.T) { s.cancelled(t, stages) })
	t.Run("two at once", s.twoAtOnce)
}

// up is one Up of a new cluster, that is removed when the test ends.
type up struct {
	provider provider.Provider
	request  provider.Request
	log      *stageLog
}

// prepare makes the request of a new cluster. It is removed at the end by a
// provider that knows nothing but its Ref.
func (s *suite) prepare(t *testing.T) up {
	t.Helper()
	p, request := s.open(t)
	ref := provider.NewRef(p.Name(), "conformance", time.Now().Add(time.Hour))
	u := up{provider: p, request: request(ref), log: &stageLog{}}
	if u.request.Ref.Name != ref.Name {
		t.Fatalf("the request is for %q, not for %q", u.request.Ref.Name, ref.Name)
	}
	if u.request.Dir == "" {
		u.request.Dir = t.TempDir()
	}
	u.request.Log = u.log
	t.Cleanup(func() {
		s.down(t, u.request.Ref)
		if refs := s.list(t); has(refs, u.request.Ref) {
			t.Errorf("%s is still there", u.request.Ref.Name)
		}
		if t.Failed() {
			t.Logf("the log of %s:\n%s", u.request.Ref.Name, u.log)
		}
	})
	return u
}

// down removes a cluster as another process would.
func (s *suite) down(t *testing.T, ref provider.Ref) {
	t.Helper()
	p, _ := s.open(t)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.within)
	defer cancel()
	if err := p.Down(ctx, ref); err != nil {
		t.Errorf("Down of %s: %v", ref.Name, err)
	}
}

// list gives what is there, as another process sees it.
func (s *suite) list(t *testing.T) []provider.Ref {
	t.Helper()
	p, _ := s.open(t)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.within)
	defer cancel()
	refs, err := p.List(ctx)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	for i, r := range refs {
		owner, expires, ok := provider.ParseName(r.Name)
		if !ok || r.Provider != p.Name() || r.Owner != owner || !r.Expires.Equal(expires) {
			t.Errorf("List gives %+v, which is not what its name says", r)
		}
		if i > 0 && refs[i-1].Name >= r.Name {
			t.Errorf("List is not sorted by name: %q before %q", refs[i-1].Name, r.Name)
		}
	}
	return refs
}

func has(refs []provider.Ref, ref provider.Ref) bool {
	for _, r := range refs {
		if r.Name == ref.Name {
			return true
		}
	}
	return false
}

// check holds what Up gave against what was asked.
func (u up) check(t *testing.T, c *provider.Cluster) {
	t.Helper()
	if c.Ref.Name != u.request.Ref.Name || c.Ref.Provider != u.request.Ref.Provider || !c.Ref.Expires.Equal(u.request.Ref.Expires) {
		t.Errorf("asked for %+v, got %+v", u.request.Ref, c.Ref)
	}
	got, err := matrix.ParseVersion(c.Version)
	if err != nil || !strings.HasPrefix(c.Version, "v") {
		t.Errorf("version %q is not one as an API server reports it: %v", c.Version, err)
	}
	if want := u.request.Version; got.MinorString() != want.MinorString() || want.Patch >= 0 && got.Patch != want.Patch {
		t.Errorf("asked for %s, got %s", want, c.Version)
	}
	if c.Context == "" {
		t.Error("no context is named")
	}
	if inside, err := filepath.Rel(u.request.Dir, c.Kubeconfig); err != nil || strings.HasPrefix(inside, "..") {
		t.Errorf("the kubeconfig %s is not in the cluster's folder %s", c.Kubeconfig, u.request.Dir)
	}
	info, err := os.Stat(c.Kubeconfig)
	if err != nil {
		t.Error(err)
	} else if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the kubeconfig: %s", info.Mode())
	}
}
