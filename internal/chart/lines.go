package chart

import (
	"strings"

	helmchart "helm.sh/helm/v4/pkg/chart/v2"
)

// LineOf finds the line of a template or CRD that reads, indentation apart,
// like a line of what it rendered to. The file is relative to the chart, as in
// "charts/redis/templates/web.yaml". It returns 0 where no line or more than
// one reads so: a place is worth having only if it is the right one.
func (c *Chart) LineOf(file, rendered string) int {
	rendered = strings.TrimSpace(rendered)
	text, ok := source(c.loaded, file)
	if !ok || rendered == "" {
		return 0
	}
	found := 0
	for n := 1; text != ""; n++ {
		line, rest, _ := strings.Cut(text, "\n")
		if strings.TrimSpace(line) == rendered {
			if found > 0 {
				return 0
			}
			found = n
		}
		text = rest
	}
	return found
}

// source gives the text of a template or CRD of the chart or a subchart.
func source(c *helmchart.Chart, file string) (string, bool) {
	if inside, ok := strings.CutPrefix(file, "charts/"); ok {
		name, rest, _ := strings.Cut(inside, "/")
		for _, d := range c.Dependencies() {
			if d.Name() == name {
				return source(d, rest)
			}
		}
		return "", false
	}
	for _, f := range c.Templates {
		if f != nil && f.Name == file {
			return string(f.Data), true
		}
	}
	for _, crd := range c.CRDObjects() {
		if crd.Filename == c.ChartFullPath()+"/"+file {
			return string(crd.File.Data), true
		}
	}
	return "", false
}
