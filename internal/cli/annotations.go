package cli

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/result"
)

// The limits on annotations: people read the first few of a file.
const (
	maxAnnotations   = 100
	maxPerFinding    = 10
	maxAnnotationMsg = 4_000 // bytes
)

// annotations puts findings on the lines of the chart that they are about: those
// that make the run red, and those that are new. workspace is the folder of the
// checkout, where that is known.
func annotations(s findings.Summary, workspace string) []github.Annotation {
	chart, ok := chartFolder(s.Chart.Path, workspace)
	if !ok {
		return nil
	}
	var out []github.Annotation
	for i := range s.Findings {
		f := &s.Findings[i]
		level := annotationLevel(s.Verdict, f)
		if level == "" {
			continue
		}
		placed := map[result.Location]bool{}
		for _, l := range f.Locations {
			at := result.Location{File: l.File, Line: l.Line, Column: l.Column}
			if l.File == "" || !filepath.IsLocal(filepath.FromSlash(l.File)) || placed[at] || len(placed) == maxPerFinding {
				continue
			}
			placed[at] = true
			if out = append(out, annotation(f, path.Join(chart, l.File), l, level)); len(out) == maxAnnotations {
				return out
			}
		}
	}
	return out
}

// annotationLevel is how loud an annotation of the finding is; "" for none.
func annotationLevel(v findings.Verdict, f *findings.Finding) string {
	// A verdict's reasons and warnings end so, whatever kind they begin with.
	end := fmt.Sprintf(": %s (%s)", f.Title, f.Where)
	within := func(list []string) bool {
		return slices.ContainsFunc(list, func(reason string) bool { return strings.HasSuffix(reason, end) })
	}
	switch {
	case within(v.Reasons):
		return "failure"
	case f.State != findings.New:
		return ""
	case within(v.Warnings):
		return "warning"
	default:
		return "notice"
	}
}

func annotation(f *findings.Finding, file string, l result.Location, level string) github.Annotation {
	var message strings.Builder
	line := func(format string, text string) {
		if text = oneLine(text); text != "" {
			fmt.Fprintf(&message, format+"\n", text)
		}
	}
	line("%s", f.Where)
	line("%s", strings.Join(nonEmpty(l.Object, l.Path), " "))
	if len(f.Evidence) == 0 {
		for _, excerpt := range f.Excerpt {
			line("  %s", excerpt)
		}
	}
	for _, e := range f.Evidence {
		line("  %s", e.Text)
	}
	line("Fix: %s", f.Hint)
	line("Reproduce: %s", f.Reproduce)
	line("%s", f.ReproduceNote)
	text := strings.TrimSpace(message.String())
	if text == "" {
		text = oneLine(f.Title)
	}
	a := github.Annotation{
		Path: file, StartLine: max(l.Line, 1), EndLine: max(l.Line, 1), Level: level,
		Title: shorten(oneLine(f.Title), maxTitle), Message: shorten(text, maxAnnotationMsg),
	}
	if l.Line > 0 {
		a.StartColumn, a.EndColumn = l.Column, l.Column
	}
	return a
}

// chartFolder gives the chart's folder relative to the repository's top. A chart
// that is elsewhere, or an archive, has no lines to annotate.
func chartFolder(chart, workspace string) (string, bool) {
	if filepath.IsAbs(chart) && workspace != "" {
		rel, err := filepath.Rel(workspace, chart)
		if err != nil {
			return "", false
		}
		chart = filepath.ToSlash(rel)
	}
	clean := path.Clean(chart)
	archive := strings.HasSuffix(clean, ".tgz") || strings.HasSuffix(clean, ".tar.gz")
	if chart == "" || archive || strings.Contains(chart, "://") || !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", false
	}
	return clean, true
}

// maxTitle is what GitHub takes as a title of an annotation or a check run, in
// characters; bytes are on the safe side.
const maxTitle = 255

// oneLine makes text from outside safe for one line of plain text.
func oneLine(s string) string { return strings.Join(strings.Fields(inert(printableLine(s))), " ") }

// printableLine turns line breaks into blanks before printable drops them.
func printableLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\t", " ", "\u2028", " ", "\u2029", " ").Replace(s)
}

// shorten cuts text to a number of bytes, at a whole character.
func shorten(s string, limit int) string {
	const dots = "…"
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len(dots)], "") + dots
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
