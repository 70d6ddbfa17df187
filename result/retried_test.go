package result

import (
	"reflect"
	"testing"
)

// TestJoinKeepsTries: what a job has tried again stays with its cell, through a
// join and through another one of what came of it.
func TestJoinKeepsTries(t *testing.T) {
	first := part("j", "a", 1, Failed)
	again := part("j", "a", 1, Passed)
	again.Retried, again.Seconds = first.Again(), 2
	late := part("j", "b", 1, Failed)
	late.NotRetried = "there is no time for it"
	run := Join(jobPlan(), append(home(1), again, late), nil)
	if got := spelled(run.Cells[0]); got != "a1 passed [lint passed, command passed]" || run.Cells[0].Seconds != 3 {
		t.Errorf("got %s in %v s", got, run.Cells[0].Seconds)
	}
	tries := run.Cells[0].Tries()
	if len(tries) != 1 || spelled(tries[0]) != "a1 failed [command failed]" || tries[0].Job != "j" {
		t.Errorf("tries: %+v", tries)
	}
	if run.Cells[1].NotRetried != late.NotRetried || len(run.Earlier) > 0 {
		t.Errorf("%+v, earlier %+v", run.Cells[1], run.Earlier)
	}
	if twice := Join(jobPlan(), run.Cells, nil); !reflect.DeepEqual(twice.Cells, run.Cells) {
		t.Errorf("joined again: %+v\nwant %+v", twice.Cells, run.Cells)
	}
}

// TestAgainCountsEachTryOnce: a cell's time is that of all tries, a try's its own.
func TestAgainCountsEachTryOnce(t *testing.T) {
	c := part("j", "a", 1, Failed)
	c.Seconds = 3
	for range 2 {
		next := part("j", "a", 1, Failed)
		next.Retried = c.Again()
		next.Seconds = c.Seconds + 4
		c = next
	}
	tries := c.Again()
	if len(tries) != 3 || tries[0].Seconds != 3 || tries[1].Seconds != 4 || tries[2].Seconds != 4 || len(c.Retried) != 2 {
		t.Errorf("%+v", tries)
	}
}
