package providertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// spares: what others made is neither listed nor removed.
func (s *suite) spares(t *testing.T, name string, there func() bool) {
	p, _ := s.open(t)
	refs, err := p.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	for _, r := range refs {
		if r.Name == name {
			t.Errorf("List gives %+v", r)
		}
	}
	if err := p.Down(t.Context(), provider.Ref{Provider: p.Name(), Name: name}); err == nil {
		t.Errorf("Down of %q gives no error: expected it to say that it is not ours", name)
	}
	if !there() {
		t.Errorf("Down removed %q", name)
	}
	// Sweeping a time when everything has expired takes ours alone; nothing of
	// ours that is not the suite's may be there to suffer, so it runs dry.
	swept, err := provider.Sweep(t.Context(), []provider.Provider{p}, time.Now().AddDate(1000, 0, 0), true)
	if err != nil {
		t.Error(err)
	}
	if has(swept.Expired, provider.Ref{Name: name}) {
		t.Errorf("a sweep would take %q", name)
	}
}

// refuses: a Ref that is not its own makes and removes nothing.
func (s *suite) refuses(t *testing.T) {
	p, request := s.open(t)
	for _, ref := range []provider.Ref{
		provider.NewRef(p.Name()+"-other", "conformance", time.Now().Add(time.Hour)),
		{Provider: p.Name(), Name: "conformance"},
		{Provider: p.Name(), Name: "--help"},
		{Provider: p.Name()},
	} {
		if c, err := p.Up(t.Context(), request(ref)); err == nil {
			t.Errorf("Up of %q of %q gives %+v", ref.Name, ref.Provider, c)
		}
		if err := p.Down(t.Context(), ref); err == nil {
			t.Errorf("Down of %q of %q gives no error", ref.Name, ref.Provider)
		}
	}
}

// downOfNothing: what is not there is removed.
func (s *suite) downOfNothing(t *testing.T) {
	p, _ := s.open(t)
	s.down(t, provider.NewRef(p.Name(), "conformance", time.Now()))
}

// unknownVersion: it is refused at once, with what there is, and nothing is made.
func (s *suite) unknownVersion(t *testing.T) {
	for _, v := range []matrix.Version{{Major: 1, Minor: 9999, Patch: -1}, {Major: 1, Minor: 9999, Patch: 3}} {
		u := s.prepare(t)
		u.request.Version, u.request.Image = v, ""
		_, err := u.provider.Up(t.Context(), u.request)
		switch {
		case err == nil:
			t.Errorf("Kubernetes %s is made", v)
		case errors.Is(err, provider.ErrTransient), errors.Is(err, provider.ErrExists):
			t.Errorf("Kubernetes %s: %v is what cannot be known", v, err)
		case !strings.Contains(err.Error(), v.String()):
			t.Errorf("the error does not name %s: %v", v, err)
		}
		if has(s.list(t), u.request.Ref) {
			t.Errorf("%s is there", u.request.Ref.Name)
		}
	}
}

// endedContext: an Up that is cancelled beforehand makes nothing.
func (s *suite) endedContext(t *testing.T) {
	u := s.prepare(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := u.provider.Up(ctx, u.request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if has(s.list(t), u.request.Ref) {
		t.Errorf("%s is there", u.request.Ref.Name)
	}
}

// life: a cluster comes up, is listed, keeps its name, and goes, and goes
// again. It gives how many stages the Up had.
func (s *suite) life(t *testing.T) int {
	u := s.prepare(t)
	ctx, cancel := context.WithTimeout(t.Context(), s.within)
	defer cancel()
	c, err := u.provider.Up(ctx, u.request)
	if err != nil {
		t.Fatalf("Up: %v", err)
	}
	stages := u.log.stages()
	u.check(t, c)
	for _, r := range s.list(t) {
		if r.Name == u.request.Ref.Name && (r.Owner != u.request.Ref.Owner || !r.Expires.Equal(u.request.Ref.Expires)) {
			t.Errorf("listed as %+v, made as %+v", r, u.request.Ref)
		}
	}
	if !has(s.list(t), u.request.Ref) {
		t.Errorf("List does not give %s", u.request.Ref.Name)
	}

	again, request := s.open(t)
	taken := request(u.request.Ref)
	taken.Dir = t.TempDir()
	if _, err := again.Up(ctx, taken); !errors.Is(err, provider.ErrExists) {
		t.Errorf("Up of a name that is taken: %v", err)
	}
	if !has(s.list(t), u.request.Ref) {
		t.Error("an Up of a name that is taken removed the cluster that has it")
	}

	for range 2 {
		s.down(t, u.request.Ref)
		if has(s.list(t), u.request.Ref) {
			t.Errorf("%s is there after Down", u.request.Ref.Name)
		}
	}
	return stages
}

// cancelled: an Up that is cancelled, at whatever stage, comes back with its
// context's error, and what it leaves half-made is removed by its Ref alone.
func (s *suite) cancelled(t *testing.T, stages int) {
	if stages == 0 {
		t.Skip("Up printed nothing, so its stages are not known")
	}
	for _, stage := range spread(stages, s.stages) {
		t.Run(fmt.Sprintf("stage %d of %d", stage, stages), func(t *testing.T) {
			u := s.prepare(t)
			ctx, cancel := context.WithTimeout(t.Context(), s.within)
			defer cancel()
			var at time.Time
			u.log.when(stage, func() { at = time.Now(); cancel() })
			c, err := u.provider.Up(ctx, u.request)
			if err == nil {
				// The last line may come when all is done.
				t.Logf("it was up before it could be cancelled")
				u.check(t, c)
			} else if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if at.IsZero() {
				t.Errorf("the stage was not reached; Up ended with %v", err)
			} else if took := time.Since(at); took > s.cancel {
				t.Errorf("it took %s to end, more than %s", took, s.cancel)
			}
			s.down(t, u.request.Ref)
			if has(s.list(t), u.request.Ref) {
				t.Errorf("%s is there after Down", u.request.Ref.Name)
			}
			s.down(t, u.request.Ref)
		})
	}
}

// twoAtOnce: two clusters stand side by side, and go side by side.
func (s *suite) twoAtOnce(t *testing.T) {
	ups := []up{s.prepare(t), s.prepare(t)}
	ups[1].provider = ups[0].provider // one provider, two goroutines
	clusters, errs := make([]*provider.Cluster, 2), make([]error, 2)
	var wg sync.WaitGroup
	for i, u := range ups {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), s.within)
			defer cancel()
			clusters[i], errs[i] = u.provider.Up(ctx, u.request)
		})
	}
	wg.Wait()
	if s.single {
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("expected one of two to be refused, got %v and %v", errs[0], errs[1])
		}
	}
	refs, made := s.list(t), 0
	for i, u := range ups {
		if errs[i] != nil {
			if !s.single {
				t.Errorf("Up of %s beside another: %v", u.request.Ref.Name, errs[i])
			}
			if s.single && has(refs, u.request.Ref) {
				t.Errorf("%s was refused and is there", u.request.Ref.Name)
			}
			continue
		}
		made++
		u.check(t, clusters[i])
		if !has(refs, u.request.Ref) {
			t.Errorf("List does not give %s", u.request.Ref.Name)
		}
	}
	if made == 2 && (clusters[0].Kubeconfig == clusters[1].Kubeconfig || clusters[0].Context == clusters[1].Context) {
		t.Errorf("two clusters share a kubeconfig or a context: %+v and %+v", clusters[0], clusters[1])
	}
	for _, u := range ups {
		wg.Go(func() { s.down(t, u.request.Ref) })
	}
	wg.Wait()
}
