package present

import (
	"github.com/posthog/chart-matrix/findings"
)

// Logs lead from cells to the logs of their jobs. The zero value leads nowhere.
type Logs struct {
	url  map[string]string // by the cell's ID, checked
	slug map[string]string
}

// LogsOf collects the logs of a summary. Addresses that do not lead to where
// the run took place are left out.
func LogsOf(s findings.Summary) Logs {
	if len(s.Origin.Jobs) == 0 {
		return Logs{}
	}
	l := Logs{url: make(map[string]string, len(s.Origin.Jobs)), slug: map[string]string{}}
	for _, row := range s.Grid.Rows {
		for _, c := range row.Cells {
			if address := Checked(s.Origin, s.Origin.Jobs[c.ID]); c.ID != "" && address != "" {
				l.url[c.ID], l.slug[c.ID] = address, Line(c.Slug)
			}
		}
	}
	return l
}

// URL gives the log of a cell's job, or nothing.
func (l Logs) URL(cell string) string { return l.url[cell] }

// Of gives the logs that show a finding, one for each job, named by the first
// of its cells: at most limit, and how many more there are. What a passed cell
// advises, or what a later attempt replaced, its last log does not show.
func (l Logs) Of(f findings.Finding, limit int) (links []Link, more int) {
	if f.State == findings.Advice || f.State == findings.Flaky {
		return nil, 0
	}
	seen := map[string]bool{}
	for _, id := range f.Cells {
		address := l.url[id]
		switch {
		case address == "" || seen[address]:
		case len(links) < limit:
			name := l.slug[id]
			if name == "" {
				name = id
			}
			links = append(links, Link{Line(name), address})
		default:
			more++
		}
		seen[address] = true
	}
	return links, more
}
