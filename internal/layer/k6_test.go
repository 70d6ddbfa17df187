package layer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/command"
)

// The same run in both forms that k6 has for it.
const (
	k6Export = `{"metrics":{"http_req_duration":{"avg":12.5,"p(95)":310.25,"thresholds":{"p(95)<300":true,"avg<100":false}},"checks":{"passes":3,"fails":1,"value":0.75}},
"root_group":{"name":"","groups":{"web":{"name":"web","groups":{},"checks":{"status is 200":{"name":"status is 200","passes":3,"fails":1}}}},"checks":{"up":{"name":"up","passes":2,"fails":0}}}}`
	k6Handled = `{"metrics":{"http_req_duration":{"type":"trend","contains":"time","values":{"avg":12.5,"p(95)":310.25},"thresholds":{"p(95)<300":{"ok":false},"avg<100":{"ok":true}}}},
"root_group":{"name":"","groups":[{"name":"web","groups":[],"checks":[{"name":"status is 200","passes":3,"fails":1}]}],"checks":[{"name":"up","passes":2,"fails":0}]}}`
)

func TestK6(t *testing.T) {
	answers := []string{
		"passed http_req_duration avg<100",
		"failed http_req_duration p(95)<300 | error k6-threshold: http_req_duration is not p(95)<300",
		"passed up", "passed web › status is 200 | warning k6-check: fails 1 times of 4; a threshold on `checks` makes it count",
	}
	for _, test := range []struct {
		name, summary string
		exit          int
		want          []string
		err           string
	}{
		{"thresholds in the export", k6Export, 99, answers, ""},
		{"thresholds in handleSummary", k6Handled, 99, answers, ""},
		{"passes", `{"metrics":{"a":{"thresholds":{"b":false}}}}`, 0, []string{"passed a b"}, ""},
		{"exit code 99 without a threshold", `{"metrics":{}}`, 99, []string{"failed exit code | error k6: k6 exits with 99"}, ""},
		{"an exception in the script", "", 107, []string{"failed exit code | error k6: k6 exits with 107"}, ""},
		{"no summary", "", 0, nil, "k6 wrote no summary"},
		{"no JSON", "<html>", 0, nil, "not what --summary-export or handleSummary give"},
		{"a threshold that says nothing", `{"metrics":{"a":{"thresholds":{"b":7}}}}`, 0, nil, `threshold "b" of a: expected`},
		{"a signal", "", -1, nil, "a signal ended k6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &standIn{url: "http://127.0.0.1:4711"}
			env, _ := inCluster(t, s)
			env.Cluster.Installed = &chart.Release{}
			var got command.Spec
			env.Exec = func(_ context.Context, c command.Spec) (command.Result, error) {
				got = c
				if test.summary != "" {
					path := c.Argv[slices.Index(c.Argv, "--summary-export")+1]
					if err := os.WriteFile(path, []byte(test.summary), 0o600); err != nil {
						t.Error(err)
					}
				}
				return command.Result{ExitCode: test.exit}, nil
			}
			lines, err := run(t, &K6{Script: "load.js", Service: "web:80"}, env)
			sameLines(t, lines, test.want)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if !slices.Contains(got.Env, "ENDPOINT=http://127.0.0.1:4711") || s.endpoint.Service != "web:80" || !s.stopped {
				t.Errorf("endpoint: %v %+v %t", got.Env, s.endpoint, s.stopped)
			}
		})
	}
}

func TestK6IsNotInstalled(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	t.Setenv("PATH", t.TempDir())
	if _, err := run(t, &K6{Script: "load.js", Need: NeedCluster}, env); err == nil || !strings.Contains(err.Error(), "go.k6.io/k6") {
		t.Errorf("got %v", err)
	}
	var skip *Skip
	if _, err := run(t, &K6{Script: "load.js"}, env); !errors.As(err, &skip) {
		t.Errorf("without a release: %v", err)
	}
	env.Cluster.Installed = &chart.Release{}
	env.Cluster.Cluster = &standIn{err: errors.New("no Service of the release has a port")}
	if _, err := run(t, &K6{Script: "load.js"}, env); err == nil || !strings.Contains(err.Error(), "an address of the release for k6: no Service") {
		t.Errorf("got %v", err)
	}
}

func FuzzK6Summary(f *testing.F) {
	f.Add([]byte(k6Export))
	f.Add([]byte(k6Handled))
	f.Add([]byte(`{"root_group":{"groups":{"a":{"groups":[{}]}},"checks":null},"metrics":{"a":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "summary.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		checks, err := readK6Summary(path)
		if err != nil && len(checks) > 0 {
			t.Errorf("both checks and %v", err)
		}
	})
}
