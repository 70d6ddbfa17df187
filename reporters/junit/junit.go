// Package junit renders every assertion of every cell as JUnit XML, for the
// test views of CI systems.
//
// JUnit XML has no standard. The elements and attributes written here are those
// that Ant's JUnit task introduced and that the common readers share
// (https://github.com/testmoapp/junitxml describes them).
package junit

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// Renderer writes one testsuite for each cell and one testcase for each
// assertion: the class is the cell's slug, the name is "layer: assertion". The
// writer streams, so memory does not grow with the number of assertions.
type Renderer struct{}

// New gives a Renderer.
func New() *Renderer { return &Renderer{} }

// Render writes the document. Failed assertions are failures; errored ones, and
// lost cells, are errors; skipped and blocked ones are skipped, with their
// reason. A cell that did not pass has at least one test case that did not.
// The only errors are the writer's.
func (*Renderer) Render(w io.Writer, s findings.Summary) error {
	x := &writer{out: bufio.NewWriterSize(w, 64<<10)}
	names := suiteNames(s.Cells)
	var all tally
	tallies := make([]tally, len(s.Cells))
	for i := range s.Cells {
		tallies[i] = count(s.Cells[i])
		all.add(tallies[i])
	}
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	x.open("testsuites", attr{"name", s.Name}, attr{"tests", num(all.tests)}, attr{"failures", num(all.failures)},
		attr{"errors", num(all.errors)}, attr{"skipped", num(all.skipped)}, attr{"time", seconds(s.Seconds)})
	x.explained = explainedBy(s.Findings)
	for i, c := range s.Cells {
		x.suite(names[i], c, tallies[i])
	}
	x.close("testsuites")
	if err := x.out.Flush(); err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	return nil
}

// suiteNames gives each cell its slug; where two cells share one, readers would
// merge them, so the ID follows.
func suiteNames(cells []result.Cell) []string {
	uses := map[string]int{}
	for _, c := range cells {
		uses[c.Slug]++
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = c.Slug
		if c.Slug == "" || uses[c.Slug] > 1 {
			names[i] = strings.TrimSpace(c.Slug + " " + c.ID)
		}
	}
	return names
}

type tally struct{ tests, failures, errors, skipped int }

func (t *tally) add(o tally) {
	t.tests += o.tests
	t.failures += o.failures
	t.errors += o.errors
	t.skipped += o.skipped
}

func count(c result.Cell) tally {
	var t tally
	for tc := range withTries(c) {
		t.tests++
		switch tc.status {
		case result.Passed:
		case result.Failed:
			t.failures++
		case result.Skipped, result.Blocked:
			t.skipped++
		default:
			t.errors++
		}
	}
	return t
}

// testcase is one line of the report.
type testcase struct {
	layer    string // with a name, where it stands for an assertion
	name     string
	status   result.Status
	reason   string
	problems []result.Problem
	seconds  float64
	attempt  int        // in which a try was made
	tries    []testcase // earlier ones, which did not pass
}

// cases yields the assertions of a cell, and one more case wherever a step or
// the cell itself is worse than all of its parts: nothing that did not pass
// may look green. Of an answer that is shared with another cell, where it is
// listed in full, only what did not pass stands here again: the suites of a
// chart would else be repeated in every cell.
func cases(c result.Cell) func(yield func(testcase) bool) {
	return func(yield func(testcase) bool) {
		worst := result.Skipped
		for _, st := range c.Steps {
			worst = result.Worst(worst, st.Status)
			inner := result.Skipped
			yielded := false
			for _, a := range st.Assertions {
				inner = result.Worst(inner, a.Status)
				if st.Shared && (a.Status == result.Passed || a.Status == result.Skipped) {
					continue
				}
				yielded = true
				tc := testcase{layer: st.Layer, name: a.Name, status: a.Status, reason: a.Reason, problems: a.Problems, seconds: a.Seconds}
				if !yield(tc) {
					return
				}
			}
			if !yielded || result.Worst(inner, st.Status) != inner {
				if !yield(testcase{name: st.Layer, status: st.Status, reason: st.Reason, seconds: st.Seconds}) {
					return
				}
			}
		}
		if len(c.Steps) == 0 || result.Worst(worst, c.Status) != worst {
			yield(testcase{name: "cell", status: c.Status, reason: c.Reason, seconds: c.Seconds})
		}
	}
}

func (x *writer) suite(name string, c result.Cell, t tally) {
	attrs := []attr{
		{"name", name}, {"id", c.ID}, {"tests", num(t.tests)}, {"failures", num(t.failures)},
		{"errors", num(t.errors)}, {"skipped", num(t.skipped)}, {"time", seconds(c.Seconds)},
	}
	if !c.Started.IsZero() {
		attrs = append(attrs, attr{"timestamp", c.Started.UTC().Format(time.RFC3339)})
	}
	x.open("testsuite", attrs...)
	x.open("properties")
	for _, axis := range slices.Sorted(maps.Keys(c.At)) {
		x.empty("property", attr{"name", "axis." + axis}, attr{"value", c.At[axis]})
	}
	if c.KubeVersion != "" {
		x.empty("property", attr{"name", "kubeVersion"}, attr{"value", c.KubeVersion})
	}
	x.close("properties")
	for tc := range withTries(c) {
		x.testcase(name, c.ID, tc)
	}
	x.close("testsuite")
}

func (x *writer) testcase(class, cell string, tc testcase) {
	name := tc.name
	if tc.layer != "" {
		name = tc.layer + ": " + name
	}
	attrs := make([]attr, 0, 5)
	attrs = append(attrs, attr{"classname", class}, attr{"name", name}, attr{"time", seconds(tc.seconds)})
	if file, line := position(tc.problems); file != "" {
		attrs = append(attrs, attr{"file", file})
		if line > 0 {
			attrs = append(attrs, attr{"line", num(line)})
		}
	}
	if tc.status == result.Passed && len(tc.tries) == 0 && !bootRetried(tc) {
		x.empty("testcase", attrs...)
		return
	}
	x.open("testcase", attrs...)
	x.why(cell, tc)
	switch tc.status {
	case result.Passed:
	case result.Skipped:
		x.empty("skipped", attr{"message", or(tc.reason, "skipped without a reason")})
	case result.Blocked:
		x.empty("skipped", attr{"message", "blocked: " + or(tc.reason, "a cheaper layer failed first")})
	case result.Failed:
		x.verdict("failure", tc, "failed")
	case result.Lost:
		x.verdict("error", tc, "planned, but no result came back")
	default:
		x.verdict("error", tc, "the question could not be asked")
	}
	x.tried(tc)
	x.close("testcase")
}

func (x *writer) verdict(element string, tc testcase, fallback string) {
	message, kind := explain(tc, fallback)
	x.text(element, describe(tc.problems), attr{"message", message}, attr{"type", kind})
}

// explain gives the message and the type of what did not pass.
func explain(tc testcase, fallback string) (message, kind string) {
	message, kind = or(tc.reason, fallback), string(tc.status)
	if i := slices.IndexFunc(tc.problems, func(p result.Problem) bool { return p.Severity == result.Error }); i >= 0 {
		message, kind = tc.problems[i].Message, or(tc.problems[i].Code, kind)
	}
	return message, kind
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
