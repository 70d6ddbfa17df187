//go:build unix

package layer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tools makes a PATH that holds the test binary under these names, and the
// system's shell.
func tools(t *testing.T, names ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // under -race each call would sleep for a second
}

// withShell adds the system's programs behind the tools.
func withShell(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/bin:/bin")
}

// suites is a chart whose suites play these parts, by name.
func suites(t *testing.T, parts map[string]string) *Unit {
	t.Helper()
	files := map[string]string{"templates/a.yaml": configMap}
	for name, part := range parts {
		files["tests/"+name+"_test.yaml"] = "suite: x\nplay: " + part + "\n"
	}
	c := newChart(t, files)
	return &Unit{Chart: c.Chart, Dir: c.Path, Workers: 2}
}

func TestUnit(t *testing.T) {
	passed := func(suite string) []string {
		f := "tests/" + suite + "_test.yaml"
		return []string{"skipped " + f + " › later (not yet)", "passed " + f + " › renders"}
	}
	failed := func(suite, problem string) string {
		return fmt.Sprintf("failed tests/%s_test.yaml › replicas | error unit-test: %s", suite, problem)
	}
	for _, tt := range []struct {
		name    string
		tool    string
		command string
		parts   map[string]string
		want    []string
	}{
		{"passes", "helm", "", map[string]string{"a": "pass", "b": "pass"}, slices.Concat(passed("a"), passed("b"))},
		{"the plugin's own program", "untt", "", map[string]string{"a": "pass"}, passed("a")},
		{"a test that fails", "helm", "", map[string]string{"a": "fail"}, append(passed("a"), failed("a", "`equal` fails on spec.replicas"))},
		{"an error in a test is the chart's", "helm", "", map[string]string{"a": "error"}, append(passed("a"), failed("a", "template: no such thing"))},
		{
			"a suite that cannot be run does not hide the others", "helm", "",
			map[string]string{"a": "pass", "b": "broken", "c": "fail", "d": "pass"},
			slices.Concat(passed("a"), []string{"failed tests/b_test.yaml | error unit-test: the suite cannot be run: no asserts found"},
				passed("c"), []string{failed("c", "`equal` fails on spec.replicas")}, passed("d")),
		},
		{
			"a bad end that the report does not explain", "helm", "", map[string]string{"a": "silent", "b": "pass"},
			append(passed("b"), "failed tests/a_test.yaml | error unit-test: the suite cannot be run: exit code 1"),
		},
		{
			"a configured command with patterns", "helm", `helm unittest --strict -f 'tests/a*.yaml' --file=tests/b_test.yaml --output-type XUnit "$CHART"`,
			map[string]string{"a": "pass", "b": "pass", "c": "broken"}, slices.Concat(passed("a"), passed("b")),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := suites(t, tt.parts)
			tools(t, tt.tool)
			u.Command = tt.command
			got, want := ask(t, u, Inputs{}), slices.Clone(tt.want)
			slices.Sort(got)
			slices.Sort(want)
			sameLines(t, got, want)
		})
	}
}

func TestUnitDividesTheSuites(t *testing.T) {
	u := suites(t, map[string]string{"a": "pass", "b": "pass", "c": "pass", "d": "pass", "e": "pass"})
	u.Command = `helm unittest --strict "$CHART"`
	tools(t, "helm")
	log := t.TempDir()
	t.Setenv("PLAY_LOG", log)
	ask(t, u, Inputs{})
	entries, err := os.ReadDir(log)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(log, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		args := strings.Fields(string(data))
		if !slices.Contains(args, "--strict") || !slices.Contains(args, u.Chart.Path) {
			t.Errorf("called with %q", args)
		}
		for i, a := range args {
			if a == "--file" {
				asked = append(asked, args[i+1])
			}
		}
	}
	slices.Sort(asked)
	want := []string{"tests/a_test.yaml", "tests/b_test.yaml", "tests/c_test.yaml", "tests/d_test.yaml", "tests/e_test.yaml"}
	if len(entries) != 2 || !slices.Equal(asked, want) {
		t.Errorf("%d calls for %q, want 2 for each suite once", len(entries), asked)
	}
}

