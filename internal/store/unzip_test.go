package store

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// entry is a file of an archive in the making.
type entry struct {
	name    string
	content string
	mode    fs.FileMode
	change  func(*zip.FileHeader)
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		if e.change != nil {
			e.change(h)
		}
		f, err := w.CreateHeader(h)
		if err == nil && e.content != "" {
			_, err = f.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// unzipBytes unpacks into a new folder, and checks that nothing appears beside it.
func unzipBytes(t testing.TB, data []byte) (dir string, err error) {
	t.Helper()
	parent := t.TempDir()
	dir = filepath.Join(parent, "part")
	err = Unzip(bytes.NewReader(data), int64(len(data)), dir)
	var want []string
	if err == nil {
		want = []string{"part"}
	}
	entries, e := os.ReadDir(parent)
	if e != nil {
		t.Fatal(e)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if !slices.Equal(have, want) {
		t.Errorf("beside the folder there is now %v, want %v (%v)", have, want, err)
	}
	return dir, err
}

func TestUnzip(t *testing.T) {
	dir, err := unzipBytes(t, archive(t,
		entry{name: "cells/", mode: fs.ModeDir | 0o755},
		entry{name: "cells/abcdefgh/result.json", content: "{}", mode: 0o777},
		entry{name: "part.json", content: strings.Repeat("x", 100_000)},
		entry{name: ".hidden/empty"},
		entry{name: "stored", content: "as it is", change: func(h *zip.FileHeader) { h.Method = zip.Store }},
		entry{name: "empty folder/"},
		entry{name: "Grüße …/日本.txt", content: "names of people"},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".hidden/empty", "Grüße …/日本.txt", "cells/abcdefgh/result.json", "part.json", "stored"}
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "cells", "abcdefgh", "result.json")); err != nil || info.Mode().Perm()&0o111 != 0 || info.Size() != 2 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "empty folder")); err != nil || !info.IsDir() {
		t.Error(err)
	}
}

// TestUnzipGivesWhatWasZipped: a part goes through an archive unchanged.
func TestUnzipGivesWhatWasZipped(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0)
	for _, dir := range []string{c.folder("", 1), c.folder(c.plan.Jobs[0].ID, 1)} {
		var buf bytes.Buffer
		w := zip.NewWriter(&buf)
		if err := w.AddFS(os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		remove(t, dir)
		if err := Unzip(bytes.NewReader(buf.Bytes()), int64(buf.Len()), dir); err != nil {
			t.Fatal(err)
		}
	}
	got := c.collect()
	anomalies(t, got)
	if b := brief(got, c.plan.Jobs[0].ID); b != "plan@1 passed, job@1 passed" {
		t.Errorf("got %s", b)
	}
}

