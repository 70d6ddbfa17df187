package layer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/result"
)

// KubetestName is the name of the kubetest layer.
const KubetestName = "kubetest"

// Kubetest runs tests in Python with pytest, in a virtual environment that
// holds what the tests' requirements.txt names.
type Kubetest struct {
	Path  string // the folder with the tests
	Chart string // the chart's path
	Dir   string // where the tests run
	// Need is what must be there; empty is the release. Tests that install by
	// themselves need a cluster.
	Need Need
}

// Name implements JobLayer.
func (*Kubetest) Name() string { return KubetestName }

// Requires implements JobLayer.
func (l *Kubetest) Requires() []string { return requiresFor(l.Needs()) }

// Needs implements Needer.
func (l *Kubetest) Needs() Need { return cmp.Or(l.Need, NeedRelease) }

// The exit codes of pytest
// (https://docs.pytest.org/en/stable/reference/exit-codes.html).
const (
	pytestTestsFailed = 1
	pytestNoTests     = 5
)

// Run implements JobLayer.
func (l *Kubetest) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	if _, err := env.fulfil(l.Needs()); err != nil {
		return nil, err
	}
	work, done, err := env.temp("kubetest")
	if err != nil {
		return nil, fmt.Errorf("a folder for the tests' environment: %w; TMPDIR names where it goes", err)
	}
	defer done()
	variables, err := env.variables(l.Chart, work)
	if err != nil {
		return nil, err
	}
	tests, err := filepath.Abs(l.Path)
	if err != nil {
		return nil, err
	}
	python, err := l.python(ctx, env, tests, filepath.Join(work, "venv"))
	if err != nil {
		return nil, err
	}
	report := filepath.Join(work, reportName)
	shown := &lastWords{also: env.Log}
	r, err := env.Exec(ctx, command.Spec{
		Argv: []string{python, "-m", "pytest", "--junit-xml", report, "-o", "junit_family=xunit2", "-p", "no:cacheprovider", tests},
		Dir:  l.Dir, Env: append(variables, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"),
		Without: runnersOwn(), KeepBytes: keepOutput, Tee: shown,
	})
	if err != nil {
		return nil, ended(err)
	}
	return pytestAnswer(r, report, shown.lines())
}

// python gives the interpreter of a fresh virtual environment with the tests'
// requirements. Where none are named, one that has pytest is used as it is.
func (l *Kubetest) python(ctx context.Context, env *JobEnv, tests, venv string) (string, error) {
	requirements, err := findRequirements(tests, l.Dir)
	if err != nil {
		return "", err
	}
	if requirements == "" {
		r, err := env.Exec(ctx, command.Spec{Argv: []string{"python3", "-m", "pytest", "--version"}, Dir: l.Dir, Without: runnersOwn()})
		if err != nil {
			return "", missingPython(err)
		}
		if r.ExitCode != 0 {
			return "", fmt.Errorf("python3 has no pytest, and there is no requirements.txt in %s that names it; write one", l.Path)
		}
		return "python3", nil
	}
	python := filepath.Join(venv, "bin", "python")
	for _, step := range []struct {
		what string
		argv []string
	}{
		{"making a virtual environment", []string{"python3", "-m", "venv", venv}},
		{"installing " + requirements, []string{
			python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement", requirements,
		}},
	} {
		shown := &lastWords{also: env.Log}
		r, err := env.Exec(ctx, command.Spec{Argv: step.argv, Dir: l.Dir, Without: runnersOwn(), Tee: shown})
		if err != nil {
			return "", missingPython(err)
		}
		if r.ExitCode != 0 {
			return "", fmt.Errorf("%s: exit code %d%s", step.what, r.ExitCode, said(shown.lines()))
		}
	}
	return python, nil
}

func missingPython(err error) error {
	if errors.Is(err, command.ErrNotFound) {
		return errors.New("python3 is not installed, and the tests need it; add actions/setup-python before this step, or install it")
	}
	return ended(err)
}

// findRequirements looks for requirements.txt beside the tests, and in the
// folders above up to where the tests run.
func findRequirements(tests, dir string) (string, error) {
	top, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(tests)
	if err != nil {
		return "", fmt.Errorf("the folder with the tests: %w", err)
	}
	at := tests
	if !info.IsDir() {
		at = filepath.Dir(tests)
	}
	for {
		path := filepath.Join(at, "requirements.txt")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		rel, err := filepath.Rel(top, at)
		if err != nil || rel == "." || !filepath.IsLocal(rel) {
			return "", nil //nolint:nilerr // the tests lie elsewhere: there is nothing above to look in
		}
		at = filepath.Dir(at)
	}
}

// pytestAnswer reads the report. What keeps pytest from its tests is an error.
func pytestAnswer(r command.Result, report string, tail []string) ([]result.Assertion, error) {
	checks, err := junitChecks(report)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	checks = bounded(distinct(checks))
	switch {
	case r.ExitCode == pytestNoTests:
		return checks, errors.New("pytest found no tests" + said(tail))
	case r.ExitCode == 0 && len(checks) == 0:
		return nil, errors.New("pytest passed and reports no checks")
	case r.ExitCode == 0, r.ExitCode == pytestTestsFailed && anyFailed(checks):
		return checks, nil
	case r.ExitCode < 0:
		return checks, errors.New("a signal ended pytest; the machine may be short of memory" + said(tail))
	}
	return checks, fmt.Errorf("pytest exits with %d%s", r.ExitCode, said(tail))
}
