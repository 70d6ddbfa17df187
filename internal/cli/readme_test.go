package cli

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/config"
)

var (
	readmeSummary  = regexp.MustCompile("(?s)(-->\n```text\n)(.*?)(```\n)")
	readmeYAML     = regexp.MustCompile("(?s)```yaml\n(.*?)```\n")
	durationInText = regexp.MustCompile(`\d+(\.\d+)? m?s\b`)
)

// TestReadmeShowsWhatIsPrinted runs the README's first command and compares.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Chdir("../..")
	// The machine's own tools must not decide what the README shows.
	t.Setenv("PATH", "")
	// What providers offer changes from day to day.
	day, started := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC), time.Now()
	var stdout, stderr bytes.Buffer
	env := Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return day.Add(time.Since(started)) }, Width: defaultWidth,
	}
	if code := Main(t.Context(), env, []string{"check", "examples/hogwatch", "--quiet"}); code != exitFailed {
		t.Fatalf("exit code %d, want %d\n%s", code, exitFailed, stderr.String())
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := readmeSummary.FindSubmatch(readme)
	if m == nil {
		t.Fatal("README.md has no summary")
	}
	mask := func(b []byte) string { return durationInText.ReplaceAllString(string(b), "N ms") }
	if mask(m[2]) == mask(stdout.Bytes()) {
		return
	}
	if !*update {
		t.Fatalf("README.md shows another summary than is printed; run go test ./internal/cli -update\n%s", stdout.String())
	}
	changed := bytes.Replace(readme, m[0], []byte(string(m[1])+stdout.String()+string(m[3])), 1)
	if err := os.WriteFile("README.md", changed, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReadmeConfigurationIsValid reads every configuration that the README
// shows. Workflows are internal/workflows' to lint.
func TestReadmeConfigurationIsValid(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := readmeYAML.FindAllSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md shows no configuration")
	}
	for _, b := range blocks {
		if bytes.Contains(b[1], []byte("\njobs:")) {
			continue
		}
		if _, err := config.Parse("README.md", b[1], vocabularyAt(System())); err != nil {
			t.Error(err)
		}
	}
}
