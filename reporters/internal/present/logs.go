package present

import (
	"github.com/posthog/chart-matrix/findings"
)

// Logs name cells and lead from them to the logs of their jobs. The zero value
// leads nowhere.
type Logs struct {
	url  map[string]string // by the cell's ID, checked
	slug map[string]string
}

// LogsOf collects the logs of a summary. Addresses that do not lead to where
// the run took place are left out.
func LogsOf(s findings.Summary) Logs {
	l := Logs{url: make(map[string]string, len(s.Origin.Jobs)), slug: map[string]string{}}
	for _, row := range s.Grid.Rows {
		for _, c := range row.Cells {
			if c.ID == "" {
				continue
			}
			l.slug[c.ID] = Line(c.Slug)
			if address := Checked(s.Origin, s.Origin.Jobs[c.ID]); address != "" {
				l.url[c.ID] = address
			}
		}
	}
	return l
}

// Cell names a cell by its slug, or by its ID where it has none, and leads to
// the log of its job.
func (l Logs) Cell(id string) Link {
	name := l.slug[id]
	if name == "" {
		name = Line(id)
	}
	return Link{name, l.url[id]}
}

// URL gives the log of a cell's job, or nothing.
func (l Logs) URL(cell string) string { return l.url[cell] }

// Of gives the logs that show a finding, one for each job, named by the first
// of its cells: at most limit, and how many more there are. What a passed cell
// advises, what a later attempt replaced, or what is mended, its last log does
// not show.
func (l Logs) Of(f findings.Finding, limit int) (links []Link, more int) {
	if f.State == findings.Advice || f.State == findings.Flaky || f.State == findings.Fixed {
		return nil, 0
	}
	seen := map[string]bool{}
	for _, id := range f.Cells {
		address := l.url[id]
		switch {
		case address == "" || seen[address]:
		case len(links) < limit:
			links = append(links, l.Cell(id))
		default:
			more++
		}
		seen[address] = true
	}
	return links, more
}
