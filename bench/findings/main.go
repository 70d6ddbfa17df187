// Command findings measures chart-matrix report on a large run: 1,000 cells of
// 1,000 assertions each, 100 MB of logs beside them, a dozen causes of failure of
// which one shows in 10,000 assertions. -size ordinary measures a run of 50 cells
// of 200 assertions instead.
//
//	go run ./bench/findings
//
// makes the run in a temporary folder, which takes a while, and reports on it in
// a process of its own, once to warm up and then -times times. -dir keeps the
// folder for other measurements, and uses the one that is there.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/posthog/chart-matrix/internal/cli"
)

func main() {
	name := flag.String("size", "large", "measure a run of this size: large or ordinary")
	dir := flag.String("dir", "", "keep the run in this folder")
	times := flag.Int("times", 5, "measure so many times")
	report := flag.String("report", "", "report on this folder and exit: what is measured")
	create := flag.String("create", "", "make the run in this folder and exit")
	flag.Parse()
	if *report != "" {
		os.Exit(cli.Main(context.Background(), cli.System(), []string{"report", *report, "--offline", "--quiet"}))
	}
	size, ok := sizes()[*name]
	if !ok {
		fmt.Fprintf(os.Stderr, "findings: -size: there is no %q; have large, ordinary\n", *name)
		os.Exit(2)
	}
	err := error(nil)
	if *create != "" {
		err = makeRun(*create, size)
	} else {
		err = measure(*dir, *name, *times)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "findings:", err)
		os.Exit(1)
	}
}

// cost is what one report took.
type cost struct {
	wall, cpu time.Duration
	memory    int64 // KiB
}

func measure(dir, size string, times int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if dir == "" {
		temp, err := os.MkdirTemp("", "bench-findings-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temp) }() // a temporary folder
		dir = filepath.Join(temp, "results")
	}
	if _, err := os.Stat(filepath.Join(dir, "plan.json")); err != nil {
		// Not here: Linux counts the memory of a program for those that it starts, too.
		if out, err := exec.Command(self, "-size", size, "-create", dir).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	var all []cost
	for i := range times + 1 {
		c, out, err := once(self, dir)
		if err != nil {
			return err
		}
		if i == 0 {
			fmt.Printf("%s\n", out[:min(len(out), 600)])
			continue
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b cost) int { return cmp.Compare(a.wall, b.wall) })
	m := all[len(all)/2]
	fmt.Printf("median of %d: %.3f s, CPU %.3f s, %d MB\n", times, m.wall.Seconds(), m.cpu.Seconds(), m.memory>>10)
	return nil
}

// once reports and measures. A run that is red exits with 1, as it has to.
func once(self, dir string) (cost, []byte, error) {
	cmd := exec.Command(self, "-report", dir)
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	c := cost{wall: time.Since(began)}
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		return c, out, fmt.Errorf("report: expected exit code 1: %w", err)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = usage.Maxrss // KiB on Linux
	}
	return c, out, nil
}
