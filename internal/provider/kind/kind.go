// Package kind makes clusters in Docker containers with the kind command
// (https://kind.sigs.k8s.io). kind has no labels of its own for an owner or an
// expiry, so they are in the cluster's name; its library takes no context, so
// the command runs in a process group that ends with ours; and its own wait for
// readiness can time out with success, so readiness is checked here.
package kind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// Name is what users call the provider.
const Name = "kind"

// DefaultBootTimeout is how long a cluster that kind has set up may take until
// it is ready: on two busy cores that is a minute.
const DefaultBootTimeout = 3 * time.Minute

// Provider implements provider.Provider. Its zero value is ready to use.
type Provider struct {
	// Images are node images by Kubernetes version, "1.34" or "1.34.4", that
	// take the place of the built-in ones: for machines without a way to the
	// registry. A Request.Image comes before them.
	Images map[string]string
	// Preload are images of this machine's Docker that each new cluster gets.
	Preload []string
	// Mirrors are URLs to ask in place of a registry, by the registry's name:
	// "docker.io".
	Mirrors map[string][]string
	// BootTimeout bounds the wait for readiness; 0 means DefaultBootTimeout.
	BootTimeout time.Duration
	// Booted waits until a cluster is ready and gives the version that its API
	// server reports. The error, when the context ends, says what holds it up.
	// Nil means the check of package cluster.
	Booted func(ctx context.Context, kubeconfig, kubeContext string) (version string, err error)
	// Exec runs a program; nil means command.Run.
	Exec func(ctx context.Context, s command.Spec) (command.Result, error)

	// settle is how long Down waits for what Docker may still be making; 0
	// means defaultSettle.
	settle time.Duration
}

// Name implements provider.Provider.
func (p *Provider) Name() string { return Name }

