package store

import (
	"errors"
	"fmt"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// The bounds of numbers, so that sums over a run stay sensible.
const (
	maxAttempts = 1_000
	maxTries    = 100 // of one cell in one job; a job makes four at most
	maxSeconds  = 1e7 // 115 days; a job on GitHub may take 35 at most
)

// checkPlan looks for what no plan can say: what reads it may rely on the rest.
func checkPlan(p *matrix.Plan) error {
	if len(p.Cells) > maxCells {
		return fmt.Errorf("%w: it plans %d cells, and at most %d are read", ErrTooLarge, len(p.Cells), maxCells)
	}
	if n := max(len(p.Layers), len(p.JobLayers)); n > maxLayers {
		return fmt.Errorf("%w: it names %d layers, and at most %d are read", ErrTooLarge, n, maxLayers)
	}
	axes := make(map[string]bool, len(p.Axes))
	for _, a := range p.Axes {
		if axes[a.Name] {
			return fmt.Errorf("it has two axes named %q", a.Name)
		}
		axes[a.Name] = true
		if len(a.Values) == 0 {
			return fmt.Errorf("its axis %q has no values", a.Name)
		}
	}
	seen := make(map[string]bool, len(p.Cells))
	for _, c := range p.Cells {
		if seen[c.ID] {
			return fmt.Errorf("it plans the cell %s twice", c.ID)
		}
		seen[c.ID] = true
		if len(c.At) != len(axes) {
			return fmt.Errorf("its cell %q has %d coordinates, and there are %d axes", c.ID, len(c.At), len(axes))
		}
		for axis := range c.At {
			if !axes[axis] {
				return fmt.Errorf("its cell %q has coordinates on axes that it does not have", c.ID)
			}
		}
		if c.ID != matrix.CellID(c.At) {
			return fmt.Errorf("its cell %q has an ID that does not fit its coordinates (%s)", c.ID, matrix.CellID(c.At))
		}
	}
	if err := checkJobs(p.Jobs, seen); err != nil {
		return err
	}
	for _, o := range p.Omissions {
		if o.Count < len(o.Cells) || o.Count > matrix.MaxProduct {
			return fmt.Errorf("its omission %q counts %d cells and lists %d", o.Rule, o.Count, len(o.Cells))
		}
	}
	return nil
}

// checkJobs looks for what no plan of these cells can say of its jobs.
func checkJobs(jobs []matrix.Job, cells map[string]bool) error {
	seen := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		if !isID(j.ID) {
			return fmt.Errorf("its job %q has no ID that can name a folder", j.ID)
		}
		if seen[j.ID] {
			return fmt.Errorf("it plans the job %q twice", j.ID)
		}
		seen[j.ID] = true
		for _, id := range j.Cells {
			if !cells[id] {
				return fmt.Errorf("it gives its job %q the cell %q, which it does not plan", j.ID, id)
			}
		}
	}
	return nil
}

// intact tells whether the plan still has the digest that it was sealed with.
func intact(p *matrix.Plan) bool {
	again := *p
	again.Seal()
	return again.Digest == p.Digest
}

// checkCell looks for what no result can say. Above all a result may not be
// better than the parts that it is made of.
func checkCell(c *result.Cell) error {
	if len(c.Retried) > maxTries {
		return fmt.Errorf("%w: it was tried %d times, and at most %d are read", ErrTooLarge, len(c.Retried), maxTries)
	}
	for i, t := range c.Tries() {
		if err := checkTry(&t); err != nil {
			return fmt.Errorf("its try %d: %w", i+1, err)
		}
	}
	return checkTry(c)
}

// checkTry looks for what no try at a cell can say.
func checkTry(c *result.Cell) error {
	if !c.Status.Valid() {
		return unknownStatus("it", c.Status)
	}
	if c.Attempt < 0 || c.Attempt > maxAttempts {
		return fmt.Errorf("its attempt is %d; expected 1 to %d", c.Attempt, maxAttempts)
	}
	if err := checkSeconds(c.Seconds); err != nil {
		return err
	}
	if len(c.Steps) > maxLayers {
		return fmt.Errorf("%w: it has %d steps, and at most %d are read", ErrTooLarge, len(c.Steps), maxLayers)
	}
	layers := make(map[string]bool, len(c.Steps))
	for i := range c.Steps {
		s := &c.Steps[i]
		if layers[s.Layer] {
			return fmt.Errorf("it has two steps of the layer %q", s.Layer)
		}
		layers[s.Layer] = true
		if err := checkStep(s); err != nil {
			return err
		}
		if hides(c.Status, s.Status) {
			return fmt.Errorf("it says %s, while its step %q says %s", c.Status, s.Layer, s.Status)
		}
	}
	return nil
}

// hides tells whether a whole that is not red has a part that is graver.
func hides(whole, part result.Status) bool {
	switch whole {
	case result.Errored, result.Failed, result.Lost:
		return false
	default:
		return result.Worst(whole, part) != whole
	}
}

func checkStep(s *result.Step) error {
	if !s.Status.Valid() {
		return unknownStatus(fmt.Sprintf("its step %q", s.Layer), s.Status)
	}
	if err := checkSeconds(s.Seconds); err != nil {
		return err
	}
	for i := range s.Assertions {
		a := &s.Assertions[i]
		if !a.Status.Valid() {
			return unknownStatus(fmt.Sprintf("its assertion %q", a.Name), a.Status)
		}
		if hides(s.Status, a.Status) {
			return fmt.Errorf("its step %q says %s, while the assertion %q says %s", s.Layer, s.Status, a.Name, a.Status)
		}
		if err := checkSeconds(a.Seconds); err != nil {
			return err
		}
		for _, p := range a.Problems {
			switch p.Severity {
			case result.Error, result.Warning, result.Info:
			default:
				return fmt.Errorf("a problem of its assertion %q has the severity %q; expected error, warning or info", a.Name, p.Severity)
			}
			if p.Location.Line < 0 || p.Location.Column < 0 {
				return fmt.Errorf("a problem of its assertion %q has a negative position", a.Name)
			}
		}
	}
	return nil
}

func checkSeconds(s float64) error {
	if s < 0 || s > maxSeconds {
		return errors.New("it has a duration below 0 or above 115 days")
	}
	return nil
}

func unknownStatus(who string, s result.Status) error {
	return fmt.Errorf("%s has the status %q; expected one of %v", who, s, result.Statuses())
}
