package chart

import (
	"strings"
	"testing"
)

// TestMinorIsThatOfTheProvider shows a fault that only EKS has: its minor is no
// number, so that a template which compares it takes the branch for old clusters.
func TestMinorIsThatOfTheProvider(t *testing.T) {
	dir := chartDir(t, `-- templates/a.yaml --
kind: A
minor: {{ .Capabilities.KubeVersion.Minor | quote }}
new: {{ ge (int .Capabilities.KubeVersion.Minor) 25 }}
`)
	r := newRenderer(t, openChart(t, dir), RendererOptions{})
	for version, want := range map[string]string{
		"v1.33.4":             "minor: \"33\"\nnew: true",
		"v1.33.4-gke.100":     "minor: \"33\"\nnew: true",
		"v1.33.4+k3s1":        "minor: \"33\"\nnew: true",
		"v1.33.4-eks-1a2b3c4": "minor: \"33+\"\nnew: false",
	} {
		req := request(resolve(t))
		req.KubeVersion = version
		out, err := r.Render(t.Context(), req)
		if err != nil || out.Failure != nil || len(out.Documents) != 1 {
			t.Fatalf("%s: %v %+v", version, err, out)
		}
		if got := out.Documents[0].Text; !strings.Contains(got, want) {
			t.Errorf("%s renders %q, want %q in it", version, got, want)
		}
	}
}
