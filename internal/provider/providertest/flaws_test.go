package providertest

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// flawed is a Fake that breaks one promise.
type flawed struct {
	*Fake
	up   func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error)
	down func(f *Fake, ctx context.Context, ref provider.Ref) error
	list func(f *Fake, ctx context.Context) ([]provider.Ref, error)
}

func (p *flawed) Up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	if p.up == nil {
		return p.Fake.Up(ctx, r)
	}
	return p.up(p.Fake, ctx, r)
}

func (p *flawed) Down(ctx context.Context, ref provider.Ref) error {
	if p.down == nil {
		return p.Fake.Down(ctx, ref)
	}
	return p.down(p.Fake, ctx, ref)
}

func (p *flawed) List(ctx context.Context) ([]provider.Ref, error) {
	if p.list == nil {
		return p.Fake.List(ctx)
	}
	return p.list(p.Fake, ctx)
}

// flaws are promises that can be broken, and what the suite says of each.
func flaws() map[string]struct {
	flawed flawed
	says   string
} {
	type flaw = struct {
		flawed flawed
		says   string
	}
	up := func(change func(*provider.Cluster)) flawed {
		return flawed{up: func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error) {
			c, err := f.Up(ctx, r)
			if err == nil {
				change(c)
			}
			return c, err
		}}
	}
	return map[string]flaw{
		"removes nothing": {flawed{down: func(*Fake, context.Context, provider.Ref) error { return nil }}, "is there after Down"},
		"fails to remove what is not there": {flawed{down: func(f *Fake, ctx context.Context, ref provider.Ref) error {
			if err := provider.CheckRef(f.Name(), ref); err == nil && !f.Host.has(ref.Name) {
				return errors.New("there is no such cluster")
			}
			return f.Down(ctx, ref)
		}}, "there is no such cluster"},
		"removes what is not ours": {flawed{down: func(f *Fake, _ context.Context, ref provider.Ref) error {
			f.Host.remove(ref.Name)
			return nil
		}}, `Down removed "production"`},
		"lists what is not ours": {flawed{list: func(f *Fake, _ context.Context) ([]provider.Ref, error) {
			var out []provider.Ref
			for _, name := range f.Host.Names() {
				out = append(out, provider.Ref{Provider: f.Name(), Name: name})
			}
			return out, nil
		}}, "which is not what its name says"},
		"lists nothing": {flawed{list: func(*Fake, context.Context) ([]provider.Ref, error) { return nil, nil }}, "List does not give"},
		"lists without order": {flawed{list: func(f *Fake, ctx context.Context) ([]provider.Ref, error) {
			out, err := f.List(ctx)
			slices.Reverse(out)
			return out, err
		}}, "List is not sorted by name"},
		"takes a name that is taken": {flawed{up: func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error) {
			f.Host.remove(r.Ref.Name)
			return f.Up(ctx, r)
		}}, "Up of a name that is taken"},
		"does not hear that it is cancelled": {flawed{up: func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error) {
			c, err := f.Up(context.WithoutCancel(ctx), r)
			if err == nil && ctx.Err() != nil {
				return nil, errors.New("something went wrong")
			}
			return c, err
		}}, "got something went wrong"},
		"begins although it is cancelled": {flawed{up: func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error) {
			f.Host.set(r.Ref.Name, false)
			f.Host.remove(map[bool]string{true: "", false: r.Ref.Name}[ctx.Err() != nil])
			return f.Up(ctx, r)
		}}, "ended_context"},
		"takes any version": {flawed{up: func(f *Fake, ctx context.Context, r provider.Request) (*provider.Cluster, error) {
			r.Version.Minor = 34
			r.Version.Patch = -1
			return f.Up(ctx, r)
		}}, "is made"},
		"gives another version":        {up(func(c *provider.Cluster) { c.Version = "v1.33.1" }), "asked for 1.34, got v1.33.1"},
		"gives another cluster":        {up(func(c *provider.Cluster) { c.Ref.Name = "other" }), "asked for"},
		"names no context":             {up(func(c *provider.Cluster) { c.Context = "" }), "no context is named"},
		"shares one kubeconfig":        {up(func(c *provider.Cluster) { c.Kubeconfig = "/dev/null" }), "is not in the cluster's folder"},
		"lets others read credentials": {up(func(c *provider.Cluster) { _ = os.Chmod(c.Kubeconfig, 0o644) }), "others may read the kubeconfig"},
	}
}

const flawVariable = "PROVIDERTEST_FLAW"

// TestFlawed runs the suite on a provider with a flaw, for TestSuiteFindsFlaws.
func TestFlawed(t *testing.T) {
	flaw, ok := flaws()[os.Getenv(flawVariable)]
	if !ok {
		t.Skip("it is run by another test")
	}
	host := &Host{}
	clean := open(host)
	// Two that are there already show the order of a list.
	for range 2 {
		p, request := clean(t)
		if _, err := p.Up(t.Context(), request(provider.NewRef(p.Name(), "a", time.Now().Add(time.Hour)))); err != nil {
			t.Fatal(err)
		}
	}
	Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		p, request := clean(t)
		flawed := flaw.flawed
		flawed.Fake = p.(*Fake)
		return &flawed, request
	}, Foreign(func(*testing.T) (string, func() bool) {
		host.Put("production")
		return "production", func() bool { return host.has("production") }
	}))
}

// TestSuiteFindsFlaws: a suite that finds nothing proves nothing.
func TestSuiteFindsFlaws(t *testing.T) {
	all := flaws()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		flaw := all[name]
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestFlawed$")
			cmd.Env = append(os.Environ(), flawVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), flaw.says) {
				t.Errorf("%v; the suite does not say %q:\n%s", err, flaw.says, out)
			}
		})
	}
}
