package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
)

// folder writes files and gives their folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func axisValues(c *Config, name string) []string {
	for _, a := range c.Axes {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

func TestMissingFilesHavePositions(t *testing.T) {
	dir := folder(t, map[string]string{
		FileName: `chart: app
values: [ci/comon.yaml, ci/common.yaml, ci]
providers:
  eks: {values: [ci/eks.yaml]}
layers:
  k6: {script: ci/load.js}
  kubetest: {path: ci/common.yaml}
`,
		"ci/common.yaml": "",
	})
	_, err := Load(filepath.Join(dir, FileName), vocabulary())
	if err == nil {
		t.Fatal("accepted")
	}
	got := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	want := `.chart-matrix.yaml:1:8: there is no "app"; paths are relative to the configuration's folder
.chart-matrix.yaml:2:10: there is no "ci/comon.yaml"; did you mean ci/common.yaml?
.chart-matrix.yaml:2:41: "ci" is a folder; expected a file
.chart-matrix.yaml:4:18: there is no "ci/eks.yaml"; paths are relative to the configuration's folder
.chart-matrix.yaml:6:16: there is no "ci/load.js"; paths are relative to the configuration's folder
.chart-matrix.yaml:7:20: "ci/common.yaml" is a file; expected a folder`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), FileName), vocabulary())
	if err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	dir := folder(t, map[string]string{FileName: strings.Repeat("#", MaxFileSize+1)})
	_, err := Load(filepath.Join(dir, FileName), vocabulary())
	if err == nil || !strings.Contains(err.Error(), "at most 262144") {
		t.Errorf("got %v", err)
	}
}

func TestDefault(t *testing.T) {
	bare := folder(t, map[string]string{"Chart.yaml": "name: app"})
	c, err := Default(bare, vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	for axis, want := range map[string][]string{
		"kubernetes": {"1.35", "1.36", "1.37"}, "provider": {"kind"}, "scenario": {"default"}, "operation": {"install"},
	} {
		if got := axisValues(c, axis); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", axis, got, want)
		}
	}
	if c.Chart != bare {
		t.Errorf("the chart is %q, want %q", c.Chart, bare)
	}

	withCI := folder(t, map[string]string{
		"Chart.yaml": "name: app", "ci/ha-values.yaml": "", "ci/default-values.yaml": "", "ci/notes.yaml": "", "ci/-values.yaml": "",
	})
	if c, err = Default(withCI, vocabulary()); err != nil {
		t.Fatal(err)
	}
	if got, want := axisValues(c, "scenario"), []string{"default", "ha"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got := c.ValueLayers(matrix.Coordinate{"scenario": "ha"})
	want := []ValueLayer{{Source: "scenario ha", Axis: "scenario", Files: []string{filepath.Join(withCI, "ci", "ha-values.yaml")}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestScenariosOfTheChart names scenarios that only the chart's ci folder defines.
func TestScenariosOfTheChart(t *testing.T) {
	dir := folder(t, map[string]string{
		FileName:                "chart: app\naxes:\n  scenario: [default, ha]\n",
		"app/ci/ha-values.yaml": "",
	})
	c, err := Load(filepath.Join(dir, FileName), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	got := c.ValueLayers(matrix.Coordinate{"scenario": "ha"})
	if len(got) != 1 || !slices.Equal(got[0].Files, []string{filepath.Join(dir, "app", "ci", "ha-values.yaml")}) {
		t.Errorf("got %+v", got)
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	dir := folder(t, map[string]string{FileName: "# nothing\n", "Chart.yaml": "name: app"})
	loaded, err := Load(filepath.Join(dir, FileName), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	byDefault, err := Default(dir, vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	loaded.File = ""
	if !reflect.DeepEqual(loaded, byDefault) {
		t.Errorf("got %+v, want %+v", loaded, byDefault)
	}
}
