package githubtest

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryOperationIsAnswered shows that the fake answers what the description
// has, no more and no less, and that its answers fit.
func TestEveryOperationIsAnswered(t *testing.T) {
	document, err := load()
	if err != nil {
		t.Fatal(err)
	}
	all := operations()
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			if _, ok := all[method+" "+path]; !ok {
				t.Errorf("%s %s is in openapi.json, and no operation answers it", method, path)
			}
			delete(all, method+" "+path)
		}
	}
	for operation := range all {
		t.Errorf("%s is answered, and is not in openapi.json", operation)
	}
}

const repo = "/repos/acme/charts"

func TestAnswers(t *testing.T) {
	s := New(t, world(), Options{})
	sha := madeSHA("topic")
	for _, c := range []struct {
		request, body string
		status        int
		place         string // in the answer
		want          any
	}{
		{"GET /user", "", 200, "login", "octocat"},
		{"GET " + repo, "", 200, "default_branch", "main"},
		{"GET /repos/fork/charts", "", 200, "parent.full_name", "acme/charts"},
		{"GET " + repo + "/actions/runs?event=schedule", "", 200, "workflow_runs.0.id", 9.0},
		{"GET " + repo + "/actions/runs?event=schedule&status=failure", "", 200, "workflow_runs.0.id", 8.0},
		{"GET " + repo + "/actions/runs?branch=topic&exclude_pull_requests=true", "", 200, "total_count", 1.0},
		{"GET " + repo + "/actions/runs?created=%3E%3D2026-01-05", "", 200, "total_count", 3.0},
		{"GET " + repo + "/actions/runs?created=2026-01-01..2026-01-04", "", 200, "total_count", 0.0},
		{"GET " + repo + "/actions/runs/7", "", 200, "run_attempt", 2.0},
		{"GET " + repo + "/actions/runs/7", "", 200, "pull_requests.0.number", 3.0},
		{"GET " + repo + "/actions/runs/7/attempts/1", "", 200, "conclusion", "failure"},
		{"GET " + repo + "/actions/runs/7/attempts/3", "", 404, "message", "Not Found"},
		{"GET " + repo + "/actions/runs/7/jobs", "", 200, "total_count", 1.0},
		{"GET " + repo + "/actions/runs/7/jobs?filter=all", "", 200, "total_count", 3.0},
		{"GET " + repo + "/actions/runs/7/attempts/1/jobs", "", 200, "jobs.1.steps.0.conclusion", "failure"},
		{"GET " + repo + "/actions/workflows/matrix.yml", "", 200, "path", ".github/workflows/matrix.yml"},
		{"GET " + repo + "/actions/workflows/matrix.yml/runs", "", 200, "total_count", 3.0},
		{"GET " + repo + "/actions/workflows/other.yml/runs", "", 404, "status", "404"},
		{"GET " + repo + "/actions/runs/7/artifacts", "", 200, "artifacts.0.name", "old"},
		{"GET " + repo + "/actions/artifacts?name=plan", "", 200, "artifacts.0.workflow_run.id", 7.0},
		{"GET " + repo + "/actions/artifacts/72", "", 200, "digest", nil},
		{"GET " + repo + "/actions/artifacts/72/zip", "", 410, "message", "Artifact has expired"},
		{"GET " + repo + "/pulls", "", 200, "0.number", 6.0},
		{"GET " + repo + "/pulls?head=fork:topic", "", 200, "0.number", 4.0},
		{"GET " + repo + "/pulls?state=closed", "", 200, "0.merged_at", "2026-01-05T08:00:00Z"},
		{"GET " + repo + "/pulls/4", "", 200, "head.repo.full_name", "fork/charts"},
		{"GET " + repo + "/pulls/3/files", "", 200, "0.filename", "Chart.yaml"},
		{"GET " + repo + "/commits/" + sha + "/pulls", "", 200, "0.number", 3.0},
		{"GET " + repo + "/issues/3/comments", "", 200, "0.user.login", "octocat"},
		{"GET " + repo + "/issues/99/comments", "", 404, "message", "Not Found"},
		{"GET " + repo + "/issues/comments/31", "", 200, "body", "a human"},
		{"PATCH " + repo + "/issues/comments/31", `{"body":"changed"}`, 200, "body", "changed"},
		{"PATCH " + repo + "/issues/comments/32", `{"body":"changed"}`, 404, "message", "Not Found"},
		{"POST " + repo + "/issues/3/comments", `{"body":"new <b>"}`, 201, "body", "new <b>"},
		{"POST " + repo + "/issues/6/comments", `{"body":"x"}`, 403, "message", "Unable to create comment because issue is locked."},
		{"GET /repos/acme/nothing", "", 404, "message", "Not Found"},
	} {
		got := ask(t, s, UserToken, c.request, c.body)
		if got.status != c.status {
			t.Errorf("%s: status %d, expected %d: %s", c.request, got.status, c.status, got.body)
		} else if value := got.json(t, c.place); value != c.want {
			t.Errorf("%s: %s is %v, expected %v", c.request, c.place, value, c.want)
		}
	}
	if got := ask(t, s, UserToken, "DELETE "+repo+"/issues/comments/31", ""); got.status != 204 || got.body != "" {
		t.Errorf("deleting a comment: %d %q", got.status, got.body)
	}
	comments := s.State().Repository("acme/charts").Comments
	if len(comments) != 1 || comments[0].Body != "new <b>" {
		t.Errorf("comments at the end: %+v", comments)
	}
}