func TestUnzipRefusesNames(t *testing.T) {
	for name, want := range map[string]string{
		"../outside":                     "leads elsewhere",
		"a/../../outside":                "leads elsewhere",
		"a/..":                           "leads elsewhere",
		"a/./b":                          "leads elsewhere",
		"a//b":                           "leads elsewhere",
		"":                               "leads elsewhere",
		".":                              "leads elsewhere",
		"/":                              "leads elsewhere",
		"/etc/passwd":                    "is absolute",
		"//host/share":                   "is absolute",
		`\windows`:                       "not every system takes",
		`a\..\..\outside`:                "not every system takes",
		`C:\windows`:                     "not every system takes",
		"C:outside":                      "not every system takes",
		"a:stream":                       "not every system takes",
		"line\nbreak":                    "not every system takes",
		"\x1b[31m":                       "not every system takes",
		"nul\x00byte":                    "not every system takes",
		"right\u202eleft":                "not every system takes",
		"zero\u200bwidth":                "not every system takes",
		"what?":                          "not every system takes",
		"\xff\xfe":                       "is not UTF-8",
		"CON":                            "something else on Windows",
		"a/nul.txt":                      "something else on Windows",
		"com1":                           "something else on Windows",
		"LPT9.log":                       "something else on Windows",
		"aux .tar.gz":                    "something else on Windows",
		"conin$":                         "something else on Windows",
		"dot.":                           "something else on Windows",
		"space ":                         "something else on Windows",
		"...":                            "something else on Windows",
		strings.Repeat("a", 201):         "is too long",
		strings.Repeat("a/", 600) + "b":  "is too long",
		strings.Repeat("ab/", 5) + "con": "something else on Windows",
	} {
		data := archive(t, entry{name: "part.json", content: "{}"}, entry{name: name})
		_, err := unzipBytes(t, data)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
	}
	for _, name := range []string{"console.log", "nullable", "com", "com10", "auxiliary/lpt", "a..b", "..a", "con-1", strings.Repeat("a", 200)} {
		if _, err := unzipBytes(t, archive(t, entry{name: name})); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestUnzipRefusesEntries(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"a link", []entry{{name: "cells", content: "../../etc", mode: fs.ModeSymlink | 0o777}}, "it is not a regular file"},
		{"a link and a file below it", []entry{{name: "a", content: "/tmp", mode: fs.ModeSymlink | 0o777}, {name: "a/b", content: "x"}}, "it is not a regular file"},
		{"a device", []entry{{name: "a", mode: fs.ModeDevice}}, "it is not a regular file"},
		{"a pipe", []entry{{name: "a", mode: fs.ModeNamedPipe}}, "it is not a regular file"},
		{"a socket", []entry{{name: "a", mode: fs.ModeSocket}}, "it is not a regular file"},
		{"a folder that is named like a file", []entry{{name: "a", mode: fs.ModeDir | 0o755}}, "named like a file"},
		{"twice", []entry{{name: "a"}, {name: "a"}}, `its entry "a" is there twice, or differs from another one in case only`},
		{"twice but for case", []entry{{name: "Part.json"}, {name: "part.JSON"}}, "differs from another one in case only"},
		{"twice but for case, beyond ASCII", []entry{{name: "Ärger"}, {name: "ärger"}}, "differs from another one in case only"},
		{"folders that differ in case", []entry{{name: "A/"}, {name: "a/"}}, "differs from another one in case only"},
		{"a file and a folder", []entry{{name: "a"}, {name: "a/"}}, "is there twice"},
		{"a file with files below it", []entry{{name: "a/b/c"}, {name: "a"}}, `its entry "a/b/c" lies below another one that is a file`},
		{"a file with files below it, in another case", []entry{{name: "a/b/c"}, {name: "A"}}, "lies below another one that is a file"},
		{"encrypted", []entry{{name: "a", change: func(h *zip.FileHeader) { h.Flags |= 1 }}}, "it is encrypted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := unzipBytes(t, archive(t, c.entries...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestUnzipTruncated(t *testing.T) {
	data := archive(t, entry{name: "a", content: strings.Repeat("abc", 1000)}, entry{name: "b", content: "b"})
	for n := range data {
		if _, err := unzipBytes(t, data[:n]); err == nil || !strings.Contains(err.Error(), "not an archive that can be used") {
			t.Fatalf("the first %d of %d bytes: %v", n, len(data), err)
		}
	}
	flipped := slices.Clone(data)
	flipped[bytes.IndexByte(flipped, 'a')+4] ^= 0x55 // in the data of the first file
	if _, err := unzipBytes(t, flipped); err == nil || !strings.Contains(err.Error(), `its entry "a" cannot be unpacked`) {
		t.Error(err)
	}
}

func TestUnzipIntoAFolder(t *testing.T) {
	data := archive(t, entry{name: "part.json", content: "new"})
	unzipTo := func(dir string) error { return Unzip(bytes.NewReader(data), int64(len(data)), dir) }
	t.Run("that is empty", func(t *testing.T) {
		dir := t.TempDir()
		if err := unzipTo(dir); err != nil || !slices.Equal(tree(t, dir), []string{"part.json"}) {
			t.Error(err, tree(t, dir))
		}
	})
	t.Run("below one that is not there", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		if err := unzipTo(dir); err != nil || !slices.Equal(tree(t, dir), []string{"part.json"}) {
			t.Error(err)
		}
	})
	t.Run("that holds something", func(t *testing.T) {
		dir := t.TempDir()
		create(t, filepath.Join(dir, "mine"))
		if err := unzipTo(dir); !errors.Is(err, ErrOccupied) || !slices.Equal(tree(t, dir), []string{"mine"}) {
			t.Error(err, tree(t, dir))
		}
	})
	t.Run("that was unpacked before", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "part")
		if err := unzipTo(dir); err != nil {
			t.Fatal(err)
		}
		if err := unzipTo(dir); !errors.Is(err, ErrOccupied) {
			t.Error(err)
		}
	})
	t.Run("that is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		create(t, file)
		if err := unzipTo(file); !errors.Is(err, ErrOccupied) {
			t.Error(err)
		}
	})
	t.Run("that an interrupted one left half", func(t *testing.T) {
		parent := t.TempDir()
		half := filepath.Join(parent, incoming+"-part", "cells")
		if err := os.MkdirAll(half, 0o750); err != nil {
			t.Fatal(err)
		}
		create(t, filepath.Join(half, "old"))
		if err := unzipTo(filepath.Join(parent, "part")); err != nil || !slices.Equal(tree(t, parent), []string{"part/part.json"}) {
			t.Error(err, tree(t, parent))
		}
	})
	t.Run("that has no name", func(t *testing.T) {
		if err := unzipTo(string(filepath.Separator)); err == nil {
			t.Error("the root was taken")
		}
	})
	t.Run("that is a link to an empty one", func(t *testing.T) {
		parent := t.TempDir()
		if err := os.Symlink(t.TempDir(), filepath.Join(parent, "link")); err != nil {
			t.Skip(err)
		}
		if err := unzipTo(filepath.Join(parent, "link")); !errors.Is(err, ErrOccupied) {
			t.Error(err)
		}
	})
}

