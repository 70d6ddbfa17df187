package layer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/command"
)

// pytest plays Python: its environment, its packages and its tests.
type pytest struct {
	report  string
	exit    int
	missing bool // pip fails, or there is no pytest
	calls   [][]string
	env     []string
}

func (p *pytest) exec(_ context.Context, s command.Spec) (command.Result, error) {
	p.calls = append(p.calls, s.Argv)
	switch {
	case slices.Contains(s.Argv, "venv"):
	case slices.Contains(s.Argv, "pip"), slices.Contains(s.Argv, "--version"):
		if p.missing {
			_, _ = s.Tee.Write([]byte("ERROR: no such package\n"))
			return command.Result{ExitCode: 1}, nil
		}
	default:
		p.env = s.Env
		if p.report != "" {
			path := s.Argv[slices.Index(s.Argv, "--junit-xml")+1]
			if err := os.WriteFile(path, []byte(p.report), 0o600); err != nil {
				return command.Result{}, err
			}
		}
		return command.Result{ExitCode: p.exit}, nil
	}
	return command.Result{}, nil
}

func TestKubetest(t *testing.T) {
	const cases = `<testsuites><testsuite name="pytest"><testcase classname="test_web" name="test_up"/><testcase classname="test_web" name="test_down"><failure message="assert 500 == 200">E assert</failure></testcase></testsuite></testsuites>`
	const good = `<testsuites><testsuite name="pytest"><testcase classname="test_web" name="test_up"/></testsuite></testsuites>`
	for _, test := range []struct {
		name, report string
		exit         int
		missing      bool
		want         []string
		err          string
	}{
		{"passes", good, 0, false, []string{"passed pytest › test_up"}, ""},
		{"fails", cases, 1, false, []string{"passed pytest › test_up", "failed pytest › test_down | error command: assert 500 == 200"}, ""},
		{"no tests", `<testsuites/>`, 5, false, nil, "pytest found no tests"},
		{"collection fails", good, 2, false, []string{"passed pytest › test_up"}, "pytest exits with 2"},
		{"fails for no reason", good, 1, false, []string{"passed pytest › test_up"}, "pytest exits with 1"},
		{"no report", "", 0, false, nil, "pytest passed and reports no checks"},
		{"requirements that cannot be had", good, 0, true, nil, "requirements.txt: exit code 1\nERROR: no such package"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			tests := filepath.Join(dir, "ci", "kubetest")
			if err := os.MkdirAll(tests, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "ci", "requirements.txt"), []byte("pytest\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			env, _ := inCluster(t, &standIn{})
			p := &pytest{report: test.report, exit: test.exit, missing: test.missing}
			env.Exec = p.exec
			got, err := run(t, &Kubetest{Path: tests, Chart: "charts/demo", Dir: dir, Need: NeedCluster}, env)
			sameLines(t, got, test.want)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if !test.missing && (len(p.calls) != 3 || !strings.HasSuffix(p.calls[2][0], "venv/bin/python") || !slices.ContainsFunc(p.env, func(v string) bool { return strings.HasPrefix(v, "KUBECONFIG=") })) {
				t.Errorf("ran %q in %q", p.calls, p.env)
			}
		})
	}
}

func TestKubetestWithoutRequirements(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	dir := t.TempDir()
	p := &pytest{missing: true}
	env.Exec = func(ctx context.Context, s command.Spec) (command.Result, error) {
		s.Tee = &lastWords{}
		return p.exec(ctx, s)
	}
	l := &Kubetest{Path: dir, Dir: dir, Need: NeedCluster}
	if _, err := run(t, l, env); err == nil || !strings.Contains(err.Error(), "requirements.txt") {
		t.Errorf("got %v", err)
	}
	env.Exec = func(context.Context, command.Spec) (command.Result, error) {
		return command.Result{}, &command.Error{Argv: []string{"python3"}, Inner: command.ErrNotFound}
	}
	if _, err := run(t, l, env); err == nil || !strings.Contains(err.Error(), "python3 is not installed") {
		t.Errorf("got %v", err)
	}
	if _, err := run(t, &Kubetest{Path: filepath.Join(dir, "none"), Dir: dir, Need: NeedCluster}, env); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v", err)
	}
	var skip *Skip
	if _, err := run(t, &Kubetest{Path: dir, Dir: dir}, env); !errors.As(err, &skip) {
		t.Errorf("without a release: %v", err)
	}
}