func TestCheckRunsGrowByAnnotations(t *testing.T) {
	s := New(t, world(), Options{})
	sha := strings.Repeat("a", 40)
	note := `{"path":"Chart.yaml","start_line":1,"end_line":1,"annotation_level":"failure","message":"no"}`
	made := ask(t, s, WriteToken, "POST "+repo+"/check-runs",
		`{"name":"chart-matrix","head_sha":"`+sha+`","conclusion":"failure","output":{"title":"red","summary":"s","annotations":[`+note+`]}}`)
	if made.status != 201 || made.json(t, "status") != "completed" {
		t.Fatalf("%d %s", made.status, made.body)
	}
	id := s.State().Repository("acme/charts").CheckRuns[0].ID
	self := repo + "/check-runs/" + itoa(id)
	more := ask(t, s, WriteToken, "PATCH "+self, `{"conclusion":"failure","output":{"title":"red","summary":"s","annotations":[`+note+`,`+note+`]}}`)
	if more.json(t, "output.annotations_count") != 3.0 {
		t.Errorf("%s", more.body)
	}
	if got := ask(t, s, WriteToken, "GET "+self+"/annotations", ""); got.json(t, "2.path") != "Chart.yaml" {
		t.Errorf("%s", got.body)
	}
	if got := ask(t, s, WriteToken, "GET "+self, ""); got.json(t, "conclusion") != "failure" {
		t.Errorf("%s", got.body)
	}
	if got := ask(t, s, WriteToken, "GET "+repo+"/commits/"+sha+"/check-runs", ""); got.json(t, "total_count") != 1.0 {
		t.Errorf("%s", got.body)
	}
	job := s.State().Repository("acme/charts").Run(7).Jobs[1].ID
	if got := ask(t, s, WriteToken, "GET "+repo+"/check-runs/"+itoa(job)+"/annotations", ""); got.json(t, "0.message") != "The runner has received a shutdown signal." {
		t.Errorf("%s", got.body)
	}
}

func TestGraphQLTellsWhoOneIs(t *testing.T) {
	failing := &recorder{TB: t}
	s := New(failing, world(), Options{})
	const query = `{"query":"query{viewer{login}}"}`
	if got := ask(t, s, WriteToken, "POST /graphql", query); got.status != 200 || got.json(t, "data.viewer.login") != ActionsBot {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, s, "", "POST /graphql", query); got.status != 401 {
		t.Errorf("without a token: %d %s", got.status, got.body)
	}
	s.Fail("POST /graphql", 1, Fault{Status: 403, Message: "Forbidden"})
	if got := ask(t, s, WriteToken, "POST /graphql", query); got.status != 403 {
		t.Errorf("with a fault: %d %s", got.status, got.body)
	}
	if s.Count("POST /graphql") != 3 || len(failing.failures) > 0 {
		t.Errorf("%+v %q", s.Requests(), failing.failures)
	}
	if got := ask(t, s, WriteToken, "POST /graphql", `{"query":"{rateLimit{cost}}"}`); got.status != 400 || len(failing.failures) != 1 {
		t.Errorf("another query: %d %q", got.status, failing.failures)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	s := New(t, world(), Options{})
	ask(t, s, WriteToken, "GET "+repo+"/pulls?state=all", "")
	ask(t, s, WriteToken, "POST "+repo+"/issues/3/comments", `{"body":"x"}`)
	all := s.Requests()
	if len(all) != 2 || s.Count("") != 2 || s.Count("POST /repos/*/*/issues/*/comments") != 1 || s.Count("* /user") != 0 {
		t.Fatalf("%+v", all)
	}
	last := all[1]
	if last.Status != 201 || last.Body != `{"body":"x"}` || last.Login != ActionsBot || !slices.Contains(last.Headers, "Authorization") {
		t.Errorf("%+v", last)
	}
	if all[0].Query != "state=all" {
		t.Errorf("%+v", all[0])
	}
	if got := ask(t, s, "", "GET /githubtest/requests", ""); !strings.Contains(got.body, `"state=all"`) || strings.Contains(got.body, WriteToken) {
		t.Errorf("%s", got.body)
	}
	if got := ask(t, s, "", "GET /githubtest/state", ""); got.json(t, "repositories.0.name") != "charts" {
		t.Errorf("%s", got.body)
	}
}
