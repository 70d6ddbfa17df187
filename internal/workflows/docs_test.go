package workflows

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/github.md")

var (
	block  = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")
	table  = regexp.MustCompile(`(?s)(<!-- (inputs|outputs) of (\S+) -->\n)(.*?)(<!-- end -->)`)
	remote = regexp.MustCompile(`posthog/chart-matrix(/\.github/workflows/[a-z]+\.yml)?@v1`)
)

// Workflows in the documentation keep to what the repository's own keep to.
func TestDocumentedWorkflows(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	workflows, calls := 0, 0
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range block.FindAllSubmatchIndex(content, -1) {
			text := content[at[2]:at[3]]
			line := 1 + bytes.Count(content[:at[2]], []byte("\n"))
			var any yaml.Node
			if err := yaml.Unmarshal(text, &any); err != nil {
				t.Errorf("%s:%d: %v", page, line, err)
				continue
			}
			name := "w.yml"
			switch {
			case bytes.Contains(text, []byte("\njobs:\n")):
			case bytes.Contains(text, []byte("\nruns:\n")):
				name = "action.yml"
			default:
				continue
			}
			workflows++
			// What is on GitHub is here, too, and can be looked at.
			text = remote.ReplaceAllFunc(text, func(m []byte) []byte {
				return []byte("./" + strings.TrimPrefix(string(remote.FindSubmatch(m)[1]), "/"))
			})
			f, err := parse(name, append(bytes.Repeat([]byte("\n"), line-1), text...))
			if err != nil {
				t.Errorf("%s:%d: %v", page, line, err)
				continue
			}
			f.path = page
			for _, p := range problems(f) {
				t.Error(p)
			}
			if f.workflow == nil {
				continue
			}
			calls += checkCallers(t, f)
			for _, e := range lint(t, ".github/workflows/documented.yml", text) {
				t.Errorf("%s:%d: %s", page, line+e.Line-1, e.Message)
			}
		}
	}
	if workflows < 4 || calls < 2 {
		t.Errorf("found %d workflows and %d callers in the documentation; is the test blind?", workflows, calls)
	}
}

// The tables of inputs and outputs say what the files say, in their order.
func TestDocumentedInputs(t *testing.T) {
	page := filepath.Join(root, "docs", "github.md")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	want := table.ReplaceAllFunc(content, func(m []byte) []byte {
		tables++
		parts := table.FindSubmatch(m)
		return []byte(string(parts[1]) + rows(t, string(parts[3]), string(parts[2])) + string(parts[5]))
	})
	if tables != 4 {
		t.Errorf("found %d tables; expected 4", tables)
	}
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(content, want) {
		t.Error("the tables of docs/github.md are not what action.yml and the workflows say; rewrite them with -update")
	}
}

// rows are a table of what a file declares.
func rows(t *testing.T, path, kind string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Inputs, Outputs yaml.Node
		On              struct {
			WorkflowCall struct{ Inputs yaml.Node } `yaml:"workflow_call"`
		}
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	declared := file.Inputs
	switch {
	case kind == "outputs":
		declared = file.Outputs
	case path != "action.yml":
		declared = file.On.WorkflowCall.Inputs
	}
	var b strings.Builder
	if kind == "outputs" {
		b.WriteString("| output | what it is |\n| --- | --- |\n")
	} else {
		b.WriteString("| input | what it is | default |\n| --- | --- | --- |\n")
	}
	for i := 0; i+1 < len(declared.Content); i += 2 {
		var d struct{ Description, Default string }
		if err := declared.Content[i+1].Decode(&d); err != nil {
			t.Fatal(err)
		}
		if kind == "outputs" {
			fmt.Fprintf(&b, "| `%s` | %s |\n", declared.Content[i].Value, d.Description)
			continue
		}
		if d.Default != "" {
			d.Default = "`" + d.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", declared.Content[i].Value, d.Description, d.Default)
	}
	if strings.Count(b.String(), "\n") < 3 {
		t.Errorf("%s declares no %s", path, kind)
	}
	return b.String()
}