// Up implements provider.Provider. A boot that fails in a way that is known to
// pass is tried once more, which the log says.
func (p *Provider) Up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	if err := provider.CheckRef(Name, r.Ref); err != nil {
		return nil, err
	}
	if r.Dir == "" {
		return nil, errors.New("kind: the request names no folder for the cluster's files")
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r.Log = shared(r.Log)
	image, err := p.image(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := p.writeFiles(r.Dir, max(1, r.Nodes))
	if err != nil {
		return nil, fmt.Errorf("kind: %w", err)
	}
	c, err := p.boot(ctx, r, image, f)
	var first *failure
	if !errors.As(err, &first) || !first.again || ctx.Err() != nil {
		return c, err
	}
	p.quoteNodes(ctx, r.Ref.Name, r.Log)
	say(r.Log, "%s: %s; trying once more", first.command, first.says)
	if err := p.remove(ctx, r.Ref.Name, r.Log); err != nil {
		return nil, fmt.Errorf("remove what a failed boot left: %w", err)
	}
	if c, err = p.boot(ctx, r, image, f); err != nil {
		return nil, fmt.Errorf("tried twice, the first time with %q: %w", first.says, err)
	}
	return c, nil
}

// image chooses the node image.
func (p *Provider) image(ctx context.Context, r provider.Request) (string, error) {
	if r.Image != "" {
		return r.Image, nil
	}
	image, err := override(p.Images, r.Version)
	if image != "" || err != nil {
		return image, err
	}
	t, err := embedded()
	if err != nil {
		return "", err
	}
	out, err := p.kind(ctx, nil, "", "version")
	if err != nil {
		return "", err
	}
	// A build of kind that names no version is taken for one from the main
	// branch, newer than every release.
	installed, _ := installedVersion(out)
	return t.find(r.Version, installed)
}

// boot makes the cluster and waits until it is ready. What it leaves when it
// fails is removed by its name.
func (p *Provider) boot(ctx context.Context, r provider.Request, image string, f files) (*provider.Cluster, error) {
	name := r.Ref.Name
	// Without --retain, kind removes by name what it finds when it fails: also
	// a cluster that another process makes under this name.
	_, err := p.kind(ctx, r.Log, f.kubeconfig, "create", "cluster", "--name", name, "--image", image,
		"--config", f.config, "--kubeconfig", f.kubeconfig, "--retain")
	if err != nil {
		return nil, err
	}
	c := &provider.Cluster{Ref: r.Ref, Kubeconfig: f.kubeconfig, Context: "kind-" + name}
	say(r.Log, "waiting until %s is ready", name)
	if c.Version, err = p.fillAndWait(ctx, r, f, c); err != nil {
		return nil, err
	}
	got, err := matrix.ParseVersion(c.Version)
	if err == nil && !meets(got, r.Version) {
		return nil, fmt.Errorf("kind: asked for Kubernetes %s, but the image %s runs %s; name another one in providers.kind.images", r.Version, image, c.Version)
	}
	return c, nil
}

// fillAndWait gives the nodes their registries and images while the cluster
// becomes ready, and gives its version. What fails first ends the other.
func (p *Provider) fillAndWait(whole context.Context, r provider.Request, f files, c *provider.Cluster) (version string, err error) {
	ctx, stop := context.WithCancel(whole)
	defer stop()
	filled := make(chan error, 1)
	go func() {
		err := p.fill(ctx, r, f)
		if err != nil {
			stop()
		}
		filled <- err
	}()
	version, err = p.ready(ctx, c)
	ended := ctx.Err() != nil
	if err != nil {
		stop()
	}
	// What ended the wait is the reason, and not the wait that it ended.
	if failed := <-filled; failed != nil && (err == nil || ended && whole.Err() == nil) {
		return "", failed
	}
	return version, err
}

// fill gives the nodes what the configuration wants to be on them.
func (p *Provider) fill(ctx context.Context, r provider.Request, f files) error {
	if f.registries != "" {
		if err := p.copyRegistries(ctx, r.Ref.Name, f.registries); err != nil {
			return err
		}
	}
	if len(p.Preload) == 0 {
		return nil
	}
	args := append([]string{"load", "docker-image", "--name", r.Ref.Name}, p.Preload...)
	_, err := p.kind(ctx, r.Log, f.kubeconfig, args...)
	return err
}

// ready waits until the cluster is, within the time that it has.
func (p *Provider) ready(ctx context.Context, c *provider.Cluster) (string, error) {
	limit := p.BootTimeout
	if limit <= 0 {
		limit = DefaultBootTimeout
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	check := p.Booted
	if check == nil {
		check = booted
	}
	version, err := check(bounded, c.Kubeconfig, c.Context)
	switch {
	case err == nil:
		return version, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s was not ready yet: %w: %w", c.Ref.Name, context.Cause(ctx), err)
	}
	return "", &failure{
		command: "kind create cluster", is: provider.ErrTransient, again: true, tail: err.Error(),
		says: fmt.Sprintf("the cluster was not ready %s after it was made", limit),
	}
}

// nodeLines is how much of its log a node that did not boot is quoted with.
const nodeLines = "20"

// quoteNodes writes what the nodes last said into the log, before they are
// removed: why systemd or the kubelet did not come up is nowhere else.
func (p *Provider) quoteNodes(ctx context.Context, name string, log io.Writer) {
	if log == nil {
		return
	}
	ids, err := p.containers(ctx, name)
	if err != nil {
		return // what is wrong is said by the caller
	}
	for _, id := range ids {
		say(log, "the last lines of the node %.12s:", id)
		_, _ = p.run(ctx, command.Spec{Argv: []string{"docker", "logs", "--tail", nodeLines, id}, Tee: log}, "") // it is extra
	}
}

// copyRegistries puts the hosts.toml files into every node. containerd reads
// them with each pull. They are copied, not mounted, since Docker may be on
// another machine.
func (p *Provider) copyRegistries(ctx context.Context, name, folder string) error {
	ids, err := p.containers(ctx, name)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := p.docker(ctx, "cp", folder+string(filepath.Separator)+".", id+":"+registryDir); err != nil {
			return err
		}
	}
	return nil
}

// kind runs the kind command, and gives its standard output.
func (p *Provider) kind(ctx context.Context, log io.Writer, kubeconfig string, args ...string) (string, error) {
	env := []string{"KIND_EXPERIMENTAL_PROVIDER=docker"} // what is removed is looked for in Docker
	if kubeconfig != "" {
		env = append(env, "KUBECONFIG="+kubeconfig) // never the user's own
	}
	return p.run(ctx, command.Spec{Argv: append([]string{"kind"}, args...), Env: env, Tee: log},
		"kind is not installed; install it from https://kind.sigs.k8s.io/docs/user/quick-start/#installation")
}

func (p *Provider) docker(ctx context.Context, args ...string) (string, error) {
	return p.run(ctx, command.Spec{Argv: append([]string{"docker"}, args...)},
		"docker is not installed; install it from https://docs.docker.com/engine/install/")
}

// run runs a program; any other exit code than 0 is a failure.
func (p *Provider) run(ctx context.Context, s command.Spec, missing string) (string, error) {
	exec := p.Exec
	if exec == nil {
		exec = command.Run
	}
	s.Grace = 2 * time.Second // neither cleans up behind itself
	r, err := exec(ctx, s)
	switch {
	case errors.Is(err, command.ErrNotFound):
		return "", &failure{command: s.Argv[0], is: provider.ErrUnavailable, says: missing}
	case err != nil:
		return "", err
	case r.ExitCode != 0:
		return "", diagnose(strings.Join(s.Argv[:min(3, len(s.Argv))], " "), r.ExitCode, r.Stdout+"\n"+r.Stderr)
	}
	return r.Stdout, nil
}

// say writes a line of our own between those of kind.
func say(log io.Writer, format string, args ...any) {
	if log != nil {
		_, _ = fmt.Fprintf(log, "chart-matrix: "+format+"\n", args...) // a log that fails is no reason to stop
	}
}

// shared makes a writer that both pipes of a program, and we, can write to.
func shared(w io.Writer) io.Writer {
	if w == nil {
		return nil
	}
	return &sharedWriter{w: w}
}

type sharedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (s *sharedWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
