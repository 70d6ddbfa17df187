package findings

import (
	"slices"
	"strings"
)

// reproduce gives the command that shows the failure in its simplest cell: the
// one that has the first value, which users choose plainest, on most axes.
func (w *writer) reproduce(g *failureGroup) string {
	command := w.opts.Command
	if slices.Contains(w.plan.JobLayers, g.layer) {
		command = w.opts.JobCommand
	}
	if command == "" || len(g.cells) == 0 || g.code == codeJob { // what became of a job cannot be repeated elsewhere
		return ""
	}
	simplest := w.simplest(g)
	var b strings.Builder
	b.WriteString(command)
	for _, a := range w.space.axes {
		if len(a.Values) > 1 {
			b.WriteString(" --only " + quoteShell(a.Name+"="+w.cells[simplest].At[a.Name]))
		}
	}
	if slices.Contains(w.plan.Layers, g.layer) {
		b.WriteString(" --layers " + quoteShell(g.layer))
	}
	return b.String()
}

// simplest gives the failing cell that has the first value, which users choose
// plainest, on most axes.
func (w *writer) simplest(g *failureGroup) int {
	simplest, least := g.cells[0], -1
	for _, i := range g.cells {
		n := 0
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
