package layer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/result"
)

// K6Name is the name of the k6 layer.
const K6Name = "k6"

// K6 runs a k6 script against the release, which finds its address in
// __ENV.ENDPOINT, and in __ENV.ENDPOINT_HOST the Host to send where an Ingress
// expects one. Its thresholds and checks are the answer.
type K6 struct {
	Script string // path of the script
	Chart  string // the chart's path
	Dir    string // where k6 runs
	// Need is what must be there; empty is the release.
	Need Need
	// Service is the one that ENDPOINT leads to, "name" or "name:port"; empty
	// lets the release's Ingresses and Services decide.
	Service string
}

// Name implements JobLayer.
func (*K6) Name() string { return K6Name }

// Requires implements JobLayer.
func (l *K6) Requires() []string { return requiresFor(l.Needs()) }

// Needs implements Needer.
func (l *K6) Needs() Need { return cmp.Or(l.Need, NeedRelease) }

// k6Install is what to do where k6 is missing.
const k6Install = "install it with `go install go.k6.io/k6@latest`, or as https://grafana.com/docs/k6/latest/set-up/install-k6/ says"

// k6ThresholdsFailed is the exit code of k6 when a threshold was crossed
// (grafana/k6, errext/exitcodes: ThresholdsHaveFailed).
const k6ThresholdsFailed = 99

// Run implements JobLayer.
func (l *K6) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	in, err := env.fulfil(l.Needs())
	if err != nil {
		return nil, err
	}
	work, done, err := env.temp("k6")
	if err != nil {
		return nil, fmt.Errorf("a folder for k6's files: %w; TMPDIR names where it goes", err)
	}
	defer done()
	variables, err := env.variables(l.Chart, work)
	if err != nil {
		return nil, err
	}
	if l.Needs() == NeedRelease {
		at, stop, err := in.Cluster.Endpoint(ctx, EndpointOptions{Release: env.Release, Namespace: env.Namespace, Service: l.Service})
		if err != nil {
			return nil, fmt.Errorf("an address of the release for k6: %w", err)
		}
		defer stop()
		variables = append(variables, "ENDPOINT="+at.URL, "ENDPOINT_HOST="+at.Host)
	}
	script, err := filepath.Abs(l.Script)
	if err != nil {
		return nil, err
	}
	summary := filepath.Join(work, "summary.json")
	shown := &lastWords{also: env.Log}
	r, err := env.Exec(ctx, command.Spec{
		// k6 gives a script the system's environment only where it is told to.
		Argv: []string{"k6", "run", "--include-system-env-vars", "--no-color", "--quiet", "--no-usage-report", "--summary-export", summary, script},
		Dir:  l.Dir, Env: append(variables, "SUMMARY="+summary), Without: append(runnersOwn(), "K6_*"), KeepBytes: keepOutput, Tee: shown,
	})
	if errors.Is(err, command.ErrNotFound) {
		return nil, fmt.Errorf("k6 is not installed; %s", k6Install)
	}
	if err != nil {
		return nil, ended(err)
	}
	return k6Answer(r, summary, shown.lines())
}

// k6Answer reads the summary. A script that crashes may leave none, and then
// its exit code and last words are the answer.
func k6Answer(r command.Result, summary string, tail []string) ([]result.Assertion, error) {
	checks, err := readK6Summary(summary)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	switch {
	case r.ExitCode < 0:
		return checks, errors.New("a signal ended k6; the machine may be short of memory" + said(tail))
	case r.ExitCode == 0 && errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("k6 wrote no summary; where the script has a handleSummary, let it write the data as JSON to __ENV.SUMMARY")
	case r.ExitCode == k6ThresholdsFailed && anyFailed(checks):
		return checks, nil
	case r.ExitCode != 0:
		a := exitCode(r, tail, false)
		a.Problems[0].Code, a.Problems[0].Message = K6Name, fmt.Sprintf("k6 exits with %d", r.ExitCode)
		return append(checks, a), nil
	}
	return checks, nil
}

// maxK6Summary bounds the size of a summary, in bytes.
const maxK6Summary = 16 << 20

// k6Summary is what --summary-export writes, and what handleSummary is given,
// as far as both are read here. They differ in two ways: whether a metric's
// values have an object of their own, and how thresholds tell their outcome:
// in the export true means crossed, in handleSummary {"ok": true} means kept.
// (https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/)
type k6Summary struct {
	RootGroup k6Group             `json:"root_group"`
	Metrics   map[string]k6Metric `json:"metrics"`
}

