package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

func open(host *Host, faults ...Fault) Open {
	return func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		return &Fake{Host: host, Faults: faults}, func(ref provider.Ref) provider.Request {
			return provider.Request{Ref: ref, Version: matrix.Version{Major: 1, Minor: 34, Patch: -1}, Dir: t.TempDir()}
		}
	}
}

func TestFakeKeepsTheContract(t *testing.T) {
	host := &Host{}
	Run(t, open(host), Foreign(func(*testing.T) (string, func() bool) {
		host.Put("production")
		return "production", func() bool { return host.has("production") }
	}))
	if left := host.Names(); !slices.Equal(left, []string{"production"}) {
		t.Errorf("left: %v", left)
	}
}

// TestFakeFailsAtEveryPoint: whatever the point and the way of a failure, the
// error tells it, and Down in a process that knows the Ref alone removes what
// is there.
func TestFakeFailsAtEveryPoint(t *testing.T) {
	ways := map[string]Fault{
		"fails":           {},
		"fails for now":   {Err: fmt.Errorf("busy: %w", provider.ErrTransient)},
		"hangs":           {Hang: true},
		"cannot be used":  {Err: provider.ErrUnavailable},
		"fails only once": {Times: 1},
	}
	for _, step := range UpSteps() {
		for _, after := range []bool{false, true} {
			for name, way := range ways {
				t.Run(fmt.Sprintf("%s/after=%t/%s", step, after, name), func(t *testing.T) {
					host := &Host{}
					fault := way
					fault.Step, fault.After = step, after
					p, request := open(host, fault)(t)
					ref := provider.NewRef(p.Name(), "a", time.Now().Add(time.Hour))
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if way.Hang {
						cancel()
					}
					_, err := p.Up(ctx, request(ref))
					want := way.Err
					switch {
					case way.Hang:
						want = context.Canceled
					case want == nil:
						want = ErrInjected
					}
					if !errors.Is(err, want) {
						t.Errorf("got %v, want %v", err, want)
					}
					half := step == Create && after || step == Configure || step == Ready
					if there := host.has(ref.Name); there != (half && !way.Hang) {
						t.Errorf("it is there: %t", there)
					}
					clean, again := open(host)(t)
					for range 2 {
						if err := clean.Down(t.Context(), ref); err != nil || host.has(ref.Name) {
							t.Errorf("Down: %v; there: %t", err, host.has(ref.Name))
						}
					}
					if _, err := clean.Up(t.Context(), again(ref)); err != nil {
						t.Errorf("Up after Down: %v", err)
					}
					if way.Times == 1 {
						if _, err := p.Up(t.Context(), request(provider.NewRef(p.Name(), "a", time.Now()))); err != nil {
							t.Errorf("the second time: %v", err)
						}
					}
				})
			}
		}
	}
}

// TestFakeFailsToListAndToRemove: an error of Down may come before or after
// the cluster went, and Down can be repeated either way.
func TestFakeFailsToListAndToRemove(t *testing.T) {
	for _, after := range []bool{false, true} {
		host := &Host{}
		p, request := open(host, Fault{Step: Remove, After: after, Times: 1}, Fault{Step: List, After: after, Times: 1})(t)
		ref := provider.NewRef(p.Name(), "a", time.Now())
		if _, err := p.Up(t.Context(), request(ref)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.List(t.Context()); !errors.Is(err, ErrInjected) {
			t.Errorf("List: %v", err)
		}
		if err := p.Down(t.Context(), ref); !errors.Is(err, ErrInjected) || host.has(ref.Name) == after {
			t.Errorf("after %t: %v, there: %t", after, err, host.has(ref.Name))
		}
		if err := p.Down(t.Context(), ref); err != nil || host.has(ref.Name) {
			t.Errorf("again: %v", err)
		}
	}
}

// TestFakeHangsUntilItsContextEnds shows a hang in the middle of Up.
func TestFakeHangsUntilItsContextEnds(t *testing.T) {
	host := &Host{}
	p, request := open(host, Fault{Step: Ready, Hang: true})(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	ref := provider.NewRef(p.Name(), "a", time.Now())
	if _, err := p.Up(ctx, request(ref)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if refs, err := p.List(t.Context()); err != nil || !has(refs, ref) {
		t.Errorf("what is half-made is not listed: %v, %v", refs, err)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		n, most int
		want    []int
	}{
		{0, 0, nil}, {1, 0, []int{1}}, {4, 0, []int{1, 2, 3, 4}}, {4, 9, []int{1, 2, 3, 4}}, {9, 3, []int{1, 5, 9}}, {9, 1, []int{1}},
	} {
		if got := spread(c.n, c.most); !slices.Equal(got, c.want) {
			t.Errorf("spread(%d, %d) = %v, want %v", c.n, c.most, got, c.want)
		}
	}
}
