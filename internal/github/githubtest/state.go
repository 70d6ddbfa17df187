package githubtest

import "time"

// State is all that the fake remembers. It can be written as JSON and read back.
// What is left empty gets a plausible value: see the fields.
type State struct {
	// Tokens are the credentials that are accepted, besides WriteToken,
	// ReadToken and UserToken, which always are.
	Tokens       map[string]Token `json:"tokens,omitempty"`
	Repositories []Repository     `json:"repositories"`
}

// Repository is a repository and all that belongs to it. Forks are repositories
// of their own.
type Repository struct {
	ID            int64         `json:"id"` // default: the next free number
	Owner         string        `json:"owner"`
	Name          string        `json:"name"`
	DefaultBranch string        `json:"defaultBranch"` // default: main
	Private       bool          `json:"private,omitempty"`
	ForkOf        string        `json:"forkOf,omitempty"` // owner/name
	Runs          []Run         `json:"runs,omitempty"`
	PullRequests  []PullRequest `json:"pullRequests,omitempty"`
	Comments      []Comment     `json:"comments,omitempty"`
	CheckRuns     []CheckRun    `json:"checkRuns,omitempty"`
}

// Run is a workflow run.
type Run struct {
	ID         int64  `json:"id"`
	WorkflowID int64  `json:"workflowId"` // default: one for each Path
	Path       string `json:"path"`       // default: .github/workflows/matrix.yml
	Name       string `json:"name"`       // default: matrix
	Number     int    `json:"number"`
	Attempt    int    `json:"attempt"` // the newest one; default: 1
	// Earlier holds the conclusions of the attempts before it; default: failure.
	Earlier        []string  `json:"earlier,omitempty"`
	Event          string    `json:"event"`          // default: push
	Status         string    `json:"status"`         // default: completed
	Conclusion     string    `json:"conclusion"`     // default, once completed: success
	HeadRepository string    `json:"headRepository"` // owner/name; default: the repository itself
	HeadBranch     string    `json:"headBranch"`     // default: the default branch
	HeadSHA        string    `json:"headSha"`        // default: 40 digits made of the ID
	Actor          string    `json:"actor"`          // default: octocat
	Created        time.Time `json:"created"`        // default: a minute after the run before it
	Updated        time.Time `json:"updated"`
	// Jobs are those of every attempt.
	Jobs      []Job      `json:"jobs,omitempty"`
	Artifacts []Artifact `json:"artifacts,omitempty"`
}

// Job is one attempt at a job of a run. It is a check run, too, of the same ID.
type Job struct {
	ID         int64     `json:"id"`
	Name       string    `json:"name"`
	Attempt    int       `json:"attempt"`    // default: the run's
	Status     string    `json:"status"`     // default: completed
	Conclusion string    `json:"conclusion"` // default, once completed: success
	Labels     []string  `json:"labels,omitempty"`
	Runner     string    `json:"runner,omitempty"` // empty where no runner took it
	Created    time.Time `json:"created"`          // default: an hour after that of the attempt before
	// Started is the time of creation in a job that never started: the
	// description knows no null here.
	Started   time.Time `json:"started"`
	Completed time.Time `json:"completed,omitzero"`
	Steps     []Step    `json:"steps,omitempty"`
	// Annotations are GitHub's own remarks, such as that of a lost runner.
	Annotations []Annotation `json:"annotations,omitempty"`
}

// Step is a step of a job.
type Step struct {
	Name       string    `json:"name"`
	Status     string    `json:"status"` // default: completed
	Conclusion string    `json:"conclusion"`
	Started    time.Time `json:"started,omitzero"`
	Completed  time.Time `json:"completed,omitzero"`
}

// Artifact is an archive that a run uploaded.
type Artifact struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Data    []byte    `json:"data,omitempty"` // of the ZIP file; see Zip
	Size    int64     `json:"size"`           // what GitHub says; default: len(Data)
	Digest  string    `json:"digest"`         // default: that of Data; NoDigest for none
	Expired bool      `json:"expired,omitempty"`
	Created time.Time `json:"created"`
}

// NoDigest is the Digest of an artifact that has none: those of upload-artifact
// before version 4, and of GitHub Enterprise Server before 3.20.
const NoDigest = "none"

// PullRequest is a pull request; it is an issue, too, of the same number.
type PullRequest struct {
	ID      int64     `json:"id"`
	Number  int       `json:"number"`
	Title   string    `json:"title"`
	State   string    `json:"state"` // default: open
	Draft   bool      `json:"draft,omitempty"`
	Merged  bool      `json:"merged,omitempty"`
	Locked  bool      `json:"locked,omitempty"`
	Author  string    `json:"author"` // default: octocat
	Head    Ref       `json:"head"`
	Base    Ref       `json:"base"`
	Files   []string  `json:"files,omitempty"` // paths that it changes
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Ref is a commit on a branch of a repository.
type Ref struct {
	Repository string `json:"repository"` // owner/name; default: the repository itself
	Branch     string `json:"branch"`     // default: the default branch
	SHA        string `json:"sha"`
}

// Comment is a comment on a pull request's conversation.
type Comment struct {
	ID      int64     `json:"id"`
	Number  int       `json:"number"` // of the pull request
	Author  User      `json:"author"`
	Body    string    `json:"body"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// User is who did something.
type User struct {
	Login string `json:"login"`
	Type  string `json:"type"` // User (default) or Bot
}

// CheckRun is a check run that was made through the API.
type CheckRun struct {
	ID          int64        `json:"id"`
	Name        string       `json:"name"`
	HeadSHA     string       `json:"headSha"`
	Status      string       `json:"status"`
	Conclusion  string       `json:"conclusion,omitempty"`
	DetailsURL  string       `json:"detailsUrl,omitempty"`
	ExternalID  string       `json:"externalId,omitempty"`
	Title       string       `json:"title,omitempty"`
	Summary     string       `json:"summary,omitempty"`
	Text        string       `json:"text,omitempty"`
	Annotations []Annotation `json:"annotations,omitempty"`
	Started     time.Time    `json:"started"`
	Completed   time.Time    `json:"completed,omitzero"`
}

// Annotation is a remark on lines of a file.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column,omitempty"`
	EndColumn   int    `json:"end_column,omitempty"`
	Level       string `json:"annotation_level"`
	Message     string `json:"message"`
	Title       string `json:"title,omitempty"`
	RawDetails  string `json:"raw_details,omitempty"`
}

// FullName is owner/name.
func (r *Repository) FullName() string { return r.Owner + "/" + r.Name }

// Repository finds a repository by owner/name; nil where there is none. What it
// points to may be changed within Server.Update.
func (s *State) Repository(fullName string) *Repository {
	for i := range s.Repositories {
		if equalFold(s.Repositories[i].FullName(), fullName) {
			return &s.Repositories[i]
		}
	}
	return nil
}

// Run finds a run by its ID; nil where there is none.
func (r *Repository) Run(id int64) *Run {
	for i := range r.Runs {
		if r.Runs[i].ID == id {
			return &r.Runs[i]
		}
	}
	return nil
}

// PullRequest finds a pull request by its number; nil where there is none.
func (r *Repository) PullRequest(number int) *PullRequest {
	for i := range r.PullRequests {
		if r.PullRequests[i].Number == number {
			return &r.PullRequests[i]
		}
	}
	return nil
}
