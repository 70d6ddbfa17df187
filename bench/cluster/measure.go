package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/result"
)

// measured is one run of chart-matrix.
type measured struct {
	wall  time.Duration
	cells []result.Cell
}

// chartMatrix runs chart-matrix, which may find that the chart fails.
func (b *bench) chartMatrix(ctx context.Context, m *memory, args ...string) (measured, error) {
	b.count++
	results := filepath.Join(b.work, fmt.Sprintf("results-%d", b.count))
	cmd := exec.CommandContext(ctx, b.binary, append([]string{"run", "--quiet", "--results", results}, args...)...)
	cmd.Env = b.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it removes its clusters then
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return measured{}, err
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		m.watch(b.binary, stop)
	}()
	err := cmd.Wait()
	wall := time.Since(began)
	close(stop)
	<-stopped
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return measured{}, fmt.Errorf("chart-matrix: %w\n%s", err, out.String())
	}
	files, _ := filepath.Glob(filepath.Join(results, "cells", "*", "result.json")) // the pattern is right
	r := measured{wall: wall, cells: make([]result.Cell, len(files))}
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &r.cells[i])
		}
		if err != nil {
			return measured{}, fmt.Errorf("the results of chart-matrix: %w", err)
		}
	}
	slices.SortFunc(r.cells, func(a, b result.Cell) int { return a.Started.Compare(b.Started) })
	return r, nil
}

func (m measured) failed() bool {
	return slices.ContainsFunc(m.cells, func(c result.Cell) bool { return c.Status != result.Passed })
}

func (m measured) seconds() float64 { return m.wall.Seconds() }

// boots gives how many clusters were made, and how long they took until they were up.
func (m measured) boots() (n int, seconds float64) {
	for _, c := range m.cells {
		for _, s := range c.Steps {
			for _, a := range s.Assertions {
				if s.Layer == "cluster" && a.Name == "up" && a.Seconds > 0 {
					n, seconds = n+1, seconds+a.Seconds
				}
			}
		}
	}
	return n, seconds
}

// verdicts gives the status of every cell and of its steps, with their checks.
func (m measured) verdicts() string {
	var cells []string
	for _, c := range m.cells {
		var not []string
		for _, s := range c.Steps {
			for _, a := range s.Assertions {
				if a.Status != result.Passed {
					not = append(not, s.Layer+" "+a.Name)
				}
			}
		}
		text := fmt.Sprintf("%s %s", c.Slug, c.Status)
		if len(not) > 0 {
			text += fmt.Sprintf(" (%s)", strings.Join(not, ", "))
		}
		cells = append(cells, text)
	}
	slices.Sort(cells)
	return strings.Join(cells, ", ")
}

// steps sums what the checks of all cells took, in seconds.
func (m measured) steps() string {
	var names []string
	sums := map[string]float64{}
	for _, c := range m.cells {
		for _, s := range c.Steps {
			for _, a := range s.Assertions {
				name := s.Layer + ": " + a.Name
				if a.Seconds < 0.05 {
					continue
				}
				if _, known := sums[name]; !known {
					names = append(names, name)
				}
				sums[name] += a.Seconds
			}
		}
	}
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%s %.1f", name, sums[name]))
	}
	return strings.Join(out, ", ")
}

// memory is the most that the processes of one program had at once, in bytes:
// the sum of their resident sets, in which pages that they share count for each
// of them, and of their proportional ones, in which they count once (proc(5),
// /proc/PID/smaps_rollup).
type memory struct{ resident, proportional int64 }

func (m memory) String() string {
	return fmt.Sprintf("%d MB; %d MB where shared pages count for each process", m.proportional>>20, m.resident>>20)
}

// watch looks at every process that runs the program, until it is stopped.
// Other programs that it starts, such as kind, are not its own.
func (m *memory) watch(program string, stop <-chan struct{}) {
	for m != nil {
		var now memory
		links, _ := filepath.Glob("/proc/[0-9]*/exe") // the pattern is right
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && target == program {
				one := sizes(filepath.Dir(link))
				now.resident += one.resident
				now.proportional += one.proportional
			}
		}
		m.resident, m.proportional = max(m.resident, now.resident), max(m.proportional, now.proportional)
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func sizes(process string) memory {
	var m memory
	data, err := os.ReadFile(filepath.Join(process, "smaps_rollup"))
	if err != nil {
		return m // it ended meanwhile
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kb, _ := strconv.ParseInt(fields[1], 10, 64) // the first line has none
		switch fields[0] {
		case "Rss:":
			m.resident = kb << 10
		case "Pss:":
			m.proportional = kb << 10
		}
	}
	return m
}
