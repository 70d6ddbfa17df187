package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func listed(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRenderWritesEveryForm(t *testing.T) {
	s := makeRun(t, 2).onGitHub(t)
	s.report()
	want := []string{"junit.xml", "report.html", "results", "summary.json", "summary.md"}
	if got := listed(t, s.out); !slices.Equal(got, want) {
		t.Errorf("have %q", got)
	}
	if out := s.stdout.String(); out != "All 2 cells pass.\n" {
		t.Errorf("said %q", out)
	}
	first := filesIn(t, s.out)
	if err := os.WriteFile(filepath.Join(s.out, "mine.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s.report() // in the place of the first, beside what is not ours
	second := filesIn(t, s.out)
	delete(second, "mine.txt")
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s differs between two reports of the same results", name)
		}
	}
	if len(second) != len(first) {
		t.Errorf("%d files, then %d", len(first), len(second))
	}
}

func TestRenderLeavesOtherFoldersAlone(t *testing.T) {
	s := makeRun(t, 1).onGitHub(t)
	mine := t.TempDir()
	for _, name := range []string{"report.html", "summary.json"} {
		if err := os.WriteFile(filepath.Join(mine, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, says := range map[string]string{mine: "holds other files", file: "is not a folder"} {
		if code := s.main("report", s.parts, "--render", dir); code != exitUsage || !strings.Contains(s.stderr.String(), says) {
			t.Errorf("exit code %d: %s", code, &s.stderr)
		}
	}
	if got := filesIn(t, mine); len(got) != 2 || got["report.html"] != "mine" {
		t.Errorf("have %v", got)
	}
	if n := len(s.server.Requests()); n > 0 {
		t.Errorf("%d requests before the folder was looked at", n)
	}
	if code := s.main("report", s.parts, "--render", s.out, "--output", "x"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}

// TestRenderCancelled: neither a new folder nor an earlier report is half written.
func TestRenderCancelled(t *testing.T) {
	s := makeRun(t, 2).onGitHub(t)
	interrupted := func() {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		s.server.On("GET /repos/*/*/actions/runs/*/jobs", 1, func(*githubtest.State) { cancel() })
		if code := s.mainWith(ctx, "report", s.parts, "--render", s.out); code != ExitInterrupted {
			t.Fatalf("exit code %d: %s", code, &s.stderr)
		}
	}
	interrupted()
	if _, err := os.Stat(s.out); !os.IsNotExist(err) {
		t.Errorf("left %q", listed(t, s.out))
	}
	s.report()
	before := filesIn(t, s.out)
	interrupted()
	if after := filesIn(t, s.out); len(after) != len(before) || after["summary.json"] != before["summary.json"] {
		t.Error("the earlier report is not what it was")
	}
}

// TestRenderFailing: a folder that cannot be written to keeps the earlier report.
func TestRenderFailing(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	s := makeRun(t, 1).onGitHub(t)
	s.report()
	before := filesIn(t, s.out)
	if err := os.Chmod(s.out, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(s.out, 0o755)
	if code := s.main("report", s.parts, "--render", s.out); code != exitInfrastructure {
		t.Errorf("exit code %d: %s", code, &s.stderr)
	}
	if after := filesIn(t, s.out); len(after) != len(before) {
		t.Errorf("have %d files, had %d", len(after), len(before))
	}
}

// TestRenderTakesUpWhatWasInterrupted: what a killed report left is replaced.
func TestRenderTakesUpWhatWasInterrupted(t *testing.T) {
	s := makeRun(t, 1).onGitHub(t)
	half := filepath.Join(s.out, rendering)
	if err := os.MkdirAll(half, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "report.html"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.report()
	if slices.Contains(listed(t, s.out), rendering) {
		t.Error("the half is still there")
	}
}

func FuzzParseSummary(f *testing.F) {
	f.Add([]byte(`{"schema":"chart-matrix/summary/v1","verdict":{"passed":true},"grid":{"rows":[{"values":[],"cells":[{"findings":[0]}]}]}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, renderedSummary), data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := readSummary(dir)
		if err != nil {
			return
		}
		// What was accepted can be shown.
		d := delivery{summary: s, deliverCommand: &deliverCommand{}}
		if text, err := d.markdown(stepSummaryLimit, ""); err != nil || len(text) > stepSummaryLimit {
			t.Errorf("%d bytes, %v", len(text), err)
		}
		for _, a := range annotations(s, "") {
			if !fs.ValidPath(a.Path) || a.StartLine < 1 || a.Title == "" && a.Message == "" {
				t.Errorf("%+v", a)
			}
		}
	})
}
