package k3s

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary play k3s and what k3s starts, told by the name
// that it is started with: k3s passes no variable of ours on.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "k3s":
		os.Exit(playK3s(os.Args[1:]))
	case "containerd-shim-runc-v2":
		os.Exit(playShim(os.Args[1]))
	case "pod":
		deaf()
		time.Sleep(5 * time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const standInVersion = "v1.33.4+k3s1"

// deaf ignores the polite signals.
func deaf() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP) }

// playK3s behaves like `k3s server`: it unpacks programs into its data folder,
// starts them in sessions of their own, leaves files all over the machine,
// writes a kubeconfig in place and serves. --stand-in says what goes wrong.
func playK3s(args []string) int {
	if len(args) == 1 && args[0] == "--version" {
		fmt.Printf("k3s version %s (0123abcd)\ngo version go1.24.6\n", standInVersion)
		return 0
	}
	flags := map[string]string{}
	for _, a := range args {
		name, value, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		flags[name] = value
	}
	deaf()
	fmt.Println("Starting k3s " + standInVersion)
	switch flags["stand-in"] {
	case "crash":
		fmt.Fprintln(os.Stderr, "level=fatal msg=\"no default routes found\x1b[31m\"")
		return 1
	case "taken":
		fmt.Fprintln(os.Stderr, "listen tcp :6443: bind: address already in use")
		return 1
	case "hang":
		time.Sleep(5 * time.Minute)
	}
	data := flags["data-dir"]
	shim := filepath.Join(data, "data", "0123", "bin", "containerd-shim-runc-v2")
	if err := copyProgram(shim); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, file := range []string{"/run/k3s/containerd/containerd.pid", "/run/flannel/subnet.env", "/var/lib/kubelet/pods/1/volume",
		"/var/lib/cni/networks/cbr0/10.42.0.2", "/var/log/pods/1/0.log", "/run/netns/cni-1234", "/sys/fs/cgroup/kubepods/burstable/"} {
		if root := flags["stand-in-root"]; root != "" {
			path := filepath.Join(root, file)
			_ = os.MkdirAll(filepath.Dir(path), 0o755) // the next would fail
			if strings.HasSuffix(file, "/") {
				_ = os.MkdirAll(path, 0o755) // the test would see it
			} else if err := os.WriteFile(path, nil, 0o600); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	self, _ := os.Executable() // always known on Linux
	cmd := exec.Command(shim, self)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, _ := cmd.StdoutPipe() // of a command that was not started
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	pids := make([]byte, 100)
	n, _ := out.Read(pids) // what is not read is missed by the test
	_ = os.WriteFile(filepath.Join(data, "pids"), fmt.Appendf(pids[:n], "%d %d", cmd.Process.Pid, os.Getpid()), 0o600)

	l, err := net.Listen("tcp", "127.0.0.1:"+flags["https-listen-port"])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	whole := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: default, cluster: {server: "http://%s"}}]
contexts: [{name: default, context: {cluster: default, user: default}}]
current-context: default
users: [{name: default, user: {client-certificate-data: eA==, client-key-data: eA==}}]
`, l.Addr())
	kubeconfig, _ := os.Create(flags["write-kubeconfig"])
	_, _ = kubeconfig.WriteString(whole[:60]) // half of it
	time.Sleep(20 * time.Millisecond)
	_, _ = kubeconfig.WriteString(whole[60:])
	fmt.Println("Wrote kubeconfig " + flags["write-kubeconfig"])
	switch flags["stand-in"] {
	case "late":
		time.Sleep(100 * time.Millisecond)
		fmt.Fprintln(os.Stderr, "level=fatal msg=\"flannel exited\"")
		return 2
	case "sick":
		time.Sleep(5 * time.Minute)
	}
	fmt.Println("k3s is up and running")
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	return 3
}

// playShim starts a pod, which has nothing of its environment, and lives on.
func playShim(program string) int {
	deaf()
	pod := exec.Command(program)
	pod.Args, pod.Env = []string{"pod"}, []string{"POD=1"}
	pod.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := pod.Start(); err != nil {
		return 1
	}
	fmt.Printf("%d ", pod.Process.Pid)
	time.Sleep(5 * time.Minute)
	return 0
}

// copyProgram puts this program at another place.
func copyProgram(to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if os.Link(self, to) == nil {
		return nil
	}
	data, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}
