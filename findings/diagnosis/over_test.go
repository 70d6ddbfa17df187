package diagnosis

import (
	"maps"
	"slices"
	"testing"
)

// TestPrecedenceIsExplained demands that a rule says why it is stronger than the
// weaker rules of other classes that its examples show as well, and says so of no others.
func TestPrecedenceIsExplained(t *testing.T) {
	e := theEngine()
	for _, r := range rules() {
		shown := map[Class]bool{}
		for _, ex := range r.examples {
			for _, h := range e.find(ex.layer, []*reading{read(Source{Text: ex.log}, e.literals, e.activeIn(ex.layer))}) {
				if h.rule.class != r.class {
					shown[h.rule.class] = true
				}
			}
		}
		for _, class := range slices.Sorted(maps.Keys(shown)) {
			if r.over[class] == "" {
				t.Errorf("%s: an example of it shows %s as well; say in `over` why it is the better word", r.name, class)
			}
		}
		for class, why := range r.over {
			if !shown[class] {
				t.Errorf("%s: it says why it is over %s (%q), and no example shows both", r.name, class, why)
			}
		}
	}
}
