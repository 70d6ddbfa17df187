package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// process is one that runs now.
type process struct {
	pid, group int
	start      string
}

// processesOf finds the processes that a note names: those that carry its mark,
// wherever they went, and those of its group while the group's first process is
// the one that was noted. A group whose number was given to another is left alone.
func processesOf(ref Ref) ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("looking for processes: %w", err)
	}
	mark := []byte(markVariable + "=" + ref.Name + "\x00")
	sameGroup := ref.Group > 0 && ref.Start != "" && processStart(ref.Group) == ref.Start
	var found []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		p, ok := readProcess(pid)
		if ok && (sameGroup && p.group == ref.Group || carries(pid, mark)) {
			found = append(found, p)
		}
	}
	return found, nil
}

// carries tells whether a process was started with the variable. Of another
// user's process that cannot be read, and it is none of ours.
func carries(pid int, mark []byte) bool {
	env, err := os.ReadFile(path.Join("/proc", strconv.Itoa(pid), "environ"))
	return err == nil && (bytes.HasPrefix(env, mark) || bytes.Contains(env, append([]byte{0}, mark...)))
}

// readProcess reads /proc/PID/stat (proc_pid_stat(5)); false for what has ended.
func readProcess(pid int) (process, bool) {
	data, err := os.ReadFile(path.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	// The second field is the program's name in brackets, and may hold any
	// character.
	i := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[i+1:]))
	const state, group, start = 0, 2, 19 // counted from the third field
	if i < 0 || len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return process{}, false
	}
	p := process{pid: pid, start: fields[start]}
	p.group, err = strconv.Atoi(fields[group])
	return p, err == nil
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

// A process that is gone needs no signal, and one that may not be sent is found
// again by whoever looks next.
func terminate(pid int)   { _ = syscall.Kill(pid, syscall.SIGTERM) }
func kill(pid int)        { _ = syscall.Kill(pid, syscall.SIGKILL) }
func killGroup(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }
