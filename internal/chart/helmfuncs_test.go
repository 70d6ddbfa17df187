package chart

import (
	"context"
	"fmt"
	"math"
	"testing"
	"text/template"

	"helm.sh/helm/v4/pkg/chart/common"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

// TestHelmFuncsEqualTheEngines calls every conversion in the engine, once as
// Helm's own and once as ours.
func TestHelmFuncsEqualTheEngines(t *testing.T) {
	inputs := []any{
		nil, "", "text", "1.30", "a: 1\nb: [1, {c: d}]", "[1, 2", "- a\n- b", `{"a": [1, 2.5, null]}`, `["x", {"y": 1}]`, "a = 1\n[b]\nc = \"d\"",
		"a: |\n  x\n   y\n", 12, int64(1 << 60), 3.5, math.Inf(1), true, []any{"a", 1, nil}, []any{},
		map[string]any{"b": 1, "a": []any{map[string]any{"x": "y: z"}}, "n": nil, "s": "<&>"}, map[string]any{}, common.Values{"v": "1"},
	}
	ours := helmFuncs()
	for name := range ours {
		for i, in := range inputs {
			if _, isText := in.(string); !isText && name[:4] == "from" {
				continue
			}
			text := fmt.Sprintf("{{ %s .Values.in | printf \"%%#v\" }}", name)
			if in == nil {
				text = fmt.Sprintf("{{ %s nil | printf \"%%#v\" }}", name)
			}
			want, wantErr := engineText(text, in, nil)
			got, gotErr := engineText(text, in, template.FuncMap{name: ours[name]})
			if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%s of input %d:\nours %q %v\nhelm %q %v", name, i, got, gotErr, want, wantErr)
			}
		}
	}
}

func engineText(text string, in any, funcs template.FuncMap) (string, error) {
	c := &helmchart.Chart{
		Metadata:  &helmchart.Metadata{Name: "probe"},
		Templates: []*common.File{{Name: "templates/a", Data: []byte(text)}},
	}
	out, err := engine.Engine{CustomTemplateFuncs: funcs}.RenderWithContext(context.Background(), c, common.Values{"Values": common.Values{"in": in}})
	return out["probe/templates/a"], err
}