type k6Group struct {
	Name   string            `json:"name"`
	Groups k6List[k6Group]   `json:"groups"`
	Checks k6List[k6Outcome] `json:"checks"`
}

type k6Outcome struct {
	Name   string `json:"name"`
	Passes int64  `json:"passes"`
	Fails  int64  `json:"fails"`
}

type k6Metric struct {
	Thresholds map[string]json.RawMessage
	Values     map[string]float64
}

// UnmarshalJSON implements json.Unmarshaler for both forms.
func (m *k6Metric) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	m.Values = map[string]float64{}
	for name, raw := range fields {
		var number float64
		switch {
		case name == "thresholds":
			if err := json.Unmarshal(raw, &m.Thresholds); err != nil {
				return err
			}
		case name == "values":
			if err := json.Unmarshal(raw, &m.Values); err != nil {
				return err
			}
		case json.Unmarshal(raw, &number) == nil:
			m.Values[name] = number
		}
	}
	return nil
}

// k6List reads a list, or an object whose values are its items: the export has
// the one, handleSummary the other. The items of an object are sorted by key.
type k6List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *k6List[T]) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	var byName map[string]T
	if err := json.Unmarshal(data, &byName); err != nil {
		return err
	}
	*l = nil
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		*l = append(*l, byName[name])
	}
	return nil
}

// readK6Summary gives a check for each threshold, and one for each of k6's own
// checks. fs.ErrNotExist says that there is no summary.
func readK6Summary(path string) ([]result.Assertion, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	data, err := io.ReadAll(io.LimitReader(f, maxK6Summary+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxK6Summary {
		return nil, fmt.Errorf("k6's summary is over %d MiB", maxK6Summary>>20)
	}
	var s k6Summary
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("k6's summary is not what --summary-export or handleSummary give: %w", err)
	}
	checks, err := s.thresholds()
	if err != nil {
		return nil, err
	}
	s.RootGroup.add(&checks, "", 0)
	return bounded(distinct(checks)), nil
}

func (s k6Summary) thresholds() ([]result.Assertion, error) {
	var checks []result.Assertion
	for _, name := range slices.Sorted(maps.Keys(s.Metrics)) {
		m := s.Metrics[name]
		for _, expression := range slices.Sorted(maps.Keys(m.Thresholds)) {
			ok, err := k6Kept(m.Thresholds[expression])
			if err != nil {
				return nil, fmt.Errorf("k6's summary: threshold %q of %s: %w", expression, name, err)
			}
			a := result.Assertion{Name: name + " " + expression, Status: result.Passed}
			if !ok {
				a.Status = result.Failed
				a.Problems = []result.Problem{{
					Severity: result.Error, Code: "k6-threshold",
					Message: fmt.Sprintf("%s is not %s", oneLine(name), oneLine(expression)), Excerpt: m.measured(),
				}}
			}
			checks = append(checks, a)
		}
	}
	return checks, nil
}

// k6Kept tells whether a threshold was kept, in either form.
func k6Kept(raw json.RawMessage) (bool, error) {
	var crossed bool
	if json.Unmarshal(raw, &crossed) == nil {
		return !crossed, nil
	}
	var outcome struct {
		OK *bool `json:"ok"`
	}
	if err := json.Unmarshal(raw, &outcome); err != nil || outcome.OK == nil {
		return false, errors.New(`expected true, false or {"ok": …}`)
	}
	return *outcome.OK, nil
}

// measured shows the values of a metric in one line.
func (m k6Metric) measured() []string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.Values)) {
		parts = append(parts, fmt.Sprintf("%s=%.6g", name, m.Values[name]))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{oneLine(strings.Join(parts, " "))}
}

// maxK6Depth bounds the nesting of groups, which a script chooses.
const maxK6Depth = 32

// add adds the checks of a group. k6 lets a check fail without failing the run,
// unless a threshold says otherwise: so it is shown, and fails nothing.
func (g k6Group) add(checks *[]result.Assertion, above string, depth int) {
	at := joinName(above, g.Name)
	for _, c := range g.Checks {
		a := result.Assertion{Name: joinName(at, c.Name), Status: result.Passed}
		if c.Fails > 0 {
			a.Problems = []result.Problem{{
				Severity: result.Warning, Code: "k6-check",
				Message: fmt.Sprintf("fails %d times of %d; a threshold on `checks` makes it count", c.Fails, c.Fails+c.Passes),
			}}
		}
		*checks = append(*checks, a)
	}
	if depth < maxK6Depth {
		for _, inner := range g.Groups {
			inner.add(checks, at, depth+1)
		}
	}
}
