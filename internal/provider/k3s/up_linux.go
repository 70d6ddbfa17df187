package k3s

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
)

func (p *Provider) up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	if err := p.check(ctx, r); err != nil {
		return nil, err
	}
	log := r.Log
	if log == nil {
		log = io.Discard
	}
	binary, tag, err := p.find(ctx, r)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "using %s, which is k3s %s\n", binary, tag)

	n := note{Schema: noteSchema, Name: r.Ref.Name, Version: tag, Binary: binary, Made: time.Now().UTC(), Dir: r.Dir}
	if err := p.claim(ctx, &n); err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "cluster %s has the data folder %s and the port %d\n", n.Name, p.folder(n.Name), n.Port)
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	running, err := p.start(ctx, &n, log)
	if err != nil {
		return nil, err
	}
	boot, cancel := context.WithTimeout(ctx, p.boot())
	defer cancel()
	c, err := p.wait(boot, running, n)
	running.settle()
	if err == nil {
		c.Ref = r.Ref
		return c, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("starting k3s %s: %w", tag, context.Cause(ctx))
	}
	if !running.ended() {
		after := time.Since(running.started).Round(100 * time.Millisecond)
		err = fmt.Errorf("k3s %s is not ready after %s: %w%s", tag, after, err, running.tail())
	}
	return nil, err
}

func (p *Provider) boot() time.Duration {
	if p.Boot > 0 {
		return p.Boot
	}
	return DefaultBoot
}

// check says what cannot be asked of this provider, before anything is made.
func (p *Provider) check(ctx context.Context, r provider.Request) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := provider.CheckRef(Name, r.Ref); err != nil {
		return err
	}
	if r.Nodes > 1 {
		return fmt.Errorf("k3s makes clusters of one node here, and not of %d; use kind for more", r.Nodes)
	}
	if r.Image != "" {
		return fmt.Errorf("k3s runs no node image, such as %q; leave it out", r.Image)
	}
	if p.Booted == nil || r.Dir == "" {
		return errors.New("k3s needs to be told how to see that a cluster is ready, and a folder for it")
	}
	if err := p.checkArguments(); err != nil {
		return err
	}
	return p.needRoot()
}

func (p *Provider) needRoot() error {
	if os.Geteuid() == 0 || p.host.asRoot {
		return nil
	}
	return fmt.Errorf("%w: k3s needs root, for containers and the network; run chart-matrix with sudo, or use the provider kind", provider.ErrUnavailable)
}

// find gives the program to run, and the release that it is.
func (p *Provider) find(ctx context.Context, r provider.Request) (binary, tag string, err error) {
	if p.Binary == "" {
		if tag, err = p.Resolve(ctx, r.Version); err != nil {
			return "", "", err
		}
		binary, err = p.program(ctx, tag)
		return binary, tag, err
	}
	if binary, err = filepath.Abs(p.Binary); err != nil {
		return "", "", err
	}
	// It unpacks itself below its data folder before it says anything.
	scratch, err := os.MkdirTemp("", "chart-matrix-k3s-")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // a copy of what the program holds
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	result, err := command.Run(ctx, command.Spec{Argv: []string{binary, "--version"}, Without: []string{"K3S_*"}, Env: []string{"K3S_DATA_DIR=" + scratch}})
	if err != nil {
		return "", "", fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	if tag, err = programVersion(result.Stdout); err != nil {
		return "", "", fmt.Errorf("%s: %w", binary, err)
	}
	if !isVersion(tag, r.Version) {
		return "", "", provider.UnknownVersion(Name, r.Version, tag+", which is what "+binary+" is",
			"set K3S_BINARY to a program of that version, or to nothing to fetch it")
	}
	return binary, tag, nil
}

// claim takes the machine for a cluster: its note is on disk when this returns.
func (p *Provider) claim(ctx context.Context, n *note) error {
	if err := os.MkdirAll(p.state(), 0o700); err != nil {
		return err
	}
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	names, err := p.names()
	if err != nil {
		return err
	}
	if slices.Contains(names, n.Name) {
		return fmt.Errorf("%w: k3s cluster %s", provider.ErrExists, n.Name)
	}
	if len(names) > 0 {
		owner, expires, _ := provider.ParseName(names[0])
		return fmt.Errorf("%w: this machine has a k3s cluster already, %s of job %s until %s, and can have one at a time; "+
			"run these jobs one after the other, or on kind; what is left over is removed by `chart-matrix down --job %s` and, once expired, by `chart-matrix sweep`",
			provider.ErrUnavailable, names[0], owner, expires.Format(time.RFC3339), owner)
	}
	if n.Before, err = p.survey(ctx); err != nil {
		return err
	}
	if n.Port, err = p.freePort(); err != nil {
		return err
	}
	return p.reserve(*n)
}

// checkArguments refuses arguments that would undo what Down relies upon.
func (p *Provider) checkArguments() error {
	chosen := []string{"config", "data-dir", "write-kubeconfig", "write-kubeconfig-mode", "https-listen-port", "node-name", "rootless", "docker", "server", "private-registry", "disable"}
	for _, a := range p.Arguments {
		name, isFlag := strings.CutPrefix(a, "--")
		name, _, whole := strings.Cut(name, "=")
		if !isFlag || name == "" || strings.ContainsAny(a, "\x00\n") {
			return fmt.Errorf("%.80q is not an argument that k3s can be given here; expected one like --kubelet-arg=max-pods=50", a)
		}
		if !whole && strings.Contains(name, " ") {
			return fmt.Errorf("the argument %.80q has a blank; write --name=value", a)
		}
		if slices.Contains(chosen, name) {
			return fmt.Errorf("--%s is chosen by chart-matrix; leave it out of the arguments of k3s", name)
		}
	}
	for _, d := range p.Disable {
		if !channelPattern.MatchString(d) {
			return fmt.Errorf("%.80q is not a component of k3s; have coredns, local-storage, metrics-server, servicelb, traefik", d)
		}
	}
	return nil
}

func (p *Provider) list(ctx context.Context) ([]provider.Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	names, err := p.names()
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w: %w; run chart-matrix with sudo to see k3s clusters", provider.ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	var refs []provider.Ref
	for _, name := range names {
		if ref, ok := provider.ParseRef(Name, name); ok {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}
