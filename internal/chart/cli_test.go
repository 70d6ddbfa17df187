package chart

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
)

// The tests below compare with the helm command, version 4 (CHART_MATRIX_HELM)
// and version 3 (CHART_MATRIX_HELM3), on every chart below
// CHART_MATRIX_CHARTS. Without these they use the chart of features only, or
// are skipped.
func helmCommand(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skip(variable + " names no helm command")
	}
	return path
}

func comparedCharts(t *testing.T) []string {
	t.Helper()
	dirs := []string{chartDir(t, features)}
	if root := os.Getenv("CHART_MATRIX_CHARTS"); root != "" {
		dirs = append(dirs, findCharts(t, root)...)
	}
	return dirs
}

func runHelm(t *testing.T, helm string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(helm, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "TZ=UTC")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return string(out), err
}

func TestDocumentsEqualHelm4(t *testing.T) {
	compareWithHelm(t, helmCommand(t, "CHART_MATRIX_HELM"))
}

func TestDocumentsEqualHelm3(t *testing.T) {
	compareWithHelm(t, helmCommand(t, "CHART_MATRIX_HELM3"))
}

func compareWithHelm(t *testing.T, helm string) {
	for _, dir := range comparedCharts(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, err := Open(t.Context(), dir, Options{Offline: true})
			if err != nil {
				t.Skip(err)
			}
			if c.Type == "library" {
				t.Skip("a library chart")
			}
			r := newRenderer(t, c, RendererOptions{})
			for _, file := range append([]string{""}, valuesFiles(t, c)...) {
				compareOne(t, helm, c, r, file)
			}
		})
	}
}

// extraAPIs are given to both sides, as is Helm's built-in list.
var extraAPIs = []string{"monitoring.coreos.com/v1", "policy/v1/PodDisruptionBudget", "networking.k8s.io/v1/Ingress"}

func compareOne(t *testing.T, helm string, c *Chart, r *Renderer, file string) {
	t.Helper()
	args := []string{"template", "rel", c.Path, "--namespace", "space", "--kube-version", "v1.33.4"}
	for _, a := range extraAPIs {
		args = append(args, "--api-versions", a)
	}
	layer := ValueLayer{Source: "test"}
	if file != "" {
		args = append(args, "--values", file)
		layer.Files = []string{file}
	}
	v, err := NewResolver().Resolve([]ValueLayer{layer})
	if err != nil {
		t.Fatal(err)
	}
	req := request(v)
	req.APIVersions = slices.Concat(common.DefaultVersionSet, extraAPIs)
	got, err := r.Render(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	one, cliErr := runHelm(t, helm, args...)
	if (cliErr != nil) != (got.Failure != nil) {
		t.Fatalf("%s: helm says %v, we say %v", file, cliErr, got.Failure)
	}
	if cliErr != nil {
		if !strings.Contains(cliErr.Error(), got.Failure.Message) {
			t.Errorf("%s: helm says %v, we say %s", file, cliErr, got.Failure.Message)
		}
		return
	}
	two, err := runHelm(t, helm, args...)
	if err != nil {
		t.Fatal(err)
	}
	want, again, ours := cliDocuments(one), cliDocuments(two), ourDocuments(got.Documents)
	if len(want) != len(ours) || len(want) != len(again) {
		t.Fatalf("%s: %d documents, helm gives %d", file, len(ours), len(want))
	}
	for i := range want {
		if want[i].Template != ours[i].Template || !equalButRandom(want[i].Text, again[i].Text, ours[i].Text) {
			t.Errorf("%s: document %d\nours %s\n%s\nhelm %s\n%s", file, i, ours[i].Template, diffAround(ours[i].Text, want[i].Text), want[i].Template, diffAround(want[i].Text, ours[i].Text))
		}
	}
}

var sourceLine = regexp.MustCompile(`(?m)^# Source: (\S+)\n`)

// cliDocuments reads the output of helm template, which comes sorted by kind.
func cliDocuments(out string) []Document {
	var docs []Document
	for _, d := range splitDocuments("", out) {
		m := sourceLine.FindStringSubmatch(d.Text)
		if m == nil {
			continue
		}
		text := strings.Replace(d.Text, m[0], "", 1)
		docs = append(docs, Document{Template: m[1], Text: strings.TrimSpace(text)})
	}
	sortDocuments(docs)
	return docs
}

func ourDocuments(in []Document) []Document {
	docs := make([]Document, 0, len(in))
	for _, d := range in {
		docs = append(docs, Document{Template: d.Template, Text: strings.TrimSpace(d.Text)})
	}
	sortDocuments(docs)
	return docs
}

var documentKey = regexp.MustCompile(`(?m)^(kind|  name|  namespace): .*$`)

func sortDocuments(docs []Document) {
	slices.SortStableFunc(docs, func(a, b Document) int {
		key := func(d Document) string {
			return d.Template + strings.Join(documentKey.FindAllString(d.Text, 3), " ")
		}
		return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(len(a.Text), len(b.Text)))
	})
}

var ourTime = regexp.MustCompile(`2025-?06-?15|17499\d{5}`)

// equalButRandom compares line by line, apart from lines that differ between
// two runs of helm and lines that hold the time.
func equalButRandom(one, two, ours string) bool {
	a, b, o := strings.Split(one, "\n"), strings.Split(two, "\n"), strings.Split(ours, "\n")
	if len(a) != len(b) || len(a) != len(o) {
		return one != two // certificates differ in length
	}
	for i := range a {
		if a[i] == b[i] && strings.TrimRight(a[i], " \r") != strings.TrimRight(o[i], " \r") && !ourTime.MatchString(o[i]) {
			return false
		}
	}
	return true
}

func TestLintEqualsHelm(t *testing.T) {
	helm := helmCommand(t, "CHART_MATRIX_HELM")
	for _, dir := range comparedCharts(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, err := Open(t.Context(), dir, Options{Offline: true})
			if err != nil {
				t.Skip(err)
			}
			r := newRenderer(t, c, RendererOptions{})
			for _, file := range append([]string{""}, valuesFiles(t, c)...) {
				args, layer := []string{"lint", "--strict", "--namespace", "space", "--kube-version", "v1.33.4", dir}, ValueLayer{Source: "test"}
				if file != "" {
					args, layer.Files = append(args, "--values", file), []string{file}
				}
				v, err := NewResolver().Resolve([]ValueLayer{layer})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Lint(t.Context(), LintRequest{Values: v, Namespace: "space", KubeVersion: "v1.33.4", APIVersions: common.DefaultVersionSet})
				if err != nil {
					t.Fatal(err)
				}
				out, _ := runHelm(t, helm, args...) // its exit code repeats the messages
				var want, ours []string
				for _, m := range regexp.MustCompile(`(?m)^\[(WARNING|ERROR|INFO)\] [^\n]*$`).FindAllString(out, -1) {
					want = append(want, strings.TrimSpace(m))
				}
				for _, m := range got {
					if strings.HasPrefix(m.Message, "required: ") || strings.HasPrefix(m.Message, "fail: ") {
						continue // helm writes these to its log
					}
					line, _, _ := strings.Cut(m.String(), "\n")
					ours = append(ours, strings.TrimSpace(line))
				}
				slices.Sort(want)
				slices.Sort(ours)
				if !slices.Equal(want, ours) {
					t.Errorf("%s:\nours\n%s\nhelm\n%s", file, strings.Join(ours, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}
