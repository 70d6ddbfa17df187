//go:build unix

package store

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// smallDisk holds the folder to work in when this test binary runs itself with
// files limited to a few bytes, which is as good as a full disk.
const smallDisk = "CHART_MATRIX_TEST_SMALL_DISK"

// TestFullDisk: what was there is still there, and nothing else.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		onSmallDisk(t, dir)
		return
	}
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0)
	before := tree(t, c.dir)
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), smallDisk+"="+c.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if after := tree(t, c.dir); !slices.Equal(before, after) {
		t.Errorf("there is now %v", after)
	}
	got := c.collect()
	anomalies(t, got)
	if b := brief(got, c.plan.Jobs[0].ID); b != "plan@1 passed, job@1 passed" {
		t.Errorf("got %s", b)
	}
}

func onSmallDisk(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ) // so that a write fails, as on a full disk
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = 200 // bytes
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	defer func() { // the test binary may have files of its own to write
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Error(err)
		}
	}()
	c := &collection{t, dir, jobPlan(t)}
	if err := WritePart(c.folder("", 1), c.part("", 1), c.plan, nil); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("the plan's part: %v", err)
	}
	job := c.plan.Jobs[0]
	if err := WritePart(c.folder(job.ID, 1), c.part(job.ID, 1), nil, jobResults(c.plan, job, 1, result.Failed)); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("a job's part: %v", err)
	}
	data := archive(t, entry{name: "a"}, entry{name: "b", content: strings.Repeat("x", 1000)})
	if err := Unzip(bytes.NewReader(data), int64(len(data)), filepath.Join(dir, "unzipped")); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("an archive: %v", err)
	}
}
