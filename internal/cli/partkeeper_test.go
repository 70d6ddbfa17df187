package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// TestKeeper: results are written as they come, what is known later replaces
// them, and behind stop nothing is written.
func TestKeeper(t *testing.T) {
	var written []string
	k := &keeper{save: func(cells []result.Cell) error {
		var all []string
		for _, c := range cells {
			all = append(all, fmt.Sprintf("%s %s", c.ID, c.Status))
		}
		written = append(written, strings.Join(all, ", "))
		return nil
	}}
	k.add(result.Cell{ID: "a", Status: result.Passed})
	if len(written) != 1 || written[0] != "a passed" {
		t.Errorf("written: %q", written)
	}
	k.amend(result.Cell{ID: "a", Status: result.Errored})
	k.add(result.Cell{ID: "b", Status: result.Passed})
	if err := k.write(); err != nil || written[len(written)-1] != "a errored, b passed" {
		t.Errorf("written: %q, %v", written, err)
	}
	before := len(written)
	k.stop()
	k.add(result.Cell{ID: "c"})
	if len(written) != before {
		t.Errorf("written behind stop: %q", written)
	}
}

// TestKeeperKeepsTheNewestResult: a cell that is tried again has one result.
func TestKeeperKeepsTheNewestResult(t *testing.T) {
	var saved []result.Cell
	k := &keeper{save: func(cells []result.Cell) error {
		saved = slices.Clone(cells)
		return nil
	}}
	k.add(result.Cell{ID: "a", Status: result.Failed})
	k.add(result.Cell{ID: "b", Status: result.Passed})
	k.add(result.Cell{ID: "a", Status: result.Passed})
	if err := k.write(); err != nil {
		t.Fatal(err)
	}
	if len(saved) != 2 || saved[0].ID != "a" || saved[0].Status != result.Passed || saved[1].ID != "b" {
		t.Errorf("saved %+v", saved)
	}
}
