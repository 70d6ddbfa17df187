package findings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryFileIsOnTheMap keeps doc.go a map of all files, and of no others.
func TestEveryFileIsOnTheMap(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"doc.go": true}
	for _, word := range strings.Fields(string(text)) {
		if word = strings.Trim(word, ",;.:"); strings.HasSuffix(word, ".go") {
			named[word] = true
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") && !named[name] {
			t.Errorf("%s is missing on the map in doc.go; say there what it is for", name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("doc.go speaks of %s, which is not there", name)
	}
}
