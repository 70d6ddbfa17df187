package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// awkward is a matrix whose values want quoting, of which one cell is included
// alone, and with clouds that no cluster can be made on.
const awkward = `
chart: chart
axes:
  kubernetes: [1.34]
  provider: [kind, k3s, gke, existing]
  scenario: [default, ha]
  operation: [install, upgrade]
  tier: ["a b", "x'y", "p,q"]
scenarios:
  ha: {set: {a: "1"}}
operations:
  upgrade: {from: 0.0.1}
include:
  - {provider: eks, kubernetes: 1.35, scenario: default, because: a first try on EKS}
layers:
  command: {run: "true", needs: release}
  uninstall:
`

func awkwardProject(t *testing.T) *project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		".chart-matrix.yaml": awkward, "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
		"chart/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := openProject(t.Context(), Env{Now: func() time.Time { return started }, Getenv: func(string) string { return "" }}, dir, targetFlags{offline: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// TestCommandsReproduceOneCell: whichever layer fails in whichever cell, the
// command that the report gives plans that cell alone, with that layer.
func TestCommandsReproduceOneCell(t *testing.T) {
	p := awkwardProject(t)
	plan, err := p.plan(planFlags{})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, c := range plan.Cells {
		for _, failing := range plan.Layers {
			if (failing == "upgrade") != (c.At["operation"] == "upgrade") && (failing == "install" || failing == "upgrade") {
				continue
			}
			f := failsIn(plan, c, failing)
			if f.Reproduce == "" {
				if failing != "cluster" || makesClusters(c.At["provider"]) {
					t.Fatalf("no command for %s in %s", failing, c.Slug)
				}
				continue
			}
			tried++
			if err := onlyPlans(p, f.Reproduce, c, failing); err != nil {
				t.Fatalf("%s in %s: %s: %v", failing, c.Slug, f.Reproduce, err)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d commands were tried", tried)
	}
}

// failsIn is what the report says of a run in which one layer fails in one cell.
func failsIn(plan *matrix.Plan, in matrix.Cell, failing string) findings.Finding {
	var cells []result.Cell
	for _, c := range plan.Cells {
		r := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Passed}
		for _, l := range plan.Layers {
			status := result.Passed
			switch {
			case l == "install" && c.At["operation"] == "upgrade", l == "upgrade" && c.At["operation"] != "upgrade":
				status = result.Skipped
			case c.ID == in.ID && l == failing:
				status, r.Status = result.Failed, result.Failed
			}
			r.Steps = append(r.Steps, result.Step{Layer: l, Status: status, Assertions: []result.Assertion{{Name: "check", Status: status}}})
		}
		cells = append(cells, r)
	}
	s := findings.Explain(result.Join(plan, cells, nil), findings.Options{
		Now: started, Command: checkCommand(plan.Chart), JobCommand: runCommand(plan.Chart), Clusters: clusterWays(),
	})
	return s.Findings[0]
}

// onlyPlans fails unless a command plans nothing but one layer in one cell, and
// what that layer needs.
func onlyPlans(p *project, command string, want matrix.Cell, failing string) error {
	words, err := shellWords(command)
	if err != nil {
		return err
	}
	if len(words) < 3 || words[0] != "chart-matrix" {
		return fmt.Errorf("%q: expected a command of chart-matrix", words)
	}
	env := Env{Getenv: func(string) string { return "" }}
	var cmd *cobra.Command
	switch words[1] {
	case "check":
		cmd = newCheck(env)
	case "run":
		cmd = newRun(env)
	default:
		return fmt.Errorf("there is no command %s", words[1])
	}
	if err := cmd.ParseFlags(words[2:]); err != nil {
		return err
	}
	if n := cmd.Flags().NArg(); n != 1 {
		return fmt.Errorf("%d arguments; want the chart alone", n)
	}
	f := planFlags{static: words[1] == "check"}
	if f.only, err = cmd.Flags().GetStringArray("only"); err != nil {
		return err
	}
	if f.layers, err = cmd.Flags().GetStringSlice("layers"); err != nil {
		return err
	}
	if words[1] == "run" {
		if f.provider, err = cmd.Flags().GetString("provider"); err != nil {
			return err
		}
		if err := (&clusterFlags{provider: f.provider}).check(); err != nil {
			return err
		}
	}
	plan, err := p.plan(f)
	if err != nil {
		return err
	}
	if len(plan.Cells) != 1 || plan.Cells[0].ID != want.ID {
		return fmt.Errorf("it plans %d cells", len(plan.Cells))
	}
	if !slices.Contains(plan.Layers, failing) {
		return fmt.Errorf("it asks %v", plan.Layers)
	}
	if skip, ok := plan.Cells[0].Skip[failing]; ok {
		return fmt.Errorf("the layer is skipped: %s", skip.Because)
	}
	needsRelease := slices.Contains([]string{"test", "command", "uninstall"}, failing)
	if makes := layerOf(want.At[matrix.Operation]); needsRelease && !slices.Contains(plan.Layers, makes) {
		return fmt.Errorf("it asks %v, without %s", plan.Layers, makes)
	}
	return nil
}

// shellWords takes a command apart as a POSIX shell does, of which the report
// uses the single quotes and the backslash.
func shellWords(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quoted := false, false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			quoted, inWord = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == '\\' && i+1 < len(command):
			i++
			word.WriteByte(command[i])
			inWord = true
		case c == ' ':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		case strings.ContainsRune("$`\"*?[]{}()<>|&;#~!\n", rune(c)):
			return nil, fmt.Errorf("%q means something to a shell", c)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is open")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
