package layer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/chart/charttest"
	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// standIn is a cluster that says what a test wants it to.
type standIn struct {
	ready    []Seen // one for each question; the last one goes on
	asked    []ReadyOptions
	left     Seen
	url      string
	endpoint EndpointOptions
	stopped  bool
	kept     map[string]string
	err      error
}

func (s *standIn) Ready(_ context.Context, want ReadyOptions) (Seen, error) {
	s.asked = append(s.asked, want)
	if len(s.ready) == 0 {
		return Seen{Status: result.Passed}, s.err
	}
	return s.ready[min(len(s.asked), len(s.ready))-1], s.err
}

func (s *standIn) Trace(context.Context, string) (Trace, error) { return s, nil }

func (s *standIn) Keep(name, text string) {
	if s.kept == nil {
		s.kept = map[string]string{}
	}
	s.kept[name] = text
}

func (s *standIn) Left(context.Context) (Seen, error) { return s.left, nil }

func (s *standIn) Endpoint(_ context.Context, want EndpointOptions) (Endpoint, func(), error) {
	s.endpoint = want
	return Endpoint{URL: s.url}, func() { s.stopped = true }, s.err
}

// inCluster is a cell in a stand-in for a cluster.
func inCluster(t *testing.T, s *standIn, set ...string) (*JobEnv, *charttest.Server) {
	t.Helper()
	server := charttest.New(t)
	in := cell(t, "1.34", set...)
	in.Cell = matrix.Cell{ID: "abcdefgh", At: matrix.Coordinate{matrix.Scenario: "ha"}}
	return &JobEnv{Inputs: in, Exec: command.Run, Cluster: &InCluster{Kubeconfig: server.Kubeconfig(t), Cluster: s}}, server
}

// webChart is a chart with a Deployment and a test.
func webChart(t *testing.T, version, more string) *chart.Chart {
	t.Helper()
	return newChart(t, map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: demo\nversion: " + version + "\n",
		"templates/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {v: \"" + version + "\"}}\n---\n" +
			"{{- if .Values.bad }}{{ fail \"bad values\" }}{{ end }}\n" + more,
		"templates/tests.yaml": "{{- range $n, $o := .Values.tests }}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: {{ $n }}, annotations: {helm.sh/hook: test, charttest/outcome: {{ $o }}, charttest/prints: \"one\\ntwo\"}}\n{{- end }}\n",
	}).Chart
}

// run asks a layer and gives its answers as lines.
func run(t *testing.T, l JobLayer, env *JobEnv) ([]string, error) {
	t.Helper()
	checks, err := l.Run(t.Context(), env)
	return lines(checks), err
}

func TestInstallTestUninstall(t *testing.T) {
	s := &standIn{left: Seen{Status: result.Passed, Problems: []result.Problem{{Severity: result.Warning, Code: "left-behind", Message: "PersistentVolumeClaim/data is left"}}}}
	env, server := inCluster(t, s, "tests.a=succeeds,tests.b=fails")
	install := &Install{Chart: webChart(t, "1.0.0", "")}
	got, err := run(t, install, env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, got, []string{"passed installs", "passed becomes ready"})
	if env.Cluster.Installed == nil || len(s.asked) != 1 || s.asked[0].Objects[0].String() != "Deployment/web" || s.asked[0].Readiness.Settle != DefaultSettle {
		t.Errorf("asked for %+v", s.asked)
	}
	got, err = run(t, &HelmTest{}, env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, got, []string{"passed Pod/a", "failed Pod/b | error test-failed: container main exits with 3"})
	checks, err := (&Uninstall{}).Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, lines(checks), []string{"passed uninstalls", "passed leaves nothing behind | warning left-behind: PersistentVolumeClaim/data is left"})
	if server.Has("/apis/apps/v1/namespaces/space/deployments/web") || env.Cluster.Installed != nil {
		t.Error("the release is still there")
	}
}

