package markdown

import (
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// The most of each that a finding lists.
const (
	maxDiffers      = 4
	maxConsequences = 3
	maxRivals       = 3
	maxNext         = 3
)

// detail says how much of a finding is written.
type detail int

const (
	brief  detail = iota // what, where and what to do
	folded               // with what shows it, and the command, behind a fold
	inFull               // with these in the open
	unfold               // and the lines around what shows it
)

// finding writes one under a heading of its own: what fails and where, what
// shows it, what to do, and then what helps to believe it.
func (d *document) finding(it present.Item, show detail) string {
	f := it.Finding
	var b strings.Builder
	b.WriteString("\n### " + strconv.Itoa(it.Number) + ". " + prose(present.Headline(f), sentenceLimit) + "\n")
	nature := prose(capital(strings.Join(present.Nature(f), "; ")), fieldLimit)
	support := []string{capital(present.Support(f)), present.Sure(f)}
	if where := prose(present.Where(f), fieldLimit); where != "" {
		paragraph(&b, sentences(nature))
		field(&b, "Where", sentences(append([]string{where}, support...)...))
	} else {
		paragraph(&b, sentences(append([]string{nature}, support...)...))
	}
	switch show {
	case inFull, unfold:
		b.WriteString(d.evidence(f))
		if show == unfold {
			b.WriteString(d.around(f))
		}
	}
	field(&b, "Fix", advice(f.Hint))
	field(&b, "At", d.places(f))
	if show >= inFull {
		b.WriteString(d.beside(f))
	}
	if show != brief {
		field(&b, "And so", consequences(f))
		field(&b, "Might also be", rivals(f))
		field(&b, "To decide, run", next(f))
	}
	field(&b, "Note", prose(strings.Join(present.Remarks(f), "; "), fieldLimit))
	switch show {
	case inFull, unfold:
		b.WriteString(d.logsOf(f) + reproduce(f))
	case folded:
		if inside := d.evidence(f) + d.beside(f) + d.logsOf(f) + reproduce(f); inside != "" {
			b.WriteString("\n<details>\n<summary>Log and command</summary>\n" + inside + "\n</details>\n")
		}
	}
	return b.String()
}

func field(b *strings.Builder, label, text string) {
	if text != "" {
		paragraph(b, "**"+label+":** "+text)
	}
}

func paragraph(b *strings.Builder, text string) {
	if text != "" {
		b.WriteString("\n" + text + "\n")
	}
}

// sentences joins parts of which each is one.
func sentences(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimRight(p, " ."); p != "" {
			out = append(out, p+".")
		}
	}
	return strings.Join(out, " ")
}

// capital begins a sentence, if it begins with a plain letter.
func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// list joins what is told of many, with how many more there are.
func list[T any](all []T, limit int, one func(T) string) string {
	var out []string
	for i, v := range all {
		if i == limit {
			out = append(out, "and "+present.Number(len(all)-i)+" more")
			break
		}
		if text := one(v); text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, " · ")
}

func (d *document) places(f findings.Finding) string {
	return list(present.Places(f, d.files), maxPlaces, func(s present.Spot) string {
		if s.File.URL == "" {
			return code(s.String(), lineLimit)
		}
		return strings.TrimSpace(link(code(s.File.Text, lineLimit), s.File.URL) + " " + code(s.In, lineLimit))
	})
}

func consequences(f findings.Finding) string {
	return list(f.Consequences, maxConsequences, func(c findings.Consequence) string { return prose(present.Consequence(c), lineLimit) })
}

func rivals(f findings.Finding) string {
	return list(present.Rivals(f), maxRivals, func(r findings.Rival) string { return prose(r.Where, lineLimit) })
}

func next(f findings.Finding) string {
	return list(present.Next(f), maxNext, func(n findings.NextCell) string {
		text := code(n.Slug, nameLimit)
		if decides := present.ToDecide(n); decides != "" {
			text += " (" + prose(decides, lineLimit) + ")"
		}
		return text
	})
}

// logsOf leads to the logs of the jobs that show it.
func (d *document) logsOf(f findings.Finding) string {
	links, more := d.logs.Of(f, maxLogs)
	if len(links) == 0 {
		return ""
	}
	all := make([]string, 0, len(links)+1)
	for _, l := range links {
		all = append(all, link(prose(l.Text, nameLimit), l.URL))
	}
	if more > 0 {
		all = append(all, "and "+present.Plural(more, "more job"))
	}
	return "\n**Logs:** " + strings.Join(all, " · ") + "\n"
}

// line is a finding in a folded list.
func (d *document) line(it present.Item) string {
	f := it.Finding
	text := "**" + strconv.Itoa(it.Number) + "** · " + prose(present.Headline(f), sentenceLimit)
	if n := prose(strings.Join(present.InBrief(it), "; "), fieldLimit); n != "" {
		text += " (" + n + ")"
	}
	if links, _ := d.logs.Of(f, 1); len(links) > 0 {
		text += " · " + link("log", links[0].URL)
	}
	return text
}

func (d *document) items(items []present.Item) []string {
	out := make([]string, 0, len(items))
	for _, it := range items {
		out = append(out, d.line(it))
	}
	return out
}
