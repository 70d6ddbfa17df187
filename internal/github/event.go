package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxPayload is the most that is read of an event's payload, in bytes; GitHub
// caps those of webhooks at 25 MB
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads).
const maxPayload = 32 << 20

// Event is what the environment of a workflow's step says of its run. Names of
// branches and repositories may be anybody's choice.
type Event struct {
	Name       string // "pull_request"
	Action     string // "synchronize"; empty for most events
	Repository string // owner/name
	RunID      int64
	Attempt    int
	// SHA is GITHUB_SHA: for a pull request its merge commit.
	SHA string
	// HeadSHA and BaseSHA are what is compared: the pull request's or the merge
	// group's head and base, a push's commits after and before. BaseSHA is empty
	// where nothing was there before, HeadSHA is SHA where the event has no other.
	HeadSHA, BaseSHA string
	HeadBranch       string
	HeadRepository   string // owner/name; empty if it is gone
	BaseBranch       string
	DefaultBranch    string
	// PullRequest is its number; 0 for events that are about none.
	PullRequest int
	// Fork tells that the pull request comes from another repository.
	Fork bool
	// ReadOnly tells that the token cannot write, whatever the workflow asks for: for
	// pull requests of forks and of Dependabot
	// (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows).
	ReadOnly bool
	// Trigger is the run that ended, for workflow_run.
	Trigger RunRef
	// ServerURL and APIURL are the GitHub that it all happens on.
	ServerURL, APIURL string
}

// payload is what we read of an event
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads).
type payload struct {
	Action      string       `json:"action"`
	Number      int          `json:"number"`
	Before      string       `json:"before"` // push
	After       string       `json:"after"`
	PullRequest *pullPayload `json:"pull_request"`
	MergeGroup  *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
	WorkflowRun *struct {
		ID int64 `json:"id"`
	} `json:"workflow_run"`
	Repository *repository `json:"repository"`
}

type pullPayload struct {
	Number int       `json:"number"`
	Head   commitRef `json:"head"`
	Base   commitRef `json:"base"`
	User   *struct {
		Login string `json:"login"`
	} `json:"user"`
}

type commitRef struct {
	Ref  string      `json:"ref"`
	SHA  string      `json:"sha"`
	Repo *repository `json:"repo"` // null if it was deleted
}

type repository struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

// ReadEvent reads GITHUB_* and the payload that GITHUB_EVENT_PATH leads to. It
// fails outside of a workflow, and where what it reads cannot be true; the error
// names the variable or the file.
func ReadEvent(getenv func(string) string) (Event, error) {
	e := Event{
		Name: getenv("GITHUB_EVENT_NAME"), Repository: getenv("GITHUB_REPOSITORY"), SHA: getenv("GITHUB_SHA"),
		ServerURL: strings.TrimSuffix(getenv("GITHUB_SERVER_URL"), "/"), APIURL: strings.TrimSuffix(getenv("GITHUB_API_URL"), "/"),
		Attempt: 1,
	}
	if e.Name == "" {
		return Event{}, errors.New("GITHUB_EVENT_NAME is not set: this is no step of a workflow")
	}
	owner, repo, err := splitRepository(e.Repository)
	if err != nil {
		return Event{}, fmt.Errorf("GITHUB_REPOSITORY: %w", err)
	}
	if e.RunID, err = positive(getenv, "GITHUB_RUN_ID", 0); err != nil {
		return Event{}, err
	}
	attempt, err := positive(getenv, "GITHUB_RUN_ATTEMPT", 1)
	if err != nil {
		return Event{}, err
	}
	e.Attempt = int(attempt)
	if e.SHA != "" && !shaPattern.MatchString(e.SHA) {
		return Event{}, fmt.Errorf("GITHUB_SHA: %q is no commit", oneLine(e.SHA))
	}
	if e.ServerURL == "" {
		e.ServerURL = "https://github.com"
	}
	if e.APIURL == "" {
		e.APIURL = DefaultAPIURL
	}
	e.HeadSHA, e.HeadRepository = e.SHA, e.Repository
	if kind, name, ok := strings.Cut(strings.TrimPrefix(getenv("GITHUB_REF"), "refs/"), "/"); ok && kind == "heads" {
		e.HeadBranch = name
	}
	file := getenv("GITHUB_EVENT_PATH")
	if file == "" {
		if e.needsPayload() {
			return Event{}, fmt.Errorf("GITHUB_EVENT_PATH is not set, and without its file the event %s says nothing", e.Name)
		}
		return e, nil
	}
	p, err := readPayload(file)
	if err == nil {
		err = e.take(p, RunRef{Owner: owner, Repo: repo})
	}
	if err != nil {
		return Event{}, fmt.Errorf("the event's payload %s (GITHUB_EVENT_PATH): %w", file, err)
	}
	e.ReadOnly = e.Fork && e.Name == "pull_request" || getenv("GITHUB_ACTOR") == "dependabot[bot]" && fromPullRequest(e.Name)
	return e, nil
}

