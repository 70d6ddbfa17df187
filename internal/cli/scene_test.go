package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// The run of every scene, and the pull request that it tests.
const (
	sceneRepo = "posthog/charts"
	sceneFork = "stranger/charts"
	sceneRun  = 7
	scenePull = 42
	sceneHead = "1111111111111111111111111111111111111111"
)

// scene is a step of a workflow, with a fake GitHub.
type scene struct {
	t      *testing.T
	server *githubtest.Server
	parts  string // the folder with the parts, as they were downloaded
	out    string // where report renders to
	env    map[string]string
	stdout bytes.Buffer
	stderr bytes.Buffer
	now    time.Time
	slept  time.Duration
}

// onGitHub puts a run into a pull request on a fake GitHub: its jobs passed, its
// parts are in a folder and are the run's artifacts.
func (r *madeRun) onGitHub(t *testing.T, change ...func(*githubtest.State)) *scene {
	t.Helper()
	s := &scene{t: t, parts: t.TempDir(), now: started.Add(time.Hour)}
	s.out = filepath.Join(t.TempDir(), "report")
	r.write(t, s.parts)
	run := githubtest.Run{
		ID: sceneRun, Event: "pull_request", HeadBranch: "feature", HeadSHA: sceneHead, Status: "in_progress", Created: started,
	}
	for _, j := range r.plan.Jobs {
		run.Jobs = append(run.Jobs, githubJob(j, "success", 1))
	}
	state := githubtest.State{Repositories: []githubtest.Repository{
		{Owner: "posthog", Name: "charts", Runs: []githubtest.Run{run}, PullRequests: []githubtest.PullRequest{
			{Number: scenePull, Head: githubtest.Ref{Branch: "feature", SHA: sceneHead}},
		}},
		{Owner: "stranger", Name: "charts", ForkOf: sceneRepo},
	}}
	for _, f := range change {
		f(&state)
	}
	s.server = githubtest.New(t, state, githubtest.Options{Now: func() time.Time { return s.now }})
	work := t.TempDir()
	s.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_API_URL": s.server.URL(), "GITHUB_SERVER_URL": "https://github.com",
		"GITHUB_REPOSITORY": sceneRepo, "GITHUB_RUN_ID": fmt.Sprint(sceneRun), "GITHUB_RUN_ATTEMPT": "1",
		"GITHUB_SHA": strings.Repeat("2", 40), "GITHUB_REF": "refs/pull/42/merge", "GITHUB_EVENT_NAME": "pull_request",
		"GITHUB_EVENT_PATH": filepath.Join(work, "event.json"), "GITHUB_OUTPUT": filepath.Join(work, "output"),
		"GITHUB_STEP_SUMMARY": filepath.Join(work, "summary.md"), "GITHUB_TOKEN": githubtest.WriteToken,
	}
	s.payload("pull_request", map[string]any{"number": scenePull, "pull_request": map[string]any{
		"number": scenePull,
		"head":   map[string]any{"ref": "feature", "sha": sceneHead, "repo": map[string]any{"full_name": sceneRepo}},
		"base":   map[string]any{"ref": "main", "sha": strings.Repeat("3", 40), "repo": map[string]any{"full_name": sceneRepo}},
	}})
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		if err := os.WriteFile(s.env[name], nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// payload sets the event that started the run.
func (s *scene) payload(event string, fields map[string]any) {
	s.t.Helper()
	fields["repository"] = map[string]any{"full_name": sceneRepo, "default_branch": "main"}
	data, err := json.Marshal(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	s.env["GITHUB_EVENT_NAME"] = event
	if err := os.WriteFile(s.env["GITHUB_EVENT_PATH"], data, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// githubJob is a job as GitHub lists it: called by another workflow, its name
// cut at 100 characters, with a runner and a step that ended as it did.
func githubJob(j matrix.Job, conclusion string, attempt int) githubtest.Job {
	name := "ci / matrix / " + j.Name
	if len(name) > 100 {
		name = name[:97] + "..."
	}
	begin := started.Add(time.Duration(attempt) * time.Hour)
	return githubtest.Job{
		Name: name, Conclusion: conclusion, Attempt: attempt, Runner: "runner 1", Created: begin, Started: begin, Completed: begin.Add(time.Minute),
		Steps: []githubtest.Step{{Name: "chart-matrix", Conclusion: conclusion}},
	}
}

// sceneRunOf gives the run in the fake's state.
func sceneRunOf(state *githubtest.State) *githubtest.Run {
	return state.Repository(sceneRepo).Run(sceneRun)
}

// main runs the program in process and gives its exit code. What was printed
// before is forgotten.
func (s *scene) main(args ...string) int {
	s.t.Helper()
	return s.mainWith(s.t.Context(), args...)
}

func (s *scene) mainWith(ctx context.Context, args ...string) int {
	s.t.Helper()
	s.stdout.Reset()
	s.stderr.Reset()
	return Main(ctx, Env{
		Stdin: strings.NewReader(""), Stdout: &s.stdout, Stderr: &s.stderr, Width: defaultWidth,
		Getenv: func(name string) string { return s.env[name] }, Now: func() time.Time { return s.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.slept += d
			s.now = s.now.Add(d)
			return ctx.Err()
		},
	}, args)
}

// report renders the parts and gives the summary.
func (s *scene) report(args ...string) findings.Summary {
	s.t.Helper()
	args = append([]string{"report", s.parts, "--render", s.out}, args...)
	if code := s.main(args...); code != exitPassed {
		s.t.Fatalf("report exits with %d:\n%s", code, &s.stderr)
	}
	sum, err := readSummary(s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	return sum
}

// deliver delivers what was rendered, and expects an exit code.
func (s *scene) deliver(want int, args ...string) {
	s.t.Helper()
	if code := s.main(append([]string{"deliver", s.out}, args...)...); code != want {
		s.t.Fatalf("deliver exits with %d, want %d:\n%s%s", code, want, &s.stdout, &s.stderr)
	}
}

// file reads a file that the environment names.
func (s *scene) file(variable string) string {
	s.t.Helper()
	data, err := os.ReadFile(s.env[variable])
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func (s *scene) comments() []githubtest.Comment {
	return s.server.State().Repository(sceneRepo).Comments
}
func (s *scene) checks() []githubtest.CheckRun {
	return s.server.State().Repository(sceneRepo).CheckRuns
}

// upload makes the parts, and with report the rendered folder, artifacts of a run.
func (s *scene) upload(run int64, report string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.parts)
	if err != nil {
		s.t.Fatal(err)
	}
	artifacts := []githubtest.Artifact{}
	for _, e := range entries {
		artifacts = append(artifacts, githubtest.Artifact{Name: e.Name(), Data: githubtest.Zip(filesIn(s.t, filepath.Join(s.parts, e.Name())))})
	}
	if report != "" {
		artifacts = append(artifacts, githubtest.Artifact{Name: report, Data: githubtest.Zip(filesIn(s.t, s.out))})
	}
	s.server.Update(func(state *githubtest.State) {
		r := state.Repository(sceneRepo).Run(run)
		for i := range artifacts {
			artifacts[i].ID = 1000*run + int64(len(r.Artifacts)+1)
			artifacts[i].Size, artifacts[i].Created, artifacts[i].Digest = int64(len(artifacts[i].Data)), r.Created, githubtest.NoDigest
			r.Artifacts = append(r.Artifacts, artifacts[i])
		}
	})
}
