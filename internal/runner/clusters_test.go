package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fakeSession is what a job does in a cluster, as a test wants it.
type fakeSession struct {
	layer.Cluster
	begin, clean func(cell int) ([]string, error) // nil: nothing happens
	cells        int
}

func (f *fakeSession) Begin(ctx context.Context, _, _ string) (func(bool), error) {
	f.cells++
	var err error
	if f.begin != nil {
		_, err = f.begin(f.cells)
	}
	return func(bool) {}, errors.Join(err, ctx.Err())
}

func (f *fakeSession) Clean(context.Context, string, bool) ([]string, error) {
	if f.clean == nil {
		return nil, nil
	}
	return f.clean(f.cells)
}

// scene is a job of three cells with the layers cluster, install and plain, of
// which the last needs no cluster.
type scene struct {
	host     *providertest.Host
	fake     *providertest.Fake
	dir, tmp string
	session  *fakeSession
	install  func(context.Context, *layer.JobEnv) ([]result.Assertion, error)
	clusters *Clusters
	job      *Job
	amended  []string
	opened   int // clusters
}

func newScene(t *testing.T, faults ...providertest.Fault) *scene {
	t.Helper()
	s := &scene{host: &providertest.Host{}, dir: t.TempDir(), tmp: t.TempDir(), session: &fakeSession{}}
	t.Setenv("TMPDIR", s.tmp)
	s.fake = &providertest.Fake{Host: s.host, Faults: faults}
	passes := func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
		return []result.Assertion{check(result.Passed)}, nil
	}
	s.install = passes
	version, err := matrix.ParseVersion("1.34")
	if err != nil {
		t.Fatal(err)
	}
	s.clusters = &Clusters{
		Provider: s.fake, Version: version,
		Open: func(*provider.Cluster) (Session, error) {
			s.opened++
			return s.session, nil
		},
		UpTimeout: 500 * time.Millisecond, CleanTimeout: 500 * time.Millisecond, DownTimeout: 500 * time.Millisecond,
	}
	s.job = &Job{
		ID: "abcdefgh", Attempt: 1, Now: time.Now,
		Made:   &Made{Dir: s.dir, Job: "abcdefgh", Now: time.Now, Expires: time.Now().Add(time.Hour)},
		Inputs: func(c matrix.Cell) (layer.Inputs, error) { return layer.Inputs{Cell: c, Namespace: "ns"}, nil },
		Layers: []layer.JobLayer{
			ClusterLayer{},
			&fakeJobLayer{name: "install", need: layer.NeedCluster, run: func(ctx context.Context, env *layer.JobEnv) ([]result.Assertion, error) { return s.install(ctx, env) }},
			&fakeJobLayer{name: "plain", run: passes},
		},
		Clusters: s.clusters,
		Amend:    func(r result.Cell) { s.amended = append(s.amended, jobBrief(r)) },
	}
	return s
}

func (s *scene) run(ctx context.Context) []result.Cell {
	var cells []matrix.Cell
	for i := range 3 {
		cells = append(cells, matrix.Cell{ID: fmt.Sprintf("cell%d", i+1), Slug: fmt.Sprintf("slug-%d", i+1)})
	}
	return s.job.Run(ctx, cells)
}

// nothingLeft tells what is left of clusters, their notes and their folders.
func (s *scene) left(t *testing.T) string {
	t.Helper()
	var left []string
	for _, pattern := range []string{filepath.Join(s.dir, madeName, "*"), filepath.Join(s.tmp, "*")} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, names...)
	}
	return strings.Join(append(left, s.host.Names()...), " ")
}

// said gives what all cells' results say, and their problems.
func said(results []result.Cell) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s: %s\n", r.ID, jobBrief(r))
		for _, s := range r.Steps {
			for _, a := range s.Assertions {
				for _, p := range a.Problems {
					fmt.Fprintf(&b, "  %s %s %s: %s\n", a.Name, p.Severity, p.Code, p.Message)
				}
			}
		}
	}
	return b.String()
}

