package github

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func check(annotations int) CheckRequest {
	r := CheckRequest{
		Repository: "acme/charts", HeadSHA: sha("a"), Name: "chart-matrix (posthog)", Conclusion: "failure",
		Title: "3 findings", Summary: "It **fails**.", DetailsURL: "https://github.com/acme/charts/actions/runs/7", Run: 7, Attempt: 1,
	}
	for i := range annotations {
		r.Annotations = append(r.Annotations, Annotation{Path: "templates/web.yaml", StartLine: i + 1, Level: "failure", Title: "removed API", Message: "extensions/v1beta1"})
	}
	return r
}

func checkRuns(s *githubtest.Server) []githubtest.CheckRun {
	return s.State().Repository("acme/charts").CheckRuns
}

func TestCheckRunInBatches(t *testing.T) {
	for annotations, calls := range map[int]int{0: 1, 1: 1, 50: 1, 51: 2, 101: 3, 200: 4, 260: 4} {
		s, c, clock := fake(t, oneRun())
		link, err := c.CheckRun(t.Context(), check(annotations))
		if err != nil || !strings.HasPrefix(link, "https://github.com/acme/charts/runs/") {
			t.Fatal(link, err)
		}
		got := checkRuns(s)
		want := min(annotations, MaxAnnotations)
		if len(got) != 1 || got[0].Status != "completed" || got[0].Conclusion != "failure" || got[0].Title != "3 findings" ||
			got[0].DetailsURL == "" || len(got[0].Annotations) != want || c.Calls() != calls {
			t.Errorf("%d annotations: %d calls, %+v", annotations, c.Calls(), got)
		}
		for i, a := range got[0].Annotations {
			if a.StartLine != i+1 || a.EndLine != i+1 {
				t.Errorf("annotation %d is on the lines %d to %d", i, a.StartLine, a.EndLine)
			}
		}
		if (annotations > MaxAnnotations) != strings.Contains(clock.logged(), "60 annotations are left out: a check run gets the first 200") {
			t.Errorf("%d annotations: %s", annotations, clock.logged())
		}
	}
}

func TestAnnotationsThatCannotBe(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	r := check(0)
	for _, path := range []string{"", "/etc/passwd", "../other", "a/../../b", "a//b", "./a", `a\b`, "a\nb", "a\x00b", "\xff"} {
		r.Annotations = append(r.Annotations, Annotation{Path: path, StartLine: 1, Level: "notice", Message: "m"})
	}
	r.Annotations = append(r.Annotations,
		Annotation{Path: "a", Level: "error", Message: "m"},
		Annotation{Path: "a", Level: "notice"},
		Annotation{Path: "no-line.yaml", Level: "notice", Message: "m"},
		Annotation{Path: "backwards.yaml", StartLine: 9, EndLine: 3, StartColumn: 5, EndColumn: 2, Level: "warning", Message: "m"},
		Annotation{Path: "columns-on-lines.yaml", StartLine: 1, EndLine: 3, StartColumn: 5, EndColumn: 2, Level: "warning", Message: "m"},
		Annotation{Path: "long.yaml", StartLine: 1, Level: "warning", Title: strings.Repeat("ü", 300), Message: strings.Repeat("ü", 70_000) + "\xff"},
	)
	if _, err := c.CheckRun(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := checkRuns(s)[0].Annotations
	if len(got) != 4 || !strings.Contains(clock.logged(), "12 annotations are left out") {
		t.Fatalf("%+v; %s", got, clock.logged())
	}
	if got[1].StartLine != 9 || got[1].EndLine != 9 || got[1].StartColumn != 5 || got[1].EndColumn != 5 || got[2].StartColumn != 0 {
		t.Errorf("%+v", got)
	}
	if n := len(got[3].Message); n > 64<<10 || n < 60_000 || !strings.HasSuffix(got[3].Message, "ü…") {
		t.Errorf("%d bytes", n)
	}
}

func TestCheckRunIsMadeOnce(t *testing.T) {
	const post = "POST /repos/acme/charts/check-runs"
	for name, fault := range map[string]githubtest.Fault{
		"502 after": {Status: 502, After: true}, "reset after": {Reset: true, After: true}, "truncated": {Cut: 30},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _ := fake(t, oneRun())
			s.Fail(post, 1, fault)
			link, err := c.CheckRun(t.Context(), check(60))
			if got := checkRuns(s); err != nil || link == "" || len(got) != 1 || len(got[0].Annotations) != 60 {
				t.Errorf("%q, %v, %d", link, err, len(got))
			}
		})
	}
	s, c, _ := fake(t, oneRun())
	s.Fail(post, 1, githubtest.ServerError(502))
	_, err := c.CheckRun(t.Context(), check(60))
	contains(t, err, `make the check run "chart-matrix (posthog)"`, "502")
	if got := checkRuns(s); len(got) != 0 {
		t.Errorf("%+v", got)
	}

	s, c, _ = fake(t, oneRun())
	s.Fail("PATCH /repos/acme/charts/check-runs/*", 1, githubtest.Fault{Status: 502, After: true})
	link, err := c.CheckRun(t.Context(), check(60))
	contains(t, err, "add all annotations")
	if got := checkRuns(s); link == "" || len(got[0].Annotations) != 60 {
		t.Errorf("%q, %d annotations", link, len(got[0].Annotations))
	}
}

