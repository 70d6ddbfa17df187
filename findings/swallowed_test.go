package findings_test

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// TestAnErrorInTheLogOfAJobThatSucceeded: nothing else tells of a migration that
// failed in a script which went on.
func TestAnErrorInTheLogOfAJobThatSucceeded(t *testing.T) {
	const done = "2026-11-23T10:00:00Z Normal Completed Job/migrate: Job completed\n"
	tests := []struct {
		name, events, file, log string
		want                    string // the end of the title; empty for no finding
	}{
		{"an exception", done, "logs/migrate-x7k2p.app.log", "applying 0007\nTraceback (most recent call last):\ndb.utils.ProgrammingError: relation exists\ndone\n", "db.utils.ProgrammingError: relation exists"},
		{"the database's own word", done, "logs/migrate-x7k2p.app.log", "psql: ERROR:  column \"team_id\" does not exist\n", `psql: ERROR: column "team_id" does not exist`},
		{"the last one counts", done, "logs/migrate-x7k2p.app.log", "ERROR: first\nERROR: second\n", "ERROR: second"},
		{"it waits for its database", done, "logs/migrate-x7k2p.app.log", "ERROR: could not connect to server: Connection refused\nERROR, attempt 2 of 5\nok\n", ""},
		{"it counts none", done, "logs/migrate-x7k2p.app.log", "finished, 0 errors, Errors: 0, ERROR: none\n", ""},
		{"a Job that did not succeed", "", "logs/migrate-x7k2p.app.log", "ERROR: relation exists\n", ""},
		{"a server", done, "logs/web-6d5f7c9b48-k2x8p.app.log", "ERROR: a request failed\n", ""},
		{"a try that was repeated", done, "logs/migrate-x7k2p.app.previous.log", "ERROR: relation exists\n", ""},
		{"another Job", done, "logs/migrate-all-x7k2p.app.log", "ERROR: relation exists\n", ""},
		{"no text", done, "logs/migrate-x7k2p.app.log", "\xff\x00" + strings.Repeat("ERROR ", 1<<12) + "\n\x1b[31m", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := clusterScene(nil).run(t)
			kept := keptOf{}
			for _, c := range run.Cells {
				kept[c.ID] = []diagnosis.Source{{Name: "events.log", Text: test.events}, {Name: test.file, Text: test.log}}
			}
			s := findings.Explain(run, findings.Options{Now: noon, Evidence: kept})
			if !s.Verdict.Passed {
				t.Errorf("it is red: %s", s.Verdict.Headline)
			}
			if test.want == "" {
				if len(s.Findings) > 0 {
					t.Errorf("it is told: %+v", s.Findings)
				}
				return
			}
			f := one(t, s)
			if f.State != findings.Advice || f.Where != "everywhere" || !strings.HasSuffix(f.Title, "Job/migrate: it succeeded, but its log says: "+test.want) {
				t.Errorf("%s, %s: %s", f.State, f.Where, f.Title)
			}
			if !strings.Contains(s.Verdict.Headline, "1 Job succeeded with an error in its log") {
				t.Errorf("%s", s.Verdict.Headline)
			}
		})
	}
}

// TestOnlyWhatCameUpIsSearched: the Jobs of a release that failed have findings of their own.
func TestOnlyWhatCameUpIsSearched(t *testing.T) {
	run := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" {
			stops(c, "install", immutable)
		}
	}).run(t)
	kept := keptOf{}
	for _, c := range run.Cells {
		kept[c.ID] = []diagnosis.Source{{Name: "events.log", Text: "now Normal Completed Job/migrate: Job completed\n"}, {Name: "logs/migrate-x7k2p.app.log", Text: "ERROR: relation exists\n"}}
	}
	s := findings.Explain(run, findings.Options{Now: noon, Evidence: kept})
	if len(s.Findings) != 2 || s.Findings[1].Where != "wherever install ran, 32 of 48 cells" {
		t.Errorf("%+v", s.Findings)
	}
}
