package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// reproduce gives the command that shows a failure in its simplest cell, and says
// what that leaves out where it is no more than the nearest thing to be had.
func (w *writer) reproduce(f *Finding, g *failureGroup, l located) {
	if len(g.cells) == 0 || g.code == codeJob { // what became of a job cannot be repeated elsewhere
		return
	}
	cell := &w.cells[w.simplest(g, l.strays)]
	if slices.Contains(staticLayers, g.layer) || len(w.jobLayers()) == 0 {
		f.Reproduce = w.command(w.opts.Command, cell, g.layer, "")
		return
	}
	f.Reproduce, f.ReproduceNote = w.nearest(w.opts.JobCommand, f, cell)
}

// command runs a layer in one cell; provider makes its cluster in place of the
// cell's own, or is empty.
func (w *writer) command(command string, cell *result.Cell, layer, provider string) string {
	if command == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(command)
	for _, a := range w.space.axes {
		if value := cell.At[a.Name]; len(a.Values) > 1 && value != "" {
			b.WriteString(" --only " + quoteShell(a.Name+"="+value))
		}
	}
	if provider != "" {
		b.WriteString(" --provider " + quoteShell(provider))
	}
	if layers := w.layersFor(cell, layer); len(layers) > 0 {
		b.WriteString(" --layers " + quoteShell(strings.Join(layers, ",")))
	}
	return b.String()
}

// releaseLayers make the release that later layers talk to.
var releaseLayers = []string{"install", "upgrade"}

// layersFor gives the layers that have to run so that one can be asked: what
// talks to a release needs the one that makes it.
func (w *writer) layersFor(cell *result.Cell, layer string) []string {
	if !slices.Contains(w.plan.Layers, layer) {
		return nil
	}
	at := slices.Index(w.plan.Layers, layer)
	var out []string
	for _, l := range w.plan.Layers[:at] {
		if s := stepOf(cell, l); slices.Contains(releaseLayers, l) && s != nil && s.Status != result.Skipped && !slices.Contains(staticLayers, layer) && layer != clusterLayer {
			out = append(out, l)
		}
	}
	return append(out, layer)
}

// simplest gives the failing cell that has the first value, which users choose
// plainest, on most axes; one in a cloud only where it fails nowhere else, and
// never one that is taken for chance.
func (w *writer) simplest(g *failureGroup, strays bitset) int {
	simplest, least := g.cells[0], -1
	for _, i := range g.cells {
		n := 0
		if strays.has(i) {
			n += 2 * len(w.plan.Axes)
		}
		if clouds[w.cells[i].At[matrix.Provider]] != "" {
			n += len(w.plan.Axes)
		}
		for _, a := range w.plan.Axes {
			if !a.Ordered && slices.Index(a.Values, w.cells[i].At[a.Name]) != 0 {
				n++
			}
		}
		if least < 0 || n < least {
			simplest, least = i, n
		}
	}
	return simplest
}

// quoteShell quotes a word for a POSIX shell where it needs it. Control
// characters, which no axis value may hold, are dropped.
func quoteShell(word string) string {
	word = printable(word)
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=.,/:+@%", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
