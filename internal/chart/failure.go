package chart

import (
	"regexp"
	"strconv"
	"strings"
)

// The engine's errors have three shapes: "parse error at (FILE:LINE): cause",
// "execution error at (FILE:LINE:COLUMN): message of required or fail", and a
// chain of frames, outermost first, each a line "FILE:LINE:COLUMN" with the
// action and the error indented below.
var (
	errorAt   = regexp.MustCompile(`(parse|execution) error (?:at|in) \(([^()]*?)(?::(\d+))?(?::(\d+))?\): ((?s).*)`)
	errorLine = regexp.MustCompile(`(?m)^(\S[^\n]*?):(\d+)(?::(\d+))?$`)
	plainExec = regexp.MustCompile(`template: ([^\s:]+):(\d+)(?::(\d+))?:`)
)

// parseFailure finds the place and the first cause in an engine error. The
// innermost frame is the place: a helper's mistake is the helper's.
func parseFailure(raw string) *Failure {
	f := &Failure{Kind: TemplateExec, Raw: shorten(raw, maxRaw), Message: shorten(firstCause(raw), maxMessage)}
	if m := errorAt.FindStringSubmatch(raw); m != nil {
		if m[1] == "parse" {
			f.Kind = TemplateParse
		}
		f.Template, f.Line, f.Column = m[2], number(m[3]), column(m[4])
		f.Message = shorten(strings.TrimSpace(m[5]), maxMessage)
		return f
	}
	frames := errorLine.FindAllStringSubmatch(raw, -1)
	if len(frames) == 0 {
		frames = plainExec.FindAllStringSubmatch(raw, -1)
	}
	if len(frames) > 0 {
		last := frames[len(frames)-1]
		f.Template, f.Line, f.Column = last[1], number(last[2]), column(last[3])
	}
	return f
}

// Bounds on what a failure says, in bytes: a helper that includes itself gives
// an error of a thousand frames.
const (
	maxMessage = 4 << 10
	maxRaw     = 64 << 10
)

// firstCause is the innermost error: the last line, and of a chain in one line
// what follows the last action.
func firstCause(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	if strings.Contains(s, "template: ") {
		if i := strings.LastIndex(s, ">: "); i >= 0 {
			s = s[i+len(">: "):]
		}
	}
	return strings.TrimSpace(s)
}

// column counts from 1, as editors do; text/template counts from 0.
func column(s string) int {
	if s == "" {
		return 0
	}
	return number(s) + 1
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
