package k3s

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
)

// survey looks at what is on the machine before a cluster is. It refuses a
// machine that has another Kubernetes node, or the remains of one: its things
// could not be told from ours.
func (p *Provider) survey(ctx context.Context) (before, error) {
	var b before
	refuse := func(what string) (before, error) {
		return before{}, fmt.Errorf("%w: %s, so that another Kubernetes node runs on this machine or has left its network behind; "+
			"stop it and remove what it left (for k3s: k3s-killall.sh), or use the provider kind", provider.ErrUnavailable, what)
	}
	busy := p.host.busy
	if busy == nil {
		busy = portBusy
	}
	for _, port := range sharedPorts() {
		if busy(port) {
			return refuse(fmt.Sprintf("port %d is in use, which a Kubernetes node needs", port))
		}
	}
	links, err := p.host.sharedLinks()
	if err != nil {
		return b, err
	}
	if len(links) > 0 {
		return refuse("there is a network device " + links[0].name)
	}
	for _, f := range families() {
		saved, err := p.rules(ctx, f)
		if err != nil {
			return b, fmt.Errorf("%w: %w", provider.ErrUnavailable, err)
		}
		if others := saved.kubernetes(); len(others) > 0 {
			return refuse("the firewall has " + others[0])
		}
		if f == "iptables" {
			b.Chains4 = saved.portMaps()
		} else {
			b.Chains6 = saved.portMaps()
		}
	}
	b.Sets = p.sets(ctx)
	for _, path := range sharedPaths() {
		if _, err := os.Lstat(p.host.path(path)); err == nil {
			b.Paths = append(b.Paths, path)
		}
	}
	if b.Mounts, err = mounts(p.host.shared()); err != nil {
		return b, err
	}
	if b.Netns, err = p.host.netns(); err != nil {
		return b, err
	}
	if b.Sockets, err = p.host.sockets(); err != nil {
		return b, err
	}
	if b.InPods, err = anyInPod(); err != nil {
		return b, err
	}
	b.Cgroups = p.host.podCgroups()
	return b, nil
}

// shared gives the shared folders as they are called here.
func (h host) shared() []string {
	var out []string
	for _, p := range sharedPaths() {
		out = append(out, h.path(p))
	}
	return out
}

// sharedLinks gives the network devices that only a Kubernetes node has.
func (h host) sharedLinks() ([]link, error) {
	all := h.links
	if all == nil {
		all = netLinks
	}
	links, err := all()
	if err != nil {
		return nil, fmt.Errorf("looking at the network devices: %w", err)
	}
	return slices.DeleteFunc(links, func(l link) bool { return !slices.Contains(sharedLinks(), l.name) }), nil
}

func netLinks() ([]link, error) {
	all, err := net.Interfaces()
	var out []link
	for _, i := range all {
		out = append(out, link{name: i.Name, index: i.Index})
	}
	return out, err
}

// families are the firewalls for IPv4 and IPv6.
func families() []string { return []string{"iptables", "ip6tables"} }

// rules reads a firewall; it has none where its program is not there.
func (p *Provider) rules(ctx context.Context, family string) (rules, error) {
	out, found, err := p.tool(ctx, family+"-save", "")
	if err != nil || !found {
		return rules{}, err
	}
	return parseRules(out), nil
}

// sets gives the sets of addresses that k3s's network policies make, sorted.
func (p *Provider) sets(ctx context.Context) []string {
	out, found, err := p.tool(ctx, "ipset", "", "list", "-name")
	if err != nil || !found {
		return nil // a kernel without ipset has no sets, and k3s says what it lacks
	}
	var sets []string
	for _, s := range strings.Fields(out) {
		if strings.HasPrefix(strings.TrimPrefix(s, "inet6:"), "KUBE-") {
			sets = append(sets, s)
		}
	}
	slices.Sort(sets)
	return sets
}

// toolTakes bounds one call of a small program.
const toolTakes = 30 * time.Second

// tool runs a program of the machine, or the one that k3s brought; found is
// false where neither is there.
func (p *Provider) tool(ctx context.Context, name, input string, args ...string) (out string, found bool, err error) {
	path, ok := p.lookup(name)
	if !ok {
		return "", false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, toolTakes)
	defer cancel()
	argv := append([]string{path}, args...)
	if input != "" {
		f, err := os.CreateTemp("", "chart-matrix-")
		if err != nil {
			return "", true, err
		}
		defer func() { _ = os.Remove(f.Name()) }() // of no use any more
		_, err = f.WriteString(input)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", true, err
		}
		argv = append(argv, f.Name())
	}
	r, err := command.Run(ctx, command.Spec{Argv: argv, KeepBytes: 64 << 20})
	if err != nil {
		return "", true, err
	}
	if r.ExitCode != 0 {
		return "", true, fmt.Errorf("%s ended with exit code %d: %.500s", strings.Join(argv, " "), r.ExitCode, strings.TrimSpace(r.Stderr))
	}
	return r.Stdout, true, nil
}

func (p *Provider) lookup(name string) (string, bool) {
	if p.host.tools == nil {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	folders := slices.Clone(p.host.tools)
	for _, pattern := range []string{"bin", "bin/aux"} { // what k3s unpacks
		more, err := filepath.Glob(filepath.Join(p.state(), "*", "data", "data", "*", pattern))
		if err == nil {
			folders = append(folders, more...)
		}
	}
	for _, f := range folders {
		if path, err := exec.LookPath(filepath.Join(f, name)); err == nil {
			return path, true
		}
	}
	return "", false
}

// podCgroups gives the control groups of pods, those of systemd too, in each
// hierarchy.
func (h host) podCgroups() []string {
	var found []string
	for _, pattern := range []string{"kubepods", "kubepods.slice", "*/kubepods", "*/kubepods.slice"} {
		matches, err := filepath.Glob(filepath.Join(h.path(cgroupDir), pattern))
		if err == nil {
			found = append(found, matches...)
		}
	}
	slices.Sort(found)
	return found
}

// lock keeps other processes from claiming and removing clusters here. It waits
// until the context ends.
func (p *Provider) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(p.state(), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // which ends the lock
		}
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		select {
		case <-ctx.Done():
			_ = f.Close() // it was not locked
			return nil, fmt.Errorf("waiting for another chart-matrix that makes or removes a k3s cluster: %w", context.Cause(ctx))
		case <-time.After(lookEvery):
		}
	}
	_ = f.Close() // it was not locked
	return nil, &fs.PathError{Op: "lock", Path: f.Name(), Err: err}
}
