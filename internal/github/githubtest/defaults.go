package githubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// firstID is where IDs begin: beyond 32 bits, as GitHub's are today.
const firstID = 20_000_000_000

// firstTime is when the first run was made that does not say when.
var firstTime = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// fill gives every field that was left empty its default.
func (s *Server) fill() {
	state := &s.state
	for i := range state.Repositories {
		repo := &state.Repositories[i]
		s.fillID(&repo.ID)
		setDefault(&repo.DefaultBranch, "main")
		for j := range repo.PullRequests {
			s.fillPullRequest(repo, &repo.PullRequests[j])
		}
		for j := range repo.Runs {
			s.fillRun(repo, &repo.Runs[j], j)
		}
		for j := range repo.Comments {
			comment := &repo.Comments[j]
			s.fillID(&comment.ID)
			setDefault(&comment.Author.Login, "octocat")
			setDefault(&comment.Author.Type, "User")
			setDefault(&comment.Created, firstTime.Add(time.Duration(j)*time.Minute))
			setDefault(&comment.Updated, comment.Created)
		}
		for j := range repo.CheckRuns {
			check := &repo.CheckRuns[j]
			s.fillID(&check.ID)
			setDefault(&check.Status, "completed")
			setDefault(&check.Started, firstTime)
		}
	}
}

func (s *Server) fillPullRequest(repo *Repository, pull *PullRequest) {
	s.fillID(&pull.ID)
	setDefault(&pull.State, "open")
	setDefault(&pull.Author, "octocat")
	setDefault(&pull.Title, fmt.Sprintf("Pull request %d", pull.Number))
	setDefault(&pull.Created, firstTime)
	setDefault(&pull.Updated, pull.Created)
	for _, ref := range []*Ref{&pull.Head, &pull.Base} {
		setDefault(&ref.Repository, repo.FullName())
		setDefault(&ref.Branch, repo.DefaultBranch)
		setDefault(&ref.SHA, madeSHA(fmt.Sprint(ref.Repository, ref.Branch, pull.Number)))
	}
}

func (s *Server) fillRun(repo *Repository, run *Run, index int) {
	s.fillID(&run.ID)
	setDefault(&run.Path, ".github/workflows/matrix.yml")
	setDefault(&run.Name, "matrix")
	setDefault(&run.WorkflowID, int64(workflowID(repo, run.Path)))
	setDefault(&run.Number, index+1)
	setDefault(&run.Attempt, 1)
	for len(run.Earlier) < run.Attempt-1 {
		run.Earlier = append(run.Earlier, "failure")
	}
	setDefault(&run.Event, "push")
	setDefault(&run.Status, "completed")
	if run.Status == "completed" {
		setDefault(&run.Conclusion, "success")
	}
	setDefault(&run.HeadRepository, repo.FullName())
	setDefault(&run.HeadBranch, repo.DefaultBranch)
	setDefault(&run.HeadSHA, madeSHA(fmt.Sprint("run", run.ID)))
	setDefault(&run.Actor, "octocat")
	setDefault(&run.Created, firstTime.Add(time.Duration(index)*time.Minute))
	setDefault(&run.Updated, run.Created)
	for i := range run.Jobs {
		s.fillJob(run, &run.Jobs[i])
	}
	for i := range run.Artifacts {
		artifact := &run.Artifacts[i]
		s.fillID(&artifact.ID)
		setDefault(&artifact.Size, int64(len(artifact.Data)))
		if artifact.Digest == "" {
			sum := sha256.Sum256(artifact.Data)
			artifact.Digest = "sha256:" + hex.EncodeToString(sum[:])
		}
		setDefault(&artifact.Created, run.Created)
	}
}

func (s *Server) fillJob(run *Run, job *Job) {
	s.fillID(&job.ID)
	setDefault(&job.Attempt, run.Attempt)
	setDefault(&job.Status, "completed")
	// Equal times would make it a copy of an earlier attempt's job.
	setDefault(&job.Created, run.Created.Add(time.Duration(job.Attempt-1)*time.Hour))
	setDefault(&job.Started, job.Created)
	if job.Status == "completed" {
		setDefault(&job.Conclusion, "success")
		setDefault(&job.Completed, job.Started.Add(time.Minute))
	}
	for i := range job.Steps {
		step := &job.Steps[i]
		setDefault(&step.Status, "completed")
		if step.Status == "completed" {
			setDefault(&step.Conclusion, "success")
		}
	}
}

func (s *Server) fillID(id *int64) {
	if *id == 0 {
		s.lastID++
		*id = s.lastID
	}
}

func setDefault[T comparable](field *T, value T) {
	var empty T
	if *field == empty {
		*field = value
	}
}

// madeSHA is a commit that nobody made, always the same for one seed.
func madeSHA(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return hex.EncodeToString(sum[:20])
}

// workflowID is the number of a workflow file, always the same for one file.
func workflowID(repo *Repository, path string) uint32 {
	sum := sha256.Sum256([]byte(repo.FullName() + path))
	return uint32(sum[0])<<16 | uint32(sum[1])<<8 | uint32(sum[2]) | 1
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
