package chart

import "testing"

func TestLineOf(t *testing.T) {
	c := openChart(t, chartDir(t, `-- templates/hpa.yaml --
{{ if .Values.on }}
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
spec:
  value: {{ .Values.v }}
  twice: 1
  inner:
    twice: 1
{{ end }}
-- charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- charts/sub/templates/pdb.yaml --
kind: PodDisruptionBudget
apiVersion: policy/v1beta1
-- crds/crd.yaml --
kind: CustomResourceDefinition
apiVersion: apiextensions.k8s.io/v1beta1
`))
	for _, tt := range []struct {
		file, rendered string
		want           int
	}{
		{"templates/hpa.yaml", "apiVersion: autoscaling/v2beta2", 2},
		{"templates/hpa.yaml", "   kind: HorizontalPodAutoscaler ", 3},
		{"templates/hpa.yaml", "value: 9440", 0}, // not as written
		{"templates/hpa.yaml", "twice: 1", 0},    // which of the two?
		{"templates/hpa.yaml", "", 0},
		{"templates/none.yaml", "kind: A", 0},
		{"charts/sub/templates/pdb.yaml", "apiVersion: policy/v1beta1", 2},
		{"charts/none/templates/pdb.yaml", "apiVersion: policy/v1beta1", 0},
		{"crds/crd.yaml", "apiVersion: apiextensions.k8s.io/v1beta1", 2},
	} {
		if got := c.LineOf(tt.file, tt.rendered); got != tt.want {
			t.Errorf("LineOf(%q, %q) = %d, want %d", tt.file, tt.rendered, got, tt.want)
		}
	}
}
