package findings_test

import (
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func TestBaseline(t *testing.T) {
	on := func(message string, versions ...string) func(map[string]string, *result.Cell) {
		return func(at map[string]string, c *result.Cell) {
			for _, v := range versions {
				if at[matrix.Kubernetes] == v {
					says(c, "schema", message)
				}
			}
		}
	}
	three := axes("kubernetes: 1.33 1.34 1.35")
	for _, c := range []struct {
		name        string
		before, now func(map[string]string, *result.Cell)
		axes        []matrix.Axis // of the baseline
		state       findings.State
		remark      string
	}{
		{"the same", on("wrong", "1.34"), on("wrong", "1.34"), three, findings.PreExisting, "the baseline fails in the same way"},
		{"it has shrunk", on("wrong", "1.34", "1.35"), on("wrong", "1.34"), three, findings.PreExisting, "the baseline fails in the same way"},
		{"it has spread", on("wrong", "1.34"), on("wrong", "1.34", "1.35"), three, findings.New, "the baseline fails in the same way, but not in 1 cell where this fails now"},
		{"to a version that the baseline lacks", on("wrong", "1.34"), on("wrong", "1.34", "1.35"), axes("kubernetes: 1.33 1.34"), findings.PreExisting, "the baseline fails in the same way"},
		{"another failure", on("wrong", "1.34"), on("worse", "1.34"), three, findings.New, ""},
		{"only generated names differ", on("web-7d4b9c6f5d-x2x4z is down", "1.34"), on("web-6c8f7d9b5b-k9k2p is down", "1.34"), three, findings.PreExisting, "the baseline fails in the same way"},
		{"the baseline warned", func(_ map[string]string, cell *result.Cell) {
			report(cell, "schema", result.Problem{Severity: result.Warning, Code: "wrong", Message: "wrong"})
		}, on("wrong", "1.34"), three, findings.New, ""},
		{"the baseline gave no answer", only134(func(c *result.Cell) { breaks(c, "schema", "wrong") }), on("wrong", "1.34"), three, findings.New, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := scene{spec: matrix.Spec{Axes: c.axes}, happen: c.before}.run(t)
			now := scene{spec: matrix.Spec{Axes: three}, happen: c.now}.run(t)
			f := one(t, findings.Explain(now, findings.Options{Now: noon, History: []*findings.Past{findings.Remember(before)}}))
			if f.State != c.state || f.Remark != c.remark {
				t.Errorf("%s, %q; want %s, %q", f.State, f.Remark, c.state, c.remark)
			}
		})
	}
}
