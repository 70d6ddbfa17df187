package chart

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// benchChart is the chart in CHART_MATRIX_BENCH_CHART, or one with 60
// templates that ask for the version.
func benchChart(b *testing.B) *Chart {
	b.Helper()
	if dir := os.Getenv("CHART_MATRIX_BENCH_CHART"); dir != "" {
		return openChart(b, dir)
	}
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "-- templates/t%d.yaml --\n", i)
		text.WriteString("kind: Deployment\n{{ if semverCompare \">=1.30-0\" .Capabilities.KubeVersion.Version }}new: {{ .Values.cloud | quote }}{{ end }}\n")
		text.WriteString("labels: {{ dict \"v\" .Chart.Version \"n\" .Release.Name | toYaml | nindent 2 }}\n")
	}
	return openChart(b, chartDir(b, text.String()))
}

func BenchmarkRender(b *testing.B) {
	c := benchChart(b)
	h := testHost(b, c)
	v := resolve(b, "cloud=aws")
	for name, plain := range map[string]bool{"plain": true, "recorded": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				reply := h.serve(wireRequest{ValuesDigest: v.Digest, Values: v.encoded, Release: "r", KubeVersion: "v1.33.4", APIDigest: digestList(nil), Plain: plain, Fresh: true})
				if reply.Failure != nil || reply.Err != "" {
					b.Fatal(reply.Failure, reply.Err)
				}
			}
		})
	}
}

// BenchmarkMatrix is 18 values sets, linted once and rendered for each of the
// versions, workers and all. 14 versions should cost less than twice what one
// costs.
func BenchmarkMatrix(b *testing.B) {
	c := benchChart(b)
	for _, versions := range []int{1, 14} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			for b.Loop() {
				r, err := c.NewRenderer(RendererOptions{})
				if err != nil {
					b.Fatal(err)
				}
				done := make(chan error)
				jobs := 0
				for i := range 18 {
					v := resolve(b, "cloud=aws", fmt.Sprintf("n=%d", i))
					jobs++
					go func() {
						_, err := r.Lint(b.Context(), LintRequest{Values: v, Namespace: "d"})
						done <- err
					}()
					for k := range versions {
						jobs++
						go func() {
							req := request(v)
							req.KubeVersion = fmt.Sprintf("v1.%d.0", 24+k)
							_, err := r.Render(b.Context(), req)
							done <- err
						}()
					}
				}
				for range jobs {
					if err := <-done; err != nil {
						b.Error(err)
					}
				}
				if err := r.Close(); err != nil {
					b.Error(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := benchChart(b).Path
	for b.Loop() {
		openChart(b, dir)
	}
}
