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
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/posthog/chart-matrix/internal/cli"
)

func main() {
	name := flag.String("size", "large", "measure a run of this size: large or ordinary")
	dir := flag.String("dir", "", "keep the run in this folder")
	times := flag.Int("times", 5, "measure so many times")
	report := flag.String("report", "", "report on this folder and exit: what is measured")
	memory := flag.String("memory", "", "with -report: write the most memory that it had into this file, in KiB")
	create := flag.String("create", "", "make the run in this folder and exit")
	flag.Parse()
	if *report != "" {
		code := cli.Main(context.Background(), cli.System(), []string{"report", *report, "--offline", "--quiet"})
		if *memory != "" {
			keepPeak(*memory)
		}
		os.Exit(code)
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
		// In a process of its own, so that none of the memory is left to this one.
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
	file := filepath.Join(filepath.Dir(dir), "bench-findings-memory")
	defer func() { _ = os.Remove(file) }() // where there is one
	cmd := exec.Command(self, "-report", dir, "-memory", file)
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	c := cost{wall: time.Since(began)}
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		return c, out, fmt.Errorf("report: expected exit code 1: %w", err)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	peak, err := os.ReadFile(file)
	if err != nil {
		return c, out, fmt.Errorf("memory is read from /proc, which Linux alone has: %w", err)
	}
	c.memory, err = strconv.ParseInt(string(peak), 10, 64)
	return c, out, err
}

// peakLine is how Linux says how much memory a process had at most. What it says
// of a child when that ends counts the parent's, too, from before the program was
// started in it.
var peakLine = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// keepPeak writes the most memory that this process had, in KiB; no file where
// nobody knows.
func keepPeak(file string) {
	status, err := os.ReadFile("/proc/self/status")
	if m := peakLine.FindSubmatch(status); err == nil && m != nil {
		_ = os.WriteFile(file, m[1], 0o600) // it is missed, and that told, where it is read
	}
}
