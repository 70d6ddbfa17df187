package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// tried makes a run of three cells, each with one job layer, install, in which the
// first cell's tries say, one after the other, what is written: the status of the
// checks "installs" and "becomes ready", such as "passed failed", or one word for
// the layer as a whole.
func tried(t *testing.T, tries ...string) (*matrix.Plan, []result.Cell) {
	t.Helper()
	p := planOf(t, axesOf(fourteen[:3], "kind", "default", "install"))
	p.Layers, p.JobLayers = append(p.Layers, "install"), []string{"install"}
	run := runOf(p, nil)
	for i, words := range tries {
		c := &run.Cells[0]
		before := c.Again()
		c.Steps = append(append([]result.Step{}, c.Steps[:len(c.Steps)-1]...), step(words))
		if i > 0 {
			c.Retried = before
		}
		c.Status = c.Steps[len(c.Steps)-1].Status
	}
	return p, run.Cells
}

func step(words string) result.Step {
	s := result.Step{Layer: "install", Seconds: 2}
	statuses := strings.Fields(words)
	if len(statuses) == 1 {
		s.Status, s.Reason = result.Status(statuses[0]), "toomanyrequests: rate limit"
		return s
	}
	s.Status = result.Skipped
	for i, name := range []string{"installs", "becomes ready"} {
		a := result.Assertion{Name: name, Status: result.Status(statuses[i])}
		switch a.Status {
		case result.Failed:
			a.Problems = []result.Problem{{Severity: result.Error, Code: "no", Message: "the answer of " + name + " is no"}}
		case result.Errored:
			a.Reason = "the API server is away"
		}
		s.Assertions = append(s.Assertions, a)
		s.Status = result.Worst(s.Status, a.Status)
	}
	return s
}

func TestWhatTriesTell(t *testing.T) {
	for _, c := range []struct {
		name  string
		tries []string
		want  string // states, layers' checks and the exit code
		flaky int
	}{
		{"passed at once", []string{"passed passed"}, "0", 0},
		{"failed, then passed", []string{"failed skipped", "passed passed"}, "flaky installs 0", 1},
		{"errored, then passed", []string{"errored", "passed passed"}, "flaky rate limit 0", 1},
		{"a check errored, then passed", []string{"passed errored", "passed passed"}, "flaky becomes ready, flaky API server 0", 1},
		{"failed twice", []string{"failed skipped", "failed skipped"}, "new installs 1", 0},
		{"failed otherwise", []string{"failed skipped", "passed failed"}, "flaky installs, new becomes ready 1", 0},
		{"failed otherwise, and first", []string{"passed failed", "failed skipped"}, "new installs, new becomes ready 1", 0},
		{"failed, then could not be asked", []string{"failed skipped", "errored"}, "new installs, unanswered rate limit 1", 0},
		{"could not be asked twice", []string{"errored", "errored"}, "unanswered rate limit 3", 0},
		{"could not be asked, then failed", []string{"errored", "failed skipped"}, "new installs 1", 0},
		{"lost, then passed", []string{"lost", "passed passed"}, "0", 0},
		{"three tries", []string{"failed skipped", "passed failed", "passed passed"}, "flaky installs, flaky becomes ready 0", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, cells := tried(t, c.tries...)
			s := Explain(result.Join(p, cells, nil), Options{Now: day})
			var told []string
			for _, want := range []string{"installs", "becomes ready", "rate limit", "API server"} {
				for _, f := range s.Findings {
					if strings.Contains(f.Title, want) {
						told = append(told, string(f.State)+" "+want)
					}
				}
			}
			if got := strings.TrimSpace(fmt.Sprintf("%s %d", strings.Join(told, ", "), s.Verdict.ExitCode)); got != c.want || s.Counts.Flaky != c.flaky {
				t.Errorf("got  %s, %d flaky\nwant %s, %d flaky", got, s.Counts.Flaky, c.want, c.flaky)
			}
			if c.flaky > 0 && s.Verdict.Headline != "All 3 cells pass, 1 of them only when tried again." {
				t.Errorf("headline %q", s.Verdict.Headline)
			}
		})
	}
}

// TestAttemptsTellAsTriesDo: it is all one whether a job tries a cell again or
// people run the job again.
func TestAttemptsTellAsTriesDo(t *testing.T) {
	for _, first := range []string{"failed skipped", "errored"} {
		p, cells := tried(t, first, "passed passed")
		tries := Explain(result.Join(p, cells, nil), Options{Now: day})
		attempt := cells[0].Tries()[0]
		cells[0].Retried, cells[0].Attempt = nil, 2
		attempts := Explain(result.Join(p, append([]result.Cell{attempt}, cells...), nil), Options{Now: day})
		if len(tries.Findings) != 1 || len(attempts.Findings) != 1 || tries.Findings[0].Fingerprint != attempts.Findings[0].Fingerprint {
			t.Fatalf("tries: %+v\nattempts: %+v", tries.Findings, attempts.Findings)
		}
		if tries.Findings[0].State != Flaky || attempts.Findings[0].State != Flaky || tries.Verdict.Headline != attempts.Verdict.Headline {
			t.Errorf("tries: %+v\nattempts: %+v", tries.Verdict, attempts.Verdict)
		}
		if len(attempts.Cells[0].Retried) != 1 {
			t.Errorf("reporters are not told of the earlier attempt: %+v", attempts.Cells[0])
		}
	}
}

