package workflows

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stepsOf are the steps of one of the repository's workflows.
func stepsOf(t *testing.T, name string) []step {
	t.Helper()
	for _, f := range ours(t) {
		if f.path == filepath.Join(root, ".github", "workflows", name) {
			return f.steps
		}
	}
	t.Fatalf("there is no workflow %s", name)
	return nil
}

// The workflow that may write checks out what this repository itself holds: the
// commit that GitHub says the pull request would be merged into, and nothing that
// the run or its event names.
func TestCommentChecksOutTheBase(t *testing.T) {
	asked, checkouts := false, 0
	for _, s := range stepsOf(t, "comment.yml") {
		asked = asked || s.with["command"] == "base"
		if !strings.HasPrefix(s.uses, "actions/checkout@") {
			continue
		}
		checkouts++
		if !asked {
			t.Errorf("line %d: the checkout comes before anybody asked for the base", s.line)
		}
		if s.with["ref"] != "${{ steps.base.outputs.base || github.event.repository.default_branch }}" || s.with["repository"] != "" {
			t.Errorf("line %d: it checks out %q of %q", s.line, s.with["ref"], s.with["repository"])
		}
	}
	if checkouts != 1 {
		t.Errorf("%d checkouts; expected 1", checkouts)
	}
	// Of the run that is reported on, its number alone is read: an attacker
	// chooses the rest.
	for _, s := range stepsOf(t, "comment.yml") {
		for name, value := range s.with {
			for _, field := range regexp.MustCompile(`github\.event\.workflow_run\.[a-z_.]+`).FindAllString(value, -1) {
				if field != "github.event.workflow_run.id" {
					t.Errorf("line %d: the input %s reads %s", s.line, name, field)
				}
			}
		}
	}
}

// A report that was not delivered is said to be missing, so that no earlier
// comment goes on being green.
func TestMissingReportsAreTold(t *testing.T) {
	for _, name := range []string{"matrix.yml", "comment.yml"} {
		report, missing := step{}, step{}
		for _, s := range stepsOf(t, name) {
			switch {
			case s.with["command"] == "report":
				report = s
			case s.with["missing"] != "":
				missing = s
			}
		}
		if missing.condition != "always() && steps.report.outputs.verdict == ''" || missing.with["command"] != "deliver" {
			t.Errorf("%s: %+v", name, missing)
		}
		// Both find the comment by the same words.
		for _, input := range []string{"chart", "name", "run"} {
			if missing.with[input] != report.with[input] {
				t.Errorf("%s: input %s is %q for the report and %q without one", name, input, report.with[input], missing.with[input])
			}
		}
	}
}
