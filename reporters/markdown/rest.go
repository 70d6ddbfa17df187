package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// rest is what explains the numbers, folded.
type rest struct{ cells, notes, skipped, omitted, durations string }

func (d *document) newRest(s findings.Summary) rest {
	var notes, skipped, omitted, durations []string
	for _, n := range append(s.Notes[:len(s.Notes):len(s.Notes)], s.Anomalies...) {
		if n = prose(n, fieldLimit); n != "" {
			notes = append(notes, n)
		}
	}
	for _, k := range s.Skips {
		skipped = append(skipped, fmt.Sprintf("%s%s %s in %s: %s",
			present.Part(k), code(k.Layer, nameLimit), prose(string(k.Status), nameLimit), present.Plural(k.Cells, "cell"), prose(k.Reason, fieldLimit)))
	}
	for _, o := range s.Omissions {
		text := fmt.Sprintf("%s by %s", present.Plural(o.Count, "cell"), code(o.Rule, fieldLimit))
		if because := prose(o.Because, fieldLimit); because != "" {
			text += ": " + because
		}
		omitted = append(omitted, text)
	}
	for _, l := range s.Layers {
		durations = append(durations, layer(l))
	}
	return rest{
		notes:     d.details("Notes", 0, notes),
		skipped:   d.details("Skipped", 0, skipped),
		omitted:   d.details("Omitted from the plan", s.Counts.Omitted, omitted),
		durations: d.details("Layers and durations", 0, durations),
	}
}

func layer(l findings.LayerCount) string {
	total := 0
	var bad []string
	for _, status := range []result.Status{result.Failed, result.Errored, result.Lost, result.Blocked, result.Skipped} {
		if n := l.Cells[status]; n > 0 {
			bad = append(bad, present.Number(n)+" "+string(status))
			total += n
		}
	}
	total += l.Cells[result.Passed]
	text := code(l.Layer, nameLimit) + ": " + present.Plural(total, "cell")
	if len(bad) > 0 {
		text += " (" + strings.Join(bad, ", ") + ")"
	}
	if l.Questions > 0 {
		text += fmt.Sprintf(", %s asked, %s", present.Plural(l.Questions, "question"), present.Duration(l.Seconds))
	}
	return text
}

// cells lists every cell that did not pass, with its log and its reason.
func (d *document) cells(s findings.Summary, groups []present.Group) string {
	numbers := present.Numbers(groups)
	reasons := map[string]string{}
	for _, c := range s.Cells {
		reasons[c.ID] = c.Reason
	}
	var list []string
	for _, row := range s.Grid.Rows {
		for _, c := range row.Cells {
			outcome := present.OutcomeOf(c, s.Findings)
			if outcome.Quiet() {
				continue
			}
			symbol, word := markOf(outcome), outcome.Words()
			text := symbol + " " + link(prose(c.Slug, nameLimit), d.logs.URL(c.ID)) + " " + word
			var of []string
			for _, f := range c.Findings {
				if n, ok := numbers[f]; ok && len(of) < 10 {
					of = append(of, strconv.Itoa(n))
				}
			}
			if len(of) > 0 {
				text += " (finding " + strings.Join(of, ", ") + ")"
			}
			if why := prose(reasons[c.ID], fieldLimit); why != "" {
				text += ": " + why
			}
			list = append(list, text)
		}
	}
	return d.details("Cells that did not pass", len(list), list)
}
