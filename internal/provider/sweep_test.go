package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// shelf is a provider whose clusters are a list.
type shelf struct {
	name    string
	refs    []Ref
	listing error
	stuck   string // the cluster that cannot be removed
}

func (s *shelf) Name() string                                  { return s.name }
func (s *shelf) Up(context.Context, Request) (*Cluster, error) { return nil, errors.ErrUnsupported }
func (s *shelf) List(context.Context) ([]Ref, error)           { return s.refs, s.listing }
func (s *shelf) Down(ctx context.Context, ref Ref) error {
	if ref.Name == s.stuck {
		return errors.New("it is held")
	}
	s.refs = slices.DeleteFunc(slices.Clone(s.refs), func(r Ref) bool { return r.Name == ref.Name })
	return ctx.Err()
}

func names(refs []Ref) string {
	var out []string
	for _, r := range refs {
		out = append(out, r.Provider+"/"+r.Name)
	}
	return strings.Join(out, " ")
}

func TestSweep(t *testing.T) {
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	ref := func(provider, name string, minutes int) Ref {
		return Ref{Provider: provider, Name: name, Expires: now.Add(time.Duration(minutes) * time.Minute)}
	}
	providers := func() []Provider {
		return []Provider{
			&shelf{name: "kind", stuck: "b", refs: []Ref{ref("kind", "b", -1), ref("kind", "a", 0), ref("kind", "c", 1)}},
			&shelf{name: "k3s", listing: fmt.Errorf("%w: needs root", ErrUnavailable)},
			&shelf{name: "eks", listing: errors.New("one region did not answer"), refs: []Ref{ref("eks", "d", -60)}},
		}
	}
	for _, c := range []struct {
		dry                    bool
		expired, failed, fault string
	}{
		{true, "eks/d kind/a kind/b", "", "1 error occurred"},
		{false, "eks/d kind/a", "kind/b", "2 errors occurred"},
	} {
		all := providers()
		s, err := Sweep(t.Context(), all, now, c.dry)
		if got := names(s.Expired); got != c.expired {
			t.Errorf("dry %t: expired %q, want %q", c.dry, got, c.expired)
		}
		if got := names(s.Failed); got != c.failed {
			t.Errorf("dry %t: failed %q, want %q", c.dry, got, c.failed)
		}
		if got := names(s.Kept); got != "kind/c" {
			t.Errorf("dry %t: kept %q", c.dry, got)
		}
		if len(s.Skipped) != 1 || s.Skipped[0].Provider != "k3s" || !errors.Is(s.Skipped[0].Because, ErrUnavailable) {
			t.Errorf("dry %t: skipped %v", c.dry, s.Skipped)
		}
		if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.Contains(err.Error(), "one region did not answer") {
			t.Errorf("dry %t: %v", c.dry, err)
		}
		if !c.dry && !strings.Contains(err.Error(), "remove b of kind, expired at 2026-11-23T05:59:00Z: it is held") {
			t.Errorf("does not name what is stuck: %v", err)
		}
		left := all[0].(*shelf).refs
		if want := map[bool]int{true: 3, false: 2}[c.dry]; len(left) != want {
			t.Errorf("dry %t: %d clusters are left, want %d", c.dry, len(left), want)
		}
	}
}

func TestSweepOfNothing(t *testing.T) {
	s, err := Sweep(t.Context(), nil, time.Now(), false)
	if err != nil || len(s.Expired)+len(s.Failed)+len(s.Kept)+len(s.Skipped) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSweepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Sweep(ctx, []Provider{&shelf{name: "kind", refs: []Ref{{Provider: "kind", Name: "a"}, {Provider: "kind", Name: "b"}}}}, time.Now(), false)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
