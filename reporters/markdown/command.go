package markdown

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

func reproduce(f findings.Finding) string {
	note := prose(f.ReproduceNote, noteLimit)
	if present.Code(f.Reproduce) == "" {
		var b strings.Builder
		field(&b, "Reproduce", note)
		return b.String()
	}
	return "\n" + strings.TrimSpace("**Reproduce:** "+note) + "\n\n" + fenced("sh", command(f.Reproduce), commandLimit)
}

// commandWidth is about what a phone shows of a line, in characters.
const commandWidth = 44

// command breaks a long command before its flags, as a shell allows. One with
// quotes stays whole: there a line break may be part of a word.
func command(text string) []string {
	text = present.Shorten(present.Code(text), commandLimit)
	if strings.ContainsAny(text, "'\"\\`#") {
		return []string{text}
	}
	var lines []string
	current := ""
	for i, part := range strings.Split(text, " --") {
		if i > 0 {
			part = "--" + part
		}
		switch {
		case i == 0:
			current = part
		case len(current)+1+len(part) <= commandWidth:
			current += " " + part
		default:
			lines = append(lines, current+" \\")
			current = "  " + part
		}
	}
	return append(lines, current)
}
