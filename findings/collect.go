package findings

import (
	"cmp"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// The codes of findings that no layer reports.
const (
	codeLost        = "lost"
	codeNotAsked    = "not-asked"
	codeNothingRan  = "nothing-ran"
	codeUnexplained = "unexplained"
	// codeLeak is what a layer reports for something that a run left behind.
	codeLeak = "leak"
)

// valuesLayer is the step that stands in for all layers of a cell whose values
// cannot be used.
const valuesLayer = "values"

// collector sorts every problem of a run into groups.
type collector struct {
	cells    []result.Cell
	rules    []expectRule
	norm     *normaliser
	groups   map[groupKey]*failureGroup
	order    []*failureGroup
	accepted map[acceptedKey]bool
}

type acceptedKey struct {
	rule    int
	message string
}

// collect gives the groups in the order in which they first occur.
func collect(cells, earlier []result.Cell, rules []expectRule) []*failureGroup {
	c := &collector{
		cells: cells, rules: rules, norm: newNormaliser(),
		groups: map[groupKey]*failureGroup{}, accepted: map[acceptedKey]bool{},
	}
	index := make(map[string]int, len(cells))
	for i := range cells {
		index[cells[i].ID] = i
		c.cell(i)
	}
	for n := range earlier {
		if i, ok := index[earlier[n].ID]; ok {
			c.earlier(i, &earlier[n])
		}
	}
	return mergeFollowers(c.order)
}

func (c *collector) cell(i int) {
	cell := &c.cells[i]
	explained := false
	for s := range cell.Steps {
		explained = c.step(i, &cell.Steps[s]) || explained
	}
	switch cell.Status {
	case result.Lost:
		c.add(i, Unanswered, result.Lost, occurrence{
			code: codeLost, message: cell.Reason, hint: "look at the log of its job, and run it again",
		})
	case result.Skipped:
		c.add(i, NothingRan, result.Errored, occurrence{
			code: codeNothingRan, message: cell.Reason, hint: "name a layer that can run here, or exclude the cells",
		})
	case result.Failed:
		if !explained {
			c.add(i, New, result.Failed, occurrence{code: codeUnexplained, message: cell.Reason})
		}
	case result.Errored, result.Blocked:
		if !explained {
			c.add(i, Unanswered, result.Errored, occurrence{code: codeNotAsked, message: cell.Reason})
		}
	case result.Passed:
	}
}

// step files what one step says, and tells whether it explains why its cell
// did not pass. Blocked steps are consequences of another.
func (c *collector) step(i int, s *result.Step) bool {
	explained := false
	for a := range s.Assertions {
		explained = c.assertion(i, s.Layer, &s.Assertions[a]) || explained
	}
	switch s.Status {
	case result.Failed:
		if !explained {
			c.add(i, New, result.Failed, occurrence{layer: s.Layer, code: codeUnexplained, message: s.Reason})
		}
		return true
	case result.Errored, result.Lost:
		if s.Reason != "" || !explained {
			c.add(i, Unanswered, result.Errored, occurrence{layer: s.Layer, code: codeNotAsked, message: s.Reason})
		}
		return true
	case result.Passed, result.Skipped, result.Blocked:
	}
	return explained
}

// assertion files the problems of one check; true if they make it not pass.
func (c *collector) assertion(i int, layer string, a *result.Assertion) bool {
	explained := false
	for n := range a.Problems {
		p := &a.Problems[n]
		o := occurrence{
			layer: layer, code: p.Code, message: p.Message, hint: p.Hint,
			severity: p.Severity, location: p.Location, excerpt: p.Excerpt,
		}
		switch {
		case p.Severity == result.Info:
		case p.Code == codeLeak:
			c.add(i, Leak, result.Failed, o)
			explained = true
		case p.Severity == result.Warning || a.Status != result.Failed:
			o.severity = result.Warning
			c.add(i, Advice, result.Passed, o)
		default:
			c.add(i, New, result.Failed, o)
			explained = true
		}
	}
	switch a.Status {
	case result.Failed:
		if !explained {
			c.add(i, New, result.Failed, occurrence{
				layer: layer, code: codeUnexplained, message: a.Name + ": " + cmp.Or(a.Reason, "failed without a reason"),
			})
		}
		return true
	case result.Errored, result.Lost:
		c.add(i, Unanswered, result.Errored, occurrence{
			layer: layer, code: codeNotAsked, message: a.Name + ": " + cmp.Or(a.Reason, "no answer, and no reason"),
		})
		return true
	case result.Passed, result.Skipped, result.Blocked:
	}
	return explained
}

// earlier files the failures of an attempt whose layer passed in a later one:
// the proof that they come and go.
func (c *collector) earlier(i int, attempt *result.Cell) {
	for s := range attempt.Steps {
		step := &attempt.Steps[s]
		if step.Status != result.Failed || stepStatus(&c.cells[i], step.Layer) != result.Passed {
			continue
		}
		for a := range step.Assertions {
			for n := range step.Assertions[a].Problems {
				if p := &step.Assertions[a].Problems[n]; p.Severity == result.Error {
					c.add(i, Flaky, result.Passed, occurrence{
						layer: step.Layer, code: p.Code, message: p.Message, hint: p.Hint,
						severity: p.Severity, location: p.Location, excerpt: p.Excerpt,
					})
				}
			}
		}
	}
}

func stepStatus(cell *result.Cell, layer string) result.Status {
	for s := range cell.Steps {
		if cell.Steps[s].Layer == layer {
			return cell.Steps[s].Status
		}
	}
	return ""
}

func (c *collector) add(i int, state State, status result.Status, o occurrence) {
	version := c.cells[i].KubeVersion
	key := groupKey{
		state: state, status: status, layer: o.layer, code: o.code,
		message: c.norm.normalise(o.message, version), place: maskPositions(o.location.Path), rule: -1,
	}
	if state == New && status == result.Failed {
		key.rule = c.rule(i, o)
	}
	minor := c.cells[i].At[matrix.Kubernetes]
	followed, follows := key.message, false
	if minor != "" {
		followed, follows = maskVersion(key.message, minor)
	}
	g := c.groups[key]
	if g == nil {
		g = &failureGroup{groupKey: key, severity: cmp.Or(o.severity, result.Error), first: o, follows: true, followed: followed}
		c.groups[key] = g
		c.order = append(c.order, g)
	}
	g.follows = g.follows && follows && g.followed == followed
	g.add(i, o)
}

// rule gives the expect-failure that accepts a failure, or -1. One that still
// holds is preferred to one that has expired.
func (c *collector) rule(i int, o occurrence) int {
	expired := -1
	for n := range c.rules {
		r := &c.rules[n]
		if r.pattern == nil || !r.concerns(o.layer) || !r.Where.Match(c.cells[i].At) {
			continue
		}
		key := acceptedKey{n, o.message}
		accepts, known := c.accepted[key]
		if !known {
			accepts = r.pattern.MatchString(o.message)
			c.accepted[key] = accepts
		}
		switch {
		case accepts && !r.over:
			return n
		case accepts && expired < 0:
			expired = n
		}
	}
	return expired
}
