package markdown

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// zeroWidth takes no room on the screen. GitHub makes mentions, references and
// links from the text of the finished page, where an escape in the Markdown is
// no longer seen; a zero-width space inside the token is.
const zeroWidth = "\u200b"

// joiner does the same and lets no line break there, which would tear a short
// token such as #203 apart.
const joiner = "\u2060"

// escapes turns every character that means something to GitHub-flavoured
// Markdown (https://github.github.com/gfm/) into itself. The dollar starts
// mathematics, and an expression in a workflow.
var escapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `~`, `\~`, `|`, `\|`, `#`, `\#`,
	`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `$`, `&#36;`,
	"@", "@"+zeroWidth, "://", ":"+zeroWidth+"//",
)

// tokens are what GitHub links without any markup, by
// https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
var tokens = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`#(\d)`), "#" + joiner + "$1"},
	{regexp.MustCompile(`(?i)\b(GH|GHSA)-`), "$1-" + zeroWidth},
	{regexp.MustCompile(`(?i)\b(www)\.`), "$1" + zeroWidth + "."},
}

// emoji matches the short name of one; names may share a colon.
var emoji = regexp.MustCompile(`:([a-zA-Z0-9_+-]+):`)

// commit matches what GitHub takes for the hash of a commit.
var commit = regexp.MustCompile(`\b[0-9a-fA-F]{7,}\b`)

// hashPiece is matched greedily, and is shorter than any hash that GitHub links.
var hashPiece = regexp.MustCompile(`.{6}`)

// blockStart matches what would begin a heading, list, quote or rule at the
// start of a block, such as a list item.
var blockStart = regexp.MustCompile(`^(?:\d{1,9}[.)]( |$)|[-+=])`)

// prose makes text from outside safe anywhere in running text, a heading, a list
// item or a table, and at most limit characters long before it is escaped.
func prose(s string, limit int) string {
	s = present.Shorten(present.Line(s), limit)
	s = commit.ReplaceAllStringFunc(s, func(hash string) string {
		return hashPiece.ReplaceAllString(hash, "$0"+zeroWidth)
	})
	for _, t := range tokens {
		s = t.find.ReplaceAllString(s, t.put)
	}
	for range 2 { // the second time for names that shared a colon with one before
		s = emoji.ReplaceAllString(s, ":"+zeroWidth+"$1:")
	}
	s = escapes.Replace(s)
	if start := strings.TrimSuffix(blockStart.FindString(s), " "); start != "" {
		at := len(start) - 1 // before the character that makes it a start
		s = s[:at] + `\` + s[at:]
	}
	return s
}

// code makes an inline code span, in which GitHub links nothing. Not for
// tables: there a pipe would end the cell.
func code(s string, limit int) string {
	s = breakExpression(present.Shorten(present.Line(s), limit))
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return fence + pad + s + pad + fence
}

// advice is prose in which what stands between backticks is code.
func advice(s string) string {
	spans := present.Spans(present.Shorten(present.Line(s), fieldLimit))
	if len(spans) == 1 && !spans[0].Code {
		return prose(s, fieldLimit)
	}
	var b strings.Builder
	for _, span := range spans {
		if span.Code {
			b.WriteString(code(span.Text, fieldLimit))
		} else {
			b.WriteString(spaced(span.Text, fieldLimit))
		}
	}
	return b.String()
}

// spaced is prose that keeps the blank at either end, beside what is code.
func spaced(s string, limit int) string {
	text := prose(s, limit)
	if text == "" {
		return strings.Repeat(" ", min(len(s), 1))
	}
	if strings.HasPrefix(s, " ") {
		text = " " + text
	}
	if strings.HasSuffix(s, " ") {
		text += " "
	}
	return text
}

// fenced makes a code block of the lines, closed by a longer fence than any
// that they hold.
func fenced(language string, lines []string, limit int) string {
	longest := 2
	kept := make([]string, 0, len(lines))
	for _, l := range lines {
		l = breakExpression(present.Shorten(present.Code(l), limit))
		longest = max(longest, longestRun(l, '`'))
		kept = append(kept, l)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + language + "\n" + strings.Join(kept, "\n") + "\n" + fence + "\n"
}

// link leads from a text, which is escaped already, to an address that package
// present has checked: in it only the ampersand has a meaning to Markdown.
func link(text, address string) string {
	if address == "" || text == "" {
		return text
	}
	return "[" + text + "](" + strings.ReplaceAll(address, "&", "&amp;") + ")"
}

// breakExpression keeps a workflow that pastes the summary into a script from
// evaluating it. Code has no escapes, so a zero-width space must do.
func breakExpression(s string) string {
	return strings.ReplaceAll(s, "${{", "$"+zeroWidth+"{{")
}

func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// commentText matches what may stand in a marker: an HTML comment ends at "-->".
var commentText = regexp.MustCompile(`[^A-Za-z0-9 ._:/=-]+|-{2,}|^[->]+|-+$`)

// hidden makes the line by which delivery finds its own comment again.
func hidden(marker string) string {
	if marker = strings.TrimSpace(commentText.ReplaceAllString(marker, "")); marker == "" || !utf8.ValidString(marker) {
		return ""
	}
	return "<!-- " + marker + " -->\n"
}
