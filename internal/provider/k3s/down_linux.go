package k3s

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"github.com/posthog/chart-matrix/internal/provider"
)

// down goes on after an error and gives all of them; the note stays then, so
// that another Down tries again.
func (p *Provider) down(ctx context.Context, ref provider.Ref) error {
	if err := provider.CheckRef(Name, ref); err != nil {
		return err
	}
	names, err := p.names()
	if errors.Is(err, fs.ErrPermission) {
		return errors.Join(p.needRoot(), err)
	}
	if err != nil || !slices.Contains(names, ref.Name) {
		return err
	}
	if err := p.needRoot(); err != nil {
		return err
	}
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	n, err := p.read(ref.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist): // a folder alone, or nothing by now
		n = note{Name: ref.Name}
	case err != nil:
		// What is the cluster's own is found by its name. What it shares is
		// not, for want of the note.
		if err := p.remove(ctx, note{Name: ref.Name}); err != nil {
			return err
		}
		return errors.Join(p.forget(ref.Name), fmt.Errorf("the cluster is removed, but not what it left in the network and the folders of this machine; "+
			"k3s-killall.sh of any k3s does that: %w", err))
	}
	if err := p.remove(ctx, n); err != nil {
		return fmt.Errorf("removing k3s cluster %s: %w", n.Name, err)
	}
	return p.forget(n.Name)
}

func (p *Provider) forget(name string) error {
	err := os.Remove(p.notePath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// remove takes a cluster away. Processes go first: what they use cannot be
// removed, and they would make it anew.
func (p *Provider) remove(ctx context.Context, n note) error {
	if err := p.kill(n); err != nil {
		return err
	}
	folder := p.folder(n.Name)
	failures := []error{unmount([]string{folder}, nil)}
	if n.Schema != "" { // there is a note of what was there before
		failures = append(failures, p.removeShared(ctx, n)...)
		if n.Dir != "" {
			if err := os.Remove(filepath.Join(n.Dir, "kubeconfig")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				failures = append(failures, err)
			}
		}
	}
	if err := errors.Join(failures...); err != nil {
		return err // its programs, which it may need for another try, stay
	}
	return removeAll(folder)
}

// removeShared removes what a cluster made outside of its own folder.
func (p *Provider) removeShared(ctx context.Context, n note) []error {
	failures := []error{
		unmount(p.host.shared(), n.Before.Mounts),
		p.host.removeNetns(n.Before.Netns),
		p.host.removeLinks(),
		p.host.removeSockets(n.Before.Sockets),
	}
	for _, f := range families() {
		chains := n.Before.Chains4
		if f != "iptables" {
			chains = n.Before.Chains6
		}
		failures = append(failures, p.removeRules(ctx, f, chains))
	}
	failures = append(failures, p.removeSets(ctx, n.Before.Sets))
	for _, group := range p.host.podCgroups() {
		if !slices.Contains(n.Before.Cgroups, group) {
			failures = append(failures, removeCgroup(group))
		}
	}
	for _, path := range sharedPaths() {
		if !slices.Contains(n.Before.Paths, path) {
			failures = append(failures, removeAll(p.host.path(path)))
		}
	}
	return failures
}

func (p *Provider) removeRules(ctx context.Context, family string, before []string) error {
	saved, err := p.rules(ctx, family)
	if err != nil {
		return err
	}
	script := saved.removal(before)
	if script == "" {
		return nil
	}
	_, _, err = p.tool(ctx, family+"-restore", script, "--wait", "--noflush")
	return err
}

func (p *Provider) removeSets(ctx context.Context, before []string) error {
	var failures []error
	for _, s := range p.sets(ctx) {
		if !slices.Contains(before, s) {
			_, _, err := p.tool(ctx, "ipset", "", "destroy", s)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// removeCgroup removes a control group with those below it; the files in it are
// not removed, but go with it.
func removeCgroup(group string) error {
	var groups []string
	err := filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			groups = append(groups, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	failures := []error{err}
	for _, g := range slices.Backward(groups) {
		if err := syscall.Rmdir(g); err != nil && !errors.Is(err, syscall.ENOENT) {
			failures = append(failures, fmt.Errorf("removing the control group %s: %w", g, err))
		}
	}
	return errors.Join(failures...)
}

// sockets gives the names of the shims' sockets, sorted.
func (h host) sockets() ([]string, error) {
	entries, err := os.ReadDir(h.path(socketDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// removeSockets removes the sockets of shims that were not there before and
// that nobody listens at any more. Those of Docker's containers stay.
func (h host) removeSockets(before []string) error {
	names, err := h.sockets()
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range names {
		path := filepath.Join(h.path(socketDir), name)
		if slices.Contains(before, name) {
			continue
		}
		c, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			_ = c.Close() // somebody listens
			continue
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// removeLinks removes the network devices of a node. The pods' own go with
// their network namespaces.
func (h host) removeLinks() error {
	links, err := h.sharedLinks()
	if err != nil {
		return err
	}
	var failures []error
	for _, l := range links {
		if err := deleteLink(l.index); err != nil && !errors.Is(err, syscall.ENODEV) {
			failures = append(failures, fmt.Errorf("removing the network device %s: %w", l.name, err))
		}
	}
	return errors.Join(failures...)
}

// deleteLink asks the kernel to remove a network device (RTM_DELLINK of
// rtnetlink(7)), so that no program is needed for it.
func deleteLink(index int) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(fd) }() // nothing is lost with it
	const size = syscall.SizeofNlMsghdr + syscall.SizeofIfInfomsg
	message := make([]byte, size)
	order := binary.NativeEndian
	order.PutUint32(message[0:], size)
	order.PutUint16(message[4:], syscall.RTM_DELLINK)
	order.PutUint16(message[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	order.PutUint32(message[8:], 1) // the number of the request
	order.PutUint32(message[syscall.SizeofNlMsghdr+int(unsafe.Offsetof(syscall.IfInfomsg{}.Index)):], uint32(index))
	if err := syscall.Sendto(fd, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	got, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	if got < syscall.SizeofNlMsghdr+4 || order.Uint16(answer[4:]) != syscall.NLMSG_ERROR {
		return errors.New("the kernel gave an answer that is none")
	}
	if code := int32(order.Uint32(answer[syscall.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
