package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// clusters are the versions that reuse is tested over, with what distinguishes
// real clusters: suffixes, and APIs that come and go.
func clusters() []wireRequest {
	var out []wireRequest
	for i, suffix := range []string{"", "-gke.1001000", "-eks-1a2b3c", "+k3s1", "-rc.1", "", "", "", "", "", "", "", "", ""} {
		minor := 24 + i
		apis := []string{"v1", "apps/v1", "apps/v1/Deployment", "policy/v1", "policy/v1/PodDisruptionBudget", "networking.k8s.io/v1"}
		if minor < 25 {
			apis = append(apis, "policy/v1beta1", "policy/v1beta1/PodDisruptionBudget", "policy/v1beta1/PodSecurityPolicy")
		}
		if minor < 26 {
			apis = append(apis, "autoscaling/v2beta2", "autoscaling/v2beta2/HorizontalPodAutoscaler")
		}
		apis = sortedAPIs(apis)
		out = append(out, wireRequest{KubeVersion: fmt.Sprintf("v1.%d.%d%s", minor, i%5, suffix), APIVersions: apis, APIDigest: digestList(apis)})
	}
	return out
}

// assertReuse renders v for all clusters with recording and plainly, and
// compares text by text. It returns how many answers were reused.
func assertReuse(t *testing.T, h *host, v *Values) int {
	t.Helper()
	reusedCount := 0
	texts := map[int]map[string]string{}
	notes := map[int]string{}
	failures := map[int]*Failure{}
	for i, req := range clusters() {
		req.Fresh = i == 0 // an earlier call may have had equal values
		req.ValuesDigest, req.Values, req.Release, req.Namespace = v.Digest, v.encoded, "rel", "space"
		got := h.serve(req)
		req.Plain, req.Fresh = true, false
		want := h.serve(req)
		if got.Err != "" || want.Err != "" {
			t.Fatalf("%s: %s %s", req.KubeVersion, got.Err, want.Err)
		}
		if got.Reused {
			reusedCount++
			merged := map[string]string{}
			for k, s := range texts[got.Run] {
				merged[k] = s
			}
			for _, x := range got.Texts {
				merged[x.Template] = x.Text
			}
			if got.Notes == "" {
				got.Notes = notes[got.Run]
			}
			got.Texts, got.Failure = nil, failures[got.Run]
			for _, x := range want.Texts {
				got.Texts = append(got.Texts, wireText{x.Template, merged[x.Template]})
			}
		} else if got.Sharable {
			texts[got.Run], notes[got.Run], failures[got.Run] = map[string]string{}, got.Notes, got.Failure
			for _, x := range got.Texts {
				texts[got.Run][x.Template] = x.Text
			}
		}
		if !reflect.DeepEqual(got.Failure, want.Failure) {
			t.Fatalf("%s: failure differs\n got %+v\nwant %+v", req.KubeVersion, got.Failure, want.Failure)
		}
		if got.Notes != want.Notes {
			t.Fatalf("%s: notes differ\n got %q\nwant %q", req.KubeVersion, got.Notes, want.Notes)
		}
		if len(got.Texts) != len(want.Texts) {
			t.Fatalf("%s: %d texts, want %d", req.KubeVersion, len(got.Texts), len(want.Texts))
		}
		for i := range want.Texts {
			if got.Texts[i] != want.Texts[i] {
				t.Fatalf("%s (reused %t): %s differs\n got %q\nwant %q", req.KubeVersion, got.Reused, want.Texts[i].Template,
					diffAround(got.Texts[i].Text, want.Texts[i].Text), diffAround(want.Texts[i].Text, got.Texts[i].Text))
			}
		}
	}
	return reusedCount
}

func diffAround(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-80):min(len(a), i+80)]
}

