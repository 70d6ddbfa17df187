package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github"
)

func TestOurArtifacts(t *testing.T) {
	var all []github.Artifact
	for _, name := range []string{
		"chart-matrix.web.plan.1", "chart-matrix.web.plan.10", "chart-matrix.web.plan.2", "chart-matrix.web.abcdefgh.1", "chart-matrix.my.web-2.report.1",
		"chart-matrix.web.html", "chart-matrix.web.plan.0", "chart-matrix.web.plan.01", "chart-matrix..plan.1", "chart-matrix.web.ABCDEFGH.1",
		"chart-matrix.web/../x.plan.1", "chart-matrix.web.plan.99999", "coverage", "chart-matrix.web.plan.1\n",
	} {
		all = append(all, github.Artifact{Name: name})
	}
	var got []string
	for _, a := range ours(all) {
		got = append(got, a.of.Chart+" "+a.of.Part+" "+a.Name[strings.LastIndexByte(a.Name, '.')+1:])
	}
	want := "my.web-2 report 1, web abcdefgh 1, web plan 1, web plan 2, web plan 10"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if _, err := ofChart(ours(all), ""); err == nil || !strings.Contains(err.Error(), "my.web-2, web with --name") {
		t.Errorf("got %v", err)
	}
	if chosen, err := ofChart(ours(all), "web"); err != nil || len(chosen) != 4 {
		t.Errorf("got %d, %v", len(chosen), err)
	}
}

func TestRoomIsBounded(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log"), make([]byte, 100), 0o644); err != nil {
		t.Fatal(err)
	}
	var r room
	r.left.Store(150)
	for i, full := range []bool{false, false, true} {
		if err := r.check(); (err != nil) != full {
			t.Errorf("%d: %v", i, err)
		}
		r.take(dir)
	}
	r.take(filepath.Join(dir, "absent"))
}

func TestArtifactName(t *testing.T) {
	for in, want := range map[string]string{
		"web": "web", "My.Chart_2-x": "My.Chart_2-x", "a b/c": "a-b-c", "": "chart", "é": "chart", "..": "chart", strings.Repeat("x", 300): strings.Repeat("x", 100),
	} {
		if got := artifactName(in); got != want {
			t.Errorf("artifactName(%q) = %q, want %q", in, got, want)
		}
	}
}
