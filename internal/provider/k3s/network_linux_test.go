package k3s

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// insideVariable is set in the process that has namespaces of its own.
const insideVariable = "CHART_MATRIX_TEST_INSIDE"

// TestNetworkAndMountsAreRemoved does it for real, in network and mount
// namespaces of its own, so that nothing here is touched: with the kernel's
// devices, namespaces, mounts and, where its programs are there, firewall.
func TestNetworkAndMountsAreRemoved(t *testing.T) {
	if os.Getenv(insideVariable) == "" {
		inNamespaces(t)
		return
	}
	l := newLab(t)
	p := l.provider()
	p.host.links, p.host.tools = nil, nil
	for _, path := range []string{netnsDir, "/var/lib/kubelet/pods/old", cgroupDir} {
		mkdir(t, filepath.Join(l.root, path))
	}
	pods := filepath.Join(l.root, "/var/lib/kubelet/pods")
	mount(t, filepath.Join(pods, "old")) // of somebody before
	netns(t, filepath.Join(l.root, netnsDir, "cni-before"))
	addLinks(t, "other0")
	firewall := hasFirewall(t)
	if firewall {
		run(t, "iptables", "-t", "nat", "-N", "CNI-OTHERS")
		run(t, "iptables", "-N", "OTHERS")
		run(t, "iptables", "-A", "FORWARD", "-m", "comment", "--comment", "to KUBE-SERVICES", "-j", "OTHERS")
	}

	n := note{Schema: noteSchema, Name: request(t, "1.33").Ref.Name, Version: standInVersion}
	if err := p.claim(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(p.folder(n.Name), "data", "agent with\\a blank")
	mkdir(t, folder)
	mount(t, folder)
	mount(t, folder) // one upon the other
	mkdir(t, filepath.Join(folder, "inner"))
	mount(t, filepath.Join(folder, "inner"))
	mkdir(t, filepath.Join(pods, "new"))
	mount(t, filepath.Join(pods, "new"))
	mkdir(t, filepath.Join(l.root, "/run/k3s/containerd"))
	mount(t, filepath.Join(l.root, "/run/k3s/containerd"))
	netns(t, filepath.Join(l.root, netnsDir, "cni-after"))
	addLinks(t, "cni0", "flannel.1")
	if firewall {
		run(t, "iptables", "-t", "nat", "-N", "KUBE-SERVICES")
		run(t, "iptables", "-t", "nat", "-N", "CNI-DN-1")
		run(t, "iptables", "-t", "nat", "-A", "KUBE-SERVICES", "-j", "CNI-DN-1")
		run(t, "iptables", "-t", "nat", "-A", "PREROUTING", "-m", "comment", "--comment", "kubernetes service portals", "-j", "KUBE-SERVICES")
	}
	// Another cluster is refused for what this one has.
	if _, err := p.survey(t.Context()); err == nil || !strings.Contains(err.Error(), "network device") {
		t.Errorf("got %v", err)
	}

	ref := request(t, "1.33").Ref
	ref.Name = n.Name
	for range 2 {
		if err := p.Down(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{p.folder(n.Name), p.notePath(n.Name), filepath.Join(l.root, "/run/k3s"), filepath.Join(l.root, netnsDir, "cni-after")} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
	if left, err := mounts([]string{l.root, l.state}); err != nil || !slices.Equal(left, []string{filepath.Join(pods, "old"), filepath.Join(l.root, netnsDir, "cni-before")}) {
		t.Errorf("mounted are %q, %v", left, err)
	}
	links, err := netLinks()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range links {
		names = append(names, l.name)
	}
	if slices.Contains(names, "cni0") || slices.Contains(names, "flannel.1") || !slices.Contains(names, "other0") {
		t.Errorf("the network devices are %q", names)
	}
	if firewall {
		saved := run(t, "iptables-save")
		if strings.Contains(saved, "-j KUBE-") || strings.Contains(saved, ":KUBE-") || strings.Contains(saved, "CNI-DN-1") ||
			!strings.Contains(saved, ":CNI-OTHERS") || !strings.Contains(saved, `--comment "to KUBE-SERVICES" -j OTHERS`) {
			t.Errorf("the firewall is\n%s", saved)
		}
	}
}

// TestNothingIsDeletedBeneathAMount: what cannot be unmounted stays, with all in it.
func TestNothingIsDeletedBeneathAMount(t *testing.T) {
	if os.Getenv(insideVariable) == "" {
		inNamespaces(t)
		return
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "pods", "data")
	mkdir(t, data)
	mount(t, data)
	file := filepath.Join(data, "precious")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := removeAll(dir); err == nil || !strings.Contains(err.Error(), "is mounted; unmount it") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if err := unmount([]string{dir}, nil); err != nil {
		t.Error(err)
	}
}

// inNamespaces runs the test that calls it again, in namespaces of its own.
func inNamespaces(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("no namespaces can be made here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func mount(t *testing.T, at string) {
	t.Helper()
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		t.Skipf("mounts cannot be kept to this test: %v", err)
	}
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) }) // it may be gone
}

// netns makes a network namespace with a name, as CNI does.
func netns(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pod := exec.Command(os.Args[0])
	pod.Args, pod.SysProcAttr = []string{"pod"}, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := pod.Start(); err != nil {
		t.Skipf("no network namespace can be made here: %v", err)
	}
	err := syscall.Mount(fmt.Sprintf("/proc/%d/ns/net", pod.Process.Pid), path, "", syscall.MS_BIND, "")
	_ = pod.Process.Kill() // the mount keeps the namespace
	_ = pod.Wait()         // with the signal as its error
	if err != nil {
		t.Skipf("no network namespace can be named here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) }) // it may be gone
}

func addLinks(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names { // all as bridges: their names are what counts
		if out, err := exec.Command("ip", "link", "add", name, "type", "bridge").CombinedOutput(); err != nil {
			t.Skipf("no network device can be made here: %v: %s", err, out)
		}
	}
}

func hasFirewall(t *testing.T) bool {
	t.Helper()
	if err := exec.Command("iptables", "-t", "nat", "-L").Run(); err != nil {
		t.Logf("no firewall can be made here: %v", err)
		return false
	}
	return true
}

func run(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("%q: %w: %s", argv, err, out))
	}
	return string(out)
}
