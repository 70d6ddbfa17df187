package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/posthog/chart-matrix/findings"
)

// renderedHistory is the file of a rendered folder that takes older runs along:
// a night reads the one before it and keeps what that read, so that one download
// tells of all. It has a line for itself and one for each run, newest first.
const renderedHistory = "history.jsonl"

// The bounds of the history that is kept. What is beyond them is forgotten.
const (
	maxHistoryRuns  = 30
	maxHistoryBytes = 8 << 20
)

// historyHead is the first line. Fingerprints are those of one version of the
// program, and mean nothing to another.
type historyHead struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
}

func newHistoryHead() historyHead { return historyHead{"chart-matrix/history/v1", buildVersion()} }

// keepHistory writes the runs that a report was compared with into its folder.
func keepHistory(dir string, past []*findings.Past) error {
	file := filepath.Join(dir, renderedHistory)
	if len(past) == 0 {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	var out bytes.Buffer
	line, err := json.Marshal(newHistoryHead())
	for i := 0; err == nil && i <= min(len(past), maxHistoryRuns); i++ {
		if out.Len()+len(line) >= maxHistoryBytes {
			break
		}
		out.Write(append(line, '\n'))
		if i < len(past) {
			line, err = json.Marshal(past[i])
		}
	}
	if err != nil {
		return err
	}
	return writeFile(file, func(w io.Writer) error {
		_, err := w.Write(out.Bytes())
		return err
	})
}

// readHistory gives the runs that a report took along; none where there is no
// such file, or one of another version.
func readHistory(dir string) ([]*findings.Past, error) {
	f, err := os.Open(filepath.Join(dir, renderedHistory))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%s is not a regular file", renderedHistory))
	}
	lines := bufio.NewScanner(io.LimitReader(f, maxHistoryBytes))
	lines.Buffer(nil, maxHistoryBytes)
	if !lines.Scan() {
		return nil, lines.Err()
	}
	var head historyHead
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return nil, fmt.Errorf("%s: %w", renderedHistory, err)
	}
	if head != newHistoryHead() {
		return nil, nil
	}
	var past []*findings.Past
	for len(past) < maxHistoryRuns && lines.Scan() {
		p := &findings.Past{}
		if err := json.Unmarshal(lines.Bytes(), p); err != nil {
			return nil, fmt.Errorf("%s: %w", renderedHistory, err)
		}
		past = append(past, p)
	}
	return past, lines.Err()
}
