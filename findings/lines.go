package findings

import (
	"regexp"
	"strings"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// dumb are first lines that say how a program ended, and not why.
var dumb = regexp.MustCompile(`(?i)\bexit(?:s|ed)?(?: with)?(?: code| status)? \d+\W*$`)

// logFollows is how a provider begins to quote its log.
const logFollows = "; the end of its log, "

// firstLine makes the first line of what could not be asked its message, and the
// lines below it, such as the end of a log, its detail: they are for quoting, and
// may be other ones in each cell. Where the first says no more than how it ended,
// the line that a rule knows is put behind it.
func (c *collector) firstLine(o *occurrence) {
	if o.status != result.Errored {
		return
	}
	whole := strings.TrimSpace(o.message)
	first, rest, more := strings.Cut(whole, "\n")
	if !more || strings.TrimSpace(rest) == "" {
		return
	}
	if i := strings.Index(first, logFollows); i > 0 {
		first = first[:i]
	}
	first = strings.TrimRight(first, " \t\r:;")
	o.detail = rest
	if first == "" {
		first, _, _ = strings.Cut(strings.TrimSpace(rest), "\n")
	}
	o.message = first
	if dumb.MatchString(first) {
		if line := c.telling(o.layer, whole); line != "" && !strings.Contains(first, line) {
			o.message += ": " + line
		}
	}
}

// telling gives the line of a text that a rule knows; "" for none.
func (c *collector) telling(layer, text string) string {
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}
	key := layer + "\x00" + text
	line, ok := c.told[key]
	if ok {
		return line
	}
	if d := diagnosis.Diagnose(diagnosis.Input{Layer: layer, Message: text}); d.Rule != "" && len(d.Lines) > 0 {
		line = oneLine(d.Lines[0].Text)
	}
	if c.told == nil {
		c.told = map[string]string{}
	}
	c.told[key] = line
	return line
}
