package github

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// mark is what the hidden first line of a comment says.
type mark struct {
	name    string
	run     int64
	attempt int
}

var (
	markerPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$`)
	markPattern   = regexp.MustCompile(`^<!-- ([A-Za-z0-9][A-Za-z0-9._:-]{0,239}) run=([0-9]{1,18}) attempt=([0-9]{1,6}) -->\r?(?:\n|$)`)
)

// MarkerLine is the hidden line, without its line break, that Comment begins a
// comment with. MarkerText is the same without the signs of an HTML comment, for
// a renderer that writes those.
func MarkerLine(marker string, run int64, attempt int) string {
	return newMark(marker, run, attempt).line()
}

// MarkerText is what MarkerLine hides.
func MarkerText(marker string, run int64, attempt int) string {
	return newMark(marker, run, attempt).text()
}

// newMark writes two hyphens in a row as -:-, since renderers take those out of
// HTML comments; no name has a colon there.
func newMark(name string, run int64, attempt int) mark {
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-:-")
	}
	return mark{name, run, max(attempt, 1)}
}

func (m mark) text() string { return fmt.Sprintf("%s run=%d attempt=%d", m.name, m.run, m.attempt) }
func (m mark) line() string { return "<!-- " + m.text() + " -->" }

// chartLine is the hidden second line of a comment: it says which chart a
// workflow meant, where the name that the chart's configuration gives it is not
// known. A path may hold anything, so its hash stands for it.
func chartLine(chart string) string {
	if chart == "" {
		return ""
	}
	return fmt.Sprintf("<!-- chart %x -->\n", sha256.Sum256([]byte(path.Clean(chart))))
}

// hasChartLine tells whether a comment that begins with a mark is about a chart.
func hasChartLine(body, chart string) bool {
	_, rest, _ := strings.Cut(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	return chart != "" && strings.HasPrefix(rest, chartLine(chart))
}

// newer compares reports: runs are numbered in the order in which they began.
func (m mark) newer(other mark) bool {
	return cmp.Or(cmp.Compare(m.run, other.run), cmp.Compare(m.attempt, other.attempt)) > 0
}

// parseMark reads the first line of a comment; anywhere else a marker is a quote.
func parseMark(body string) (mark, bool) {
	found := markPattern.FindStringSubmatch(strings.TrimPrefix(body, "\ufeff"))
	if found == nil {
		return mark{}, false
	}
	run, err := strconv.ParseInt(found[2], 10, 64)
	if err != nil {
		return mark{}, false
	}
	attempt, err := strconv.Atoi(found[3])
	if err != nil {
		return mark{}, false
	}
	return mark{found[1], run, attempt}, true
}
