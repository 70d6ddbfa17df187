package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strconv"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// ErrOccupied says that a folder holds something, and no result of a run.
var ErrOccupied = errors.New("the folder holds other files; name an empty or a new one, or the result folder of an earlier run")

// CanWrite tells, before there is anything to write, that Write would refuse
// the folder dir. A folder that does not exist yet is fine.
func CanWrite(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	if err := checkOurs(root); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// Write keeps a run in the folder dir, which it makes where there is none. The
// result of an earlier run in it is replaced as a whole; other files beside it
// stay. A folder that holds anything else is left alone, with ErrOccupied.
//
// All is written beside the earlier result before that is removed. So a full
// disk leaves the earlier result as it was, and a reader sees the one, the other
// or, for a moment, no plan; never a mixture. A Write waits for another one that
// uses the folder.
func Write(dir string, plan *matrix.Plan, cells []result.Cell) error {
	if err := write(dir, contents{plan: plan, cells: cells}); err != nil {
		return fmt.Errorf("writing the results to %s: %w", dir, err)
	}
	return nil
}

// contents are what a folder is to hold; part and plan may be nil.
type contents struct {
	part  *Part
	plan  *matrix.Plan
	cells []result.Cell
}

func write(dir string, c contents) error {
	if err := os.MkdirAll(dir, folderPerm); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle: nothing is lost with it
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := checkOurs(root); err != nil {
		return err
	}
	if err := root.RemoveAll(incoming); err != nil {
		return err
	}
	err = fill(root, c)
	if err == nil {
		err = swap(root)
	}
	if err != nil {
		// What cannot be removed now is removed by the next Write.
		return errors.Join(err, root.RemoveAll(incoming))
	}
	return root.RemoveAll(incoming)
}

// checkOurs tells a result folder, whole or interrupted, from other folders.
func checkOurs(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	if info, err := root.Lstat(incoming); err == nil && info.IsDir() {
		return nil
	}
	for _, f := range []struct {
		name   string
		limit  int64
		schema string
	}{{partName, maxPartBytes, PartSchema}, {planName, maxPlanBytes, matrix.PlanSchema}} {
		data, err := readFile(root, f.name, f.limit)
		if err == nil && isOf(data, f.schema) {
			return nil
		}
	}
	return ErrOccupied
}

// fill writes everything below the folder incoming.
func fill(root *os.Root, into contents) error {
	if err := root.Mkdir(incoming, folderPerm); err != nil {
		return err
	}
	if into.part != nil {
		if err := writeJSON(root, path.Join(incoming, partName), into.part); err != nil {
			return err
		}
	}
	if into.plan != nil {
		if err := writeJSON(root, path.Join(incoming, planName), into.plan); err != nil {
			return err
		}
	}
	folder := path.Join(incoming, cellsName)
	if err := root.Mkdir(folder, folderPerm); err != nil {
		return err
	}
	names := make([]string, len(into.cells))
	seen := make(map[string]bool, len(into.cells))
	for i, c := range into.cells {
		if !isID(c.ID) {
			return fmt.Errorf("cell %q has no ID that can name a folder", c.ID)
		}
		names[i] = path.Join(folder, c.ID, resultName(c.Attempt))
		if seen[names[i]] {
			return fmt.Errorf("two results for attempt %d of cell %s (%s)", c.Attempt, c.ID, c.Slug)
		}
		seen[names[i]] = true
		if err := root.MkdirAll(path.Dir(names[i]), folderPerm); err != nil {
			return err
		}
	}
	errs := make([]error, len(names))
	share(len(names), func(numbers iter.Seq[int]) {
		for i := range numbers {
			if errs[i] = writeJSON(root, names[i], into.cells[i]); errs[i] != nil {
				return
			}
		}
	})
	return cmp.Or(errs...)
}

// swap puts what is incoming in the place of the earlier result. The plan goes
// first and comes last, as nothing is read without it; in the part of a job,
// part.json does. The earlier cells are moved away and removed later, so that
// little time passes in which there is neither: a job may be killed at any moment.
func swap(root *os.Root) error {
	for _, name := range []string{planName, partName} {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, move := range [][2]string{
		{cellsName, path.Join(incoming, "earlier")},
		{path.Join(incoming, cellsName), cellsName},
		{path.Join(incoming, partName), partName},
		{path.Join(incoming, planName), planName},
	} {
		if err := root.Rename(move[0], move[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func resultName(attempt int) string {
	if attempt <= 1 {
		return resultStem + ".json"
	}
	return resultStem + "-" + strconv.Itoa(attempt) + ".json"
}

// writeJSON writes a new file; one that exists is an error.
func writeJSON(root *os.Root, name string, v any) (err error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // people read "<1.31" in it
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, contentPerm)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e // some file systems report a full disk only here
		}
	}()
	_, err = f.Write(buf.Bytes())
	return err
}
