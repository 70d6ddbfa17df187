package github

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

// TestRemarksOnJobs: what GitHub says of how a job ended, without what it says of
// every job that fails, bounded in number and size.
func TestRemarksOnJobs(t *testing.T) {
	remark := func(level, text string) githubtest.Annotation {
		return githubtest.Annotation{Path: ".github", StartLine: 1, EndLine: 1, Level: level, Message: text}
	}
	const lost = "The hosted runner: GitHub Actions 7 lost communication with the server."
	run := githubtest.Run{ID: 7}
	for n, annotations := range [][]githubtest.Annotation{
		{remark("warning", "Node.js 20 is deprecated."), remark("failure", lost), remark("failure", "Process completed with exit code 1."), remark("failure", lost)},
		{remark("failure", "Process completed with exit code 1.")},
		{remark("failure", "first\nline"), remark("failure", strings.Repeat("é", 400)), remark("failure", "third")},
		nil,
	} {
		run.Jobs = append(run.Jobs, githubtest.Job{ID: int64(100 + n), Name: jobID(n), Runner: "r", Conclusion: "failure", Annotations: annotations})
	}
	for n := range 2 * maxRemarked {
		run.Jobs = append(run.Jobs, githubtest.Job{ID: int64(200 + n), Name: jobID(10 + n), Runner: "r", Conclusion: "failure", Annotations: []githubtest.Annotation{remark("failure", "lost")}})
	}
	server, client, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{run}})
	said, err := client.Remarks(t.Context(), charts, []int64{100, 101, 102, 103})
	if err != nil || len(said) != 2 || said[100] != lost {
		t.Errorf("%v, %v", said, err)
	}
	if got := said[102]; !strings.HasPrefix(got, "first line éé") || !strings.HasSuffix(got, "é…") || len(got) > 2*maxRemarkSize {
		t.Errorf("%q", got)
	}
	before := len(server.Requests())
	var many []int64
	for n := range 2 * maxRemarked {
		many = append(many, int64(200+n))
	}
	if said, err = client.Remarks(t.Context(), charts, many); err != nil || len(said) != maxRemarked || len(server.Requests())-before != maxRemarked {
		t.Errorf("%d remarks in %d requests, %v", len(said), len(server.Requests())-before, err)
	}
	if _, err = client.Remarks(t.Context(), charts, []int64{1}); err == nil || !strings.Contains(err.Error(), "read the remarks on jobs of the run 7") {
		t.Errorf("got %v", err)
	}
}
