package layer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/result"
)

func TestTAP(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want []string // nil: it is not TAP
		bail string
	}{
		{"nothing", "", nil, ""},
		{"other output", "ok then\nnot ok at all\n", nil, ""},
		{"a plan alone", "1..3\n", nil, ""},
		{"with a plan in front", "1..2\nok 1 - starts\nnot ok 2 - answers\n", []string{
			"passed starts", "failed answers | error command: the check fails"}, ""},
		{"with a plan behind, and other lines", "building\nok\nwarning: x\nok 2\n1..2\n", []string{"passed test 1", "passed test 2"}, ""},
		{"Windows", "1..1\r\nok 1 - starts\r\n", []string{"passed starts"}, ""},
		{"version 13 with YAML", "TAP version 13\n1..1\nnot ok 1 - status\n  ---\n  severity: fail\n  message: 'got 500'\n  at: web.t\n  ...\n", []string{
			"failed status | error command: got 500"}, ""},
		{"YAML that is not closed", "1..2\nnot ok 1\n  ---\n  message: x\nok 2\n", []string{"failed test 1 | error command: x", "passed test 2"}, ""},
		{"diagnostics of bats", "1..1\nnot ok 1 answers\n# (in test file a.bats, line 3)\n#   `false' failed\n", []string{
			"failed answers | error command: (in test file a.bats, line 3)"}, ""},
		{"directives", "1..4\nok 1 - a # SKIP no curl\nnot ok 2 - b # TODO later\nok 3 - c # TODO\nok 4 - d # skip\n", []string{
			"skipped a (no curl)", "skipped b (to do: later)", "passed c", "skipped d (no reason is given)"}, ""},
		{"skip does not excuse a failure", "1..1\nnot ok 1 - a # SKIP\n", []string{"failed a | error command: the check fails"}, ""},
		{"an escaped hash", `1..1` + "\n" + `ok 1 - issue \#3 \\ # not a directive` + "\n", []string{`passed issue #3 \ # not a directive`}, ""},
		{"all skipped", "1..0 # SKIP no cluster\n", []string{"skipped plan (no cluster)"}, ""},
		{"none planned", "TAP version 14\n1..0\n", []string{"skipped plan (the command plans no checks)"}, ""},
		{"some missing", "1..3\nok 1\n", []string{"passed test 1", "failed plan | error command: 3 checks were planned, and 1 came"}, ""},
		{"some too many", "1..1\nok 1\nok 2\n", []string{"passed test 1", "passed test 2", "failed plan | error command: 1 checks were planned, and 2 came"}, ""},
		{"one twice", "1..2\nok 1\nok 1\n", []string{"passed test 1", "passed test 1 (2)", "failed plan | error command: two checks have the number 1"}, ""},
		{"without a plan", "TAP version 13\nok 1\n", []string{"passed test 1", "failed plan | error command: the TAP has no plan (1..N), so that checks may be missing"}, ""},
		{"bail out", "1..9\nok 1\nBail out! no database\n", []string{"passed test 1"}, "the command bailed out: no database"},
		{"bail out without a reason", "ok 1\nbail out!\n", []string{"passed test 1"}, "the command bailed out"},
		{"subtests", "TAP version 14\n# Subtest: web\n    1..2\n    ok 1 - starts\n    not ok 2 - answers\nnot ok 1 - web\n1..1\n", []string{
			"failed web | error command: not ok 2 - answers"}, ""},
		{"names that look like commands", "1..1\nnot ok 1 - ::error::x\n# ::set-output name=a::b\n", []string{
			"failed ::error::x | error command: ::set-output name=a::b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, ok := parseTAP(c.text)
			if ok != (c.want != nil) {
				t.Fatalf("is TAP: %t", ok)
			}
			if !ok {
				return
			}
			checks, err := r.checks()
			sameLines(t, lines(distinct(checks)), c.want)
			if (err == nil) != (c.bail == "") || err != nil && err.Error() != c.bail {
				t.Errorf("bail %v, want %q", err, c.bail)
			}
		})
	}
}

func TestTAPWhoseBeginningWasDropped(t *testing.T) {
	r, ok := parseTAP("[123 bytes before this were dropped]\n" + "ok 2\nok 3\n1..3\n")
	checks, err := r.checks()
	if !ok || err != nil || checks[len(checks)-1].Status != result.Failed {
		t.Errorf("got %v, %v", lines(checks), err)
	}
}

// FuzzTAP: whatever a program prints, reading it ends, and what failed is told.
func FuzzTAP(f *testing.F) {
	for _, seed := range []string{"", "1..1\nok 1\n", "TAP version 14\n1..2\nnot ok 1 - a\n  ---\n  message: m\n  ...\nok 2 # SKIP\n", "    ok\nBail out!", "1..0 # skip x", "not ok \\# # todo"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseTAP(text)
		if !ok {
			return
		}
		checks, err := r.checks()
		checks = bounded(distinct(checks))
		if len(checks) == 0 && err == nil {
			t.Error("neither checks nor an error")
		}
		failed := false
		for _, p := range r.points {
			failed = failed || !p.ok && p.directive != "todo"
		}
		if failed && !anyFailed(checks) {
			t.Error("a failure is not told")
		}
		names := map[string]bool{}
		for _, c := range checks {
			if !c.Status.Valid() || c.Name == "" || c.Status == result.Skipped && c.Reason == "" || strings.ContainsAny(c.Name, "\n\r") {
				t.Errorf("%+v", c)
			}
			if utf8.ValidString(text) && !utf8.ValidString(c.Name) {
				t.Errorf("broken name %q", c.Name)
			}
			names[c.Name] = true
		}
	})
}
