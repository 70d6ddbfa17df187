package store

import (
	"reflect"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// retried gives job 0's result of a cell that passed when it was tried again.
func retried(c *collection) ([]result.Cell, string) {
	job := c.plan.Jobs[0]
	cells := jobResults(c.plan, job, 1, result.Passed)
	cells[0].Retried = jobResults(c.plan, job, 1, result.Failed)[0].Again()
	return cells, c.folder(job.ID, 1)
}

func TestTriesAreKept(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	cells, folder := retried(c)
	c.write(folder, c.part(c.plan.Jobs[0].ID, 1), nil, cells)
	got := c.collect()
	anomalies(t, got)
	for _, cell := range got.Cells {
		if cell.ID == cells[0].ID && cell.Job != "" && !reflect.DeepEqual(cell.Retried, cells[0].Retried) {
			t.Errorf("got %+v\nwant %+v", cell.Retried, cells[0].Retried)
		}
	}
}

// TestBadTries: a try is believed as little as the result that it stands in.
func TestBadTries(t *testing.T) {
	for _, test := range []struct {
		want   string
		change func(*result.Try)
	}{
		{`its try 1: it has the status "splendid"`, func(t *result.Try) { t.Status = "splendid" }},
		{"its try 1: it says skipped, while its step", func(t *result.Try) { t.Status = result.Skipped }},
		{"its try 1: its attempt is 1001", func(t *result.Try) { t.Attempt = 1001 }},
		{"its try 1: it has a duration below 0", func(t *result.Try) { t.Seconds = -1 }},
		{`it has a step of the layer "lint", which jobs do not run`, func(t *result.Try) { t.Steps[0].Layer = "lint" }},
	} {
		c := aCollection(t)
		c.ofPlan(1)
		cells, folder := retried(c)
		test.change(&cells[0].Retried[0])
		c.rewrite(folder, c.part(c.plan.Jobs[0].ID, 1), cells)
		if got := c.collect(); len(got.Anomalies) != 1 || !strings.Contains(got.Anomalies[0], test.want) {
			t.Errorf("anomalies %q, want %q", got.Anomalies, test.want)
		}
	}
	c := result.Cell{Status: result.Passed, Retried: make([]result.Try, maxTries+1)}
	if err := checkCell(&c); err == nil || !strings.Contains(err.Error(), "it was tried 101 times") {
		t.Error(err)
	}
}
