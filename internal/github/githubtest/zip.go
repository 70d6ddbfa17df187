package githubtest

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
)

// Zip packs files, name to content, as upload-artifact does. The same files give
// the same bytes.
func Zip(files map[string]string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = entry.Write([]byte(files[name]))
		}
		if err != nil {
			panic("githubtest: " + err.Error()) // a buffer takes all there is
		}
	}
	if err := w.Close(); err != nil {
		panic("githubtest: " + err.Error())
	}
	return out.Bytes()
}
