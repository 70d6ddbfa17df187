package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/reporters"
	"github.com/posthog/chart-matrix/reporters/markdown"
	"github.com/posthog/chart-matrix/result"
)

// The names in a rendered folder. summary.json comes last, since nothing is
// delivered without it.
const (
	renderedResults = "results"
	renderedSummary = "summary.json"
	rendering       = ".chart-matrix-rendering" // what a render was interrupted in
)

// stepSummaryLimit keeps a step summary below 1 MiB, in bytes, above which GitHub
// throws it away whole (https://docs.github.com/actions/reference/limits). Other
// steps of the job have summaries of their own; what else this one writes is small.
const stepSummaryLimit = 1<<20 - 64<<10

// rendered is one file of a rendered folder.
type rendered struct{ name, format string }

// renderedFiles lists them in the order in which they are put in place.
func renderedFiles() []rendered {
	return []rendered{{"report.html", "html"}, {"summary.md", "markdown"}, {"junit.xml", "junit"}, {renderedSummary, "json"}}
}

var errNotRendered = errors.New("the folder holds other files; name an empty or a new one, or the folder of an earlier report")

// canRender tells, before there is anything to write, that render would refuse
// the folder out.
func canRender(out string) error {
	info, err := os.Stat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", out)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	if len(entries) == 0 || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == rendering && e.IsDir() }) {
		return nil
	}
	if _, err := readSummary(out); err != nil {
		return fmt.Errorf("%s: %w", out, errNotRendered)
	}
	return nil
}

// render writes the report of a run into the folder out: all of it, or nothing.
// It is written beside an earlier report there before that is replaced.
func render(ctx context.Context, out string, s findings.Summary, run *result.Run) error {
	if err := canRender(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	incoming := filepath.Join(out, rendering)
	if err := os.RemoveAll(incoming); err != nil {
		return err
	}
	err := os.Mkdir(incoming, 0o755)
	if err == nil {
		err = fillRendered(incoming, s, run)
	}
	if err == nil {
		err = ctx.Err() // nobody waits for it any more
	}
	if err == nil {
		err = putInPlace(incoming, out)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(incoming))
	}
	return os.Remove(incoming)
}

// fillRendered writes every file, side by side: the results take as long as the
// others together.
func fillRendered(dir string, s findings.Summary, run *result.Run) error {
	var wait sync.WaitGroup
	files := renderedFiles()
	failed := make([]error, len(files)+1)
	for i, f := range files {
		wait.Go(func() {
			r, err := reporters.New(f.format, reporters.Options{Markdown: markdown.Options{Limit: stepSummaryLimit}})
			if err == nil {
				err = writeNew(filepath.Join(dir, f.name), func(w io.Writer) error { return r.Render(w, s) })
			}
			failed[i] = err
		})
	}
	wait.Go(func() {
		failed[len(files)] = store.Write(filepath.Join(dir, renderedResults), run.Plan, slices.Concat(run.Earlier, run.Cells))
	})
	wait.Wait()
	return errors.Join(failed...)
}

// writeNew writes a file that does not exist yet.
func writeNew(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e // some file systems report a full disk only here
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// putInPlace replaces an earlier report. The summary goes first and comes last.
func putInPlace(incoming, out string) error {
	names := []string{renderedResults}
	for _, f := range renderedFiles() {
		names = append(names, f.name)
	}
	for _, name := range slices.Backward(names) {
		if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(incoming, name), filepath.Join(out, name)); err != nil {
			return err
		}
	}
	return nil
}
