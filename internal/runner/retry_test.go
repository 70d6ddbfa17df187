package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// answers scripts what install says at each try: by cell, one word for each, the
// last one for all that follow.
func (s *scene) answers(script map[string]string) {
	tries := map[string]int{}
	s.install = func(_ context.Context, env *layer.JobEnv) ([]result.Assertion, error) {
		words := strings.Fields(script[env.Cell.ID])
		tries[env.Cell.ID]++
		switch word := "passed"; {
		case len(words) > 0 && words[min(tries[env.Cell.ID], len(words))-1] == "errored":
			return nil, errors.New("the registry is away")
		case len(words) > 0:
			word = words[min(tries[env.Cell.ID], len(words))-1]
			fallthrough
		default:
			return []result.Assertion{{Name: "installs", Status: result.Status(word)}}, nil
		}
	}
}

// tries shows each cell with its tries, and why there were no more.
func tries(results []result.Cell) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s:", r.ID)
		for _, t := range r.Again() {
			fmt.Fprintf(&b, " %s", t.Status)
		}
		if r.NotRetried != "" {
			fmt.Fprintf(&b, " (%s)", r.NotRetried)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestRetry(t *testing.T) {
	both := Retry{Times: 1, Failed: true, Errored: true}
	for _, c := range []struct {
		name  string
		retry Retry
		say   map[string]string
		want  string // of the cells
		made  int    // clusters
	}{
		{"off", Retry{Failed: true, Errored: true}, map[string]string{"cell1": "failed passed"}, "cell1: failed, cell2: passed, cell3: passed", 1},
		{"nothing to do", both, nil, "cell1: passed, cell2: passed, cell3: passed", 1},
		{"passes then", both, map[string]string{"cell1": "failed passed"}, "cell1: failed passed, cell2: passed, cell3: passed", 2},
		{"could be asked then", both, map[string]string{"cell3": "errored passed"}, "cell1: passed, cell2: passed, cell3: errored passed", 2},
		{"fails again", both, map[string]string{"cell1": "failed"}, "cell1: failed failed, cell2: passed, cell3: passed", 2},
		{"all of them", both, map[string]string{"cell1": "failed passed", "cell2": "errored failed", "cell3": "failed errored"},
			"cell1: failed passed, cell2: errored failed, cell3: failed errored", 4},
		{"the third time", Retry{3, true, true}, map[string]string{"cell1": "failed errored passed", "cell2": "failed"},
			"cell1: failed errored passed, cell2: failed failed failed failed, cell3: passed", 6},
		{"only errored", Retry{Times: 1, Errored: true}, map[string]string{"cell1": "failed passed", "cell2": "errored passed"},
			"cell1: failed, cell2: errored passed, cell3: passed", 2},
		{"only failed", Retry{Times: 2, Failed: true}, map[string]string{"cell1": "failed errored passed", "cell2": "errored passed"},
			"cell1: failed errored, cell2: errored, cell3: passed", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.job.Retry = c.retry
			s.answers(c.say)
			results := s.run(t.Context())
			if got := strings.ReplaceAll(strings.TrimSpace(tries(results)), "\n", ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if s.opened != c.made {
				t.Errorf("%d clusters were made, want %d", s.opened, c.made)
			}
			if left := s.left(t); left != "" {
				t.Errorf("left: %s", left)
			}
		})
	}
}

// TestRetriesComeLast: every cell is asked before one is asked again, each try
// has evidence of its own, and those who listen hear a cell's end once.
func TestRetriesComeLast(t *testing.T) {
	s := newScene(t)
	s.job.Retry = Retry{2, true, true}
	s.answers(map[string]string{"cell1": "failed failed passed", "cell2": "failed"})
	var told []string
	hear := func(word string) func(result.Cell) {
		return func(r result.Cell) { told = append(told, fmt.Sprintf("%s %s %s", word, r.ID, r.Status)) }
	}
	s.job.Tried, s.job.Done = hear("tried"), hear("done")
	s.job.Again = func(c matrix.Cell, try int) { told = append(told, fmt.Sprintf("again %s %d", c.ID, try)) }
	s.clusters.Evidence = func(c matrix.Cell, try int) (string, error) {
		told = append(told, fmt.Sprintf("evidence %s %d", c.ID, try))
		return filepath.Join(s.tmp, c.ID, fmt.Sprint(try)), nil
	}
	results := s.run(t.Context())
	want := []string{
		"evidence cell1 1", "tried cell1 failed", "evidence cell2 1", "tried cell2 failed", "evidence cell3 1", "done cell3 passed",
		"again cell1 2", "evidence cell1 2", "tried cell1 failed", "again cell2 2", "evidence cell2 2", "tried cell2 failed",
		"again cell1 3", "evidence cell1 3", "done cell1 passed", "again cell2 3", "evidence cell2 3", "done cell2 failed",
	}
	if !slices.Equal(told, want) {
		t.Errorf("got\n%s", strings.Join(told, "\n"))
	}
	first := results[0]
	var seconds float64
	for _, try := range first.Again() {
		seconds += try.Seconds
		if len(try.Steps) != 3 || try.KubeVersion != "v1.34.4" || try.Started.IsZero() {
			t.Errorf("a try says too little: %+v", try)
		}
	}
	if first.Seconds <= 0 || seconds < 0.999*first.Seconds || seconds > 1.001*first.Seconds {
		t.Errorf("%v s in all, %v s in its tries", first.Seconds, seconds)
	}
}

// TestRetryIsLeftOut: where there is no trying again the result says why, and
// stays as it is.
func TestRetryIsLeftOut(t *testing.T) {
	twice := map[string]string{"cell1": "failed passed"}
	for _, c := range []struct {
		name   string
		faults []providertest.Fault
		change func(*scene)
		want   []string // what is said
		left   bool     // something is
	}{
		{"no provider any more", nil, func(s *scene) {
			s.install = func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
				s.fake.Faults = []providertest.Fault{{Step: providertest.List, Err: fmt.Errorf("docker stopped: %w", provider.ErrUnavailable)}}
				return []result.Assertion{{Name: "installs", Status: result.Failed}}, nil
			}
		}, []string{"cell1: failed errored\n", "cell2: failed (there is no cluster for it: no fake cluster: docker stopped"}, false},
		{"its cluster stays", []providertest.Fault{{Step: providertest.Remove}}, nil,
			[]string{"cell1: failed (its cluster could not be removed, so there is no fresh one)", "removed error leak: the cluster cm-"}, true},
		{"a cluster that is not ours, and not clean", nil, func(s *scene) {
			s.clusters.Lasting = true
			s.session.clean = func(cell int) ([]string, error) {
				if cell == 3 {
					return []string{"Namespace/stuck"}, nil
				}
				return nil, nil
			}
		}, []string{"cell1: failed (the cluster is not as it was: it left Namespace/stuck)", "cell3: errored (the cluster is not as it was"}, false},
		{"nothing can be asked", nil, func(s *scene) {
			inputs := s.job.Inputs
			s.job.Inputs = func(c matrix.Cell) (layer.Inputs, error) {
				in, _ := inputs(c)
				return in, map[string]error{"cell1": errors.New("no values")}[c.ID]
			}
		}, []string{"cell1: errored\n"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.faults...)
			s.job.Retry = Retry{1, true, true}
			s.answers(twice)
			if c.change != nil {
				c.change(s)
			}
			results := s.run(t.Context())
			text := tries(results) + said(results)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if left := s.left(t); (left != "") != c.left {
				t.Errorf("left: %s", left)
			}
		})
	}
}