func TestInstallThatDoesNotGoOn(t *testing.T) {
	crashes := Seen{Status: result.Failed, Problems: []result.Problem{{Severity: result.Error, Code: "crash-loop", Message: "Deployment/web: exits with 1"}}}
	node := Seen{Status: result.Errored, Reason: "Node/a: not ready"}
	for _, test := range []struct {
		name  string
		set   []string
		ready Seen
		want  []string
	}{
		{"not ready", nil, crashes, []string{"passed installs", "failed becomes ready | error crash-loop: Deployment/web: exits with 1"}},
		{"the machinery", nil, node, []string{"passed installs", "errored becomes ready (Node/a: not ready)"}},
		{"refused", []string{"bad=true"}, Seen{Status: result.Passed}, []string{"failed installs | error template-refuses: bad values"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			env, _ := inCluster(t, &standIn{ready: []Seen{test.ready}}, test.set...)
			got, err := run(t, &Install{Chart: webChart(t, "1.0.0", "")}, env)
			if err != nil {
				t.Fatal(err)
			}
			sameLines(t, got, test.want)
			if env.Cluster.Installed != nil {
				t.Error("tests would run in a release that is not ready")
			}
			var skip *Skip
			if _, err := run(t, &HelmTest{}, env); !errors.As(err, &skip) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestInstallInAClusterThatIsAway(t *testing.T) {
	env, server := inCluster(t, &standIn{})
	server.Stop()
	if got, err := run(t, &Install{Chart: webChart(t, "1.0.0", "")}, env); !errors.Is(err, chart.ErrCluster) || len(got) > 0 {
		t.Errorf("got %v, %v", got, err)
	}
	env.Cluster = nil
	if _, err := run(t, &Install{}, env); !errors.Is(err, errNoCluster) {
		t.Errorf("got %v", err)
	}
}

func TestMissingAPIs(t *testing.T) {
	const more = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: it}\n"
	env, _ := inCluster(t, &standIn{})
	checks, err := (&Install{Chart: webChart(t, "1.0.0", more)}).Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, lines(checks), []string{"failed installs | error api-removed: autoscaling/v2beta2 was removed in Kubernetes 1.26 | error api-unknown: the cluster serves no example.com/v1/Thing"})
	if at := checks[0].Problems[0].Location; at.Object != "HorizontalPodAutoscaler/web" {
		t.Errorf("at %+v", at)
	}
}

func TestScripts(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip("there is no bash")
	}
	dir := t.TempDir()
	env, server := inCluster(t, &standIn{})
	scripts := map[string]Scripts{"ha": {Before: `echo "$RELEASE $NAMESPACE $(basename "$KUBECONFIG")" > before; test -s "$VALUES"`, After: "echo gone >&2; exit 4"}}
	got, err := run(t, &Install{Chart: webChart(t, "1.0.0", ""), Scripts: scripts, Dir: dir}, env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, got, []string{"passed before", "passed installs", "passed becomes ready"})
	text, err := os.ReadFile(filepath.Join(dir, "before"))
	if err != nil || string(text) != "rel space kubeconfig.yaml\n" {
		t.Errorf("%q, %v", text, err)
	}
	if changes := server.Changes(); changes[0] != "create Namespace/space" {
		t.Errorf("the namespace comes first: %q", changes)
	}
	a, ok, err := scripts["ha"].RunAfter(t.Context(), env, "chart", dir)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	sameLines(t, lines([]result.Assertion{a}), []string{`failed after | error scenario-script: the scenario's script "after" exits with 4`})
	if _, ok, err := (Scripts{}).RunAfter(t.Context(), env, "chart", dir); ok || err != nil {
		t.Error(ok, err)
	}

	env, _ = inCluster(t, &standIn{})
	scripts["ha"] = Scripts{Before: "false"}
	if got, err = run(t, &Install{Chart: webChart(t, "1.0.0", ""), Scripts: scripts, Dir: dir}, env); err != nil {
		t.Fatal(err)
	}
	sameLines(t, got, []string{`failed before | error scenario-script: the scenario's script "before" exits with 1`})
}

func TestUpgrade(t *testing.T) {
	broken := Seen{Status: result.Failed, Problems: []result.Problem{{Severity: result.Error, Code: "crash-loop", Message: "exits", Location: result.Location{Object: "Deployment/web"}}}}
	passed := Seen{Status: result.Passed}
	for _, test := range []struct {
		name     string
		older    string // template beside the Deployment
		newer    string
		ready    []Seen
		rollback bool
		want     []string
		err      string
	}{
		{"works", "", "", nil, false, []string{"passed upgrades", "passed becomes ready after the upgrade"}, ""},
		{"and comes back", "", "", nil, true, []string{
			"passed upgrades", "passed becomes ready after the upgrade", "passed rolls back", "passed becomes ready after the rollback"}, ""},
		{"the new one does not render", "", `{{ fail "no" }}`, nil, true, []string{"failed upgrades | error template-refuses: no"}, ""},
		{"the new one is not ready", "", "", []Seen{passed, broken}, true, []string{
			"passed upgrades", "failed becomes ready after the upgrade | error crash-loop: exits"}, ""},
		{"the older one does not render", `{{ fail "old" }}`, "", nil, false, nil, "the base 1a2b, to upgrade from, does not install here: old"},
		{"the older one is not ready", "", "", []Seen{broken}, false, nil, "the base 1a2b, to upgrade from, does not become ready here: Deployment/web: exits"},
		{"the machinery", "", "", []Seen{{Status: result.Errored, Reason: "Node/a: not ready"}}, false, nil, "installing the base 1a2b, to upgrade from it: Node/a: not ready"},
	} {
		t.Run(test.name, func(t *testing.T) {
			env, _ := inCluster(t, &standIn{ready: test.ready})
			env.Upgrade = true
			older := webChart(t, "0.9.0", test.older)
			l := &Upgrade{Chart: webChart(t, "1.0.0", test.newer), Rollback: func(Inputs) bool { return test.rollback }, From: func(context.Context, Inputs) (Older, error) {
				return Older{Chart: older, Name: "the base 1a2b"}, nil
			}}
			got, err := run(t, l, env)
			sameLines(t, got, test.want)
			var block *Block
			switch {
			case test.err == "" && err != nil, test.err != "" && (err == nil || err.Error() != test.err):
				t.Errorf("got error %v, want %q", err, test.err)
			case test.err != "" && errors.As(err, &block) != strings.Contains(test.err, "to upgrade from,"):
				t.Errorf("%T: the older chart blocks, the machinery errs", err)
			}
			good := slices.IndexFunc(test.want, func(l string) bool { return strings.HasPrefix(l, "failed") }) < 0 && test.err == ""
			if (env.Cluster.Installed != nil) != good {
				t.Errorf("installed: %+v", env.Cluster.Installed)
			}
		})
	}
}

func TestOperationsAreSkippedInOtherCells(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	var skip *Skip
	if _, err := (&Upgrade{}).Run(t.Context(), env); !errors.As(err, &skip) {
		t.Errorf("got %v", err)
	}
	env.Upgrade = true
	if _, err := (&Install{}).Run(t.Context(), env); !errors.As(err, &skip) {
		t.Errorf("got %v", err)
	}
	env.Upgrade = true
	l := &Upgrade{From: func(context.Context, Inputs) (Older, error) { return Older{}, newSkip("nothing to upgrade from") }}
	if _, err := l.Run(t.Context(), env); !errors.As(err, &skip) || skip.Reason != "nothing to upgrade from" {
		t.Errorf("got %v", err)
	}
}

func TestChartWithoutTests(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	if _, err := run(t, &Install{Chart: webChart(t, "1.0.0", "")}, env); err != nil {
		t.Fatal(err)
	}
	var skip *Skip
	if _, err := run(t, &HelmTest{}, env); !errors.As(err, &skip) {
		t.Errorf("got %v", err)
	}
	if _, err := run(t, &HelmTest{Required: true}, env); err == nil || errors.As(err, &skip) {
		t.Errorf("got %v", err)
	}
}

// TestHookProblem: a hook that fails is named, and its last words are shown.
func TestHookProblem(t *testing.T) {
	const hook = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {helm.sh/hook: post-install, charttest/outcome: fails, charttest/prints: \"a\\nb\\nc\\nd\\n\"}}\n"
	env, _ := inCluster(t, &standIn{})
	checks, err := (&Install{Chart: webChart(t, "1.0.0", hook)}).Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, lines(checks), []string{"failed installs | error hook-failed: post-install hook Job/migrate: container main exits with 3"})
	if p := checks[0].Problems[0]; !slices.Equal(p.Excerpt, []string{"b", "c", "d"}) || p.Location.File != "templates/web.yaml" {
		t.Errorf("got %+v", p)
	}
}

func TestCommandInACluster(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip("there is no bash")
	}
	env, _ := inCluster(t, &standIn{})
	l := &Command{Script: `test "$KUBECONFIG" && test "$NAMESPACE" = space && test "$HELM_NAMESPACE" = space`, Dir: t.TempDir(), Need: NeedRelease}
	var skip *Skip
	if _, err := run(t, l, env); !errors.As(err, &skip) {
		t.Errorf("got %v", err)
	}
	l.Need = NeedCluster
	got, err := run(t, l, env)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, got, []string{"passed exit code"})
	if NeedOf(l) != NeedCluster || NeedOf(&Command{}) != NeedNothing || !slices.Contains((&Command{Need: NeedRelease}).Requires(), InstallName) {
		t.Error("needs")
	}
}

// TestKubeconfigOfAContext: programs find the cell's cluster, whatever the
// file's current context is.
func TestKubeconfigOfAContext(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	work := t.TempDir()
	env.Cluster.Context = "test"
	if path, err := env.Cluster.kubeconfig(work); err != nil || path != env.Cluster.Kubeconfig {
		t.Errorf("%s, %v", path, err)
	}
	env.Cluster.Context = "other"
	path, err := env.Cluster.kubeconfig(work)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "current-context: other") || !strings.Contains(string(text), "token: a") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestReadyEndsWithTheJob(t *testing.T) {
	s := &standIn{err: context.Canceled}
	env, _ := inCluster(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the job's time is over"))
	_, err := env.Cluster.ready(ctx, "is ready", &chart.Release{Name: "rel"}, Readiness{Timeout: time.Second, Settle: -1})
	if err == nil || !strings.HasSuffix(err.Error(), "the job's time is over") {
		t.Errorf("got %v", err)
	}
}
