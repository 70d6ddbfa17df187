package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func TestWritePart(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(2)
	job := c.plan.Jobs[0]
	c.write(c.folder(job.ID, 2), Part{Name: "posthog", Job: job.ID, Attempt: 2, Plan: c.plan.Digest}, nil, jobResults(c.plan, job, 2, result.Passed))
	var want []string
	for _, cell := range c.plan.Cells {
		want = append(want, "chart-matrix.posthog.plan.2/cells/"+cell.ID+"/result-2.json")
	}
	want = append(want, "chart-matrix.posthog.plan.2/part.json", "chart-matrix.posthog.plan.2/plan.json",
		"chart-matrix.posthog."+job.ID+".2/cells/"+job.ID+"/result-2.json", "chart-matrix.posthog."+job.ID+".2/part.json")
	slices.Sort(want)
	got := tree(t, c.dir)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	data, err := os.ReadFile(filepath.Join(c.folder(job.ID, 2), partName))
	if err != nil {
		t.Fatal(err)
	}
	text := `{
  "schema": "chart-matrix/part/v1",
  "name": "posthog",
  "job": "` + job.ID + `",
  "attempt": 2,
  "plan": "` + c.plan.Digest + `",
  "version": ""
}
`
	if string(data) != text {
		t.Errorf("got %s", data)
	}
}

// TestWritePartReplaces: a folder holds one part, or one run, and no mixture.
func TestWritePartReplaces(t *testing.T) {
	plan := jobPlan(t)
	job := plan.Jobs[0]
	dir := t.TempDir()
	steps := []struct {
		name  string
		write func() error
		want  []string
	}{
		{"a run", func() error { return Write(dir, plan, staticResults(plan, 1)) }, []string{planName}},
		{"the plan's part", func() error { return WritePart(dir, Part{Name: "a", Attempt: 1}, plan, staticResults(plan, 1)) }, []string{partName, planName}},
		{"a job's part", func() error {
			return WritePart(dir, Part{Name: "a", Job: job.ID, Attempt: 1, Plan: plan.Digest}, nil, jobResults(plan, job, 1, result.Passed))
		}, []string{partName}},
		{"a job's part again, with evidence lost", func() error {
			create(t, filepath.Join(dir, "cells", job.ID, "pods.log"))
			return WritePart(dir, Part{Name: "a", Job: job.ID, Attempt: 1, Plan: plan.Digest}, nil, nil)
		}, []string{partName}},
		{"a run again", func() error { return Write(dir, plan, nil) }, []string{planName}},
	}
	for _, s := range steps {
		if err := s.write(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		files := slices.DeleteFunc(tree(t, dir), func(f string) bool {
			return strings.HasPrefix(f, "cells/") && strings.HasSuffix(f, "result.json")
		})
		if !slices.Equal(files, s.want) {
			t.Errorf("%s: got %q, want %q", s.name, files, s.want)
		}
	}
}

func TestWritePartRefuses(t *testing.T) {
	plan := jobPlan(t)
	job := plan.Jobs[0]
	good := Part{Name: "posthog", Job: job.ID, Attempt: 1, Plan: plan.Digest}
	for _, c := range []struct {
		name   string
		change func(p *Part)
		plan   *matrix.Plan
		cells  []result.Cell
		want   string
	}{
		{"no plan", func(p *Part) { p.Job = "" }, nil, nil, "the plan's part has no plan"},
		{"a plan in a job's part", func(*Part) {}, plan, nil, "the part of job xtvnps64 has a plan"},
		{"another plan", func(p *Part) { p.Job, p.Plan = "", "sha256:"+strings.Repeat("0", 64) }, plan, nil, "and holds the plan sha256:"},
		{"no digest", func(p *Part) { p.Plan = "" }, nil, nil, `its plan is ""; expected the digest of a plan`},
		{"no name", func(p *Part) { p.Name = "" }, nil, nil, "its name has 0 bytes"},
		{"no attempt", func(p *Part) { p.Attempt = 0 }, nil, nil, "its attempt is 0; expected 1 to 1000"},
		{"a job that is a path", func(p *Part) { p.Job = "../../abc" }, nil, nil, `its job is "../../abc"; expected an ID`},
		{"results of another job", func(*Part) {}, nil, jobResults(plan, plan.Jobs[1], 1, result.Passed), `it is a result of job "gkwv9h2n", in the part of job "xtvnps64"`},
		{"results of another attempt", func(*Part) {}, nil, jobResults(plan, job, 2, result.Passed), "it is a result of attempt 2, in a part of attempt 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			part, dir := good, filepath.Join(t.TempDir(), "part")
			c.change(&part)
			err := WritePart(dir, part, c.plan, c.cells)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("there is a folder now")
			}
		})
	}
}

func TestCanWrite(t *testing.T) {
	dir := t.TempDir()
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0)
	for _, free := range []string{dir, filepath.Join(dir, "new"), c.folder("", 1), c.folder(c.plan.Jobs[0].ID, 1)} {
		if err := CanWrite(free); err != nil {
			t.Error(err)
		}
	}
	mine := filepath.Join(dir, "mine")
	create(t, mine)
	if err := CanWrite(mine); err == nil || !strings.Contains(err.Error(), "is not a folder") {
		t.Error(err)
	}
	if err := CanWrite(dir); !errors.Is(err, ErrOccupied) {
		t.Error(err)
	}
	if err := WritePart(dir, c.part(c.plan.Jobs[0].ID, 1), nil, nil); !errors.Is(err, ErrOccupied) {
		t.Error(err)
	}
}