// raw writes an archive by hand, which may lie: local headers and data as given,
// and a list of entries that points to them.
type raw struct {
	bytes.Buffer
	list    bytes.Buffer
	entries int
}

func (r *raw) le(to *bytes.Buffer, values ...any) {
	for _, v := range values {
		if err := binary.Write(to, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
}

// local writes a local header with data, and tells where.
func (r *raw) local(name string, method uint16, sum uint32, zipped []byte, size int) int {
	at := r.Len()
	r.le(&r.Buffer, uint32(0x04034b50), uint16(20), uint16(0), method, uint32(0), sum, uint32(len(zipped)), uint32(size), uint16(len(name)), uint16(0))
	r.WriteString(name)
	r.Write(zipped)
	return at
}

// listed adds an entry to the list.
func (r *raw) listed(name string, method uint16, sum uint32, zipped, size, at int) {
	r.le(&r.list, uint32(0x02014b50), uint16(20), uint16(20), uint16(0), method, uint32(0), sum, uint32(zipped), uint32(size),
		uint16(len(name)), uint16(0), uint16(0), uint16(0), uint16(0), uint32(0), uint32(at))
	r.list.WriteString(name)
	r.entries++
}

// end gives the archive, which says that it has so many entries.
func (r *raw) end(entries int) []byte {
	at, length := r.Len(), r.list.Len()
	r.Write(r.list.Bytes())
	r.le(&r.Buffer, uint32(0x06054b50), uint16(0), uint16(0), uint16(entries), uint16(entries), uint32(length), uint32(at), uint16(0))
	return r.Bytes()
}

// zeros gives n zeros, compressed, and their checksum.
func zeros(t testing.TB, n int) (zipped []byte, sum uint32) {
	t.Helper()
	data := archive(t, entry{name: "z", content: strings.Repeat("\x00", n)})
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	at, err := z.File[0].DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	return data[at : at+int64(z.File[0].CompressedSize64)], z.File[0].CRC32
}

func TestUnzipBombs(t *testing.T) {
	const mb = 1 << 20
	ten, sum := zeros(t, 10*mb)
	t.Run("what is small may be all alike", func(t *testing.T) {
		var r raw
		for i := range 6 {
			name := fmt.Sprint("log", i)
			r.listed(name, zip.Deflate, sum, len(ten), 10*mb, r.local(name, zip.Deflate, sum, ten, 10*mb))
		}
		if _, err := unzipBytes(t, r.end(6)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a thousand times its size", func(t *testing.T) {
		var r raw
		for i := range 20 {
			name := fmt.Sprint("log", i)
			r.listed(name, zip.Deflate, sum, len(ten), 10*mb, r.local(name, zip.Deflate, sum, ten, 10*mb))
		}
		_, err := unzipBytes(t, r.end(20))
		if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "more than 200 times its own size") {
			t.Error(err)
		}
	})
	t.Run("entries that share their data", func(t *testing.T) {
		var r raw
		at := r.local("a", zip.Deflate, sum, ten, 10*mb)
		r.listed("a", zip.Deflate, sum, len(ten), 10*mb, at)
		r.listed("b", zip.Deflate, sum, len(ten), 10*mb, at)
		if _, err := unzipBytes(t, r.end(2)); err == nil || !strings.Contains(err.Error(), `its entries "a" and "b" overlap`) {
			t.Error(err)
		}
	})
	t.Run("an entry that is the data of another", func(t *testing.T) {
		var inner raw
		inner.local("b", zip.Store, crc32.ChecksumIEEE([]byte("x")), []byte("x"), 1)
		data := inner.Bytes()
		var r raw
		at := r.local("a", zip.Store, crc32.ChecksumIEEE(data), data, len(data))
		r.listed("a", zip.Store, crc32.ChecksumIEEE(data), len(data), len(data), at)
		r.listed("b", zip.Store, crc32.ChecksumIEEE([]byte("x")), 1, 1, at+31)
		if _, err := unzipBytes(t, r.end(2)); err == nil || !strings.Contains(err.Error(), "overlap") {
			t.Error(err)
		}
	})
	t.Run("an entry that is larger than it says", func(t *testing.T) {
		var r raw
		r.listed("a", zip.Deflate, sum, len(ten), 10, r.local("a", zip.Deflate, sum, ten, 10))
		if _, err := unzipBytes(t, r.end(1)); err == nil || !strings.Contains(err.Error(), `its entry "a" cannot be unpacked`) {
			t.Error(err)
		}
	})
	t.Run("an entry that is smaller than it says", func(t *testing.T) {
		var r raw
		r.listed("a", zip.Deflate, sum, len(ten), 11*mb, r.local("a", zip.Deflate, sum, ten, 11*mb))
		if _, err := unzipBytes(t, r.end(1)); err == nil || !strings.Contains(err.Error(), `its entry "a" cannot be unpacked`) {
			t.Error(err)
		}
	})
	t.Run("an entry of a gigabyte and more", func(t *testing.T) {
		var r raw
		r.listed("a", zip.Deflate, sum, len(ten), maxUnzippedBytes+1, r.local("a", zip.Deflate, sum, ten, maxUnzippedBytes+1))
		if _, err := unzipBytes(t, r.end(1)); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
	t.Run("an entry that lies beyond the end", func(t *testing.T) {
		var r raw
		r.local("a", zip.Store, 0, nil, 0)
		r.listed("a", zip.Store, 0, 1000, 1000, 1<<30)
		if _, err := unzipBytes(t, r.end(1)); err == nil || !strings.Contains(err.Error(), "cannot be used") {
			t.Error(err)
		}
	})
	t.Run("another method", func(t *testing.T) {
		var r raw
		r.listed("a", 12, 0, 1, 1, r.local("a", 12, 0, []byte("x"), 1))
		if _, err := unzipBytes(t, r.end(1)); err == nil || !strings.Contains(err.Error(), "it is compressed by the method 12") {
			t.Error(err)
		}
	})
	t.Run("too many entries", func(t *testing.T) {
		var r raw
		for i := range maxEntries + 1 {
			r.listed(fmt.Sprint(i), zip.Store, 0, 0, 0, 0)
		}
		_, err := unzipBytes(t, r.end((maxEntries+1)%(1<<16))) // as the format counts them
		if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "it has 200001 entries, and at most 200000 are unpacked") {
			t.Error(err)
		}
	})
	t.Run("a list of entries without end", func(t *testing.T) {
		var r raw
		for range maxDirectoryBytes/(46+1) + 1 {
			r.listed("a", zip.Store, 0, 0, 0, 0)
		}
		if _, err := unzipBytes(t, r.end(1)); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "its list of entries takes more than 33554432 bytes") {
			t.Error(err)
		}
	})
}

// TestUnzipNothing: an archive without entries is an empty folder.
func TestUnzipNothing(t *testing.T) {
	dir, err := unzipBytes(t, archive(t))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Error(entries, err)
	}
}
