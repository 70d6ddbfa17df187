package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Read gives the plan and the results in the folder dir, for result.Join. The
// results are sorted by cell and attempt.
//
// Only a folder or plan that cannot be used is an error. A result that cannot be
// used becomes an anomaly, one sentence with the name of its file; its cell then
// has no result, and so is lost. Anomalies hold text from the folder: reporters
// have to escape it as they do all other text.
func Read(dir string) (plan *matrix.Plan, cells []result.Cell, anomalies []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading results: %w; expected a folder that a run has written", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	plan, err = readPlan(root, planName)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading results: %s: %w", path.Join(dir, planName), err)
	}
	r := newReader(root)
	if !intact(plan) {
		r.note("%s was changed after it was made: its digest does not fit", planName)
	}
	r.scan(".", 0)
	for _, l := range r.load() {
		cells = append(cells, l.cell)
	}
	sortCells(cells)
	return plan, cells, r.told(), nil
}

func readPlan(root *os.Root, name string) (*matrix.Plan, error) {
	data, err := readFile(root, name, maxPlanBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file; expected a folder that a run has written to its end")
	}
	if err != nil {
		return nil, err
	}
	plan, err := parsePlan(data)
	if err != nil && len(err.Error()) > maxAnomalyBytes {
		err = errors.New(shorten(err.Error())) // it quotes the plan
	}
	return plan, err
}

func parsePlan(data []byte) (*matrix.Plan, error) {
	var p matrix.Plan
	if err := decode(newDecoder(), data, &p, &p.Schema, matrix.PlanSchema, maxPlanValues); err != nil {
		return nil, err
	}
	if err := checkPlan(&p); err != nil {
		return nil, err
	}
	return &p, nil
}

// parseResult reads one result, which has to be that of the cell id.
func (d *decoder) parseResult(data []byte, id string) (result.Cell, error) {
	var c result.Cell
	if err := decode(d, data, &c, &c.Schema, result.CellSchema, maxResultValues); err != nil {
		return c, err
	}
	if c.ID != id {
		return c, fmt.Errorf("it is the result of cell %q, and lies in the folder of %s", c.ID, id)
	}
	if err := checkCell(&c); err != nil {
		return result.Cell{}, err
	}
	return c, nil
}

func sortCells(cells []result.Cell) {
	slices.SortStableFunc(cells, func(a, b result.Cell) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Attempt, b.Attempt), strings.Compare(a.Job, b.Job))
	})
}
