package chart

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const simple = "-- templates/a.yaml --\nkind: A\nv: {{ .Values.v }}\n"

const recursive = `-- templates/_recursive.tpl --
{{ define "r" }}{{ template "r" . }}{{ end }}
{{ define "i" }}{{ include "i" . }}{{ end }}
`

func request(v *Values) Request {
	return Request{Values: v, ValuesName: "scenario test", Release: "rel", Namespace: "space", KubeVersion: "v1.33.4", APIVersions: []string{"v1"}}
}

func TestHostileTemplatesAreBounded(t *testing.T) {
	tests := []struct {
		name, template string
		kinds          []FailureKind
	}{
		{"loop for ever", `{{ range $i := until 1000000 }}{{ range $j := until 1000000 }}{{ $x := printf "%d" $j }}{{ end }}{{ end }}`, []FailureKind{Timeout, Memory}},
		{"range over a huge number", `{{ range $i := 100000000000 }}{{ end }}`, []FailureKind{Timeout}},
		{"render 1 GB", `{{ range $i := 100000000000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{ end }}`, []FailureKind{Memory, Timeout}},
		{"repeat 1 GB", `{{ repeat 1000000000 "x" }}`, []FailureKind{TemplateExec}},
		{"repeat of repeat", `{{ repeat 20000 (repeat 20000 "x") }}`, []FailureKind{TemplateExec, Memory}},
		{"huge list", `{{ until 1000000000 | len }}`, []FailureKind{Memory, Timeout}},
		{"doubling", `{{ $s := "xxxxxxxxxxxxxxxx" }}{{ range until 40 }}{{ $s = print $s $s }}{{ end }}{{ $s }}`, []FailureKind{Memory, Timeout}},
		{"output too large", `{{ range until 3000 }}{{ repeat 1024 "x" }}{{ end }}`, []FailureKind{OutputTooLarge}},
		{"endless recursion", `{{ template "r" . }}`, []FailureKind{TemplateExec, Memory, Timeout}},
		{"endless include", `{{ include "i" . }}`, []FailureKind{TemplateExec, Timeout}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := chartDir(t, simple+recursive+"-- templates/hostile.yaml --\n{{ if .Values.hostile }}"+tt.template+"{{ end }}\n")
			r := newRenderer(t, openChart(t, dir), RendererOptions{Timeout: 3 * time.Second, MemoryLimit: 256 << 20, OutputLimit: 2 << 20})
			began := time.Now()
			// The others go on while one is bad.
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					out, err := r.Render(t.Context(), request(resolve(t, fmt.Sprintf("v=%d", i))))
					if err != nil || out.Failure != nil || len(out.Documents) != 1 {
						t.Errorf("harmless values %d: %v %+v", i, err, out)
					}
				})
			}
			out, err := r.Render(t.Context(), request(resolve(t, "hostile=true")))
			wg.Wait()
			if err != nil {
				t.Fatal(err)
			}
			f := out.Failure
			if f == nil {
				t.Fatal("rendered without failure")
			}
			ok := false
			for _, k := range tt.kinds {
				ok = ok || f.Kind == k
			}
			if !ok || f.Template != "demo/templates/hostile.yaml" && f.Template != "demo/templates/_recursive.tpl" || len(f.Message) > 200 || !strings.Contains(f.Error(), "scenario test") {
				t.Errorf("failure %q of %q: %s, want one of %v", f.Kind, f.Template, shorten(f.Error(), 300), tt.kinds)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			// And the renderer still answers.
			if out, err := r.Render(t.Context(), request(resolve(t, "v=later"))); err != nil || out.Failure != nil {
				t.Errorf("afterwards: %v %+v", err, out)
			}
		})
	}
}

func TestRenderCanBeCancelled(t *testing.T) {
	dir := chartDir(t, "-- templates/a.yaml --\n{{ range $i := 100000000000 }}{{ end }}\n")
	r := newRenderer(t, openChart(t, dir), RendererOptions{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := r.Render(ctx, request(resolve(t)))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestRenderAfterClose(t *testing.T) {
	c := openChart(t, chartDir(t, simple))
	r, err := c.NewRenderer(RendererOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Render(t.Context(), request(resolve(t))); !errors.Is(err, errClosed) {
		t.Errorf("error %v, want %v", err, errClosed)
	}
}

func TestWorkerThatIsNotOne(t *testing.T) {
	r := newRenderer(t, openChart(t, chartDir(t, simple)), RendererOptions{Executable: "/bin/false"})
	_, err := r.Render(t.Context(), request(resolve(t)))
	if err == nil {
		t.Fatal("no error")
	}
	t.Log(err)
}

func TestConcurrentEqualQuestionsAreOneRender(t *testing.T) {
	c := openChart(t, chartDir(t, "-- templates/a.yaml --\nv: {{ semverCompare \">=1.30-0\" .Capabilities.KubeVersion.Version }}\n"))
	r := newRenderer(t, c, RendererOptions{})
	v := resolve(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for i := range 56 {
		wg.Go(func() {
			req := request(v)
			req.KubeVersion = fmt.Sprintf("v1.%d.0", 24+i%14)
			out, err := r.Render(t.Context(), req)
			if err != nil || out.Failure != nil {
				t.Errorf("%v %+v", err, out)
				return
			}
			if want := fmt.Sprintf("v: %t", 24+i%14 >= 30); out.Documents[0].Text != want {
				t.Errorf("%s: %q, want %q", req.KubeVersion, out.Documents[0].Text, want)
			}
			mu.Lock()
			defer mu.Unlock()
			if !out.Reused {
				fresh++
			}
		})
	}
	wg.Wait()
	if fresh > 4 { // two answers, in at most two workers
		t.Errorf("%d fresh renders", fresh)
	}
}
