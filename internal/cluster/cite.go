package cluster

import (
	"fmt"
	"slices"
	"strings"
)

// Cite tells of each blocker where in the evidence it is shown: a file, relative
// to the folder, and a line. Blockers without lines get those of their
// container's log, or the events about them.
func (e *Evidence) Cite(blockers []Blocker) []Blocker {
	out := slices.Clone(blockers)
	if e.root == nil {
		return out
	}
	e.flush()
	events := e.lines(eventsFile)
	for i := range out {
		b := &out[i]
		if b.Container != "" {
			for _, previous := range []bool{b.Previous, !b.Previous} {
				name := logName(b.Pod, b.Container, previous)
				lines := e.lines(name)
				if len(b.Lines) == 0 && logTells(b.Class) {
					b.Lines = telling(lines)
				}
				if b.Source = place(name, lines, b.Lines); b.Source != "" {
					break
				}
			}
		}
		if b.Source == "" {
			if len(b.Lines) == 0 {
				b.Lines = lastWarnings(events, b)
			}
			b.Source = place(eventsFile, events, b.Lines)
		}
	}
	return e.cluster.tidy(out)
}

// lines reads a file of the evidence; none where it is not there.
func (e *Evidence) lines(name string) []string {
	data, err := e.root.ReadFile(name)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// place finds the first of some lines in a file that has it, from its end.
func place(name string, file, shown []string) string {
	const enough = 200 // bytes of a line tell it from others
	for _, wanted := range shown {
		wanted = strings.TrimSuffix(clean(wanted, maxLine), "…")
		if name == eventsFile { // there the object stands between the reason and the message
			_, wanted, _ = strings.Cut(wanted, ": ")
		}
		wanted = wanted[:min(len(wanted), enough)]
		for n := len(file) - 1; n >= 0 && wanted != ""; n-- {
			if strings.Contains(clean(file[n], maxLogged), wanted) {
				return fmt.Sprintf("%s:%d", name, n+1)
			}
		}
	}
	return ""
}

// lastWarnings gives the last three warnings about an object or its pods,
// as "reason: message".
func lastWarnings(events []string, b *Blocker) []string {
	var out []string
	for _, line := range events {
		_, rest, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(rest, "Warning ") {
			continue
		}
		names := []string{named(b.kind, b.name)}
		for _, pod := range b.pods {
			names = append(names, named("Pod", pod))
		}
		if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(rest, " "+n+": ") }) {
			reason, _, _ := strings.Cut(strings.TrimPrefix(rest, "Warning "), " ")
			_, message, _ := strings.Cut(rest, ": ")
			out = append(out, reason+": "+message)
		}
	}
	return out[max(len(out)-3, 0):]
}
