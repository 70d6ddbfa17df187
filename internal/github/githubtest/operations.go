package githubtest

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/getkin/kin-openapi/routers"
)

// operation is how the fake answers one operation of the description.
type operation struct {
	need   need
	answer func(*call) (any, *refusal) // nil for an answer without a body
}

// operations are all that the fake answers, the same as in openapi.json.
func operations() map[string]operation {
	const repo = "/repos/{owner}/{repo}"
	discussion := []string{"issues", "pull_requests"}
	return map[string]operation{
		"GET /user":   {reads("metadata"), getUser},
		"GET " + repo: {reads("metadata"), getRepository},

		"GET " + repo + "/actions/runs":                                         {reads("actions"), listRuns},
		"GET " + repo + "/actions/runs/{run_id}":                                {reads("actions"), getRun},
		"GET " + repo + "/actions/runs/{run_id}/attempts/{attempt_number}":      {reads("actions"), getAttempt},
		"GET " + repo + "/actions/runs/{run_id}/attempts/{attempt_number}/jobs": {reads("actions"), listAttemptJobs},
		"GET " + repo + "/actions/runs/{run_id}/jobs":                           {reads("actions"), listJobs},
		"GET " + repo + "/actions/workflows/{workflow_id}":                      {reads("actions"), getWorkflow},
		"GET " + repo + "/actions/workflows/{workflow_id}/runs":                 {reads("actions"), listWorkflowRuns},

		"GET " + repo + "/actions/runs/{run_id}/artifacts":                  {reads("actions"), listRunArtifacts},
		"GET " + repo + "/actions/artifacts":                                {reads("actions"), listArtifacts},
		"GET " + repo + "/actions/artifacts/{artifact_id}":                  {reads("actions"), getArtifact},
		"GET " + repo + "/actions/artifacts/{artifact_id}/{archive_format}": {reads("actions"), downloadArtifact},

		"GET " + repo + "/pulls":                      {reads("pull_requests"), listPulls},
		"GET " + repo + "/pulls/{pull_number}":        {reads("pull_requests"), getPull},
		"GET " + repo + "/pulls/{pull_number}/files":  {reads("pull_requests"), listPullFiles},
		"GET " + repo + "/commits/{commit_sha}/pulls": {reads("pull_requests"), listCommitPulls},

		"GET " + repo + "/issues/{issue_number}/comments":  {reads(discussion...), listComments},
		"POST " + repo + "/issues/{issue_number}/comments": {writes(discussion...), createComment},
		"GET " + repo + "/issues/comments/{comment_id}":    {reads(discussion...), getComment},
		"PATCH " + repo + "/issues/comments/{comment_id}":  {writes(discussion...), updateComment},
		"DELETE " + repo + "/issues/comments/{comment_id}": {writes(discussion...), deleteComment},

		"POST " + repo + "/check-runs":                           {writes("checks"), createCheckRun},
		"GET " + repo + "/check-runs/{check_run_id}":             {reads("checks"), getCheckRun},
		"PATCH " + repo + "/check-runs/{check_run_id}":           {writes("checks"), updateCheckRun},
		"GET " + repo + "/check-runs/{check_run_id}/annotations": {reads("checks"), listAnnotations},
		"GET " + repo + "/commits/{ref}/check-runs":              {reads("checks"), listCheckRuns},
	}
}

// call is one request on its way through an operation, which holds the server's
// lock.
type call struct {
	*Server
	request *http.Request
	route   *routers.Route
	values  map[string]string
	body    []byte
	token   Token
	repo    *Repository // nil for operations that have none

	status int // of the answer; 0: 200
	header http.Header
}

// number is a value of the path; the description has checked that it is one.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.values[name], 10, 64)
	return n
}

// query is a query parameter, or its default.
func (c *call) query(name, otherwise string) string {
	if v := c.request.URL.Query().Get(name); v != "" {
		return v
	}
	return otherwise
}

// read decodes the body; the description has checked its shape.
func (c *call) read(into any) *refusal {
	if err := json.Unmarshal(c.body, into); err != nil {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// path is the URL of something in the repository.
func (c *call) path(rest string) string {
	return c.URL() + "/repos/" + c.repo.FullName() + rest
}

// page is the same for people.
func (c *call) page(rest string) string {
	return c.web() + "/" + c.repo.FullName() + rest
}