func TestUnitThatCannotBeAsked(t *testing.T) {
	for _, tt := range []struct {
		name     string
		parts    map[string]string
		tools    []string
		noPlugin bool
		command  string
		required bool
		skip     bool
		want     string // in the error
	}{
		{"no suites", nil, []string{"helm"}, false, "", false, true, "no unit-test suites"},
		{"no suites, though configured", nil, []string{"helm"}, false, "", true, false, "configured, but the chart has no unit-test suites"},
		{"no tool", map[string]string{"a": "pass"}, nil, false, "", false, true, "found 1 unit-test suites, but not helm-unittest; install it with `helm plugin install"},
		{"helm without the plugin", map[string]string{"a": "pass"}, []string{"helm"}, true, "", false, true, "but not helm-unittest"},
		{"no tool, though configured", map[string]string{"a": "pass"}, nil, false, "", true, false, "install it with"},
		{"the configured command is missing", map[string]string{"a": "pass"}, nil, false, "helm unittest .", true, false, "the configured command `helm unittest .` cannot run: "},
		{"the configured command lacks the plugin", map[string]string{"a": "pass"}, []string{"helm"}, true, "helm unittest .", true, false, "helm-unittest does not answer; install it with"},
		{"patterns that match nothing", map[string]string{"a": "pass"}, []string{"helm"}, false, "helm unittest -f 'spec/*.yaml' $CHART", true, false, "no suite matches"},
		{"a bad pattern", map[string]string{"a": "pass"}, []string{"helm"}, false, "helm unittest -f 'tests/[' $CHART", true, false, `the pattern "tests/["`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := suites(t, tt.parts)
			tools(t, tt.tools...)
			if tt.noPlugin {
				t.Setenv("PLAY_NO_PLUGIN", "1")
			}
			u.Command, u.Required = tt.command, tt.required
			out, err := u.Run(t.Context(), Inputs{})
			if err == nil {
				t.Fatalf("no error: %q", lines(out))
			}
			var skip *Skip
			if errors.As(err, &skip) != tt.skip {
				t.Errorf("skipped: %t, want %t", !tt.skip, tt.skip)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q lacks %q", err, tt.want)
			}
		})
	}
}

// Any other command is a shell's, and its exit code or its report is the answer.
func TestUnitOfAnotherKind(t *testing.T) {
	for _, tt := range []struct {
		name, command string
		want          []string
	}{
		{"passes", "test -d \"$CHART\"", []string{"passed exit code"}},
		{"fails", "echo no; exit 3", []string{"failed exit code | error unit-test: `echo no; exit 3` exits with 3"}},
		{"stops at the first failure", "false\ntrue", []string{"failed exit code | error unit-test: `false\ntrue` exits with 1"}},
		{
			"writes a report", `echo '<testsuite name="s"><testcase name="t"><failure>wrong</failure></testcase></testsuite>' >"$JUNIT"; exit 1`,
			[]string{"failed s › t | error unit-test: wrong"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := suites(t, nil)
			tools(t)
			withShell(t)
			u.Command = tt.command
			sameLines(t, ask(t, u, Inputs{}), tt.want)
		})
	}
	t.Run("a report that is none", func(t *testing.T) {
		u := suites(t, nil)
		tools(t)
		withShell(t)
		u.Command = `echo '<html>' >"$JUNIT"`
		if _, err := u.Run(t.Context(), Inputs{}); err == nil || !strings.Contains(err.Error(), "found <html>") {
			t.Errorf("error %v", err)
		}
	})
}

func TestUnitKey(t *testing.T) {
	u := suites(t, map[string]string{"a": "pass"})
	if key(t, u, cell(t, "1.30")) != key(t, u, cell(t, "1.31", "a=b")) {
		t.Error("suites do not depend on the cell, but are run twice")
	}
	other := &Unit{Chart: u.Chart, Command: "make unit"}
	if key(t, u, Inputs{}) == key(t, other, Inputs{}) {
		t.Error("another command, the same key")
	}
}
