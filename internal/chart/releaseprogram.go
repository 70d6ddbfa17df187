package chart

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/posthog/chart-matrix/internal/command"
)

// byProgram runs an operation with a Helm of the user's, and asks a worker
// afterwards what has become of the release: both keep releases in one form.
func (t *Target) byProgram(ctx context.Context, req wireRelease, v *Values) (*Release, error) {
	dir, err := os.MkdirTemp("", "chart-matrix-helm-")
	if err != nil {
		return nil, fmt.Errorf("%w; TMPDIR names where temporary files go", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // temporary, the system clears it too
	argv, err := t.arguments(dir, req, v)
	if err != nil {
		return nil, fmt.Errorf("%s of release %s: %w", req.Op, t.Release, err)
	}
	if req.Op == opTest {
		return t.testByProgram(ctx, argv)
	}
	var before *Release
	if req.Op == opUninstall {
		// What it leaves is known as long as the release is.
		if before, err = t.run(ctx, wireRelease{Op: opGet, Of: opUninstall}); err != nil || before.Revision == 0 {
			return before, err
		}
	}
	r, err := t.ask(ctx, req.Op, "", argv)
	if before != nil && r != nil && err == nil {
		r.Objects, r.Kept, r.Chart, r.Manifest = before.Objects, before.Kept, before.Chart, before.Manifest
	}
	return r, err
}

// arguments gives the command line of an operation.
func (t *Target) arguments(dir string, req wireRelease, v *Values) ([]string, error) {
	kubeconfig, err := filepath.Abs(t.Kubeconfig)
	if err != nil {
		return nil, err
	}
	timeout := orDefault(t.Timeout, DefaultHelmTimeout).String()
	argv := []string{t.Program.Path, req.Op, t.Release}
	switch req.Op {
	case opInstall, opUpgrade:
		chart, values := filepath.Join(dir, "chart"), filepath.Join(dir, "values.yaml")
		for _, f := range req.Files {
			if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
				return nil, fmt.Errorf("file name %q leads out of the chart", f.Name)
			}
			path := filepath.Join(chart, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(path, f.Data, 0o600); err != nil {
				return nil, err
			}
		}
		text, err := yaml.Marshal(v.Map)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(values, text, 0o600); err != nil { // values may hold passwords
			return nil, err
		}
		argv = append(argv, chart, "--values", values)
		if req.Op == opInstall {
			argv = append(argv, "--create-namespace")
		} else {
			argv = append(argv, "--reset-values") // the cell's values are whole
		}
	case opRollback:
		argv = append(argv, strconv.Itoa(req.Revision)) // 0 is the one before
	case opUninstall:
		argv = append(argv, "--wait")
	}
	argv = append(argv, "--timeout", timeout, "--namespace", t.Namespace, "--kubeconfig", kubeconfig)
	if t.Context != "" {
		argv = append(argv, "--kube-context", t.Context)
	}
	return argv, nil
}

// programEnv are variables of Helm's own that would speak against its arguments,
// or take it to another cluster.
var programEnv = []string{
	"HELM_NAMESPACE", "HELM_KUBECONTEXT", "HELM_KUBEAPISERVER", "HELM_KUBETOKEN", "HELM_KUBEASUSER", "HELM_KUBEASGROUPS",
	"HELM_KUBECAFILE", "HELM_KUBETLS_SERVER_NAME", "HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "HELM_DRIVER", "HELM_DEBUG", "HELM_MAX_HISTORY",
}

// ask runs one command of Helm's, and a worker that looks at what it did. only
// names the hook that is run, for tests.
func (t *Target) ask(ctx context.Context, op, only string, argv []string) (*Release, error) {
	exec := t.Exec
	if exec == nil {
		exec = command.Run
	}
	if t.Log != nil {
		t.Log("helm " + op + " with " + t.Program.Path + " " + t.Program.Version)
	}
	// Kubernetes' times have no fractions of a second.
	began := time.Now().Truncate(time.Second)
	started := time.Now()
	result, err := exec(ctx, command.Spec{Argv: argv, Without: programEnv})
	took := time.Since(started).Seconds()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s of release %s: %w", op, t.Release, context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("%s of release %s: %w", op, t.Release, err)
	}
	said := ""
	if result.ExitCode != 0 {
		if said = programError(result.Stderr); said == "" {
			said = fmt.Sprintf("helm %s exits with %d", op, result.ExitCode)
		}
		if op == opUninstall && strings.Contains(said, "release: not found") {
			said = ""
		}
	}
	r, err := t.run(ctx, wireRelease{Op: opObserve, Of: op, Only: only, Since: began, Said: said})
	if r != nil {
		r.Seconds, r.By = took, t.Program
		for _, w := range programWarnings(result.Stderr) {
			if !slices.Contains(r.Warnings, w) && len(r.Warnings) < maxWarnings {
				r.Warnings = append(r.Warnings, w)
			}
		}
	}
	return r, err
}

// testByProgram runs the tests one by one, since Helm stops at the first that fails.
func (t *Target) testByProgram(ctx context.Context, argv []string) (*Release, error) {
	all, err := t.run(ctx, wireRelease{Op: opGet})
	if err != nil {
		return all, err
	}
	began := time.Now()
	var runs []HookRun
	for _, name := range all.Tests {
		r, err := t.ask(ctx, opTest, name, append(slices.Clip(argv), "--filter", "name="+name))
		if err != nil {
			all.Hooks = runs
			return all, err
		}
		if len(r.Hooks) == 0 && len(r.Refusals) > 0 { // it could not even be made
			r.Hooks = []HookRun{{Object: r.Refusals[0].Object, Event: opTest, Failed: true, Refusals: r.Refusals}}
		}
		runs = append(runs, r.Hooks...)
	}
	all.Hooks, all.Seconds = runs, time.Since(began).Seconds()
	return all, nil
}

// saysFailed is how Helm's command line begins an error.
var saysFailed = regexp.MustCompile(`(?s)(?:^|\n)Error: (?:(?:INSTALLATION|UPGRADE|UNINSTALLATION) FAILED: )?(.*)`)

// programError takes what went wrong out of what Helm printed. Helm's tests
// print the release before it.
func programError(stderr string) string {
	stderr = strings.TrimSpace(strings.ToValidUTF8(stderr, "\ufffd"))
	if m := saysFailed.FindStringSubmatch(stderr); m != nil {
		return strings.TrimSpace(m[1])
	}
	return lastLine(stderr)
}

func lastLine(text string) string {
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// saysWarning is how client-go prints a warning of the API server, in its older
// and newer versions.
var saysWarning = regexp.MustCompile(`(?m)^[IW]\d{4} .*warnings\.go:\d+\] "?(?:Warning: )?(.*?)"?$`)

func programWarnings(stderr string) []string {
	var out []string
	for _, m := range saysWarning.FindAllStringSubmatch(stderr, -1) {
		if text := strings.ReplaceAll(m[1], `\"`, `"`); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
