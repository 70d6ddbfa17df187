package layer

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// TAP is the Test Anything Protocol, read as its versions 12 to 14 have it
// (https://testanything.org/tap-version-14-specification.html): a version line,
// a plan before or after the test points, directives, diagnostics as comments
// or YAML, and subtests, whose outcome stands in the point that follows them.
type tapReport struct {
	version bool
	planned int // -1: no plan
	skipAll string
	points  []tapPoint
	bail    string // why the program gave up; " " for no reason
	// twice says that one number was given to two points.
	twice int
	// cut says that the beginning was lost.
	cut bool
}

type tapPoint struct {
	ok        bool
	name      string
	directive string // skip or todo
	reason    string
	lines     []string // what was said about it
}

var (
	tapVersion   = regexp.MustCompile(`^TAP [Vv]ersion (1[2-9])\s*$`)
	tapPlan      = regexp.MustCompile(`^1\.\.([0-9]{1,7})\s*(?:#\s*(.*))?$`)
	tapTestPoint = regexp.MustCompile(`^(not )?ok\b[ \t]*([0-9]{1,7}\b)?[ \t]*(.*)$`)
	tapDirective = regexp.MustCompile(`(?i)^\s*(skip|todo)\S*\s*(.*)$`)
	tapBail      = regexp.MustCompile(`(?i)^bail out!\s*(.*)$`)
)

// parseTAP reads TAP, and tells whether the text is TAP at all: it has the
// version line, or both a plan and what it plans.
func parseTAP(text string) (tapReport, bool) {
	p := tapParser{report: tapReport{planned: -1}, numbers: map[int]bool{}}
	for line := range strings.SplitSeq(text, "\n") {
		p.line(strings.TrimSuffix(line, "\r"))
	}
	r := p.report
	r.cut = strings.HasPrefix(text, "[") && strings.Contains(text[:min(len(text), 100)], " bytes before this were dropped]\n")
	planned := r.planned >= 0 && (len(r.points) > 0 || r.planned == 0)
	return r, r.version || planned || r.bail != "" && len(r.points) > 0
}

type tapParser struct {
	report  tapReport
	numbers map[int]bool
	inYAML  bool
	// subtest holds the failures of the subtest that the next point sums up.
	subtest []string
}

func (p *tapParser) line(line string) {
	r := &p.report
	if p.inYAML {
		p.yaml(line)
		return
	}
	if strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") {
		p.indented(strings.TrimSpace(line))
		return
	}
	switch {
	case tapVersion.MatchString(line):
		r.version = true
	case strings.TrimSpace(line) == "---" && strings.HasPrefix(line, "  ") && len(r.points) > 0:
		p.inYAML = true
	case tapBail.MatchString(line):
		r.bail = oneLine(tapBail.FindStringSubmatch(line)[1])
		if r.bail == "" {
			r.bail = " "
		}
	case strings.HasPrefix(line, "#"):
		p.about(strings.TrimSpace(strings.TrimLeft(line, "#")))
	case tapPlan.MatchString(line):
		m := tapPlan.FindStringSubmatch(line)
		r.planned, _ = strconv.Atoi(m[1]) // the pattern bounds the digits
		if d := tapDirective.FindStringSubmatch(m[2]); len(d) > 2 && strings.EqualFold(d[1], "skip") {
			r.skipAll = oneLine(d[2])
		}
	case tapTestPoint.MatchString(line):
		p.point(tapTestPoint.FindStringSubmatch(line))
	}
}

func (p *tapParser) point(m []string) {
	description, directive, reason := splitDirective(m[3])
	number, err := strconv.Atoi(m[2])
	if err != nil {
		number = len(p.report.points) + 1
	} else if p.numbers[number] {
		p.report.twice = number
	}
	p.numbers[number] = true
	t := tapPoint{ok: m[1] == "", directive: directive, reason: reason}
	t.name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(description), "-"))
	if t.name == "" {
		t.name = fmt.Sprintf("test %d", number)
	}
	if !t.ok {
		t.lines = p.subtest
	}
	p.subtest = nil
	p.report.points = append(p.report.points, t)
}

// splitDirective parts a description from its directive. \# and \\ are
// characters of the description.
func splitDirective(text string) (description, directive, reason string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '#' || text[i+1] == '\\'):
			i++
		case text[i] == '#':
			if d := tapDirective.FindStringSubmatch(text[i+1:]); d != nil {
				return b.String(), strings.ToLower(d[1]), oneLine(d[2])
			}
		}
		b.WriteByte(text[i])
	}
	return b.String(), "", ""
}

// maxSaid bounds the lines that are kept about one point.
const maxSaid = 20

// about files a diagnostic with the point before it.
func (p *tapParser) about(line string) {
	if n := len(p.report.points); n > 0 && line != "" && len(p.report.points[n-1].lines) < maxSaid {
		p.report.points[n-1].lines = append(p.report.points[n-1].lines, line)
	}
}

// yaml reads a line of a YAML block. Its message says more than the rest.
func (p *tapParser) yaml(line string) {
	text := strings.TrimSpace(line)
	if text == "..." || !strings.HasPrefix(line, "  ") && text != "" {
		p.inYAML = false
		if text != "..." {
			p.line(line) // the block was not closed
		}
		return
	}
	if message, ok := strings.CutPrefix(text, "message:"); ok {
		text = strings.Trim(strings.TrimSpace(message), `'"`)
		t := &p.report.points[len(p.report.points)-1]
		t.lines = append([]string{text}, t.lines[:min(len(t.lines), maxSaid)]...)
		return
	}
	p.about(text)
}

func (p *tapParser) indented(line string) {
	if strings.HasPrefix(line, "not ok") && len(p.subtest) < maxSaid {
		p.subtest = append(p.subtest, line)
	}
}

// checks gives a check for each point, and one for the plan where it was not
// kept. The error says why the program gave up, if it did.
func (r tapReport) checks() (checks []result.Assertion, err error) {
	for _, t := range r.points {
		a := result.Assertion{Name: t.name, Status: result.Passed}
		switch {
		case !t.ok && t.directive == "todo":
			a.Status, a.Reason = result.Skipped, strings.TrimSpace("to do: "+t.reason)
		case !t.ok:
			a = failed(a, "", t.lines)
		case t.directive == "skip":
			a.Status, a.Reason = result.Skipped, t.reason
			if a.Reason == "" {
				a.Reason = "no reason is given"
			}
		}
		checks = append(checks, a)
	}
	if r.bail != "" {
		return checks, errors.New(strings.TrimRight("the command bailed out: "+r.bail, ": "))
	}
	if wrong := r.brokenPlan(); wrong != "" {
		checks = append(checks, failed(result.Assertion{Name: "plan"}, "", []string{wrong}))
	} else if r.planned == 0 && len(r.points) == 0 {
		reason := r.skipAll
		if reason == "" {
			reason = "the command plans no checks"
		}
		checks = append(checks, result.Assertion{Name: "plan", Status: result.Skipped, Reason: reason})
	}
	return checks, nil
}

func (r tapReport) brokenPlan() string {
	switch {
	case r.cut:
		return fmt.Sprintf("the TAP is over %d MiB, and its beginning was not read", keepOutput>>20)
	case r.planned < 0:
		return "the TAP has no plan (1..N), so that checks may be missing"
	case r.planned != len(r.points):
		return fmt.Sprintf("%d checks were planned, and %d came", r.planned, len(r.points))
	case r.twice > 0:
		return fmt.Sprintf("two checks have the number %d", r.twice)
	}
	return ""
}