func TestReuseEqualsFreshRender(t *testing.T) {
	tests := []struct {
		name, template string
		reused         int // of the 14 clusters; -1 for any
	}{
		{"no question", `a: {{ .Values.x | default "none" }}`, 13},
		{"api version", `{{ if .Capabilities.APIVersions.Has "policy/v1beta1" }}old{{ else }}new{{ end }}`, 12},
		{"api kind through a variable", `{{ $c := .Capabilities }}{{ $c.APIVersions.Has "autoscaling/v2beta2/HorizontalPodAutoscaler" }}`, 12},
		{"semverCompare", `{{ if semverCompare ">=1.28-0" .Capabilities.KubeVersion.Version }}b{{ else }}a{{ end }}`, 12},
		{"semverCompare without -0 and suffixes", `{{ semverCompare ">=1.20" .Capabilities.KubeVersion.Version }}`, 12},
		{"through a helper", "{{ define \"kv\" }}{{ default .Capabilities.KubeVersion.Version .Values.kubeVersion }}{{ end }}{{ if semverCompare \">=1.30-0\" (include \"kv\" .) }}b{{ end }}", 12},
		{"label", `version: {{ .Capabilities.KubeVersion.Version | quote }}`, 13},
		{"label in a checksum", `sum: {{ printf "v=%s" .Capabilities.KubeVersion.GitVersion | sha256sum | trunc 12 }}`, 13},
		{"printed as a whole", `version: {{ .Capabilities.KubeVersion }}`, 13},
		{"string", `version: {{ .Capabilities.KubeVersion.String }}`, 13},
		{"minor as a number", `{{ if ge (int .Capabilities.KubeVersion.Minor) 30 }}b{{ end }}`, -1},
		{"minor as text", `{{ if ge .Capabilities.KubeVersion.Minor "30" }}b{{ end }}{{ eq .Capabilities.KubeVersion.Major "1" }}`, 12},
		{"joined major and minor", `{{ printf "%s.%s" .Capabilities.KubeVersion.Major .Capabilities.KubeVersion.Minor | squote }}`, 13},
		{"trimmed minor", `{{ if gt (trimSuffix "+" .Capabilities.KubeVersion.Minor) "29" }}b{{ end }}`, 12},
		{"regexFind and default", `{{ default "x" (regexFind "v[0-9]+\\.[0-9]+\\.[0-9]+" .Capabilities.KubeVersion.Version) }}`, 13},
		{"regexFind that is sometimes empty", `{{ default "plain" (regexFind "gke.*" .Capabilities.KubeVersion.Version) }}`, 12},
		{"contains", `{{ if contains "-gke" .Capabilities.KubeVersion.Version }}gke{{ end }}`, 12},
		{"ternary and coalesce", `{{ ternary .Capabilities.KubeVersion.Version "no" true }} {{ coalesce "" .Capabilities.KubeVersion.Minor }}`, 13},
		{"in a dict", `{{ $d := dict "v" .Capabilities.KubeVersion.Version "n" 1 }}{{ toJson $d | quote }} {{ toYaml $d | indent 2 }}`, 13},
		{"dict changed later", `{{ $d := dict "v" .Capabilities.KubeVersion.Version }}{{ $a := toJson $d }}{{ $_ := set $d "v" "else" }}{{ $a }}{{ toJson $d }}`, 13},
		{"as a key", `{{ $d := dict .Capabilities.KubeVersion.Version 1 }}{{ toJson $d }}`, 0},
		{"key look-up", `{{ $m := dict "30" "thirty" "31" "more" }}{{ get $m .Capabilities.KubeVersion.Minor | default "none" }}{{ index $m .Capabilities.KubeVersion.Minor | default "none" }}`, 0},
		{"list and join", `{{ list "a" .Capabilities.KubeVersion.Minor | join "," }}{{ has "30" (list .Capabilities.KubeVersion.Minor) }}`, 12},
		{"range over a list", `{{ range list "a" .Capabilities.KubeVersion.Minor }}{{ . | upper }};{{ end }}`, 13},
		{"uniq and sort", `{{ list "30" .Capabilities.KubeVersion.Minor | uniq | sortAlpha | join "," }}`, 0},
		{"merge", `{{ merge (dict "a" .Capabilities.KubeVersion.Minor) (dict "a" "x" "b" "y") | toYaml }}`, 13},
		{"nested list in dict", `{{ dict "l" (list (dict "v" .Capabilities.KubeVersion.Minor)) | toYaml | nindent 2 }}`, 13},
		{"splitList", `{{ index (splitList "." .Capabilities.KubeVersion.Version) 1 }}`, 0},
		{"semver object", `{{ (semver .Capabilities.KubeVersion.Version).Minor }}`, 0},
		{"len", `{{ len .Capabilities.KubeVersion.Minor }}`, 12},
		{"tpl with the version in the text", `{{ tpl (printf "{{ \"%s\" | upper }}" .Capabilities.KubeVersion.Version) . }}`, 0},
		{"tpl of a helper with the version", `{{ define "t" }}{{ "{{" }} upper "{{ .Capabilities.KubeVersion.Version }}" {{ "}}" }}{{ end }}{{ tpl (include "t" .) . }}`, 13},
		{"tpl that asks", `{{ tpl "{{ .Capabilities.APIVersions.Has \"policy/v1beta1\" }}" . }}`, 12},
		{"bare list of APIs", `{{ range .Capabilities.APIVersions }}{{ . }} {{ end }}{{ has "policy/v1beta1" .Capabilities.APIVersions }}`, 11},
		{"capabilities as JSON", `{{ .Capabilities | toJson | sha256sum }}`, 0},
		{"whole context as YAML", `{{ omit . "Template" "Files" "Subcharts" | toYaml | sha256sum }}`, 0},
		{"deep copy of the context", `{{ $c := deepCopy . }}{{ $c.Release.Name }}`, 0},
		{"object as an argument", `{{ printf "%s" .Capabilities.KubeVersion }}`, 0},
		{"type of the object", `{{ typeOf .Capabilities.KubeVersion }} {{ kindOf .Capabilities.KubeVersion.Version }}`, 0},
		{"file named by the version", `{{ .Files.Get (printf "v%s.txt" .Capabilities.KubeVersion.Minor) }}`, 0},
		{"files otherwise", `{{ range $p, $_ := .Files.Glob "*.txt" }}{{ $p }}={{ $.Files.Get $p }}{{ end }}{{ (.Files.Glob "*.txt").AsConfig | indent 2 }}{{ .Files.Lines "v30.txt" }}`, 13},
		{"random and time", `{{ randAlphaNum 8 }} {{ now | date "2006" }} {{ uuidv4 }} {{ if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}{{ randNumeric 4 }}{{ end }} {{ randInt 1 100 }}`, 12},
		{"failure that quotes the version", `{{ fail (printf "no %s" .Capabilities.KubeVersion.Version) }}`, 0},
		{"failure everywhere", `{{ required "need x" .Values.none }}`, 13},
		{"failure on some", `{{ if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}{{ fail "too new" }}{{ end }}ok`, 12},
		{"error in a function", `{{ semverCompare "not a constraint" .Capabilities.KubeVersion.Version }}`, -1},
		{"no such field", `{{ .Capabilities.KubeVersion.GitCommit }}`, 0},
		{"helm version", `{{ .Capabilities.HelmVersion.Version | len }}`, 13},
		{"date layout", `{{ now | date .Capabilities.KubeVersion.Minor }}`, 0},
		{"derived twice", `{{ $v := .Capabilities.KubeVersion.Version | trimPrefix "v" | replace "." "-" }}{{ $v | b64enc }} {{ printf "%q" $v }} {{ len $v }}`, -1},
		{"markers in the chart's own text", "a: \uE0F10\uE0F2 {{ .Capabilities.KubeVersion.Version }}", 0},
		{"durations", `{{ durationSeconds .Capabilities.KubeVersion.Minor }}`, 0},
		{"a field of that name", `{{ .Release.Name }} durationSeconds: 5 {{ .Capabilities.KubeVersion.Minor }}`, 13},
		{"durations behind a brace in a text", `{{ print "{{" "}}" (durationSeconds .Capabilities.KubeVersion.Minor) }}`, 0},
		{"comparison of different kinds", `{{ eq .Capabilities.KubeVersion.Minor 30 }}`, -1},
		{"and, or, not", `{{ and .Capabilities.KubeVersion.Minor "x" }}{{ or .Capabilities.KubeVersion.Minor "x" }}{{ not .Capabilities.KubeVersion.Minor }}`, 13},
		{"html", `{{ html .Capabilities.KubeVersion.Version }}{{ print .Capabilities.KubeVersion.Version 1 2 }}`, 13},
		{"print of a map", `{{ dict "v" .Capabilities.KubeVersion.Version }}`, 13},
		{"kindIs", `{{ if kindIs "string" .Capabilities.KubeVersion.Version }}s{{ end }}`, 13},
		{"fromYaml of a text with the version", `{{ $m := printf "v: %s" .Capabilities.KubeVersion.Minor | fromYaml }}{{ $m.v }}`, 0},
		{"lookup", `{{ (lookup "v1" "Node" "" .Capabilities.KubeVersion.Minor) | toJson }}`, 13},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := chartDir(t, "-- templates/a.yaml --\n"+tt.template+"\n-- templates/NOTES.txt --\nOn {{ .Capabilities.KubeVersion.Version }}\n-- v30.txt --\nthirty\n")
			n := assertReuse(t, testHost(t, openChart(t, dir)), resolve(t))
			if tt.reused >= 0 && n != tt.reused {
				t.Errorf("%d answers reused, want %d", n, tt.reused)
			}
		})
	}
}

