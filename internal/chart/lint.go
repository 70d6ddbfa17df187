package chart

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint/rules"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"sigs.k8s.io/yaml"
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
	Message  string
}

// String gives the message as `helm lint` prints it.
func (m LintMessage) String() string {
	return fmt.Sprintf("[%s] %s: %s", m.Severity, m.File, m.Message)
}

// lintRelease is the release name that Helm's template rule renders with.
const lintRelease = "test-release"

// lintStatic runs the rules that do not depend on values.
func lintStatic(dir string) []LintMessage {
	l := &support.Linter{ChartDir: dir}
	rules.Chartfile(l)
	rules.Dependencies(l)
	rules.Crds(l)
	return lintMessages(l)
}

// lintTexts runs the rules on rendered templates. Helm's rule loads the chart
// from disk and renders it by itself, which takes longer than all the rest for
// a chart with many subcharts. It is given a chart that consists of the
// finished texts instead: to render it is trivial, and what Helm then says
// about the texts is Helm's own.
func (h *host) lintTexts(req wireRequest, texts map[string]string, renderErr error) []LintMessage {
	var out []LintMessage
	values, err := decodeValues(h.values[req.ValuesDigest])
	if err == nil {
		l := &support.Linter{ChartDir: h.init.Dir}
		rules.ValuesWithOverrides(l, values, false)
		out = lintMessages(l)
	}
	if renderErr != nil {
		return append(out, lintError("templates/", fmt.Errorf("%s", preludeColumn.ReplaceAllStringFunc(renderErr.Error(), fixColumn))))
	}
	dir, err := h.finishedChart(texts)
	if dir != "" {
		defer os.RemoveAll(dir)
	}
	if err != nil {
		return append(out, lintError("templates/", err))
	}
	var opts []rules.TemplateLinterOption
	if req.KubeVersion != "" {
		if kv, err := common.ParseKubeVersion(req.KubeVersion); err == nil {
			opts = append(opts, rules.TemplateLinterKubeVersion(kv))
		}
	}
	l := &support.Linter{ChartDir: dir}
	rules.Templates(l, req.Namespace, map[string]any{}, opts...)
	return append(out, lintMessages(l)...)
}

// finishedChart writes a chart whose templates give the texts.
func (h *host) finishedChart(texts map[string]string) (string, error) {
	dir, err := os.MkdirTemp("", "chart-matrix-lint-")
	if err != nil {
		return "", err
	}
	md, err := yaml.Marshal(map[string]string{"apiVersion": "v2", "name": h.chart.Name(), "version": h.chart.Metadata.Version})
	if err != nil {
		return dir, err
	}
	if err := os.WriteFile(filepath.Join(dir, "Chart.yaml"), md, 0o600); err != nil {
		return dir, err
	}
	for _, t := range h.chart.Templates {
		if !filepath.IsLocal(filepath.FromSlash(t.Name)) {
			return dir, fmt.Errorf("template name %q leads out of the chart", t.Name)
		}
		file := filepath.Join(dir, filepath.FromSlash(t.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return dir, err
		}
		text := strings.ReplaceAll(texts[path.Join(h.chart.Name(), t.Name)], "{{", `{{"{{"}}`)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return dir, err
		}
	}
	return dir, nil
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

func lintError(file string, err error) LintMessage {
	msg := err.Error()
	f := parseFailure(msg)
	return LintMessage{Severity: LintError, File: file, Line: f.Line, Message: msg}
}

var yamlMessageLine = regexp.MustCompile(`\byaml: line (\d+)`)

func lineIn(msg string) int {
	if m := yamlMessageLine.FindStringSubmatch(msg); m != nil {
		return number(m[1])
	}
	return 0
}
