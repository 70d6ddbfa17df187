//go:build e2e

package github

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

// actTime is the longest that one run of act may take.
const actTime = 10 * time.Minute

// workflowRun is one run of the caller's workflow.
type workflowRun struct {
	workflow string // the file in the caller's repository
	event    string // such as pull_request
	payload  any
	id       int64
	attempt  int
	token    string // what github.token is
	fork     string // owner of the head's repository, when that is a fork
}

// ran is what a run left behind.
type ran struct {
	t *testing.T
	// outputs of the steps of every job, as JOB.STEP.NAME.
	outputs map[string]string
	log     string
	dir     string // of its artifacts
}

// act runs the caller's workflow, one job at a time, on this machine.
func (s *stage) act(run workflowRun, api *githubtest.Server) ran {
	s.t.Helper()
	actions, err := filepath.Abs("actions")
	must(s.t, err)
	artifacts := s.path("artifacts")
	// act's artifact server cannot list the artifacts of a run that has none.
	must(s.t, os.MkdirAll(filepath.Join(artifacts, fmt.Sprint(run.id)), 0o755))
	ctx, cancel := context.WithTimeout(context.Background(), actTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, act(s.t), run.event,
		"--json", "--eventpath", s.event(run.payload), "--concurrent-jobs", "1", "--no-cache-server", "--use-new-action-cache",
		"--platform", "ubuntu-24.04=-self-hosted", "--workflows", s.path("caller", run.workflow),
		"--artifact-server-path", artifacts, "--artifact-server-addr", "127.0.0.1", "--artifact-server-port", strconv.Itoa(freePort(s.t)),
		"--local-repository", "posthog/chart-matrix@v1="+s.path("action"),
		"--local-repository", s.pinned("actions/upload-artifact")+"="+filepath.Join(actions, "upload"),
		"--local-repository", s.pinned("actions/download-artifact")+"="+filepath.Join(actions, "download"),
		"--local-repository", s.pinned("actions/checkout")+"="+filepath.Join(actions, "checkout"),
		"--env", "CALLER="+s.path("caller"),
		"--env", "STAND_INS="+npmFolder(s.t, "stand-ins", actions),
		"--env", "GITHUB_API_URL="+api.URL(), "--env", "GITHUB_RUN_ID="+fmt.Sprint(run.id), "--env", "GITHUB_RUN_ATTEMPT="+fmt.Sprint(run.attempt),
		"--secret", "GITHUB_TOKEN="+run.token,
	)
	cmd.Dir = s.path("caller")
	// act hands its environment on to the jobs.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.path("home"), "XDG_CACHE_HOME=" + s.path("cache"), "TMPDIR=" + os.TempDir(), "LANG=C.UTF-8",
	}
	must(s.t, os.MkdirAll(s.path("home"), 0o755))
	started := time.Now()
	log, err := cmd.CombinedOutput()
	s.t.Logf("act %s, run %d attempt %d: %v in %v", run.event, run.id, run.attempt, err, time.Since(started).Round(time.Second))
	if ctx.Err() != nil {
		s.t.Fatalf("act was still running after %v:\n%s", actTime, log)
	}
	out := ran{t: s.t, outputs: map[string]string{}, log: string(log), dir: filepath.Join(artifacts, fmt.Sprint(run.id))}
	out.read()
	if s.t.Failed() {
		s.t.Log(out.readable())
	}
	return out
}

// entry is a line of act's log.
type entry struct {
	Job, JobID, Level, Msg string
	Command, Name, Arg     string
	StepID                 []string
}

func (r ran) entries() []entry {
	var out []entry
	lines := bufio.NewScanner(strings.NewReader(r.log))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			e = entry{Msg: lines.Text()}
		}
		out = append(out, e)
	}
	return out
}

func (r ran) read() {
	for _, e := range r.entries() {
		if e.Command == "set-output" {
			r.outputs[e.JobID+"."+strings.Join(e.StepID, ".")+"."+e.Name] = e.Arg
		}
	}
}

// readable is the log for people, without act's own details.
func (r ran) readable() string {
	var out strings.Builder
	for _, e := range r.entries() {
		if e.Level != "debug" && e.Command != "set-output" && !strings.HasPrefix(e.Msg, "LocalRepositoryCache") {
			fmt.Fprintf(&out, "%s | %s\n", strings.TrimSpace(e.Job), strings.TrimSpace(e.Msg))
		}
	}
	return out.String()
}

// output is an output of a step of a job, which must be there.
func (r ran) output(name string) string {
	r.t.Helper()
	value, ok := r.outputs[name]
	if !ok {
		r.t.Fatalf("no output %s in\n%s", name, r.readable())
	}
	return value
}

// artifacts are the names of what the run uploaded, sorted.
func (r ran) artifacts() []string {
	entries, err := os.ReadDir(r.dir)
	must(r.t, err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

// archive is the ZIP file of an artifact.
func (r ran) archive(name string) []byte {
	r.t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, name, name+".zip"))
	if err != nil {
		r.t.Fatalf("%v; there are %v\n%s", err, r.artifacts(), r.readable())
	}
	return data
}

// file is one file of an artifact.
func (r ran) file(artifact, name string) string {
	r.t.Helper()
	data := r.archive(artifact)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(r.t, err)
	file, err := archive.Open(name)
	must(r.t, err)
	defer file.Close()
	return copyAll(r.t, file)
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// atHome runs chart-matrix as somebody does on a laptop.
func (s *stage) atHome(api *githubtest.Server, args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command(s.binary, args...)
	cmd.Dir = s.path("home")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.path("home"), "GITHUB_API_URL=" + api.URL(), "GITHUB_TOKEN=" + githubtest.UserToken, "NO_COLOR=1", "COLUMNS=200"}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