func TestGateOfFlakyCells(t *testing.T) {
	for level, want := range map[string]int{"fail": ExitChart, "warn": ExitPassed, "ignore": ExitPassed} {
		p, cells := tried(t, "failed skipped", "passed passed")
		s := Explain(result.Join(p, cells, nil), Options{Now: day, Gate: Gate{Mode: "new", Overrides: map[string]string{"flaky": level}}})
		if s.Verdict.ExitCode != want || s.Verdict.Passed != (want == 0) || (len(s.Verdict.Warnings) > 0) != (level == "warn") {
			t.Errorf("%s: %+v", level, s.Verdict)
		}
	}
}

// TestExpectedFailureThatPassesWhenTriedAgain: it is neither flaky nor overdue.
func TestExpectedFailureThatPassesWhenTriedAgain(t *testing.T) {
	p, cells := tried(t, "failed skipped", "passed passed")
	p.Expect = []matrix.Expectation{{Cells: "every cell", Matching: "the answer", Issue: "#1", Until: day.AddDate(0, 1, 0), Rule: "expect-failure[0]"}}
	s := Explain(result.Join(p, cells, nil), Options{Now: day})
	if len(s.Findings) != 1 || s.Findings[0].State != Expected || !s.Verdict.Passed {
		t.Errorf("%+v, %+v", s.Findings, s.Verdict)
	}
}

// TestClusterThatCameUpAtTheSecondTry: the machinery was flaky, not the cell.
func TestClusterThatCameUpAtTheSecondTry(t *testing.T) {
	p, cells := tried(t, "passed passed")
	a := &cells[0].Steps[len(cells[0].Steps)-1].Assertions[0]
	a.Problems = []result.Problem{{Severity: result.Warning, Code: "boot-retried", Message: "the first try to make the cluster failed: no node"}}
	for level, want := range map[string]int{"warn": ExitPassed, "fail": ExitInfrastructure} {
		s := Explain(result.Join(p, cells, nil), Options{Now: day, Gate: Gate{Overrides: map[string]string{"flaky": level}}})
		if len(s.Findings) != 1 || s.Findings[0].State != Flaky || s.Findings[0].Blame != BlameInfrastructure || s.Verdict.ExitCode != want || s.Counts.Flaky != 0 {
			t.Errorf("%s: %+v, %+v", level, s.Findings, s.Verdict)
		}
	}
}

func TestNotesOnWhatWasNotTriedAgain(t *testing.T) {
	p, cells := tried(t, "failed skipped")
	for i := range cells {
		cells[i].NotRetried = "there was no time for it"
	}
	s := Explain(result.Join(p, cells, nil), Options{Now: day})
	want := "not tried again: kind-" + fourteen[0] + "-default-install, kind-" + fourteen[1] + "-default-install, kind-" + fourteen[2] + "-default-install: there was no time for it"
	if len(s.Notes) != 1 || s.Notes[0] != want {
		t.Errorf("notes %q, want %q", s.Notes, want)
	}
}

// TestTimeOfTriesCounts: what was asked twice took twice the time, and is one question.
func TestTimeOfTriesCounts(t *testing.T) {
	p, cells := tried(t, "failed skipped", "passed passed")
	s := Explain(result.Join(p, cells, nil), Options{Now: day})
	if l := s.Layers[len(s.Layers)-1]; l.Seconds != 4 || l.Questions != 3 {
		t.Errorf("%+v", l)
	}
}

// TestAnotherObjectWhenTriedAgain: a wait that ended over one object says nothing
// of another one that the try before it failed for.
func TestAnotherObjectWhenTriedAgain(t *testing.T) {
	about := func(objects ...string) result.Step {
		a := result.Assertion{Name: "becomes ready", Status: result.Failed}
		for _, o := range objects {
			a.Problems = append(a.Problems, result.Problem{Severity: result.Error, Code: "crash-loop", Message: "it crashes", Location: result.Location{Object: o}})
		}
		return result.Step{Layer: "install", Status: result.Failed, Assertions: []result.Assertion{a}}
	}
	for _, c := range []struct{ first, second, want string }{
		{"Deployment/web", "Deployment/worker", "new Deployment/web, Deployment/worker"},
		{"Deployment/web", "Deployment/web Deployment/worker", "new Deployment/web, Deployment/worker"},
		{"Deployment/web", "Deployment/web", "new Deployment/web"},
	} {
		p, cells := tried(t, "failed skipped", "failed skipped")
		cells[0].Retried[0].Steps[3], cells[0].Steps[3] = about(strings.Fields(c.first)...), about(strings.Fields(c.second)...)
		s := Explain(result.Join(p, cells, nil), Options{Now: day})
		if len(s.Findings) != 1 {
			t.Fatalf("%+v", s.Findings)
		}
		var of []string
		for _, l := range s.Findings[0].Locations {
			of = append(of, l.Object)
		}
		slices.Sort(of)
		if got := string(s.Findings[0].State) + " " + strings.Join(of, ", "); got != c.want {
			t.Errorf("%s, then %s: got %s, want %s", c.first, c.second, got, c.want)
		}
	}
}
