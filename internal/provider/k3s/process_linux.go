package k3s

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// markVariable is in the environment of k3s and of all that it starts, but for
// what runs in pods.
const markVariable = "CHART_MATRIX_K3S"

// process is one that runs now.
type process struct {
	pid, parent, session int
	start                string
}

// readProcess reads /proc/PID/stat (proc_pid_stat(5)); false for what has ended.
func readProcess(pid int) (process, bool) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	// The second field is the program's name in brackets, and may hold any
	// character.
	i := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[i+1:]))
	const state, parent, session, start = 0, 1, 3, 19 // counted from the third field
	if i < 0 || len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return process{}, false
	}
	p := process{pid: pid, start: fields[start]}
	var errParent, errSession error
	p.parent, errParent = strconv.Atoi(fields[parent])
	p.session, errSession = strconv.Atoi(fields[session])
	return p, errParent == nil && errSession == nil
}

// processStart tells when a process started, in a form that no other boot of
// the machine gives; empty for what has ended.
func processStart(pid int) string {
	p, ok := readProcess(pid)
	if !ok {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + p.start
}

// processesOf finds the processes of a cluster: those that carry its mark, that
// are of k3s's session, that run a program of its data folder, that are in the
// control group of its pods, and all that descend from any of these. containerd
// and its shims leave k3s's group; pods have none of its environment, and are
// children of the shims.
func (p *Provider) processesOf(n note) ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("looking for processes: %w", err)
	}
	mark := []byte(markVariable + "=" + n.Name + "\x00")
	programs := resolved(p.folder(n.Name)) + "/"
	sameSession := n.PID > 0 && n.Start != "" && processStart(n.PID) == n.Start
	pods := n.Schema != "" && len(n.Before.Cgroups) == 0 && !n.Before.InPods && p.host.root == "" && !inPod(os.Getpid()) && !inPod(1)

	all := map[int]process{}
	ours := map[int]bool{}
	children := map[int][]int{}
	var queue []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		one, ok := readProcess(pid)
		if !ok || pid == os.Getpid() || pid == 1 {
			continue
		}
		all[pid] = one
		children[one.parent] = append(children[one.parent], pid)
		if sameSession && one.session == n.PID || carries(pid, mark) || runs(pid, programs) || pods && inPod(pid) {
			ours[pid] = true
			queue = append(queue, pid)
		}
	}
	var found []process
	for len(queue) > 0 {
		pid := queue[0]
		queue = queue[1:]
		found = append(found, all[pid])
		for _, child := range children[pid] {
			if !ours[child] {
				ours[child] = true
				queue = append(queue, child)
			}
		}
	}
	return found, nil
}

// carries tells whether a process was started with the variable. Of another
// user's process that cannot be read, and it is none of ours.
func carries(pid int, mark []byte) bool {
	env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	return err == nil && (bytes.HasPrefix(env, mark) || bytes.Contains(env, append([]byte{0}, mark...)))
}

// runs tells whether a process's program is in a folder.
func runs(pid int, folder string) bool {
	program, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	return err == nil && strings.HasPrefix(program, folder)
}

// inPod tells whether a process is in the control group that a kubelet of this
// machine keeps for its pods. Those of a kind node are below its container's.
func inPod(pid int) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) { // hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && (strings.HasPrefix(parts[2], "/kubepods/") || strings.HasPrefix(parts[2], "/kubepods.slice/")) {
			return true
		}
	}
	return false
}

// anyInPod tells whether a process is in such a group now. Where this is itself
// a container of some pod, all of its processes may be.
func anyInPod() (bool, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false, fmt.Errorf("looking for processes: %w", err)
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && inPod(pid) {
			return true, nil
		}
	}
	return false, nil
}

// How often processes are looked for, and how long a kill may take to act.
const (
	lookEvery = 20 * time.Millisecond
	killTakes = 15 * time.Second
)

// kill ends the processes of a cluster, at once: nothing of it is kept, so
// there is nothing for them to put in order. They are stopped first, until no
// new one is found, so that none is started while the others are killed and
// then has no parent that it could be known by.
func (p *Provider) kill(n note) error {
	stopped := map[int]bool{}
	for range 100 {
		all, err := p.processesOf(n)
		if err != nil {
			return err
		}
		more := false
		for _, one := range all {
			if !stopped[one.pid] {
				stopped[one.pid], more = true, true
				send(one.pid, syscall.SIGSTOP)
			}
		}
		if !more {
			break
		}
	}
	for deadline := time.Now().Add(killTakes); ; time.Sleep(lookEvery) {
		left, err := p.processesOf(n)
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes of it have not ended, although they were killed; the first is %d", len(left), left[0].pid)
		}
		for _, one := range left {
			send(one.pid, syscall.SIGKILL)
		}
	}
}

// send sends a signal; a process that is gone needs none.
func send(pid int, s syscall.Signal) { _ = syscall.Kill(pid, s) }
