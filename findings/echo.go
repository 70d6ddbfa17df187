package findings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// foldEchoes hangs a failure that a layer repeats under the one that tells it
// first: a template that lint cannot execute cannot be rendered either. Two
// failures are one when they are the same fault and the cells of one hold all
// cells of the other.
func foldEchoes(groups []*failureGroup, layers []string) []*failureGroup {
	gone := map[*failureGroup]bool{}
	for i, a := range groups {
		if a.status != result.Failed {
			continue
		}
		for _, b := range groups[i+1:] {
			if gone[a] || gone[b] || a.layer == b.layer || a.state != b.state || a.rule != b.rule || a.status != b.status || !sameFault(a, b) {
				continue
			}
			keep, echo := a, b
			if rank(b, layers) < rank(a, layers) {
				keep, echo = b, a
			}
			if !holdsAll(keep.cells, echo.cells) {
				keep, echo = echo, keep
			}
			if !holdsAll(keep.cells, echo.cells) {
				continue
			}
			gone[echo] = true
			keep.also = append(keep.also, echo.layer)
			keep.also = append(keep.also, echo.also...)
		}
	}
	for _, g := range groups {
		slices.Sort(g.also)
		g.also = slices.Compact(g.also)
	}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool { return gone[g] })
}

// rank orders two tellings of one fault: the one that names the column is the
// one to open an editor at; else the cheaper layer's.
func rank(g *failureGroup, layers []string) int {
	r := slices.Index(layers, g.layer)
	if g.first.location.Column == 0 {
		r += len(layers) + 1
	}
	return r
}

// sameFault tells whether two problems of different layers are one fault. The
// line of a file says so, or the message where one layer knows no more of the
// place than a folder, or words the message differently.
func sameFault(ga, gb *failureGroup) bool {
	a, b := ga.first, gb.first
	la, lb := a.location, b.location
	if !sameFile(la.File, lb.File) || la.Path != "" || lb.Path != "" {
		return a.message == b.message && la == lb
	}
	if la.File == lb.File && la.Line > 0 && la.Line == lb.Line || ga.message == gb.message {
		return true
	}
	if contains(a.message, b.message) || contains(b.message, a.message) {
		return la.Line == lb.Line || la.Line == 0 || lb.Line == 0
	}
	return la.File == lb.File && behindLine(a.message) != "" && behindLine(a.message) == behindLine(b.message)
}

// sameFile takes a folder for each file in it: lint says "templates/" of what
// it cannot execute.
func sameFile(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return a == b || strings.HasSuffix(a, "/") && strings.HasPrefix(b, a) || strings.HasSuffix(b, "/") && strings.HasPrefix(a, b)
}

// minSame is the length in bytes from which a message that stands within
// another is taken for the same.
const minSame = 12

func contains(long, short string) bool {
	return len(short) >= minSame && strings.Contains(long, short)
}

var linePrefix = regexp.MustCompile(`^.*\bline \d+: `)

// behindLine gives what a YAML reader says behind the line number. The number
// itself differs between readers, some of which count from 0.
func behindLine(message string) string {
	prefix := linePrefix.FindString(message)
	if prefix == "" {
		return ""
	}
	return message[len(prefix):]
}

// holdsAll tells whether the rising list all has every element of some.
func holdsAll(all, some []int) bool {
	i := 0
	for _, want := range some {
		for i < len(all) && all[i] < want {
			i++
		}
		if i == len(all) || all[i] != want {
			return false
		}
	}
	return true
}
