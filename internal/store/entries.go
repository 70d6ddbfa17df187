package store

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of names in an archive: what every common file system takes.
const (
	maxEntryName    = 1_000 // bytes
	maxEntryElement = 200   // bytes of a file's or folder's name
)

// devices are the names that Windows takes for devices, whatever follows a dot.
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$`)

// checkEntries refuses an archive with an entry that is not a plain file or
// folder, or whose name could mean something else than it seems to.
func checkEntries(entries []*zip.File) error {
	isFile := make(map[string]bool, len(entries)) // by folded name
	for _, e := range entries {
		if err := checkEntry(e); err != nil {
			return fmt.Errorf("its entry %s is refused: %w", show(e.Name), err)
		}
		// Systems that do not tell upper from lower case would write one over
		// the other.
		name := foldEntry(e)
		if _, twice := isFile[name]; twice {
			return fmt.Errorf("its entry %s is there twice, or differs from another one in case only", show(e.Name))
		}
		isFile[name] = !isFolder(e)
	}
	for _, e := range entries {
		name := foldEntry(e)
		for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
			if isFile[name[:i]] {
				return fmt.Errorf("its entry %s lies below another one that is a file", show(e.Name))
			}
		}
	}
	return nil
}

func checkEntry(e *zip.File) error {
	if err := checkEntryName(e.Name); err != nil {
		return err
	}
	switch mode := e.Mode(); {
	case mode.Type() != 0 && mode.Type() != fs.ModeDir:
		return fmt.Errorf("%w (%s)", errNotRegular, mode.Type())
	case mode.IsDir() != isFolder(e):
		return errors.New("it says that it is a folder, and is named like a file")
	case e.Flags&1 != 0:
		return errors.New("it is encrypted")
	case e.Method != zip.Store && e.Method != zip.Deflate:
		return fmt.Errorf("it is compressed by the method %d; expected 0 or 8", e.Method)
	case isFolder(e) && e.UncompressedSize64 > 0:
		return errors.New("it is a folder with content")
	case e.CompressedSize64 > math.MaxInt64/2 || e.UncompressedSize64 > maxUnzippedBytes:
		return fmt.Errorf("%w: it says that it has %d bytes", ErrTooLarge, e.UncompressedSize64)
	}
	return nil
}

func isFolder(e *zip.File) bool { return strings.HasSuffix(e.Name, "/") }

// checkEntryName takes names that mean the same file, inside the folder, on
// every system.
func checkEntryName(name string) error {
	name = strings.TrimSuffix(name, "/")
	switch {
	case len(name) > maxEntryName:
		return errors.New("its name is too long")
	case !utf8.ValidString(name):
		return errors.New("its name is not UTF-8")
	case strings.HasPrefix(name, "/"):
		return errors.New("its name is absolute")
	}
	for element := range strings.SplitSeq(name, "/") {
		switch {
		case element == "" || element == "." || element == "..":
			return errors.New("its name leads elsewhere")
		case len(element) > maxEntryElement:
			return errors.New("a part of its name is too long")
		case strings.ContainsAny(element, `\:*?"<>|`) || strings.ContainsFunc(element, odd):
			return errors.New("its name has characters that not every system takes")
		case strings.HasSuffix(element, ".") || strings.HasSuffix(element, " ") || devices.MatchString(element):
			return errors.New("its name means something else on Windows")
		}
	}
	return nil
}

// odd tells control and invisible characters.
func odd(r rune) bool { return !unicode.IsPrint(r) }

func foldEntry(e *zip.File) string { return fold(strings.TrimSuffix(e.Name, "/")) }

// fold gives equal texts for names that differ in case only.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
			least = min(least, s)
		}
		return least
	}, name)
}

// show quotes a name that anyone may have chosen.
func show(name string) string {
	const most = 100
	if len(name) > most {
		name = name[:most] + "…"
	}
	return fmt.Sprintf("%q", name)
}
