package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// openText opens a small chart with this configuration.
func openText(t *testing.T, text string) *project {
	t.Helper()
	dir := t.TempDir()
	writeChart(t, dir, "one")
	if err := os.WriteFile(filepath.Join(dir, ".chart-matrix.yaml"), []byte("chart: web\nlayers: {render: {}, command: {run: 'true', needs: nothing}}\n"+text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	env := Env{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: func() time.Time { return started }}
	p, err := openProject(context.Background(), env, dir, targetFlags{offline: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

func packed(t *testing.T, p *project, plan *matrix.Plan, err error) *matrix.Plan {
	t.Helper()
	if err == nil {
		err = p.pack(plan, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan.Seal()
	return plan
}

// TestForksFollowUp: of what a fork followed up, the report joins what the
// trusted configuration allows as well, and nothing else.
func TestForksFollowUp(t *testing.T) {
	const (
		axes   = "axes: {kubernetes: [1.33, 1.34, 1.35], provider: [kind, eks]}\n"
		events = "events: {pull_request: {only: {kubernetes: [1.33, 1.35], provider: kind}}}\n"
		up     = "follow-up: {cells: 6}\n"
	)
	on := planFlags{event: "pull_request"}
	for _, c := range []struct {
		name, fork, base string
		cells            string // that are joined, by slug
		err              string
	}{
		{"as it is allowed", up, up, "kind-1.34-default-install", ""},
		{"switched on by the fork", up, "", "", "follow-up.cells allows it"},
		{"of a provider that the run did not use", "follow-up: {cells: 6, providers: eks}\n", up, "kind-1.34-default-install", ""},
		{"more cells than there may be", "follow-up: {cells: 6, providers: eks}\n", "follow-up: {cells: 1, providers: eks}\n", "kind-1.34-default-install", ""},
		{"of a cell that is excluded", up, up + "exclude: [{kubernetes: 1.34, because: it is}]\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			fork, base := openText(t, axes+events+c.fork), openText(t, axes+events+c.base)
			first, err := fork.plan(on)
			packed(t, fork, first, err)
			asked, err := fork.chooseFollowUp(first, on, [][]matrix.Wanted{{
				{At: coordinate("1.34", "kind")}, {At: coordinate("1.34", "eks")},
			}}, 6)
			packed(t, fork, asked, err)
			plan, err := base.plan(on)
			packed(t, base, plan, err)
			both, err := base.followAgain(plan, on, gathered{Collected: store.Collected{FollowUp: asked}})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var slugs []string
			for _, cell := range both.Cells {
				if _, ok := cellsByID(plan)[cell.ID]; !ok {
					slugs = append(slugs, cell.Slug)
				}
			}
			if got := strings.Join(slugs, " "); got != c.cells {
				t.Errorf("joined %q, want %q", got, c.cells)
			}
			// The jobs have the names that the fork's own have.
			for _, j := range both.Jobs[len(plan.Jobs):] {
				found := false
				for _, own := range asked.Jobs {
					found = found || own.ID == j.ID
				}
				if !found {
					t.Errorf("no job of the fork is %s", j.ID)
				}
			}
			run := result.Join(both, nil, nil)
			if len(run.Cells) != len(both.Cells) {
				t.Errorf("%d cells", len(run.Cells))
			}
		})
	}
}

func coordinate(version, provider string) matrix.Coordinate {
	return matrix.Coordinate{matrix.Kubernetes: version, matrix.Provider: provider, matrix.Scenario: "default", matrix.Operation: "install"}
}