func TestCheckRunRefused(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	for _, token := range []string{githubtest.ReadToken, githubtest.UserToken, ""} {
		_, err := newClient(t, s.URL(), token, clock).CheckRun(t.Context(), check(1))
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%q: %v", token, err)
		}
	}
	for i, change := range []func(*CheckRequest){
		func(r *CheckRequest) { r.HeadSHA = "main" },
		func(r *CheckRequest) { r.Name = "" },
		func(r *CheckRequest) { r.Title = "" },
		func(r *CheckRequest) { r.Title = strings.Repeat("x", 256) },
		func(r *CheckRequest) { r.Conclusion = "green" },
		func(r *CheckRequest) { r.Summary = strings.Repeat("x", MaxCheckSummary+1) },
		func(r *CheckRequest) { r.Repository = "acme/charts/x" },
	} {
		r := check(0)
		change(&r)
		if _, err := c.CheckRun(t.Context(), r); err == nil {
			t.Errorf("%d: taken", i)
		}
	}
	if c.Calls() != 0 {
		t.Errorf("%d calls", c.Calls())
	}
	r := check(0)
	r.Summary = strings.Repeat("é", MaxCheckSummary)
	if _, err := c.CheckRun(t.Context(), r); err != nil {
		t.Error(err)
	}
}

// A report of 256 jobs with everything takes fewer than 20 requests.
func TestCallsOfOneReport(t *testing.T) {
	run := githubtest.Run{ID: 7, Event: "pull_request", HeadBranch: "topic", HeadSHA: sha("a"), Status: "in_progress", Jobs: []githubtest.Job{{Name: "plan"}, {Name: "report", Status: "in_progress"}}}
	for i := range 256 {
		run.Jobs = append(run.Jobs, githubtest.Job{Name: "cells / " + jobID(i) + " kind-1.34", Runner: "r"})
	}
	repo := conversation()
	repo.PullRequests[0].Head = githubtest.Ref{Branch: "topic", SHA: sha("a")}
	for i := range 199 {
		repo.Comments = append(repo.Comments, githubtest.Comment{Number: 3, Body: fmt.Sprint("comment ", i)})
	}
	repo.Comments = append(repo.Comments, byBot(9999, 5, 1), githubtest.Comment{Number: 3, Body: "so?"})
	night := func(id int64) githubtest.Run { return githubtest.Run{ID: id, Event: "schedule"} }
	good := night(4)
	good.Artifacts = []githubtest.Artifact{{Name: "chart-matrix.posthog.report.1", Data: archive("{}")}}
	repo.Runs = []githubtest.Run{good, night(5), run}
	s, c, _ := fake(t, repo)
	ctx := t.Context()

	got, err := c.Run(ctx, charts)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.Jobs(ctx, got, ids(256))
	if err != nil || len(jobs) != 256 {
		t.Fatal(len(jobs), err)
	}
	baseline, err := c.Baseline(ctx, got, "posthog")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Download(ctx, baseline.Run, baseline.Artifact, t.TempDir()+"/b"); err != nil {
		t.Fatal(err)
	}
	pr, err := c.PullRequest(ctx, got)
	if err != nil {
		t.Fatal(err)
	}
	r := request(7, "report")
	r.PullRequest = pr
	if _, err := c.Comment(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CheckRun(ctx, check(120)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls", c.Calls())
	if c.Calls() >= 20 || c.Calls() != s.Count("* /repos/*/*/*/*")+s.Count("* /repos/*/*/*")+s.Count("* /repos/*/*/*/*/*")+s.Count("* /repos/*/*/*/*/*/*") {
		t.Errorf("%d calls: %+v", c.Calls(), s.Requests())
	}
}
