package store

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// The limits on an archive. A part has a few files for each cell, and JSON and
// logs shrink to a tenth or less, seldom to a hundredth.
const (
	maxEntries        = 200_000
	maxDirectoryBytes = 32 << 20 // of the archive's list of entries
	maxUnzippedBytes  = 1 << 30
	maxUnzipRatio     = 200 // unzipped to zipped, beyond freeUnzipBytes
	freeUnzipBytes    = 64 << 20
)

// Unzip unpacks the archive of an artifact, which may be hostile, into dir: a
// folder that does not exist yet, or is empty. Other folders are left alone, with
// ErrOccupied.
//
// An archive is taken whole or not at all. One with links, names that lead out
// of the folder or mean different files on different systems, entries that
// overlap, or data that does not fit its checksum is refused; one beyond the
// limits, with ErrTooLarge. On any error dir is as it was. What is unpacked
// goes to a folder beside dir first; one that an interrupted Unzip left there is
// removed.
func Unzip(r io.ReaderAt, size int64, dir string) error {
	if err := unzip(r, size, dir); err != nil {
		return fmt.Errorf("unpacking an artifact to %s: %w", dir, err)
	}
	return nil
}

func unzip(r io.ReaderAt, size int64, dir string) error {
	entries, err := openArchive(r, size)
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	parent, name := filepath.Split(dir)
	if err := os.MkdirAll(parent, folderPerm); err != nil {
		return err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	if err := checkEmpty(root, name); err != nil {
		return err
	}
	half := incoming + "-" + name
	if err := root.RemoveAll(half); err != nil {
		return err
	}
	err = unpack(root, half, entries, allowance(size))
	if err == nil {
		err = moveTo(root, half, name)
	}
	if err != nil {
		// What cannot be removed now is removed by the next Unzip.
		return errors.Join(err, root.RemoveAll(half))
	}
	return nil
}

// allowance gives how many bytes an archive of that size may unpack to.
func allowance(size int64) int64 {
	return min(maxUnzippedBytes, max(freeUnzipBytes, size*maxUnzipRatio))
}

func checkEmpty(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%w; there is a file of that name", ErrOccupied)
	}
	entries, err := fs.ReadDir(root.FS(), name)
	if err == nil && len(entries) > 0 {
		err = ErrOccupied
	}
	return err
}

// moveTo puts what is unpacked in the place of an empty folder, or of none.
func moveTo(root *os.Root, half, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.Rename(half, name)
}

// openArchive reads the list of entries and checks it.
func openArchive(r io.ReaderAt, size int64) ([]*zip.File, error) {
	// The list may name more entries than it says, and zip reads them all: so
	// the bytes are counted that it reads.
	counted := &meter{from: r, left: maxDirectoryBytes}
	archive, err := zip.NewReader(counted, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked below
		if errors.Is(err, ErrTooLarge) {
			return nil, err
		}
		return nil, fmt.Errorf("it is not an archive that can be used: %w", err)
	}
	counted.off = true
	if len(archive.File) > maxEntries {
		return nil, fmt.Errorf("%w: it has %d entries, and at most %d are unpacked", ErrTooLarge, len(archive.File), maxEntries)
	}
	if err := checkEntries(archive.File); err != nil {
		return nil, err
	}
	return archive.File, checkOverlaps(archive.File)
}

// meter refuses to read more than some bytes.
type meter struct {
	from io.ReaderAt
	left int64
	off  bool
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	if !m.off {
		if m.left -= int64(len(p)); m.left < 0 {
			return 0, fmt.Errorf("%w: its list of entries takes more than %d bytes", ErrTooLarge, maxDirectoryBytes)
		}
	}
	return m.from.ReadAt(p, off)
}

// checkOverlaps refuses entries that share data: a small archive could hold a
// great deal so.
func checkOverlaps(entries []*zip.File) error {
	type extent struct {
		from, to int64
		name     string
	}
	var extents []extent
	for _, e := range entries {
		from, err := e.DataOffset()
		if err != nil {
			return fmt.Errorf("its entry %s cannot be used: %w", show(e.Name), err)
		}
		if e.CompressedSize64 > 0 {
			extents = append(extents, extent{from, from + int64(e.CompressedSize64), e.Name}) //nolint:gosec // checked by checkEntry
		}
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(extents); i++ {
		if extents[i].from < extents[i-1].to {
			return fmt.Errorf("its entries %s and %s overlap", show(extents[i-1].name), show(extents[i].name))
		}
	}
	return nil
}

// unpack writes all entries to the new folder half, and at most left bytes.
func unpack(root *os.Root, half string, entries []*zip.File, left int64) error {
	if err := root.Mkdir(half, folderPerm); err != nil {
		return err
	}
	into, err := root.OpenRoot(half)
	if err != nil {
		return err
	}
	defer func() { _ = into.Close() }() // only a handle
	for _, e := range entries {
		n, err := unpackEntry(into, e, left)
		if err != nil {
			return fmt.Errorf("its entry %s cannot be unpacked: %w", show(e.Name), err)
		}
		left -= n
	}
	return nil
}

func unpackEntry(into *os.Root, e *zip.File, left int64) (n int64, err error) {
	name := path.Clean(e.Name)
	if isFolder(e) {
		return 0, into.MkdirAll(name, folderPerm)
	}
	if err := into.MkdirAll(path.Dir(name), folderPerm); err != nil {
		return 0, err
	}
	content, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }() // it was only read
	f, err := into.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, contentPerm)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e // some file systems report a full disk only here
		}
	}()
	n, err = io.Copy(f, io.LimitReader(content, left+1))
	if err == nil && n > left {
		err = fmt.Errorf("%w: the archive unpacks to more than %d bytes, or more than %d times its own size", ErrTooLarge, int64(maxUnzippedBytes), maxUnzipRatio)
	}
	return n, err
}
