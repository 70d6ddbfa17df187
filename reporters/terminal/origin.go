package terminal

import (
	"strings"

	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// origin says where the results come from, with what they were compared, and
// what a reader must know before believing them.
func (p *page) origin(from present.Provenance) {
	var facts []string
	if from.Run.Text != "" {
		facts = append(facts, from.Run.Text)
	}
	if from.Commit != "" {
		facts = append(facts, "commit "+from.Commit)
	}
	if from.Compared.Text != "" {
		facts = append(facts, "compared with "+from.Compared.Text)
	}
	if len(facts) > 0 {
		p.wrap("  ", "  ", present.Shorten(strings.Join(facts, " · "), 400), grey)
	}
	if from.Run.URL != "" {
		p.wrap("  ", "  ", from.Run.URL, grey)
	}
	if from.NoBaseline != "" {
		p.wrap("  ", "  ", present.Shorten(from.NoBaseline, 400), grey)
	}
	if from.SelfReported != "" {
		p.wrap("  ", "  ", from.SelfReported, yellow)
	}
	if len(from.Changes) > 0 {
		tone := plain
		if from.Weaker {
			tone = yellow
		}
		p.wrap("  ", "  ", present.Shorten(from.Changed+": "+strings.Join(from.Changes, "; "), 600)+".", tone)
	}
}
