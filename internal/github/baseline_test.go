package github

import (
	"errors"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func TestBaseline(t *testing.T) {
	report := func(attempt string) []githubtest.Artifact {
		return []githubtest.Artifact{{Name: "chart-matrix.posthog.report." + attempt, Data: archive("{}")}, {Name: "chart-matrix.other.report." + attempt}}
	}
	night := func(id int64, change func(*githubtest.Run)) githubtest.Run {
		r := githubtest.Run{ID: id, Event: "schedule", Artifacts: report("1")}
		if change != nil {
			change(&r)
		}
		return r
	}
	ours := githubtest.Run{ID: 7, Event: "pull_request", HeadBranch: "topic", Status: "in_progress", Artifacts: report("1")}
	for name, c := range map[string]struct {
		runs          []githubtest.Run
		want, attempt int64
		calls         int
		reason        string
	}{
		"none":             {reason: "no scheduled run on main has left a report of posthog yet"},
		"the newest":       {runs: []githubtest.Run{night(1, nil), night(2, nil), night(3, nil)}, want: 3, attempt: 1, calls: 3},
		"red counts":       {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.Conclusion = "failure" })}, want: 2, attempt: 1},
		"running":          {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.Status = "in_progress" })}, want: 1, attempt: 1},
		"another event":    {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.Event = "workflow_dispatch" })}, want: 1, attempt: 1},
		"another branch":   {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.HeadBranch = "topic" })}, want: 1, attempt: 1},
		"another workflow": {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.Path = ".github/workflows/other.yml" })}, want: 1, attempt: 1},
		"only another workflow": {runs: []githubtest.Run{
			night(1, func(r *githubtest.Run) { r.Path = ".github/workflows/nightly.yml" }),
			night(2, func(r *githubtest.Run) { r.Path = ".github/workflows/nightly.yml" }),
			night(3, func(r *githubtest.Run) { r.Path, r.Artifacts = ".github/workflows/stale.yml", nil }),
			night(4, func(r *githubtest.Run) { r.Path, r.Event = ".github/workflows/push.yml", "push" }),
		}, want: 2, attempt: 1, calls: 5},
		"another workflow of a fork": {runs: []githubtest.Run{
			night(1, func(r *githubtest.Run) { r.Path, r.HeadRepository = ".github/workflows/nightly.yml", "mallory/charts" }),
		}, reason: "no scheduled run on main has left"},
		"a fork":            {runs: []githubtest.Run{night(1, func(r *githubtest.Run) { r.HeadRepository = "mallory/charts" })}, reason: "no scheduled run"},
		"without a report":  {runs: []githubtest.Run{night(1, nil), night(2, func(r *githubtest.Run) { r.Artifacts = nil }), night(3, func(r *githubtest.Run) { r.Artifacts = r.Artifacts[1:] })}, want: 1, attempt: 1},
		"none has a report": {runs: []githubtest.Run{night(1, func(r *githubtest.Run) { r.Artifacts = nil })}, reason: "none of the last 1 scheduled runs on main has a report of posthog"},
		"expired":           {runs: []githubtest.Run{night(1, func(r *githubtest.Run) { r.Artifacts[0].Expired = true })}, reason: "retention-days"},
		"a re-run": {runs: []githubtest.Run{night(1, func(r *githubtest.Run) {
			r.Attempt, r.Artifacts = 2, append(report("2"), report("1")...)
		})}, want: 1, attempt: 2},
		"a re-run without": {runs: []githubtest.Run{night(1, func(r *githubtest.Run) { r.Attempt = 2 })}, want: 1, attempt: 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, client, _ := fake(t, githubtest.Repository{Runs: append(c.runs, ours)})
			run, err := client.Run(t.Context(), charts)
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.Baseline(t.Context(), run, "posthog")
			if c.want == 0 {
				contains(t, err, c.reason, "no baseline")
				if !errors.Is(err, ErrNoBaseline) {
					t.Errorf("%v is not ErrNoBaseline", err)
				}
				return
			}
			if err != nil || got.Run.Ref.ID != c.want || int64(got.Run.Attempt) != c.attempt || got.Artifact.Name != ReportArtifact("posthog", int(c.attempt)) {
				t.Fatalf("%+v, %v", got, err)
			}
			if c.calls > 0 && client.Calls() != c.calls {
				t.Errorf("%d calls", client.Calls())
			}
			if err := client.Download(t.Context(), got.Run, got.Artifact, t.TempDir()+"/b"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBaselineIsBounded(t *testing.T) {
	var runs []githubtest.Run
	for i := range 40 {
		runs = append(runs, githubtest.Run{ID: int64(100 + i), Event: "schedule"})
	}
	_, c, _ := fake(t, githubtest.Repository{Runs: append(runs, githubtest.Run{ID: 7})})
	run, err := c.Run(t.Context(), charts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Baseline(t.Context(), run, "posthog"); !errors.Is(err, ErrNoBaseline) {
		t.Error(err)
	}
	if c.Calls() > 3+baselineRuns {
		t.Errorf("%d calls", c.Calls())
	}
	if _, err := c.Baseline(t.Context(), run, "../x"); err == nil || errors.Is(err, ErrNoBaseline) {
		t.Error(err)
	}
	if _, err := c.Baseline(t.Context(), Run{Ref: charts}, "posthog"); err == nil {
		t.Error("a run without a workflow has a baseline")
	}
}

// TestBaselineAt: without a night, the run of the commit that a change is made to will do.
func TestBaselineAt(t *testing.T) {
	base := strings.Repeat("b", 40)
	report := []githubtest.Artifact{{Name: "chart-matrix.posthog.report.1", Data: archive("{}")}}
	for name, c := range map[string]struct {
		change func(*githubtest.Run)
		found  bool
	}{
		"a push":              {nil, true},
		"of another workflow": {func(r *githubtest.Run) { r.Path = ".github/workflows/other.yml" }, true},
		"another commit":      {func(r *githubtest.Run) { r.HeadSHA = strings.Repeat("c", 40) }, false},
		"a pull request":      {func(r *githubtest.Run) { r.Event = "pull_request" }, false},
		"a fork's":            {func(r *githubtest.Run) { r.HeadRepository = "mallory/charts" }, false},
		"it has no report":    {func(r *githubtest.Run) { r.Artifacts = nil }, false},
		"it has not ended":    {func(r *githubtest.Run) { r.Status = "in_progress" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			pushed := githubtest.Run{ID: 3, Event: "push", HeadSHA: base, Artifacts: report}
			if c.change != nil {
				c.change(&pushed)
			}
			_, client, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{pushed, {ID: 7}}})
			run, err := client.Run(t.Context(), charts)
			if err != nil {
				t.Fatal(err)
			}
			found, err := client.BaselineAt(t.Context(), run, "posthog", base)
			switch {
			case !c.found && !errors.Is(err, ErrNoBaseline):
				t.Errorf("%+v, %v", found, err)
			case c.found && (err != nil || found.Run.Ref.ID != 3):
				t.Errorf("%+v, %v", found, err)
			}
			if client.Calls() > 3 {
				t.Errorf("%d calls", client.Calls())
			}
			if _, err := client.BaselineAt(t.Context(), run, "posthog", "main"); err == nil || errors.Is(err, ErrNoBaseline) {
				t.Error(err)
			}
		})
	}
}
