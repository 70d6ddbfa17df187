package findings

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The bounds of what is quoted, in characters and lines. The whole message
// stays in the result folder.
const (
	maxTitle   = 240
	maxLine    = 400
	maxExcerpt = 3
)

// title says in one line what is wrong, with the object or the template that
// it is wrong in unless the message names it.
func title(g *failureGroup) string {
	message := oneLine(g.example().message)
	switch {
	case message == "":
		message = unsaid(g)
	case g.code == codeJob || g.code == codeLost || g.code == codeBlocked:
		// The reason of a cell, which here stands alone.
		message = capital(message)
	}
	if own := g.example().location.Object; own != "" && strings.HasPrefix(message, own+": ") && len(g.locations) > 1 {
		message = message[len(own)+2:] // it is one of several
	}
	if g.ownNames && len(g.locations) > 1 {
		message = impersonal(message)
	}
	if subject := subject(g, message); subject != "" {
		message = subject + ": " + message
	}
	if g.ownVersion {
		return cut(message, maxTitle-len(eachItsOwn)) + eachItsOwn
	}
	return cut(message, maxTitle)
}

// example is the occurrence that the title quotes: where it names one of several
// objects, that one's.
func (g *failureGroup) example() *occurrence {
	if len(g.objects) > 1 {
		first := g.allPlaces()[0].Object
		for _, f := range g.objects {
			if f.name == first {
				return &f.first
			}
		}
	}
	return &g.first
}

// eachItsOwn follows a message that repeats the version of its cell: the one that
// is quoted is not that of the others.
const eachItsOwn = " (each cell names its own version)"

// capital begins a sentence, if it begins with a plain letter.
func capital(text string) string {
	if c := text[0]; c >= 'a' && c <= 'z' {
		return string(c-'a'+'A') + text[1:]
	}
	return text
}

// unexecuted is what is wrong where nothing ran.
const unexecuted = "No check was executed"

// unsaid stands for a message that the layer did not give.
func unsaid(g *failureGroup) string {
	switch {
	case g.code == codeLost:
		return "Planned, but no result came back"
	case g.code == codeNothingRan:
		return unexecuted
	case g.code == codeBlocked:
		return "The cell was blocked without saying why"
	case g.layer == "":
		return "The cell " + string(g.status) + " without saying why"
	}
	return fmt.Sprintf("The %s layer %s without saying why", plain(g.layer), g.status)
}

// subject names what the message is about: the object, or the file.
func subject(g *failureGroup, message string) string {
	var objects, files []string
	seen := map[string]bool{} // of a hundred thousand places, too
	for _, l := range g.allPlaces() {
		if l.Object != "" && !seen["object "+l.Object] {
			seen["object "+l.Object] = true
			objects = append(objects, l.Object)
		}
		if l.File != "" && !seen["file "+l.File] {
			seen["file "+l.File] = true
			files = append(files, l.File)
		}
	}
	named := slices.ContainsFunc(append(slices.Clone(objects), files...), func(s string) bool { return strings.Contains(message, s) })
	switch {
	case g.code == codeNothingRan && g.first.message != "":
		return unexecuted
	case len(objects) > 0 && !named:
		return several(plain(objects[0]), len(objects)) + fieldOf(g, message)
	case len(objects) > 0 && len(objects) == 1 && strings.Contains(message, objects[0]):
		return ""
	case len(files) > 0 && !named:
		return several(plain(files[0]), len(files))
	}
	return ""
}

// fieldOf gives the field of an object as people write it: spec.replicas.
func fieldOf(g *failureGroup, message string) string {
	path := g.first.location.Path
	if path == "" || path == "/apiVersion" || path == "/kind" {
		return ""
	}
	var b strings.Builder
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch {
		case step != "" && strings.Trim(step, "0123456789") == "":
			b.WriteString("[" + step + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	field := plain(b.String())
	if strings.Contains(message, field) {
		return ""
	}
	return ", " + field
}

func several(first string, n int) string {
	if n == 1 {
		return first
	}
	return fmt.Sprintf("%s and %d more", first, n-1)
}

// excerpt gives the lines that are quoted.
func excerpt(lines []string) []string {
	var out []string
	for _, l := range lines {
		for part := range strings.SplitSeq(l, "\n") {
			if part = cut(printable(strings.TrimRight(part, " \t\r")), maxLine); part != "" && len(out) < maxExcerpt {
				out = append(out, part)
			}
		}
	}
	return out
}

// oneLine makes one line of a text: the blanks between words become one space.
func oneLine(text string) string {
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}
	return plain(strings.Join(strings.Fields(text), " "))
}

// plain takes out what is no text: control characters and broken encoding.
func plain(text string) string { return printable(strings.Join(strings.Fields(text), " ")) }

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
