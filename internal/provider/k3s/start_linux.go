package k3s

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// logName is the file in the request's folder that has all that k3s prints.
const logName = "k3s.log"

// running is a k3s that was started here.
type running struct {
	gone    chan struct{} // closed when it has ended
	state   *os.ProcessState
	log     string
	started time.Time
	settle  func() // waits until its log was handed on
}

// start starts k3s in a session of its own, so that it outlives this process
// and hears nothing of its terminal. The note has it before it does much.
func (p *Provider) start(ctx context.Context, n *note, log io.Writer) (*running, error) {
	unlock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := p.read(n.Name); err != nil { // removed since
		return nil, fmt.Errorf("starting k3s: %w", err)
	}
	folder := p.folder(n.Name)
	if err := os.MkdirAll(filepath.Join(folder, "data"), 0o700); err != nil {
		return nil, err
	}
	// Else k3s would read /etc/rancher/k3s/config.yaml, and config.yaml.d there.
	config := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(config, []byte("# Settings are given as arguments.\n"), 0o600); err != nil {
		return nil, err
	}
	arguments, err := p.arguments(*n)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		return nil, err
	}
	r := &running{gone: make(chan struct{}), log: filepath.Join(n.Dir, logName), started: time.Now()}
	out, err := os.OpenFile(r.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // k3s has its own
	fmt.Fprintf(log, "starting k3s; its log is %s\n", r.log)

	var cmd *exec.Cmd
	for try := range 20 {
		cmd = exec.Command(n.Binary, arguments...)
		cmd.Dir, cmd.Env = folder, environment(os.Environ(), n.Name)
		cmd.Stdout, cmd.Stderr = out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		// A program that was written a moment ago may still be open for
		// writing in a child of another goroutine, until that has its own
		// program (https://go.dev/issue/22315).
		if err = cmd.Start(); !errors.Is(err, syscall.ETXTBSY) {
			break
		}
		time.Sleep(time.Duration(try) * 5 * time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("starting k3s: %w", err)
	}
	go func() {
		_ = cmd.Wait() // its state tells
		r.state = cmd.ProcessState
		close(r.gone)
	}()
	r.settle = follow(r.log, log)
	n.PID, n.Start = cmd.Process.Pid, processStart(cmd.Process.Pid)
	if err := p.update(*n); err != nil {
		send(n.PID, syscall.SIGKILL)
		r.settle()
		return nil, fmt.Errorf("noting down that k3s runs: %w", err)
	}
	return r, nil
}

// arguments are those of k3s (https://docs.k3s.io/cli/server).
func (p *Provider) arguments(n note) ([]string, error) {
	folder := p.folder(n.Name)
	args := []string{
		"server",
		"--config=" + filepath.Join(folder, "config.yaml"),
		"--data-dir=" + filepath.Join(folder, "data"),
		"--write-kubeconfig=" + filepath.Join(folder, "kubeconfig"),
		"--write-kubeconfig-mode=600",
		"--https-listen-port=" + strconv.Itoa(n.Port),
		"--node-name=" + n.Name,
	}
	for _, d := range p.Disable {
		args = append(args, "--disable="+d)
	}
	if p.Registries != "" {
		path, err := filepath.Abs(p.Registries)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("the registries of k3s: %w", err)
		}
		args = append(args, "--private-registry="+path)
	}
	if !p.passes("cluster-cidr") && !p.passes("service-cidr") {
		addresses, err := net.InterfaceAddrs()
		if err != nil {
			return nil, err
		}
		args = append(args, networks(addresses)...)
	}
	return append(args, p.Arguments...), nil
}

// passes tells whether the user's arguments have a flag.
func (p *Provider) passes(flag string) bool {
	for _, a := range p.Arguments {
		if name, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "="); name == flag {
			return true
		}
	}
	return false
}

// environment is what k3s gets of ours. It needs few variables, and those of a
// CI job have secrets. INVOCATION_ID, which a service of systemd has and so a
// runner's job, would make k3s believe that systemd manages its control group
// (https://github.com/k3s-io/k3s/pull/5851); K3S_* are settings.
func environment(all []string, name string) []string {
	env := []string{markVariable + "=" + name}
	path := false
	for _, v := range all {
		key, value, _ := strings.Cut(v, "=")
		switch strings.ToUpper(key) {
		case "PATH":
			path = value != ""
			fallthrough
		case "HOME", "LANG", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR",
			"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
			"CONTAINERD_HTTP_PROXY", "CONTAINERD_HTTPS_PROXY", "CONTAINERD_NO_PROXY":
			env = append(env, v)
		}
	}
	if !path {
		env = append(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	}
	return env
}

// wait returns when the cluster is ready, when k3s has ended, or with the context.
func (p *Provider) wait(ctx context.Context, r *running, n note) (*provider.Cluster, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		cluster *provider.Cluster
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		c, err := p.ready(ctx, n)
		done <- answer{c, err}
	}()
	select {
	case a := <-done:
		if a.err == nil && r.ended() {
			return nil, r.failure(n)
		}
		return a.cluster, a.err
	case <-r.gone:
		cancel()
		<-done
		return nil, r.failure(n)
	}
}

// ready waits for k3s's kubeconfig, takes it over and waits for the cluster.
func (p *Provider) ready(ctx context.Context, n note) (*provider.Cluster, error) {
	path := filepath.Join(n.Dir, "kubeconfig")
	for {
		// k3s writes it in place, so it may be found half-written.
		data, err := os.ReadFile(filepath.Join(p.folder(n.Name), "kubeconfig"))
		if err == nil {
			if data, err = renamed(data, n.Name); err == nil {
				if err := writeWhole(path, data, 0o600); err != nil {
					return nil, err
				}
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("it has written no kubeconfig: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err := p.Booted(ctx, path, n.Name); err != nil {
		return nil, err
	}
	return &provider.Cluster{Kubeconfig: path, Context: n.Name, Version: n.Version, Logs: []string{filepath.Join(n.Dir, logName)}}, nil
}

func (r *running) ended() bool {
	select {
	case <-r.gone:
		return true
	default:
		return false
	}
}
