package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// measure is what one command, or a sum of commands, cost.
type measure struct {
	wall, cpu time.Duration
	// peak is the largest sum of the memory of the process and its children
	// that was seen, in bytes; 0 where the system does not tell.
	peak   int64
	exit   int
	stderr string
}

func (m measure) String() string {
	s := fmt.Sprintf("%6.2f s wall, %7.2f s CPU", m.wall.Seconds(), m.cpu.Seconds())
	if m.peak > 0 {
		s += fmt.Sprintf(", %d MB at most", m.peak>>20)
	}
	return s
}

// wait adds the CPU time of a finished command. Its exit code does not count:
// a failing lint has done its work, too.
func (m *measure) wait(c *exec.Cmd) error {
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	m.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return nil
}

// timed runs a command to its end and watches its memory, children included.
func timed(c *exec.Cmd) (measure, error) {
	var stderr bytes.Buffer
	c.Stderr = &stderr
	started := time.Now()
	if err := c.Start(); err != nil {
		return measure{}, err
	}
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
				most = max(most, memoryOfTree(c.Process.Pid))
			}
		}
	}()
	var m measure
	err := m.wait(c)
	close(stop)
	m.peak, m.wall, m.stderr = <-peak, time.Since(started), stderr.String()
	m.exit = c.ProcessState.ExitCode()
	return m, err
}

// memoryOfTree sums the memory of a process and its children, as Linux's /proc
// tells it; 0 elsewhere. Of pages that several processes share, such as the
// program itself, each counts its part: the proportional set size (proc(5),
// /proc/PID/smaps_rollup).
func memoryOfTree(root int) int64 {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	parents := map[int]int{}
	for _, file := range stats {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		// The name may hold blanks and parentheses; fields are counted behind it.
		head, rest, ok := strings.Cut(string(data), " (")
		at := strings.LastIndex(rest, ") ")
		if !ok || at < 0 {
			continue
		}
		fields := strings.Fields(rest[at+2:])
		if len(fields) < 2 {
			continue
		}
		pid, _ := strconv.Atoi(head)
		parents[pid], _ = strconv.Atoi(fields[1])
	}
	var sum int64
	for pid := range parents {
		for at := pid; at > 1; at = parents[at] {
			if at == root {
				sum += proportional(pid)
				break
			}
		}
	}
	return sum
}

// proportional is the proportional set size of a process in bytes.
func proportional(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it ended meanwhile
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}
