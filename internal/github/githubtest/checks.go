package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// checkBody is what a client sends of a check run; nil is not sent.
type checkBody struct {
	Name, Status, Conclusion *string
	HeadSHA                  *string    `json:"head_sha"`
	DetailsURL               *string    `json:"details_url"`
	ExternalID               *string    `json:"external_id"`
	StartedAt                *time.Time `json:"started_at"`
	CompletedAt              *time.Time `json:"completed_at"`
	Output                   *struct {
		Title, Summary, Text *string
		Annotations          []Annotation
	}
}

// createCheckRun is for Apps alone, of which a job's token is one.
func createCheckRun(c *call) (any, *refusal) {
	if !c.token.isBot() {
		return nil, refuse(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	check := CheckRun{Status: "queued", Started: c.options.Now().UTC().Truncate(time.Second)}
	if no := c.changeCheck(&check); no != nil {
		return nil, no
	}
	c.fillID(&check.ID)
	c.repo.CheckRuns = append(c.repo.CheckRuns, check)
	c.status = http.StatusCreated
	return c.checkJSON(check), nil
}

func updateCheckRun(c *call) (any, *refusal) {
	i, no := c.findCheck()
	if no != nil {
		return nil, no
	}
	changed := c.repo.CheckRuns[i]
	changed.Annotations = slices.Clone(changed.Annotations)
	if no := c.changeCheck(&changed); no != nil {
		return nil, no
	}
	c.repo.CheckRuns[i] = changed
	return c.checkJSON(changed), nil
}

// changeCheck sets what the body says. Annotations are added to those that are
// there; a conclusion without a status means completed.
// https://docs.github.com/rest/checks/runs
func (c *call) changeCheck(check *CheckRun) *refusal {
	var sent checkBody
	if no := c.read(&sent); no != nil {
		return no
	}
	set(&check.Name, sent.Name)
	set(&check.HeadSHA, sent.HeadSHA)
	set(&check.DetailsURL, sent.DetailsURL)
	set(&check.ExternalID, sent.ExternalID)
	set(&check.Started, sent.StartedAt)
	set(&check.Completed, sent.CompletedAt)
	set(&check.Conclusion, sent.Conclusion)
	if sent.Conclusion != nil && sent.Status == nil {
		check.Status = "completed"
	}
	set(&check.Status, sent.Status)
	if out := sent.Output; out != nil {
		set(&check.Title, out.Title)
		set(&check.Summary, out.Summary)
		set(&check.Text, out.Text)
		check.Annotations = append(check.Annotations, out.Annotations...)
		if no := judgeAnnotations(out.Annotations); no != nil {
			return no
		}
	}
	switch {
	case check.Status == "completed" && check.Conclusion == "":
		return invalid("CheckRun", "conclusion", "missing_field", "conclusion is required when status is completed")
	case check.Status != "completed" && sent.Conclusion != nil:
		return invalid("CheckRun", "status", "invalid", "status must be completed when there is a conclusion")
	case check.Status == "completed":
		setDefault(&check.Completed, c.options.Now().UTC().Truncate(time.Second))
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// judgeAnnotations checks what the description says in prose alone: a title has
// 255 characters at most, message and raw details 64 KB, and columns go with a
// single line.
func judgeAnnotations(annotations []Annotation) *refusal {
	for i, a := range annotations {
		field := ""
		switch {
		case utf8.RuneCountInString(a.Title) > 255:
			field = "title"
		case len(a.Message) > 64<<10 || a.Message == "":
			field = "message"
		case len(a.RawDetails) > 64<<10:
			field = "raw_details"
		case a.StartLine != a.EndLine && (a.StartColumn != 0 || a.EndColumn != 0):
			field = "start_column"
		case a.StartLine < 1 || a.EndLine < a.StartLine:
			field = "end_line"
		}
		if field != "" {
			return invalid("CheckRun", fmt.Sprintf("annotations[%d].%s", i, field), "invalid", "Invalid "+field)
		}
	}
	return nil
}

func (c *call) findCheck() (int, *refusal) {
	id := c.number("check_run_id")
	i := slices.IndexFunc(c.repo.CheckRuns, func(check CheckRun) bool { return check.ID == id })
	if i < 0 {
		return 0, notFound()
	}
	return i, nil
}

// getCheckRun answers for jobs, too: each is a check run.
func getCheckRun(c *call) (any, *refusal) {
	if run, job := c.jobCheck(c.number("check_run_id")); job != nil {
		return c.checkJSON(asCheck(run, job)), nil
	}
	i, no := c.findCheck()
	if no != nil {
		return nil, no
	}
	return c.checkJSON(c.repo.CheckRuns[i]), nil
}

func asCheck(run *Run, job *Job) CheckRun {
	return CheckRun{
		ID: job.ID, Name: job.Name, HeadSHA: run.HeadSHA, Status: job.Status, Conclusion: job.Conclusion,
		Started: job.Started, Completed: job.Completed, Annotations: job.Annotations,
	}
}

func listCheckRuns(c *call) (any, *refusal) {
	var found []CheckRun
	for i := range c.repo.Runs {
		run := &c.repo.Runs[i]
		for j := range run.Jobs {
			found = append(found, asCheck(run, &run.Jobs[j]))
		}
	}
	found = append(found, c.repo.CheckRuns...)
	found = slices.DeleteFunc(found, func(check CheckRun) bool {
		return check.HeadSHA != c.values["ref"] || c.query("check_name", check.Name) != check.Name ||
			c.query("status", check.Status) != check.Status
	})
	return object{"total_count": len(found), "check_runs": paged(c, found, (*call).checkJSON)}, nil
}

func listAnnotations(c *call) (any, *refusal) {
	var annotations []Annotation
	if _, job := c.jobCheck(c.number("check_run_id")); job != nil {
		annotations = job.Annotations
	} else {
		i, no := c.findCheck()
		if no != nil {
			return nil, no
		}
		annotations = c.repo.CheckRuns[i].Annotations
	}
	return paged(c, annotations, func(_ *call, a Annotation) object {
		return object{
			"path": a.Path, "start_line": a.StartLine, "end_line": a.EndLine, "annotation_level": a.Level,
			"message": a.Message, "title": a.Title, "raw_details": a.RawDetails,
		}
	}), nil
}

func (c *call) checkJSON(check CheckRun) object {
	self := c.path(fmt.Sprint("/check-runs/", check.ID))
	return object{
		"id": check.ID, "name": check.Name, "head_sha": check.HeadSHA, "status": check.Status, "conclusion": orNull(check.Conclusion),
		"details_url": orNull(check.DetailsURL), "external_id": check.ExternalID,
		"started_at": stamp(check.Started), "completed_at": stamp(check.Completed),
		"url": self, "html_url": c.page(fmt.Sprint("/runs/", check.ID)), "check_suite": object{"id": hash(check.HeadSHA)},
		"output": object{
			"title": orNull(check.Title), "summary": orNull(check.Summary), "text": orNull(check.Text),
			"annotations_count": len(check.Annotations), "annotations_url": self + "/annotations",
		},
	}
}
