package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"
)

var update = flag.Bool("update", false, "rewrite golden files, the JSON Schema and the reference")

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run: go test ./internal/config -update", err)
	}
	if got != string(want) {
		t.Errorf("%s differs\n got: %s\nwant: %s", file, got, want)
	}
}

func testdata(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	files, err := seedFiles(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func seedFiles(pattern string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[name], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// TestMistakes reads every bad file and compares what is said about it.
func TestMistakes(t *testing.T) {
	for file, data := range testdata(t, "bad/*/*.yaml") {
		t.Run(file, func(t *testing.T) {
			_, err := Parse(filepath.Base(file), data, vocabulary())
			if err == nil {
				t.Fatal("accepted")
			}
			var all *multierror.Error
			if !errors.As(err, &all) {
				t.Fatalf("%T is not a list of mistakes", err)
			}
			for _, e := range all.Errors {
				var mistake *Error
				if !errors.As(e, &mistake) || mistake.Line < 1 || mistake.Column < 1 {
					t.Errorf("no position: %v", e)
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// TestGood reads every good file.
func TestGood(t *testing.T) {
	for file, data := range testdata(t, "good/*.yaml") {
		t.Run(file, func(t *testing.T) {
			c, err := Parse(filepath.Base(file), data, vocabulary())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Spec("pull_request"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPublished compares the published JSON Schema and the reference in the
// documentation with the table that they are made of.
func TestPublished(t *testing.T) {
	schema, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "..", "schemas", "config.schema.json"), string(schema))

	file := filepath.Join("..", "..", "docs", "configuration.md")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- reference: begin -->\n", "<!-- reference: end -->"
	head, rest, ok := strings.Cut(string(data), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of the reference", file)
	}
	golden(t, file, head+begin+"\n"+Reference()+"\n"+end+tail)
}

// BenchmarkParse reads the configuration that uses everything.
func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("testdata", "good", "whole.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	vocab := vocabulary()
	for b.Loop() {
		if _, err := Parse(FileName, data, vocab); err != nil {
			b.Fatal(err)
		}
	}
}
