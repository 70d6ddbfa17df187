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
	// peak is the largest sum of the resident sizes of the process and its
	// children that was seen, in bytes; 0 where the system does not tell.
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
			case <-time.After(10 * time.Millisecond):
				most = max(most, residentTree(c.Process.Pid))
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

// residentTree sums the resident sizes of a process and its children, as
// Linux's /proc tells them (proc(5), /proc/PID/stat); 0 elsewhere.
func residentTree(root int) int64 {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	type process struct{ parent, pages int64 }
	all := map[int64]process{}
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
		if len(fields) < 22 {
			continue
		}
		pid, _ := strconv.ParseInt(head, 10, 64)
		parent, _ := strconv.ParseInt(fields[1], 10, 64)
		pages, _ := strconv.ParseInt(fields[21], 10, 64)
		all[pid] = process{parent, pages}
	}
	var sum int64
	for pid, p := range all {
		for at := pid; at > 1; at = all[at].parent {
			if at == int64(root) {
				sum += p.pages
				break
			}
		}
	}
	return sum * int64(os.Getpagesize())
}
