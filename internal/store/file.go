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
