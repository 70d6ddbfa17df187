//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fails is a command that fails the first time that it is asked in the scenario
// default, and notes down in which cluster it was asked.
const fails = `layers:
  install:
  command:
    run: |
      echo "$SCENARIO $(kubectl config current-context)" >>asked
      if [ "$SCENARIO" = default ] && [ "$(grep -c default asked)" = 1 ]; then echo "connection refused" >&2; exit 4; fi
  uninstall:
retry: 1
`

// TestRetry: a cell that fails is tried again when all others have been asked, in
// a fresh cluster, and what passes then is told as flaky. Both tries leave their
// evidence.
func TestRetry(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	_, versions := kindImages(t)
	dir := project{
		chart: filepath.Join("..", "examples", "minimal", "chart"), versions: versions[:1],
		axes: "  scenario: {default: {}, three: {set: {replicas: 3}}}", more: fails,
	}.make(t)
	e := cm(t, dir, "run", "--clusters", "1", "--results", "results")
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	if want := "All 2 cells pass, 1 of them only when tried again."; e.code != 0 || !strings.Contains(e.stdout, want) || !strings.Contains(e.stdout, "the command exits with 4") {
		t.Errorf("exit code %d, want 0 and %q", e.code, want)
	}
	data, err := os.ReadFile(filepath.Join(dir, "asked"))
	asked := strings.Fields(string(data))
	if err != nil || len(asked) != 6 || asked[0] != "default" || asked[2] != "three" || asked[4] != "default" || asked[1] != asked[3] || asked[1] == asked[5] {
		t.Errorf("asked in this order and these clusters: %q, %v; want default and three in one, and default again in another", asked, err)
	}
	everyCell(t, plan, cells)
	for _, c := range cells {
		retried := c.At[matrix.Scenario] == "default"
		if c.Status != result.Passed || (len(c.Retried) == 1) != retried {
			t.Errorf("%s: %s, retried %+v", c.Slug, c.Status, c.Retried)
		}
		for suffix, want := range map[string]bool{"": true, "-try-2": retried, "-try-3": false} {
			if _, err := os.Stat(filepath.Join(dir, "results", "evidence", c.ID+suffix, "events.log")); (err == nil) != want {
				t.Errorf("%s: evidence%s: %v", c.Slug, suffix, err)
			}
		}
	}
	nothingLeft(t, plan)
}
