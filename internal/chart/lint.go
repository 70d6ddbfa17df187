package chart

import (
	"fmt"
	"regexp"
	"strings"

	"helm.sh/helm/v4/pkg/chart/v2/lint/rules"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
)

// LintSeverity says how bad a lint message is.
type LintSeverity string

// Severities as `helm lint` prints them. With --strict, a warning fails too.
const (
	LintInfo    LintSeverity = "INFO"
	LintWarning LintSeverity = "WARNING"
	LintError   LintSeverity = "ERROR"
)

// LintMessage is one message of Helm's lint rules.
type LintMessage struct {
	Severity LintSeverity
	File     string // relative to the chart: "Chart.yaml", "templates/web.yaml"
	Line     int    // from 1; 0 if unknown
	Column   int    // from 1, in bytes; 0 if unknown
	Message  string // of an error in a template, the first cause
	Raw      string // all that Helm says, where Message is less; else ""
}

// String gives the message as `helm lint` prints it.
func (m LintMessage) String() string {
	if m.Raw != "" { // Helm blames the folder
		return fmt.Sprintf("[%s] %s: %s", m.Severity, templatesFolder, m.Raw)
	}
	return fmt.Sprintf("[%s] %s: %s", m.Severity, m.File, m.Message)
}

// templatesFolder is what Helm's rules call the templates as a whole.
const templatesFolder = "templates/"

// lintStatic runs the rules that do not depend on values.
func lintStatic(dir string) []LintMessage {
	l := &support.Linter{ChartDir: dir}
	rules.Chartfile(l)
	rules.Dependencies(l)
	rules.Crds(l)
	return lintMessages(l)
}

// lintValues runs the rule on the values, which checks them against the
// chart's schema.
func (h *host) lintValues(digest string) []LintMessage {
	values, err := decodeValues(h.values[digest])
	if err != nil {
		return nil
	}
	l := &support.Linter{ChartDir: h.init.Dir}
	rules.ValuesWithOverrides(l, values, false)
	return lintMessages(l)
}

func lintMessages(l *support.Linter) []LintMessage {
	out := make([]LintMessage, 0, len(l.Messages))
	for _, m := range l.Messages {
		sev := LintError
		switch m.Severity {
		case support.InfoSev, support.UnknownSev:
			sev = LintInfo
		case support.WarningSev:
			sev = LintWarning
		}
		msg := m.Err.Error()
		out = append(out, LintMessage{Severity: sev, File: m.Path, Line: lineIn(msg), Message: msg})
	}
	return out
}

// lintError is a message about the templates as a whole.
func lintError(err error) LintMessage {
	return LintMessage{Severity: LintError, File: templatesFolder, Message: err.Error()}
}

// lintFailure is the message about an engine error, at the place of its first
// cause.
func lintFailure(f *Failure) LintMessage {
	m := LintMessage{Severity: LintError, File: templatesFolder, Message: f.Message, Raw: f.Raw}
	if f.Template != "" {
		m.File, m.Line, m.Column = inChart(f.Template), f.Line, f.Column
	}
	return m
}

// inChart takes the chart's own name off the path of a template.
func inChart(template string) string {
	if _, rest, ok := strings.Cut(template, "/"); ok {
		return rest
	}
	return template
}

var yamlMessageLine = regexp.MustCompile(`\byaml: line (\d+)`)

func lineIn(msg string) int {
	if m := yamlMessageLine.FindStringSubmatch(msg); m != nil {
		return number(m[1])
	}
	return 0
}
