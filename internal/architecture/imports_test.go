// Package architecture holds the test that keeps imports running one way.
package architecture

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/posthog/chart-matrix"

// allowed names every edge that may exist between the folders of this module,
// innermost first. A package under a folder follows that folder's rule unless it
// has one of its own. A new edge is a decision: make it here, in the same
// commit as the import, and say why in docs/architecture.md.
var allowed = map[string][]string{
	"matrix":            {},
	"result":            {"matrix"},
	"findings":          {"result", "matrix"},
	"findings/scenes":   {"findings", "internal/store", "reporters", "result", "matrix"}, // tests alone
	"reporters":         {"findings", "result", "matrix", "reporters"},
	"schemas":           {},
	"internal/kube":     {"internal/kube"},
	"internal/chart":    {"internal/command"},
	"internal/command":  {},
	"internal/cluster":  {"result"},
	"internal/junit":    {"result"},
	"internal/config":   {"matrix", "result", "schemas"},
	"internal/layer":    {"internal/chart", "internal/kube", "internal/command", "internal/junit", "result", "matrix"},
	"internal/runner":   {"internal/layer", "internal/provider", "internal/cluster", "internal/command", "result", "matrix"},
	"internal/store":    {"result", "matrix"},
	"internal/progress": {"result"},
	"internal/git":      {"internal/command"},
	"internal/provider": {"internal/cluster", "internal/command", "internal/provider", "matrix"},
	"internal/github":   {"internal/store", "result", "matrix", "internal/github"},
	"internal/cli": {
		"findings", "matrix", "reporters", "result", "internal/chart", "internal/config", "internal/kube",
		"internal/layer", "internal/progress", "internal/runner", "internal/store",
		"internal/command", "internal/git", "internal/github", "internal/provider", "internal/cluster",
	},
	"internal/workflows": {},
	"cmd":                {"internal/cli"},
	"e2e":                {},
	"bench":              {"internal/cli", "internal/store", "findings", "result", "matrix", "reporters"},
}

// only names the folders that alone may import a library: everything else goes
// through them.
var only = map[string][]string{
	"helm.sh/helm":                          {"internal/chart"},
	"k8s.io/":                               {"internal/chart", "internal/kube", "internal/cluster", "internal/provider/existing"},
	"github.com/fluxcd/":                    {"internal/chart", "internal/cluster"},
	"github.com/spf13/cobra":                {"internal/cli"},
	"github.com/olekukonko/tablewriter":     {"reporters/terminal", "internal/cli"},
	"github.com/google/go-github":           {"internal/github"},
	"github.com/go-json-experiment/json":    {"internal/store"},
	"github.com/sethvargo/go-githubactions": {"internal/github"},
}

// pure names the folders that may use the standard library and these alone:
// no files, no network, no processes.
var pure = map[string][]string{
	"matrix":   {},
	"result":   {},
	"findings": {},
}

var impure = []string{"os", "os/exec", "net", "net/http", "syscall", "io/ioutil"}

func TestImportsRunOneWay(t *testing.T) {
	root := filepath.Join("..", "..")
	files := goFiles(t, root)
	if len(files) < 20 {
		t.Fatalf("found %d Go files under %s; the test looks in the wrong place", len(files), root)
	}
	for _, file := range files {
		folder := path.Dir(file)
		rule, ok := ruleFor(folder)
		if !ok {
			t.Errorf("%s: the folder %s has no rule; add one to `allowed`", file, folder)
			continue
		}
		for _, imported := range imports(t, filepath.Join(root, file)) {
			if err := check(folder, rule, imported); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func check(folder, rule, imported string) error {
	if inside, ok := strings.CutPrefix(imported, module+"/"); ok {
		if within(inside, rule) || slices.ContainsFunc(allowed[rule], func(a string) bool { return within(inside, a) }) {
			return nil
		}
		return fmt.Errorf("%s may not import %s; allowed are %v", folder, inside, allowed[rule])
	}
	for library, folders := range only {
		if strings.HasPrefix(imported, library) && !slices.ContainsFunc(folders, func(f string) bool { return within(folder, f) }) {
			return fmt.Errorf("%s is for %v alone", imported, folders)
		}
	}
	if _, ok := pure[rule]; ok && slices.Contains(impure, imported) {
		return fmt.Errorf("%s is pure and may not import %s", rule, imported)
	}
	return nil
}

// TestRulesHaveNoCycle shows that the allowed edges themselves run one way.
func TestRulesHaveNoCycle(t *testing.T) {
	var visit func(folder string, above []string)
	visit = func(folder string, above []string) {
		if slices.Contains(above, folder) {
			t.Fatalf("a cycle: %s", strings.Join(append(above, folder), " → "))
		}
		for _, next := range allowed[folder] {
			if next != folder {
				visit(next, append(slices.Clone(above), folder))
			}
		}
	}
	for folder := range allowed {
		visit(folder, nil)
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct{ folder, imported string }{
		{"matrix", module + "/result"},
		{"matrix", "os"},
		{"reporters/html", module + "/internal/cli"},
		{"internal/layer", "helm.sh/helm/v4/pkg/engine"},
		{"internal/runner", "github.com/spf13/cobra"},
	} {
		rule, _ := ruleFor(c.folder)
		if check(c.folder, rule, c.imported) == nil {
			t.Errorf("%s may import %s, and should not", c.folder, c.imported)
		}
	}
}

// ruleFor finds the longest folder in `allowed` that holds the given one.
func ruleFor(folder string) (string, bool) {
	for f := folder; f != "."; f = path.Dir(f) {
		if _, ok := allowed[f]; ok {
			return f, true
		}
	}
	return "", false
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// goFiles lists the Go files that are compiled into the program, tests apart.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range parsed.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}
