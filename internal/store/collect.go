package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Collected is what the parts of one run say, for result.Join.
type Collected struct {
	Plan *matrix.Plan
	// First is the plan that a follow-up joined to become Plan; where there was
	// none, and in a folder that a single run has written, it is Plan.
	First *matrix.Plan
	// FollowUp is what joined it, nil for none.
	FollowUp *matrix.Plan
	// Cells holds every result that may be believed as far as it goes, sorted by
	// cell, attempt and job. A cell has one for the job that made the plan and
	// one for its own job, and those of earlier attempts.
	Cells []result.Cell
	// Parts are those that are used, sorted by job and attempt: the plan's first.
	// A result folder that a single run has written has none.
	Parts []Part
	// Anomalies say what is not used and why, one sentence each. They hold text
	// from the files: reporters have to escape it as they do all other text.
	Anomalies []string
}

// Collect reads the results in dir: a result folder, as Read does, a single part,
// or a collection, whose sub-folders are the parts that the jobs of a run left.
// Nothing in it is trusted. Evidence is not read.
//
// name takes the parts of one chart; "" takes the only one there is. The plan is
// that of the newest attempt, together with its follow-up. Only a folder without a plan that can be used, or
// with those of several charts, is an error; anything else that cannot be used
// becomes an anomaly.
func Collect(dir, name string) (Collected, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Collected{}, fmt.Errorf("reading results: %w; expected a folder with the results of a run", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	if plain(root) {
		return collectPlain(dir, name)
	}
	c := &collector{reader: newReader(root)}
	found, newest, err := c.newest(name)
	if err != nil {
		return Collected{}, fmt.Errorf("reading results: %s: %w", dir, err)
	}
	joined := c.joinUp(found, newest)
	c.admit(found)
	for i, p := range c.used {
		c.scan(p.dir, i)
	}
	out := Collected{Plan: joined.plan, First: newest.plan, Cells: c.believed(c.load(), joined)}
	if joined != newest {
		// The newest is the one that was joined.
		out.FollowUp = c.ups[len(c.ups)-1].plan
	}
	for _, p := range c.used {
		out.Parts = append(out.Parts, p.Part)
	}
	out.Anomalies = c.told()
	return out, nil
}

// CollectPlan gives the plan that Collect would, and reads no results: a job
// needs no others' to begin.
func CollectPlan(dir, name string) (*matrix.Plan, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w; expected a folder with a plan", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	plan, err := collectPlan(root, name)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %s: %w", dir, err)
	}
	return plan, nil
}

func collectPlan(root *os.Root, name string) (*matrix.Plan, error) {
	if !plain(root) {
		c := &collector{reader: newReader(root)}
		_, newest, err := c.newest(name)
		if err != nil {
			return nil, err
		}
		return newest.plan, nil
	}
	plan, err := readPlan(root, planName)
	if err == nil && name != "" && name != plan.Name {
		err = unknownName(name, []string{plan.Name})
	}
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// plain tells a result folder that a single run has written.
func plain(root *os.Root) bool {
	_, noPart := root.Lstat(partName)
	_, noPlan := root.Lstat(planName)
	return errors.Is(noPart, fs.ErrNotExist) && noPlan == nil
}

func collectPlain(dir, name string) (Collected, error) {
	plan, cells, anomalies, err := Read(dir)
	if err != nil {
		return Collected{}, err
	}
	if name != "" && name != plan.Name {
		return Collected{}, fmt.Errorf("reading results: %s: %w", dir, unknownName(name, []string{plan.Name}))
	}
	return Collected{Plan: plan, First: plan, Cells: cells, Anomalies: anomalies}, nil
}

// collector joins parts. It goes through them several times, as no part can be
// judged before the plan is known.
type collector struct {
	*reader
	plans     []*planPart // by attempt
	ups       []*planPart // the follow-ups of the newest plan, by attempt
	planBytes int64       // that were read
	used      []place
}

// place is a part and where it lies.
type place struct {
	Part
	dir  string
	plan *index // that the part followed
}

// newest gives the parts of one chart and the plan of their newest attempt.
func (c *collector) newest(name string) ([]place, *planPart, error) {
	found, err := c.find()
	if err != nil {
		return nil, nil, err
	}
	found, err = c.ofName(found, name)
	if err != nil {
		return nil, nil, err
	}
	newest, err := c.readPlans(found)
	return found, newest, err
}

// ofName keeps the parts of one chart. Only names that have a plan count as
// charts: a job cannot add one.
func (c *collector) ofName(found []place, name string) ([]place, error) {
	var names []string
	for _, p := range found {
		if p.Job == "" && (!p.FollowUp || onlyUps(found)) {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(names) == 0:
		return nil, errors.New("there is no plan in it; expected a result folder, or a folder that holds the parts of a run, the plan's among them")
	case name == "" && len(names) > 1:
		return nil, fmt.Errorf("it holds the results of several charts; name one of %s", quoted(names))
	case name == "":
		name = names[0]
	case !slices.Contains(names, name):
		return nil, unknownName(name, names)
	}
	var kept []place
	for _, p := range found {
		switch {
		case p.Name == name:
			kept = append(kept, p)
		case !slices.Contains(names, p.Name):
			c.unused(p.dir, fmt.Errorf("it is a part of %q, which has no plan here", p.Name))
		}
	}
	return kept, nil
}

func unknownName(name string, have []string) error {
	return fmt.Errorf("it holds no plan of %q; have %s", name, quoted(have))
}

// quoted lists names that anyone may have chosen.
func quoted(names []string) string {
	const most = 10
	var out []string
	for i, n := range names {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
