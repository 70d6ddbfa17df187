package store

import (
	"errors"
	"fmt"
	"io"
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
	plan, err = readPlan(root)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading results: %s: %w", path.Join(dir, planName), err)
	}
	r := &reader{root: root, left: maxTotalBytes}
	if !intact(plan) {
		r.anomalies = append(r.anomalies, planName+" was changed after it was made: its digest does not fit")
	}
	r.cells()
	return plan, r.found, r.anomalies, nil
}

func readPlan(root *os.Root) (*matrix.Plan, error) {
	data, err := readFile(root, planName, maxPlanBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file; expected a folder that a run has written to its end")
	}
	if err != nil {
		return nil, err
	}
	return parsePlan(data)
}

func parsePlan(data []byte) (*matrix.Plan, error) {
	var p matrix.Plan
	if err := decode(data, &p, &p.Schema, matrix.PlanSchema, maxPlanValues); err != nil {
		return nil, err
	}
	if err := checkPlan(&p); err != nil {
		return nil, err
	}
	return &p, nil
}

// reader gathers results and what is wrong with others.
type reader struct {
	root      *os.Root
	left      int64 // bytes that may still be read
	found     []result.Cell
	anomalies []string
}

func (r *reader) anomaly(name string, err error) {
	r.anomalies = append(r.anomalies, fmt.Sprintf("%s is not used: %v", name, err))
}

// cells reads every result, in the order of the names.
func (r *reader) cells() {
	folders, err := r.list(cellsName, maxCells)
	if errors.Is(err, fs.ErrNotExist) {
		return // no cell has reported; Join calls them lost
	}
	if err != nil {
		r.anomaly(cellsName, err)
		return
	}
	for _, f := range folders {
		r.cell(f)
	}
}

// cell reads the results of one cell: one for each attempt.
func (r *reader) cell(folder fs.DirEntry) {
	id := folder.Name()
	name := path.Join(cellsName, id)
	if !folder.IsDir() || !isID(id) {
		r.anomaly(name, errors.New("expected a folder named like a cell"))
		return
	}
	files, err := r.list(name, maxFilesInCell)
	if err != nil {
		r.anomaly(name, err)
		return
	}
	var attempts []result.Cell
	seen := false
	for _, f := range files {
		if !isResult(f.Name()) {
			continue // evidence, and whatever later versions keep there
		}
		seen = true
		c, err := r.result(path.Join(name, f.Name()), id)
		if err != nil {
			r.anomaly(path.Join(name, f.Name()), err)
			continue
		}
		attempts = append(attempts, c)
	}
	if !seen {
		r.anomaly(name, fmt.Errorf("there is no %s in it", resultName(1)))
	}
	slices.SortStableFunc(attempts, func(a, b result.Cell) int { return a.Attempt - b.Attempt })
	r.found = append(r.found, attempts...)
}

func (r *reader) result(name, id string) (result.Cell, error) {
	data, err := readFile(r.root, name, min(maxResultBytes, r.left))
	if err != nil {
		return result.Cell{}, err
	}
	r.left -= int64(len(data))
	return parseResult(data, id)
}

// parseResult reads one result, which has to be that of the cell id.
func parseResult(data []byte, id string) (result.Cell, error) {
	var c result.Cell
	if err := decode(data, &c, &c.Schema, result.CellSchema, maxResultValues); err != nil {
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

// list gives the sorted entries of a folder that is no link.
func (r *reader) list(name string, limit int) ([]fs.DirEntry, error) {
	info, err := r.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errors.New("it is not a folder")
	}
	f, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	entries, err := f.ReadDir(limit + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > limit {
		return nil, fmt.Errorf("%w: it holds more than %d entries", errTooLarge, limit)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func isResult(name string) bool {
	rest, ok := strings.CutPrefix(name, resultStem)
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, ".json")
	return ok && (rest == "" || rest[0] == '-')
}
