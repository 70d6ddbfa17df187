package diagnosis

import (
	"strings"
	"testing"
)

// TestEveryRuleOnEveryExample tries all rules on the examples of each.
func TestEveryRuleOnEveryExample(t *testing.T) {
	for _, r := range rules() {
		if len(r.examples) == 0 {
			t.Errorf("%s has no example", r.name)
		}
		for i, ex := range r.examples {
			d := Diagnose(Input{Layer: ex.layer, Sources: []Source{{Name: "log", Text: ex.log}}})
			if d.Rule != r.name {
				t.Errorf("example %d of %s is taken for %s:\n%s", i+1, r.name, d.Rule, ex.log)
			}
			want := strings.Split(ex.log, "\n")[max(ex.key, 1)-1]
			found := false
			for _, l := range d.Lines {
				found = found || l.Text == strings.TrimRight(want, " \t")
			}
			if !found {
				t.Errorf("example %d of %s: quoted %+v, want among them %q", i+1, r.name, d.Lines, want)
			}
		}
	}
}
