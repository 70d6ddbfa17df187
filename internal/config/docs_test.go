package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentedExamples reads every example of the documentation.
func TestDocumentedExamples(t *testing.T) {
	schema := compiledSchema(t)
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(data), "\n```yaml\n")[1:]
	if len(examples) < 8 {
		t.Fatalf("found %d examples; the test looks for the wrong marks", len(examples))
	}
	for i, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if _, err := Parse("example.yaml", []byte(example), vocabulary()); err != nil {
				t.Errorf("%v\nin\n%s", err, example)
			}
			if err := schema.Validate(asJSON(t, []byte(example))); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
		})
	}
}

// TestExamplesInErrors reads the examples that errors show: advice must be right.
func TestExamplesInErrors(t *testing.T) {
	for _, k := range rootShape.keys {
		example := k.shape.example
		if example == "" || !strings.HasPrefix(example, k.name+":") {
			continue
		}
		file := example
		if !strings.HasPrefix(example, "axes:") && !strings.HasPrefix(example, "events:") {
			file = "axes:\n  provider: [doks, gke]\n  kubernetes: [1.30, 1.34]\n" + example
		}
		if _, err := Parse(k.name, []byte(file), vocabulary()); err != nil {
			t.Errorf("the example of %s is wrong itself: %v", k.name, err)
		}
	}
}
