package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/result"
)

// reader finds the results below a folder, and then decodes them on all
// processors. It notes down what it cannot use.
type reader struct {
	root      *os.Root
	left      int64 // bytes that may still be read
	files     []file
	anomalies []string
	more      int // anomalies beyond maxAnomalies
}

// file is a result that is to be decoded.
type file struct {
	name string // from the root
	id   string // of the cell in whose folder it lies
	part int    // a number that the caller of scan chose
}

// loaded is a result that may be believed as far as it goes.
type loaded struct {
	file
	cell result.Cell
}

func newReader(root *os.Root) *reader { return &reader{root: root, left: maxTotalBytes} }

// note keeps an anomaly. Its text may hold what a hostile file says, so that it
// is cut.
func (r *reader) note(format string, args ...any) {
	if len(r.anomalies) == maxAnomalies {
		r.more++
		return
	}
	r.anomalies = append(r.anomalies, shorten(fmt.Sprintf(format, args...)))
}

func (r *reader) unused(name string, err error) { r.note("%s is not used: %v", name, err) }

// told gives the anomalies, of which there are maxAnomalies and a last one that
// counts the others.
func (r *reader) told() []string {
	if r.more == 0 {
		return r.anomalies
	}
	return append(r.anomalies, fmt.Sprintf("there are %d more anomalies like these", r.more))
}

func shorten(s string) string {
	if len(s) <= maxAnomalyBytes {
		return s
	}
	cut := maxAnomalyBytes
	for cut > maxAnomalyBytes-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// scan finds every result in the result folder dir, in the order of the names.
// Evidence beside them is not touched.
func (r *reader) scan(dir string, part int) {
	name := path.Join(dir, cellsName)
	folders, err := r.list(name, maxCells)
	if errors.Is(err, fs.ErrNotExist) {
		return // no cell has reported; Join calls them lost
	}
	if err != nil {
		r.unused(name, err)
		return
	}
	for _, f := range folders {
		r.scanCell(path.Join(name, f.Name()), f, part)
	}
}

// scanCell finds the results of one cell: one for each attempt.
func (r *reader) scanCell(name string, folder fs.DirEntry, part int) {
	if !folder.IsDir() || !isID(folder.Name()) {
		r.unused(name, errors.New("expected a folder named like a cell"))
		return
	}
	entries, err := r.list(name, maxFilesInCell)
	if err != nil {
		r.unused(name, err)
		return
	}
	seen := false
	for _, e := range entries {
		if !isResult(e.Name()) {
			continue // evidence, and whatever later versions keep there
		}
		seen = true
		f := file{name: path.Join(name, e.Name()), id: folder.Name(), part: part}
		if err := r.reserve(f.name); err != nil {
			r.unused(f.name, err)
			continue
		}
		r.files = append(r.files, f)
	}
	if !seen {
		r.unused(name, fmt.Errorf("there is no %s in it", resultName(1)))
	}
}

// reserve takes the size of a file from what may still be read. It is done
// before anything is decoded, so that the same files are left out every time.
func (r *reader) reserve(name string) error {
	info, err := r.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	if err := fits(info.Size(), maxResultBytes); err != nil {
		return err
	}
	if info.Size() > r.left {
		return fmt.Errorf("%w: at most %d bytes of results are read", ErrTooLarge, int64(maxTotalBytes))
	}
	r.left -= info.Size()
	return nil
}

// load decodes what scan found, in its order.
func (r *reader) load() []loaded {
	out, errs := make([]loaded, len(r.files)), make([]error, len(r.files))
	share(len(r.files), func(numbers iter.Seq[int]) {
		var buf []byte
		d := newDecoder()
		for i := range numbers {
			out[i].file = r.files[i]
			data, err := readFileInto(buf, r.root, r.files[i].name, maxResultBytes)
			if err == nil {
				buf = data
				out[i].cell, err = d.parseResult(data, r.files[i].id)
			}
			errs[i] = err
		}
	})
	good := out[:0]
	for i, err := range errs {
		if err != nil {
			r.unused(r.files[i].name, err)
			continue
		}
		good = append(good, out[i])
	}
	return good
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
		return nil, fmt.Errorf("%w: it holds more than %d entries", ErrTooLarge, limit)
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