// TestReuseOnRealCharts takes every chart below the folder that
// CHART_MATRIX_CHARTS names.
func TestReuseOnRealCharts(t *testing.T) {
	root := os.Getenv("CHART_MATRIX_CHARTS")
	if root == "" {
		t.Skip("CHART_MATRIX_CHARTS names no folder of charts")
	}
	for _, dir := range findCharts(t, root) {
		t.Run(strings.TrimPrefix(dir, root), func(t *testing.T) {
			c, err := Open(t.Context(), dir, Options{Offline: true})
			if err != nil {
				t.Skip(err)
			}
			if c.Type == "library" {
				t.Skip("a library chart")
			}
			h := testHost(t, c)
			n := assertReuse(t, h, resolve(t))
			sets := 1
			for _, file := range valuesFiles(t, c) {
				v, err := NewResolver().Resolve([]ValueLayer{{Source: "ci", Files: []string{file}}})
				if err != nil {
					t.Error(err)
					continue
				}
				n += assertReuse(t, h, v)
				sets++
			}
			t.Logf("%d of %d answers reused", n, sets*len(clusters()))
		})
	}
}

// valuesFiles are those in the chart's ci/, and those of a repository that keeps
// them beside its charts.
func valuesFiles(t *testing.T, c *Chart) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(c.Path, "ci", "*values*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir(filepath.Join(c.Path, "..", "..", "ci", "values"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".yaml") {
			out = append(out, path)
		}
		return nil
	})
	return out
}

func findCharts(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == "Chart.yaml" && !strings.Contains(path, "/charts/charts/") {
			out = append(out, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
