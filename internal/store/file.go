package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// ErrTooLarge says that something goes beyond the limits of this package.
var ErrTooLarge = errors.New("it is too large")

var (
	errNotRegular = errors.New("it is not a regular file")
)

// idPattern is the alphabet of matrix.CellID, so that an ID is a file name on
// every system.
var idPattern = regexp.MustCompile(`^[a-z0-9]{8}$`)

func isID(s string) bool { return idPattern.MatchString(s) }

// schemaOf gives the name of the format that a file says it has.
func schemaOf(data []byte) string {
	var head struct {
		Schema string `json:"schema"`
	}
	if json.Unmarshal(data, &head) != nil {
		return ""
	}
	return head.Schema
}

// isOf tells a file of any version of the format schema.
func isOf(data []byte, schema string) bool {
	family := schema[:strings.LastIndexByte(schema, '/')+1]
	return strings.HasPrefix(schemaOf(data), family)
}

// readFile reads a regular file of at most limit bytes. Links are not followed,
// and pipes and devices not opened, as they could block for ever.
func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	return readFileInto(nil, root, name, limit)
}

// readFileInto is readFile that uses the memory of buf where it is enough.
func readFileInto(buf []byte, root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	if err := fits(info.Size(), limit); err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	size := int(info.Size())
	if cap(buf) <= size {
		buf = make([]byte, size+1)
	}
	// One byte more than there should be tells a file that grows.
	n, err := io.ReadFull(f, buf[:size+1])
	switch {
	case err == nil:
		return nil, errors.New("it grew while it was read")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return buf[:n], nil
	default:
		return nil, err
	}
}

func fits(size, limit int64) error {
	if size > limit {
		return fmt.Errorf("%w: %d bytes, and at most %d are read", ErrTooLarge, size, limit)
	}
	return nil
}

// decode reads JSON of the format want with at most maxValues values in it.
// The format that the file names is looked for in the decoded value first, at
// have, since most files are good and large. Fields that this version does not
// know are passed over.
func decode(data []byte, into any, have *string, want string, maxValues int) error {
	if n := countValues(data); n > maxValues {
		return fmt.Errorf("%w: it holds %d values, and at most %d are read", ErrTooLarge, n, maxValues)
	}
	err := json.Unmarshal(data, into)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is not JSON: %w (byte %d)", err, syntax.Offset)
	}
	if err != nil {
		*have = schemaOf(data) // a file of another format: say that, not what it lacks
	}
	switch *have {
	case want:
	case "":
		return fmt.Errorf("it has no field schema; expected %q", want)
	default:
		return fmt.Errorf("its format is %q, and this version of chart-matrix reads %q; use the version that wrote it", *have, want)
	}
	if err != nil {
		return fmt.Errorf("it does not have the form of %s: %w", want, err)
	}
	return nil
}

// countValues counts what could become a value in memory: every element or
// member follows a comma or an opening bracket that is not part of a string.
func countValues(data []byte) int {
	n, inString := 1, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}
