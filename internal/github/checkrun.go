package github

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v50/github"
)

// The limits of a check run (https://docs.github.com/en/rest/checks/runs): the
// summary's is in characters, the message's in bytes (64 KB).
const (
	MaxCheckSummary = 65_535
	maxCheckTitle   = 255
	maxCheckMessage = 64_000
	annotationBatch = 50
	// MaxAnnotations is how many a check run gets here, in four requests. GitHub
	// documents no total; people read the first few.
	MaxAnnotations = 4 * annotationBatch
)

// Annotation is a note on lines of a file.
type Annotation struct {
	// Path is relative to the repository's root, with slashes.
	Path string
	// StartLine and EndLine count from 1; 0 means the first line, and the line it
	// starts in. Columns, from 1, hold for notes on one line only.
	StartLine, EndLine     int
	StartColumn, EndColumn int
	Level                  string // notice, warning or failure
	Title, Message         string
}

// CheckRequest is a check run that has ended.
type CheckRequest struct {
	Repository string // owner/name
	HeadSHA    string // of the pull request, not of its merge commit
	Name       string
	// Conclusion is success, failure, neutral, cancelled, skipped, timed_out or
	// action_required.
	Conclusion string
	Title      string
	Summary    string // Markdown, at most MaxCheckSummary characters
	// DetailsURL is where "Details" leads; it may be empty.
	DetailsURL  string
	Annotations []Annotation
	// Run and Attempt tell this check run from others of its name.
	Run     int64
	Attempt int
}

// CheckRun makes a check run and gives its address. It decorates: the job that
// reports is what a branch is protected by, and so a caller loses little by an error
// (ErrReadOnly where the token may not, as that of a fork).
//
// Annotations on what cannot be a file of the repository are left out, as are
// those beyond MaxAnnotations; Options.Log is told how many.
func (c *Client) CheckRun(ctx context.Context, r CheckRequest) (string, error) {
	what := call{doing: fmt.Sprintf("make the check run %q", r.Name), repository: r.Repository, permission: "checks: write", write: true}
	owner, repo, err := splitRepository(r.Repository)
	if err == nil {
		err = r.check()
	}
	if err == nil && c.token == "" {
		err = fmt.Errorf("%w: there is no token; set GITHUB_TOKEN or GH_TOKEN", ErrReadOnly)
	}
	if err != nil {
		return "", c.fail(what, err)
	}
	annotations := c.annotations(r.Annotations)
	first := annotations[:min(len(annotations), annotationBatch)]
	external := fmt.Sprintf("chart-matrix run=%d attempt=%d", r.Run, max(r.Attempt, 1))
	output := func(batch []*gogithub.CheckRunAnnotation) *gogithub.CheckRunOutput {
		return &gogithub.CheckRunOutput{Title: &r.Title, Summary: &r.Summary, Annotations: batch}
	}
	options := gogithub.CreateCheckRunOptions{
		Name: r.Name, HeadSHA: r.HeadSHA, ExternalID: &external, Output: output(first),
		Status: gogithub.String("completed"), Conclusion: &r.Conclusion,
	}
	if r.DetailsURL != "" {
		options.DetailsURL = &r.DetailsURL
	}
	check, _, err := c.api.Checks.CreateCheckRun(ctx, owner, repo, options)
	if ambiguous(ctx, err) {
		check, err = c.findCheckRun(ctx, owner, repo, r, external, err)
	}
	if err != nil {
		return "", c.fail(what, err)
	}
	// What is sent is added to what is there, so a batch whose answer was lost is
	// not sent again: half the notes are better than the same ones twice.
	what.doing = fmt.Sprintf("add all annotations to the check run %q", r.Name)
	for batch := range slices.Chunk(annotations[len(first):], annotationBatch) {
		_, _, err := c.api.Checks.UpdateCheckRun(once(ctx), owner, repo, check.GetID(), gogithub.UpdateCheckRunOptions{Name: r.Name, Output: output(batch)})
		if err != nil {
			return check.GetHTMLURL(), c.fail(what, err)
		}
	}
	return check.GetHTMLURL(), nil
}