// TestClusterIsShared: three cells, one cluster, and its version in each result.
func TestClusterIsShared(t *testing.T) {
	s := newScene(t)
	s.install = func(_ context.Context, env *layer.JobEnv) ([]result.Assertion, error) {
		if notes := len(s.job.Made.Left()); notes != 1 || len(s.host.Names()) != 1 {
			t.Errorf("%d clusters are noted, and there are %v", notes, s.host.Names())
		}
		if env.KubeVersion != "v1.34.4" {
			t.Errorf("the layer sees %q", env.KubeVersion)
		}
		return []result.Assertion{check(result.Passed)}, nil
	}
	results := s.run(t.Context())
	for _, r := range results {
		if got := jobBrief(r); got != "passed, cluster passed, install passed, plain passed" || r.KubeVersion != "v1.34.4" {
			t.Errorf("%s: %s at %q", r.ID, got, r.KubeVersion)
		}
	}
	if s.session.cells != 3 {
		t.Errorf("%d cells were begun", s.session.cells)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
	if len(s.amended) != 1 {
		t.Errorf("amended %v", s.amended)
	}
}

// TestFaultsOfClusters lets the provider fail at every point, and hang there.
// Afterwards every cell has a result that tells what happened, and nothing is
// left, or it is said and noted, so that Remove finds it.
func TestFaultsOfClusters(t *testing.T) {
	for _, step := range append(providertest.UpSteps(), providertest.Remove) {
		for _, after := range []bool{false, true} {
			for _, hang := range []bool{false, true} {
				for _, times := range []int{0, 1} {
					t.Run(fmt.Sprintf("%s after=%t hang=%t times=%d", step, after, hang, times), func(t *testing.T) {
						s := newScene(t, providertest.Fault{Step: step, After: after, Hang: hang, Times: times})
						text := said(s.run(t.Context()))
						if step != providertest.Remove {
							checkUpFault(t, s, text, hang)
							return
						}
						checkDownFault(t, s, text, times == 0 || hang)
					})
				}
			}
		}
	}
}

func checkUpFault(t *testing.T, s *scene, text string, hang bool) {
	t.Helper()
	want := "errored, cluster errored (no fake cluster: "
	if strings.Count(text, want) != 3 || strings.Count(text, "install blocked (cluster did not pass), plain passed") != 3 {
		t.Errorf("got\n%s", text)
	}
	if hang != strings.Contains(text, "it was not ready after 500ms") || hang == strings.Contains(text, providertest.ErrInjected.Error()) {
		t.Errorf("the reason is not there:\n%s", text)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

func checkDownFault(t *testing.T, s *scene, text string, stays bool) {
	t.Helper()
	if !stays {
		if left := s.left(t); left != "" || strings.Count(text, ": passed,") != 3 {
			t.Errorf("left: %s\n%s", left, text)
		}
		return
	}
	for _, want := range []string{
		"cell1: passed,", "cell2: passed,", "cell3: errored, cluster errored (the cluster cm-abcdefgh-", "could not be removed, and it is still there",
		"  removed error leak: the cluster cm-abcdefgh-", "chart-matrix down --job abcdefgh",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(s.amended) != 1 || !strings.Contains(s.amended[0], "cluster errored") {
		t.Errorf("amended %v", s.amended)
	}
	s.fake.Faults = nil
	removed, err := Remove(t.Context(), s.dir, "abcdefgh", 0, s.fake)
	if err != nil || len(removed) != 1 || removed[0].Kind != ClusterKind {
		t.Errorf("removed %v, %v", removed, err)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

func TestTransientFaultIsTriedAgain(t *testing.T) {
	flake := fmt.Errorf("the node did not come up: %w", provider.ErrTransient)
	for times, want := range map[int]string{
		1: "up warning boot-retried: the first try to make the cluster failed: cm-",
		2: "cell3: errored, cluster errored (no fake cluster: cm-",
	} {
		s := newScene(t, providertest.Fault{Step: providertest.Ready, Err: flake, Times: times})
		if text := said(s.run(t.Context())); !strings.Contains(text, want) || !strings.Contains(text, "the node did not come up") {
			t.Errorf("%d times:\n%s", times, text)
		}
		if left := s.left(t); left != "" {
			t.Errorf("%d times: left: %s", times, left)
		}
	}
}

// TestFreshCluster: what a cell leaves behind gets the next one another cluster.
func TestFreshCluster(t *testing.T) {
	for name, clean := range map[string]func(int) ([]string, error){
		"left": func(cell int) ([]string, error) {
			return map[int][]string{1: {"PersistentVolume/a", "Webhook/b"}}[cell], nil
		},
		"damaged": func(cell int) ([]string, error) {
			return nil, map[int]error{1: errors.New("node n1 is not ready")}[cell]
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.session.clean = clean
			var seen []string
			s.install = func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
				seen = append(seen, s.host.Names()...)
				return nil, nil
			}
			text := said(s.run(t.Context()))
			if len(seen) != 3 || seen[0] == seen[1] || seen[1] != seen[2] {
				t.Errorf("clusters %v", seen)
			}
			why := map[string]string{"left": "left PersistentVolume/a, Webhook/b", "damaged": "node n1 is not ready"}[name]
			if strings.Count(text, why) != 2 || strings.Count(text, "info fresh-cluster: ") != 2 || strings.Count(text, ": passed") != 3 {
				t.Errorf("got\n%s", text)
			}
			if left := s.left(t); left != "" {
				t.Errorf("left: %s", left)
			}
		})
	}
}

// TestLastingCluster: a cluster that was there before is cleaned after each
// cell, and what stays in it is red.
func TestLastingCluster(t *testing.T) {
	s := newScene(t)
	s.clusters.Lasting = true
	s.session.clean = func(cell int) ([]string, error) {
		if cell == 2 {
			return []string{"PersistentVolume/a"}, nil
		}
		return nil, nil
	}
	text := said(s.run(t.Context()))
	for _, want := range []string{
		"cell1: passed", "cell2: errored, cluster errored (it left PersistentVolume/a)", "  left clean error leak: what the cell made is still in the cluster",
		"cell3: errored, cluster errored (the cluster is not as it was before the cell before: it left PersistentVolume/a",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestKeptCluster(t *testing.T) {
	s := newScene(t)
	s.clusters.Keep = true
	s.run(t.Context())
	if left := s.job.Made.Left(); len(left) != 1 || len(s.host.Names()) != 1 || left[0].Name != s.host.Names()[0] {
		t.Fatalf("left %v, and there is %v", left, s.host.Names())
	}
	if _, err := os.Stat(filepath.Join(s.job.Made.Left()[0].Dir, "kubeconfig")); err != nil {
		t.Error(err)
	}
	if _, err := Remove(t.Context(), s.dir, "", 0, s.fake); err != nil {
		t.Error(err)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// TestNoClusterWithoutNeed: a job whose cells leave out what needs a cluster
// makes none.
func TestNoClusterWithoutNeed(t *testing.T) {
	s := newScene(t, providertest.Fault{Step: providertest.Check})
	results := s.job.Run(t.Context(), []matrix.Cell{{ID: "c", Skip: map[string]matrix.LayerSkip{"install": {Because: "no need"}}}})
	if got := jobBrief(results[0]); got != "passed, cluster skipped (no layer of this cell needs a cluster), install skipped (no need), plain passed" {
		t.Error(got)
	}
}

// TestInterruptedClusters: a signal at any moment leaves nothing behind.
func TestInterruptedClusters(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Millisecond, 4 * time.Millisecond, 9 * time.Millisecond, 13 * time.Millisecond, 18 * time.Millisecond, 25 * time.Millisecond} {
		s := newScene(t)
		s.fake.Pause = 4 * time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		s.install = func(ctx context.Context, _ *layer.JobEnv) ([]result.Assertion, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		time.AfterFunc(pause, cancel)
		results := s.run(ctx)
		if text := said(results); len(results) != 3 || strings.Count(text, ": errored,") != 3 || !strings.Contains(text, "the run was interrupted") {
			t.Errorf("after %s:\n%s", pause, text)
		}
		if left := s.left(t); left != "" {
			t.Errorf("after %s: left %s", pause, left)
		}
	}
}

// TestSlots: no more clusters at once than there is room for, and the room is
// free again whatever happens.
func TestSlots(t *testing.T) {
	for _, faults := range [][]providertest.Fault{nil, {{Step: providertest.Ready}}, {{Step: providertest.Remove}}} {
		s := newScene(t, faults...)
		taken := 0
		s.clusters.Slot = func(context.Context) (func(), error) {
			taken++
			return func() { taken-- }, nil
		}
		s.run(t.Context())
		if taken != 0 {
			t.Errorf("%v: %d are taken", faults, taken)
		}
	}
}

// TestAbortedClusters: behind a second signal nothing is made, and what is left
// is known.
func TestAbortedClusters(t *testing.T) {
	s := newScene(t)
	s.install = func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
		s.job.Made.Abort()
		s.fake.Faults = []providertest.Fault{{Step: providertest.Remove}}
		return nil, nil
	}
	s.run(t.Context())
	if left := s.job.Made.Left(); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	if _, err := s.job.Made.newCluster(s.fake); !errors.Is(err, errAborted) {
		t.Errorf("got %v", err)
	}
}

// TestRemoveRefusesOddClusters: notes that nobody of ours wrote remove nothing.
func TestRemoveRefusesOddClusters(t *testing.T) {
	s := newScene(t)
	victim := t.TempDir()
	good := provider.NewRef("fake", "job", time.Now())
	for name, ref := range map[string]Ref{
		"folder": {Cluster: &good, Name: good.Name, Dir: victim},
		"none":   {Name: "none"},
		"other":  {Cluster: &provider.Ref{Provider: "eks", Name: "other"}, Name: "other"},
		"theirs": {Cluster: &provider.Ref{Provider: "fake", Name: "theirs"}, Name: "theirs"},
	} {
		ref.Schema, ref.Kind, ref.Job = RefSchema, ClusterKind, "job"
		if err := s.job.Made.note(Ref{Schema: RefSchema, Kind: ref.Kind, Name: name, Job: ref.Job, Cluster: ref.Cluster, Dir: ref.Dir}); err != nil {
			t.Fatal(err)
		}
		if name == "folder" {
			if err := s.job.Made.note(ref); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.host.Put("theirs")
	_, err := Remove(t.Context(), s.dir, "", 0, s.fake)
	for _, want := range []string{
		"so it is left alone", "none.json: it names a cluster and does not say which", `it names a cluster of "eks", which this version`,
		`the cluster "theirs" was not made by chart-matrix`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := os.Stat(victim); err != nil {
		t.Error(err)
	}
	if names := s.host.Names(); len(names) != 1 {
		t.Errorf("there are %v", names)
	}
}

// TestUnavailableProvider: where nothing can be made, nothing is said to be left.
func TestUnavailableProvider(t *testing.T) {
	away := fmt.Errorf("no docker: %w", provider.ErrUnavailable)
	s := newScene(t, providertest.Fault{Step: providertest.List, Err: away}, providertest.Fault{Step: providertest.Remove, Err: away})
	text := said(s.run(t.Context()))
	if strings.Count(text, "cluster errored (no fake cluster: no docker: the provider cannot be used here)") != 3 || strings.Contains(text, "leak") {
		t.Errorf("got\n%s", text)
	}
	if left := s.left(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// TestForJobsFollowsWhatIsBlocked: where the static layers keep a chart from
// being installed, no cell gets a job for what comes behind the install.
func TestForJobsFollowsWhatIsBlocked(t *testing.T) {
	layers := []layer.JobLayer{
		ClusterLayer{},
		&fakeJobLayer{name: "install", requires: []string{"schema"}, need: layer.NeedCluster},
		&fakeJobLayer{name: "test", requires: []string{"install"}, need: layer.NeedRelease},
	}
	skip := matrix.LayerSkip{Because: "no clusters there"}
	cells := []matrix.Cell{{ID: "good"}, {ID: "bad"}, {ID: "cloud", Skip: map[string]matrix.LayerSkip{"install": skip, "test": skip}}}
	var results []result.Cell
	for _, status := range []result.Status{result.Passed, result.Failed, result.Passed} {
		r := result.Cell{Steps: []result.Step{{Layer: "schema", Status: status}}}
		finish(&r)
		results = append(results, r)
	}
	chosen := ForJobs(cells, results, layers)
	if len(chosen) != 1 || chosen[0].ID != "good" {
		t.Errorf("chosen are %v", chosen)
	}
	for i, want := range []string{
		"passed, schema passed",
		"failed, schema failed, cluster blocked (schema did not pass), install blocked (schema did not pass), test blocked (install did not pass)",
		"passed, schema passed, cluster skipped (no layer of this cell needs a cluster), install skipped (no clusters there), test skipped (no clusters there)",
	} {
		if got := jobBrief(results[i]); got != want {
			t.Errorf("%s: %s, want %s", cells[i].ID, got, want)
		}
	}
}
