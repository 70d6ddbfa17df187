package cause

// gammas holds logGamma(shift+n) for whole n. The walk asks for millions of them,
// and for few that differ.
type gammas struct {
	shift float64
	pages [][]float64 // made when they are first asked for
}

const (
	gammaPage  = 512     // entries; of a page all are filled at once
	gammaPages = 1 << 13 // beyond some four million results each is computed
)

func (g *gammas) at(n float64) float64 {
	i := int(n)
	if float64(i) != n || i < 0 || i >= gammaPage*gammaPages {
		return logGamma(g.shift + n)
	}
	page := i / gammaPage
	for page >= len(g.pages) {
		g.pages = append(g.pages, nil)
	}
	if g.pages[page] == nil {
		values := make([]float64, gammaPage)
		for j := range values {
			values[j] = logGamma(g.shift + float64(page*gammaPage+j))
		}
		g.pages[page] = values
	}
	return g.pages[page][i%gammaPage]
}

// tabled is a belief whose evidence is looked up.
type tabled struct {
	yes, no, both gammas
	none          float64 // log of the Beta function without any result
}

func newTabled(b beta) *tabled {
	return &tabled{yes: gammas{shift: b.yes}, no: gammas{shift: b.no}, both: gammas{shift: b.yes + b.no}, none: logBeta(b.yes, b.no)}
}

// evidence is beta.evidence.
func (t *tabled) evidence(yes, no float64) float64 {
	return t.yes.at(yes) + t.no.at(no) - t.both.at(yes+no) - t.none
}
