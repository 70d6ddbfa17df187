package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// Bounds of the notes that Remove reads.
const (
	maxNotes     = 10_000
	maxNoteBytes = 64 << 10
)

// Remove removes what a job noted down in the result folder dir and did not
// remove itself; "" means every job. What is gone already is a success, and so is
// a folder that does not exist. Programs come first, as they might make what is
// removed after them; then clusters, with the provider that made each; then
// temporary folders, which nobody writes to any more. It goes on after an error and gives all of them, with what it removed, by name. The grace
// is how long a program has to end by itself.
func Remove(ctx context.Context, dir, job string, grace time.Duration, providers ...provider.Provider) (removed []Ref, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only a handle
	notes, err := root.OpenRoot(madeName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = notes.Close() }() // only a handle
	names, err := noteNames(notes)
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", dir, madeName, err)
	}
	r := remover{notes: notes, job: job, grace: grace, providers: providers}
	var failures []error
	for _, kind := range []string{"", ClusterKind, FolderKind} {
		for _, name := range names {
			ref, found, err := r.remove(ctx, name, kind)
			switch {
			case err != nil:
				failures = append(failures, fmt.Errorf("%s/%s/%s: %w", dir, madeName, name, err))
			case found:
				removed = append(removed, ref)
			}
		}
	}
	slices.SortFunc(removed, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	_ = root.Remove(madeName) // fails while it holds other notes
	return removed, errors.Join(failures...)
}

func noteNames(notes *os.Root) ([]string, error) {
	f, err := notes.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	entries, err := f.ReadDir(maxNotes + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > maxNotes {
		return nil, fmt.Errorf("it holds more than %d notes", maxNotes)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), noteEnding) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// remover removes what notes name.
type remover struct {
	notes     *os.Root
	job       string // whose; "" for all
	grace     time.Duration
	providers []provider.Provider
}

// remove removes what one note names, and then the note. found tells that
// there was something to remove. kind says which notes are meant: those of
// clusters, of folders, or for "" all others, which includes those that nobody
// can read.
func (r *remover) remove(ctx context.Context, name, kind string) (ref Ref, found bool, err error) {
	ref, err = readNote(r.notes, name)
	of := ref.Kind
	if of != ClusterKind && of != FolderKind {
		of = ""
	}
	if of != kind || errors.Is(err, fs.ErrNotExist) { // gone with an earlier kind
		return ref, false, nil
	}
	if err != nil || r.job != "" && ref.Job != r.job {
		return ref, false, err
	}
	switch ref.Kind {
	case ProcessGroup:
		var left []process
		if left, err = processesOf(ref); err == nil && len(left) > 0 {
			found = true
			err = endProcesses(ctx, ref, r.grace)
		}
	case ClusterKind:
		found, err = true, r.cluster(ctx, ref)
	case FolderKind:
		_, missing := os.Lstat(ref.Dir)
		found, err = missing == nil, removeDir(ref)
	default:
		err = fmt.Errorf("it names a %q, which this version of chart-matrix cannot remove; use the version that wrote it", ref.Kind)
	}
	if err != nil {
		return ref, false, err
	}
	return ref, found, r.notes.Remove(name)
}

func readNote(notes *os.Root, name string) (Ref, error) {
	var ref Ref
	info, err := notes.Lstat(name)
	if err != nil {
		return ref, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxNoteBytes {
		return ref, fmt.Errorf("expected a note of at most %d KiB", maxNoteBytes>>10)
	}
	data, err := notes.ReadFile(name)
	if err != nil {
		return ref, err
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		return ref, fmt.Errorf("expected a note in JSON: %w", err)
	}
	if ref.Schema != RefSchema {
		return ref, fmt.Errorf("its format is %q; expected %q", ref.Schema, RefSchema)
	}
	return ref, nil
}

// How often processes are looked for, and how long a kill may take to act.
const (
	lookEvery = 20 * time.Millisecond
	killTakes = 5 * time.Second
)

// endProcesses asks the processes of a group to end, and kills what is left
// after the grace, until none is found.
func endProcesses(ctx context.Context, ref Ref, grace time.Duration) error {
	started := time.Now()
	asked := map[int]bool{}
	for {
		left, err := processesOf(ref)
		if err != nil || len(left) == 0 {
			return err
		}
		since := time.Since(started)
		if since > grace+killTakes {
			return fmt.Errorf("process %d has not ended, although it was killed", left[0].pid)
		}
		for _, p := range left {
			if since >= grace || ctx.Err() != nil {
				kill(p.pid)
			} else if !asked[p.pid] {
				asked[p.pid] = true
				terminate(p.pid)
			}
		}
		time.Sleep(lookEvery)
	}
}