// findCheckRun looks for a check run after an answer that got lost; the cause is
// the error if it was not made.
func (c *Client) findCheckRun(ctx context.Context, owner, repo string, r CheckRequest, external string, cause error) (*gogithub.CheckRun, error) {
	got, _, err := c.api.Checks.ListCheckRunsForRef(ctx, owner, repo, r.HeadSHA, &gogithub.ListCheckRunsOptions{
		CheckName: &r.Name, Filter: gogithub.String("all"), ListOptions: gogithub.ListOptions{PerPage: perPage},
	})
	if err != nil {
		return nil, cause
	}
	for _, check := range got.CheckRuns {
		if check.GetExternalID() == external {
			return check, nil
		}
	}
	return nil, cause
}

// check refuses what GitHub would, before anything is sent.
func (r CheckRequest) check() error {
	conclusions := []string{"action_required", "cancelled", "failure", "neutral", "skipped", "success", "timed_out"}
	switch {
	case !shaPattern.MatchString(r.HeadSHA):
		return fmt.Errorf("%q is no commit", r.HeadSHA)
	case r.Name == "" || r.Title == "":
		return errors.New("it has no name or no title")
	case utf8.RuneCountInString(r.Title) > maxCheckTitle:
		return fmt.Errorf("its title has more than %d characters", maxCheckTitle)
	case utf8.RuneCountInString(r.Summary) > MaxCheckSummary:
		return fmt.Errorf("its summary has %d characters, and %d are allowed", utf8.RuneCountInString(r.Summary), MaxCheckSummary)
	case !slices.Contains(conclusions, r.Conclusion):
		return fmt.Errorf("%q is no conclusion; expected one of %s", r.Conclusion, strings.Join(conclusions, ", "))
	}
	return nil
}

// annotations brings notes into the form that GitHub takes: one bad one among
// them would have it refuse all.
func (c *Client) annotations(in []Annotation) []*gogithub.CheckRunAnnotation {
	out := make([]*gogithub.CheckRunAnnotation, 0, min(len(in), MaxAnnotations))
	bad, more := 0, 0
	for _, a := range in {
		switch {
		case !inRepository(a.Path) || a.Message == "" || !slices.Contains([]string{"notice", "warning", "failure"}, a.Level):
			bad++
		case len(out) == MaxAnnotations:
			more++
		default:
			out = append(out, a.toGitHub())
		}
	}
	if bad > 0 {
		c.log(fmt.Sprintf("%d annotations are left out: they are on no file of the repository, or lack a message or level", bad))
	}
	if more > 0 {
		c.log(fmt.Sprintf("%d annotations are left out: a check run gets the first %d", more, MaxAnnotations))
	}
	return out
}

func (a Annotation) toGitHub() *gogithub.CheckRunAnnotation {
	start := max(a.StartLine, 1)
	end := max(a.EndLine, start)
	message := cut(a.Message, maxCheckMessage)
	out := &gogithub.CheckRunAnnotation{Path: &a.Path, StartLine: &start, EndLine: &end, AnnotationLevel: &a.Level, Message: &message}
	if a.Title != "" {
		title := cut(a.Title, maxCheckTitle)
		out.Title = &title
	}
	if start == end && a.StartColumn > 0 {
		column := max(a.EndColumn, a.StartColumn)
		out.StartColumn, out.EndColumn = &a.StartColumn, &column
	}
	return out
}

// inRepository tells whether a path can be that of a file in a repository.
func inRepository(p string) bool {
	return p != "" && p != "." && len(p) <= 4096 && utf8.ValidString(p) && !path.IsAbs(p) && path.Clean(p) == p &&
		p != ".." && !strings.HasPrefix(p, "../") && !strings.ContainsAny(p, "\\\x00\n\r")
}

// cut keeps at most so many bytes, whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	const dots = "…"
	return strings.ToValidUTF8(s[:most-len(dots)], "") + dots
}