// TestRetryNeedsTime: a try that would not end before the job is not begun.
func TestRetryNeedsTime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	s := newScene(t)
	c := matrix.Cell{ID: "cell1"}
	for _, test := range []struct {
		took, boot time.Duration
		want       string
	}{
		{50 * time.Minute, 0, ""},
		{50 * time.Minute, 11 * time.Minute, "there was no time for it: it would take about 1h1m0s, and the job had "},
		{61 * time.Minute, 0, "there was no time for it: it would take about 1h1m0s, and the job had "},
	} {
		r := &jobRun{Job: s.job, clusters: &clusterRun{Clusters: s.clusters, boot: test.boot}, took: []time.Duration{test.took}}
		if got := r.noRetry(ctx, c, 0); !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s and %s: %q, want %q", test.took, test.boot, got, test.want)
		}
	}
}

// TestClusterIsTriedAgain: cells that got no cluster get one later, which they
// share as they would have the first one.
func TestClusterIsTriedAgain(t *testing.T) {
	s := newScene(t, providertest.Fault{Step: providertest.Ready, Times: 1})
	s.job.Retry = Retry{1, true, true}
	results := s.run(t.Context())
	if got := tries(results); got != "cell1: errored passed\ncell2: errored passed\ncell3: errored passed\n" || s.opened != 1 {
		t.Errorf("%d clusters,\n%s", s.opened, got)
	}
	s = newScene(t, providertest.Fault{Step: providertest.Ready})
	s.job.Retry = Retry{2, true, true}
	results = s.run(t.Context())
	if got := tries(results); !strings.Contains(got, "cell1: errored errored errored\n") || strings.Count(got, "(there is no cluster for it: no fake cluster") != 2 {
		t.Errorf("got\n%s", got)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// TestRetryIsCutOff: a try that was cut off says nothing, so the one before it stands.
func TestRetryIsCutOff(t *testing.T) {
	s := newScene(t)
	s.job.Retry = Retry{1, true, true}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := 0
	s.install = func(ctx context.Context, env *layer.JobEnv) ([]result.Assertion, error) {
		if asked++; asked == 4 {
			cancel()
			return nil, context.Cause(ctx)
		}
		if env.Cell.ID == "cell3" {
			return []result.Assertion{check(result.Passed)}, nil
		}
		return []result.Assertion{{Name: "installs", Status: result.Failed}}, nil
	}
	results := s.run(ctx)
	want := "cell1: failed (the next try was cut off: the run was interrupted)\ncell2: failed (the run was interrupted)\ncell3: passed\n"
	if got := tries(results); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// TestRetryInALastingCluster: there is but one, and it is cleaned in between.
func TestRetryInALastingCluster(t *testing.T) {
	s := newScene(t)
	s.clusters.Lasting = true
	s.job.Retry = Retry{1, true, true}
	s.answers(map[string]string{"cell2": "failed passed"})
	results := s.run(t.Context())
	if got := tries(results); got != "cell1: passed\ncell2: failed passed\ncell3: passed\n" || s.opened != 1 || s.session.cells != 4 {
		t.Errorf("%d clusters, %d tries,\n%s", s.opened, s.session.cells, got)
	}
	for _, r := range results {
		if !strings.Contains(said(results), r.ID+": passed") {
			t.Errorf("got\n%s", said(results))
		}
	}
}

// TestAcceptedFailuresAreNotTriedAgain: there is nothing to be learned from it.
func TestAcceptedFailuresAreNotTriedAgain(t *testing.T) {
	s := newScene(t)
	s.job.Retry = Retry{1, true, true}
	s.job.Accepted = func(c result.Cell) bool { return c.ID == "cell1" }
	s.answers(map[string]string{"cell1": "failed passed", "cell2": "failed passed"})
	if got := tries(s.run(t.Context())); got != "cell1: failed\ncell2: failed passed\ncell3: passed\n" {
		t.Errorf("got\n%s", got)
	}
}

// TestRetryWithoutClusters: jobs whose layers need none try again, too.
func TestRetryWithoutClusters(t *testing.T) {
	s := newScene(t)
	s.job.Clusters, s.job.Retry = nil, Retry{1, true, true}
	asked := 0
	s.job.Layers = []layer.JobLayer{&fakeJobLayer{name: "command", run: func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
		if asked++; asked == 2 {
			return []result.Assertion{check(result.Failed)}, nil
		}
		return []result.Assertion{check(result.Passed)}, nil
	}}}
	if got := tries(s.run(t.Context())); got != "cell1: passed\ncell2: failed passed\ncell3: passed\n" {
		t.Errorf("got\n%s", got)
	}
}