func (e *Event) needsPayload() bool {
	return fromPullRequest(e.Name) || e.Name == "merge_group" || e.Name == "workflow_run"
}

// positive reads a number from 1 up; 0 as the default means that it must be set.
func positive(getenv func(string) string, name string, unset int64) (int64, error) {
	v := getenv(name)
	if v == "" && unset > 0 {
		return unset, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n <= 0 || name == "GITHUB_RUN_ATTEMPT" && n > 1_000_000 {
		return 0, fmt.Errorf("%s: %q is no number from 1 up", name, oneLine(v))
	}
	return n, nil
}

func readPayload(file string) (*payload, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxPayload+1))
	if err != nil {
		return nil, err
	}
	return parsePayload(data)
}

func parsePayload(data []byte) (*payload, error) {
	if len(data) > maxPayload {
		return nil, fmt.Errorf("it has more than %d bytes", maxPayload)
	}
	p := new(payload)
	err := json.Unmarshal(data, p)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("it is not JSON: %w (byte %d)", err, syntax.Offset)
	case errors.As(err, &kind):
		return nil, fmt.Errorf("its field %s is a JSON %s (byte %d)", kind.Field, kind.Value, kind.Offset)
	case err != nil:
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return p, nil
}

// take adds what the payload says, checked.
func (e *Event) take(p *payload, ref RunRef) error {
	e.Action = oneLine(p.Action)
	if p.Repository != nil {
		e.DefaultBranch = p.Repository.DefaultBranch
	}
	switch {
	case fromPullRequest(e.Name):
		return e.takePullRequest(p)
	case e.Name == "merge_group":
		return e.takeMergeGroup(p)
	case e.Name == "workflow_run":
		if p.WorkflowRun == nil || p.WorkflowRun.ID <= 0 {
			return errors.New("its field workflow_run.id is missing")
		}
		ref.ID = p.WorkflowRun.ID
		e.Trigger = ref
	case e.Name == "push":
		if p.After != "" && !blank(p.After) {
			e.HeadSHA = p.After
		}
		if !blank(p.Before) {
			e.BaseSHA = p.Before
		}
	}
	return e.checkSHAs()
}

func (e *Event) takePullRequest(p *payload) error {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 {
		return errors.New("its field pull_request.number is missing")
	}
	if p.Number != 0 && p.Number != pr.Number {
		return fmt.Errorf("it is of the pull requests #%d and #%d", p.Number, pr.Number)
	}
	if pr.Head.SHA == "" || pr.Base.SHA == "" {
		return errors.New("its fields pull_request.head.sha and pull_request.base.sha are missing")
	}
	e.PullRequest = pr.Number
	e.HeadSHA, e.HeadBranch = pr.Head.SHA, pr.Head.Ref
	e.BaseSHA, e.BaseBranch = pr.Base.SHA, pr.Base.Ref
	// A run that is repeated keeps its payload, and with it the names that
	// repositories had then: head and base are compared with each other.
	base := e.Repository
	if pr.Base.Repo != nil && pr.Base.Repo.FullName != "" {
		base = pr.Base.Repo.FullName
	}
	head := ""
	if pr.Head.Repo != nil {
		head = pr.Head.Repo.FullName
		if _, _, err := splitRepository(head); err != nil {
			return fmt.Errorf("its field pull_request.head.repo.full_name: %w", err)
		}
	}
	if e.Fork = !strings.EqualFold(head, base); e.Fork {
		e.HeadRepository = head
	}
	return e.checkSHAs()
}

func (e *Event) takeMergeGroup(p *payload) error {
	if p.MergeGroup == nil || p.MergeGroup.HeadSHA == "" {
		return errors.New("its field merge_group.head_sha is missing")
	}
	e.HeadSHA, e.BaseSHA = p.MergeGroup.HeadSHA, p.MergeGroup.BaseSHA
	e.HeadBranch = strings.TrimPrefix(p.MergeGroup.HeadRef, "refs/heads/")
	e.BaseBranch = strings.TrimPrefix(p.MergeGroup.BaseRef, "refs/heads/")
	return e.checkSHAs()
}

// checkSHAs holds for what becomes an argument of git.
func (e *Event) checkSHAs() error {
	for _, sha := range []string{e.HeadSHA, e.BaseSHA} {
		if sha != "" && !shaPattern.MatchString(sha) {
			return fmt.Errorf("%q is no commit", oneLine(sha))
		}
	}
	return nil
}

// blank tells the commit of zeros that stands for none.
func blank(sha string) bool { return strings.Trim(sha, "0") == "" }
