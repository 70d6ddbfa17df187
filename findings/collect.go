package findings

import (
	"cmp"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// Codes of findings that come from a status rather than from a layer's problem.
const (
	codeLost       = "lost"
	codeErrored    = "errored"
	codeBlocked    = "blocked"
	codeFailed     = "failed" // a failure without a problem that explains it
	codeNothingRan = "nothing-ran"
	codeLeak       = "leak" // layers report what they leave behind under this code
	codeJob        = "job"  // what became of the cell's job
)

// occurrence is one failure in one cell.
type occurrence struct {
	cell     int
	layer    string // "" for the cell as a whole
	check    string // the assertion's name; "" for the layer as a whole
	code     string
	severity result.Severity
	status   result.Status
	state    State // before expectations and baseline are asked
	blame    Blame
	message  string
	detail   string // the lines below the message, where it has several
	version  string // the cell's Kubernetes version, which the message may repeat
	hint     string
	location result.Location
	excerpt  []string
	source   string // where the excerpt stands in the cell's evidence
	seen     tryNumber
	rule     int // the expectation that accepts it, or -1
}

// collector walks results and notes every failure and warning.
type collector struct {
	rules   []expectRule
	found   []occurrence
	matched map[int]bool // rules that accepted something
	// later is set while results are read that a later attempt replaced: it.
	later *result.Cell
	// seen is the try that is read.
	seen tryNumber
	// told holds the telling line of each excerpt that was looked at.
	told map[string]string
}

func (c *collector) add(i int, cell *result.Cell, o occurrence) {
	o.cell, o.version, o.seen, o.rule = i, cell.KubeVersion, c.seen, -1
	if o.severity == "" {
		o.severity = result.Error
	}
	c.firstLine(&o)
	c.spoken(&o)
	if o.code == codeLeak && o.severity == result.Error {
		o.state, o.blame = Leak, BlameInfrastructure
	}
	if o.code == codeBoot {
		o.state, o.status, o.severity, o.blame = Flaky, result.Errored, result.Error, BlameInfrastructure
	}
	if o.state == New {
		o.rule = c.accept(cell, o)
	}
	if c.later != nil {
		var told bool
		if o.state, told = c.became(cell, &o); !told {
			return
		}
	}
	c.found = append(c.found, o)
}

// accept finds the expectation for a failure, and remembers that it was
// needed. One that still holds is preferred to one that is over.
func (c *collector) accept(cell *result.Cell, o occurrence) int {
	found := -1
	for n := range c.rules {
		if !c.rules[n].accepts(cell, o) {
			continue
		}
		if found < 0 || !c.rules[n].over {
			found = n
		}
		if !c.rules[n].over {
			break
		}
	}
	if found >= 0 {
		if c.matched == nil {
			c.matched = map[int]bool{}
		}
		c.matched[found] = true
	}
	return found
}

// grave tells whether more than advice was noted since a mark.
func (c *collector) grave(since int) bool {
	return slices.ContainsFunc(c.found[since:], func(o occurrence) bool { return o.state != Advice })
}

// cell notes what is wrong in one cell.
func (c *collector) cell(i int, cell result.Cell) {
	mark := len(c.found)
	ofJob := false
	for _, s := range cell.Steps {
		if tellsOfJob(&cell, s) {
			ofJob = true
			continue
		}
		c.step(i, &cell, s)
	}
	if ofJob || cell.Job != "" && len(cell.Steps) == 0 && cell.Status == result.Lost {
		c.add(i, &cell, aboutJob(&cell))
	}
	if c.grave(mark) || c.later != nil && (cell.Status != result.Errored || len(cell.Steps) > 0) {
		return
	}
	o := occurrence{status: cell.Status, state: Unanswered, message: cell.Reason}
	switch cell.Status {
	case result.Passed:
		return
	case result.Lost:
		o.code, o.blame = codeLost, BlameRunner
		o.hint = "look at the job's log, and run the cell again"
	case result.Errored:
		o.code, o.blame = codeErrored, blameErrored("", cell.Reason)
	case result.Blocked:
		// A blocked cell is a consequence, but here nothing is left that it
		// could be a consequence of.
		o.status, o.code, o.message = result.Errored, codeBlocked, cmp.Or(cell.Reason, blockedBy(&cell))
		o.blame = BlameChartOrEnv // nobody asked the infrastructure for anything
	case result.Skipped:
		o.status, o.state, o.code, o.blame = result.Errored, NothingRan, codeNothingRan, BlameRunner
		o.hint = "let at least one layer run here, or exclude the cell"
	case result.Failed:
		o.state, o.code, o.blame = New, codeFailed, BlameChartOrEnv
	}
	c.add(i, &cell, o)
}

// blockedBy gives the reason of the first layer that was not asked.
func blockedBy(cell *result.Cell) string {
	for _, s := range cell.Steps {
		if s.Status == result.Blocked && s.Reason != "" {
			return s.Reason
		}
	}
	return ""
}

func (c *collector) step(i int, cell *result.Cell, s result.Step) {
	mark := len(c.found)
	for n := range s.Assertions {
		a := &s.Assertions[n]
		if a.Status == result.Passed && len(a.Problems) == 0 {
			continue // nearly all
		}
		c.assertion(i, cell, s.Layer, a)
	}
	if c.grave(mark) {
		return
	}
	o := occurrence{layer: s.Layer, status: s.Status, message: s.Reason}
	switch s.Status {
	case result.Failed:
		o.code, o.state, o.blame = codeFailed, New, blameFailed(s.Layer)
	case result.Errored:
		o.code, o.state, o.blame = codeErrored, Unanswered, blameErrored(s.Layer, s.Reason)
	case result.Lost:
		o.code, o.state, o.blame = codeLost, Unanswered, BlameRunner
		o.hint = "look at the job's log, and run the cell again"
	default:
		return
	}
	c.add(i, cell, o)
}

func (c *collector) assertion(i int, cell *result.Cell, layer string, a *result.Assertion) {
	explained := false
	for n := range a.Problems {
		p := &a.Problems[n]
		if p.Severity == result.Info {
			continue
		}
		o := occurrence{
			layer: layer, check: a.Name, code: p.Code, severity: p.Severity, message: p.Message, hint: p.Hint,
			location: p.Location, excerpt: p.Excerpt, source: p.Source, status: result.Passed, state: Advice, blame: blameFailed(layer),
		}
		switch {
		case p.Severity != result.Error:
		case a.Status == result.Failed:
			o.status, o.state = result.Failed, New
			explained = true
		case a.Status == result.Errored:
			o.status, o.state, o.blame = result.Errored, Unanswered, blameErrored(layer, p.Message)
			explained = true
		}
		c.add(i, cell, o)
	}
	switch {
	case a.Status == result.Failed && !explained:
		c.add(i, cell, occurrence{layer: layer, check: a.Name, code: codeFailed, status: a.Status, state: New, blame: blameFailed(layer), message: nameAndReason(a)})
	case a.Status == result.Errored && !explained:
		c.add(i, cell, occurrence{layer: layer, check: a.Name, code: codeErrored, status: a.Status, state: Unanswered, blame: blameErrored(layer, a.Reason), message: nameAndReason(a)})
	}
}

func nameAndReason(a *result.Assertion) string {
	if a.Reason == "" {
		return a.Name
	}
	return a.Name + ": " + a.Reason
}

func sortOccurrences(found []occurrence) {
	slices.SortStableFunc(found, func(a, b occurrence) int { return cmp.Compare(a.cell, b.cell) })
}
