package junit

import (
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// codeBoot is the code of a cluster that came up only when it was tried again.
const codeBoot = "boot-retried"

// withTries yields the cases of a cell with what its earlier tries said of them.
// What an earlier try failed and the last one did not ask has a case of its own:
// green where the last try passed its layer, else not.
func withTries(c result.Cell) func(yield func(testcase) bool) {
	if len(c.Retried) == 0 {
		return cases(c)
	}
	return func(yield func(testcase) bool) {
		before := triesOf(c)
		take := func(layer, name string) []testcase {
			var of []testcase
			before = slices.DeleteFunc(before, func(t testcase) bool {
				if t.layer != layer || t.name != name {
					return false
				}
				of = append(of, t)
				return true
			})
			return of
		}
		for tc := range cases(c) {
			tries := take(tc.layer, tc.name)
			if len(tries) > 0 && (tc.status == result.Skipped || tc.status == result.Blocked) {
				if tries = unanswered(tries, c.Attempt); len(tries) > 0 {
					tc, tries = tries[len(tries)-1], tries[:len(tries)-1]
				}
			}
			tc.tries = tries
			if !yield(tc) {
				return
			}
		}
		for len(before) > 0 {
			tries := take(before[0].layer, before[0].name)
			tc := testcase{layer: tries[0].layer, name: tries[0].name, status: result.Passed, tries: tries}
			if !passedLayer(c, tries[0]) {
				if tries = unanswered(tries, c.Attempt); len(tries) == 0 {
					continue
				}
				tc = tries[len(tries)-1]
				tc.tries = tries[:len(tries)-1]
			}
			if !yield(tc) {
				return
			}
		}
	}
}

// triesOf gives the cases that did not pass in tries before the last one.
func triesOf(c result.Cell) []testcase {
	var out []testcase
	for _, t := range c.Tries() {
		for tc := range cases(t) {
			if tc.attempt = t.Attempt; tc.status == result.Failed || tc.status == result.Errored {
				out = append(out, tc)
			}
		}
	}
	return out
}

// unanswered keeps the tries of the attempt that counts: an earlier attempt never
// stands in for it.
func unanswered(tries []testcase, attempt int) []testcase {
	return slices.DeleteFunc(slices.Clone(tries), func(t testcase) bool { return t.attempt != attempt })
}

// passedLayer tells whether a cell passed the layer of a case in the end.
func passedLayer(c result.Cell, of testcase) bool {
	layer := of.layer
	if layer == "" {
		layer = of.name // it stands for the layer, or for the whole cell
	}
	i := slices.IndexFunc(c.Steps, func(s result.Step) bool { return s.Layer == layer })
	if i < 0 {
		return c.Status == result.Passed
	}
	return c.Steps[i].Status == result.Passed
}

// tried writes what earlier tries said, as Maven's Surefire does: a case that
// passed in the end has flakyFailure and flakyError elements, which old readers
// pass over; one that did not has rerunFailure and rerunError elements beside its
// failure (https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html).
func (x *writer) tried(tc testcase) {
	prefix := "rerun"
	if tc.status == result.Passed {
		prefix = "flaky"
	}
	for _, t := range tc.tries {
		element, fallback := prefix+"Failure", "failed"
		if t.status == result.Errored {
			element, fallback = prefix+"Error", "the question could not be asked"
		}
		x.rerun(element, t, fallback)
	}
	if bootRetried(tc) {
		x.rerun(prefix+"Error", tc, "")
	}
}

func (x *writer) rerun(element string, t testcase, fallback string) {
	message, kind := explain(t, fallback)
	if i := slices.IndexFunc(t.problems, func(p result.Problem) bool { return p.Code == codeBoot }); t.status == result.Passed && i >= 0 {
		message, kind = t.problems[i].Message, codeBoot
	}
	x.open(element, attr{"message", message}, attr{"type", kind})
	x.text("stackTrace", describe(t.problems))
	x.close(element)
}

// bootRetried tells whether a case passed since a cluster was tried again.
func bootRetried(tc testcase) bool {
	return tc.status == result.Passed && slices.ContainsFunc(tc.problems, func(p result.Problem) bool { return p.Code == codeBoot })
}
