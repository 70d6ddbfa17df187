package findings

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// spot is where a failure occurs, as words are made of it.
type spot struct {
	pattern
	*space
	cells          []result.Cell
	asked, failing bitset
	strays         bitset // of failing: those that the conditions do not account for
	layer          string
	// unanswered tells that the layer has no answer there: it was tried, and did
	// not run.
	unanswered bool
}

// held gives the failing cells that the conditions account for.
func (p *spot) held() bitset { return p.failing.minus(p.strays) }

// all tells that the conditions hold everywhere.
func (p *spot) all() bool { return len(p.conditions) == 1 && len(p.conditions[0]) == 0 }

// single tells that the conditions are but another name of the one failing cell.
func (p *spot) single() bool {
	return len(p.conditions) == 1 && len(p.conditions[0]) > 1 && p.failing.count() == 1 && p.matching.count() == 1
}

// where says in words where a finding occurs, as it stands in lists.
func (p *spot) where() string {
	switch {
	case p.conditions == nil:
		return p.named()
	case p.all():
		return p.everywhere() + p.besides()
	case len(p.conditions) == 1:
		return phrase(p.space, p.conditions[0], p.asked, true) + alike(p.space, p.conditions[0], p.asked, p.held()) + p.besides()
	}
	return p.several() + p.besides()
}

// clause says the same as a part of a sentence. It is a fact, or a guess behind
// the words of the hedge.
func (p *spot) clause(hedge string) string {
	switch {
	case p.conditions == nil:
		return p.named()
	case p.all():
		return p.everywhere() + p.besides()
	case p.single() && hedge == "":
		return p.named()
	case p.single():
		return p.named() + hedge + " " + phrase(p.space, p.conditions[0], p.asked, false)
	case len(p.conditions) == 1:
		words := phrase(p.space, p.conditions[0], p.asked, true)
		if also := p.onAll(); also != "" {
			words += ", " + also
		} else {
			words += alike(p.space, p.conditions[0], p.asked, p.held())
		}
		return strings.TrimPrefix(hedge+" ", " ") + words + p.besides()
	}
	return strings.TrimPrefix(hedge+" ", " ") + p.several() + p.besides()
}

// unbracketed takes the brackets off a place that is to stand in brackets.
var unbracketed = strings.NewReplacer(" without a pattern (", " without a pattern: ", " (", ", ", ")", "")

// several joins places of which each is enough.
func (p *spot) several() string {
	phrases := make([]string, 0, len(p.conditions))
	mark := ","
	for _, conjunction := range p.conditions {
		words := phrase(p.space, conjunction, p.asked, false)
		if strings.Contains(words, ",") {
			mark = ";"
		}
		phrases = append(phrases, words)
	}
	last := len(phrases) - 1
	return strings.Join(phrases[:last], mark+" ") + mark + " and also " + phrases[last]
}

// besides tells of the cells that the conditions are not right about.
func (p *spot) besides() string {
	var parts []string
	if held, n := p.held().and(p.matching).count(), p.matching.count(); !p.all() && held < n {
		parts = append(parts, fmt.Sprintf("in %d of %d such cells", held, n))
	}
	switch n := p.strays.count(); n {
	case 0:
	case 1:
		parts = append(parts, "and once in "+plain(p.cells[p.strays.first()].Slug)+", perhaps by chance")
	default:
		parts = append(parts, fmt.Sprintf("and in %d other cells, perhaps by chance", n))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// mostly is of how many cells one at most may pass where nearly all fail, and
// maxExceptions how many of those that pass are named.
const (
	mostly        = 5
	maxExceptions = 2
)

// everywhere says how much of all fails.
func (p *spot) everywhere() string {
	passing := p.asked.minus(p.failing)
	n, failed, planned := p.asked.count(), p.asked.and(p.failing).count(), len(p.cells)
	whole := "everywhere"
	switch {
	case n == planned:
	case p.layer == "":
		return fmt.Sprintf("in %d of %d cells", failed, planned)
	case p.unanswered:
		whole = "wherever " + plain(p.layer) + " was tried"
	default:
		whole = "wherever " + plain(p.layer) + " ran"
	}
	switch {
	case failed < n && mostly*(n-failed) > n:
		return fmt.Sprintf("in %d of %d cells", failed, n)
	case failed < n && passing.count() <= maxExceptions:
		return fmt.Sprintf("%s but in %s (%d of %d cells)", whole, and(p.slugs(passing, maxExceptions)), failed, n)
	case failed < n:
		return fmt.Sprintf("nearly %s (%d of %d cells)", whole, failed, n)
	case planned == 1:
		return "in the only cell"
	case n < planned:
		return fmt.Sprintf("%s (%d of %d cells)", whole, n, planned)
	}
	return whole
}

// maxListed is how many cells are named where nothing simpler can be said.
const maxListed = 3

// named says where by the cells' names.
func (p *spot) named() string {
	n, of := p.failing.count(), plural(p.asked.count(), "cell")
	switch names := p.slugs(p.failing, maxListed); {
	case n == 1 && p.asked.count() == 1:
		return "in " + and(names)
	case n == 1:
		return fmt.Sprintf("only in %s (1 of %s)", and(names), of)
	case n <= maxListed:
		return fmt.Sprintf("in %s (%d of %s)", and(names), n, of)
	default:
		return fmt.Sprintf("in %d of %s without a pattern (%s)", n, of, and(append(names, fmt.Sprintf("%d more", n-maxListed))))
	}
}

// slugs gives the names of the first cells of a set.
func (p *spot) slugs(cells bitset, limit int) []string {
	var names []string
	cells.each(func(i int) {
		if len(names) < limit {
			names = append(names, plain(p.cells[i].Slug))
		}
	})
	return names
}
