package chart

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint/rules"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// Helm's rule for templates loads the chart from disk and renders it by
// itself, in a mode where `required` and `fail` do not fail. That takes longer
// than all the rest of lint, and mostly for nothing: where a plain render
// succeeded, neither of the two has spoken, so both give the same texts. The
// rule is then run on those.

// lintedText is what the rule said about one text.
type lintedText struct {
	messages []LintMessage
	last     bool // not valid YAML: the rule stops here
}

// lintKey is all that it depends on.
type lintKey struct {
	name, version string
	text          [sha256.Size]byte
}

// maxChecked bounds the texts of which the messages are remembered.
const maxChecked = 1 << 14

// linted adds the lint messages to the reply of a render, if they are wanted.
func (h *host) linted(req wireRequest, t *target, reply wireReply) wireReply {
	switch {
	case !req.Lint || reply.Err != "":
	case reply.Failure != nil:
		reply.Lint = h.lintRender(req, t)
	default:
		texts := make(map[string]string, len(reply.Texts))
		for _, text := range reply.Texts {
			texts[text.Template] = text.Text
		}
		reply.Lint = slices.Concat(h.lintValues(req.ValuesDigest), h.lintTexts(req, texts))
	}
	return reply
}

// lintRender renders as Helm's rule does, and lints what comes out. It is for
// charts that do not render: what `required` and `fail` complain about is
// information in lint.
func (h *host) lintRender(req wireRequest, t *target) []LintMessage {
	values, err := decodeValues(h.values[req.ValuesDigest])
	if err != nil {
		return []LintMessage{lintError(err)}
	}
	c, err := h.processed(req.ValuesDigest, values)
	if err != nil {
		return []LintMessage{lintError(err)}
	}
	if values, err = util.CoalesceValues(c, values); err != nil {
		return []LintMessage{lintError(err)}
	}
	top, err := util.ToRenderValues(c, values, common.ReleaseOptions{Name: req.Release, Namespace: req.Namespace}, t.capabilities())
	if err != nil {
		return []LintMessage{lintError(err)}
	}
	call := &hooks{now: h.now, lint: true}
	funcs := newFixtures(c.Name()).funcs()
	call.add(funcs)
	texts, err := engine.Engine{LintMode: true, CustomTemplateFuncs: funcs}.RenderWithContext(context.Background(), c, top)
	out := slices.Concat(call.notes, h.lintValues(req.ValuesDigest))
	if err != nil {
		return append(out, lintFailure(h.failure(err, call)))
	}
	return append(out, h.lintTexts(req, texts)...)
}

// lintTexts runs Helm's rule on the texts of the chart's own templates, each
// once: most of them are the same for many sets of values.
func (h *host) lintTexts(req wireRequest, texts map[string]string) []LintMessage {
	if len(h.checked) > maxChecked {
		clear(h.checked)
	}
	var names, fresh []string
	for _, t := range h.chart.Templates {
		names = append(names, t.Name)
	}
	slices.SortFunc(names, compareAsWalked)
	text := func(name string) string { return texts[path.Join(h.chart.Name(), name)] }
	key := func(name string) lintKey {
		return lintKey{name: name, version: req.KubeVersion, text: sha256.Sum256([]byte(text(name)))}
	}
	for _, name := range names {
		if _, ok := h.checked[key(name)]; !ok {
			fresh = append(fresh, name)
		}
	}
	if len(fresh) > 0 || len(names) == 0 {
		messages, err := h.askRule(req, fresh, text)
		if err != nil {
			return []LintMessage{lintError(err)}
		}
		if general := slices.DeleteFunc(slices.Clone(messages), func(m LintMessage) bool { return m.File != templatesFolder }); len(general) > 0 {
			return general
		}
		for _, name := range fresh {
			of := slices.DeleteFunc(slices.Clone(messages), func(m LintMessage) bool { return m.File != name })
			last := slices.ContainsFunc(of, func(m LintMessage) bool { return strings.HasPrefix(m.Message, "unable to parse YAML") })
			h.checked[key(name)] = lintedText{of, last}
			if last {
				break
			}
		}
	}
	var out []LintMessage
	for _, name := range names {
		known := h.checked[key(name)]
		out = append(out, known.messages...)
		if known.last {
			break
		}
	}
	return out
}

// compareAsWalked sorts paths in the order in which a folder is read: by name
// within each folder.
func compareAsWalked(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// askRule gives the rule a chart that consists of finished texts: to render it
// is trivial, and what Helm then says about the texts is Helm's own.
func (h *host) askRule(req wireRequest, names []string, text func(name string) string) ([]LintMessage, error) {
	dir, err := h.finishedChart(names, text)
	if dir != "" {
		defer func() { _ = os.RemoveAll(dir) }() // in the system's folder for such
	}
	if err != nil {
		return nil, err
	}
	var opts []rules.TemplateLinterOption
	if req.KubeVersion != "" {
		if kv, err := common.ParseKubeVersion(req.KubeVersion); err == nil {
			opts = append(opts, rules.TemplateLinterKubeVersion(kv))
		}
	}
	l := &support.Linter{ChartDir: dir}
	rules.Templates(l, req.Namespace, map[string]any{}, opts...)
	return lintMessages(l), nil
}

// finishedChart writes a chart whose templates give the texts.
func (h *host) finishedChart(names []string, text func(name string) string) (string, error) {
	dir, err := os.MkdirTemp(scratch(h.init.Dir), "lint-")
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
	for _, name := range names {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return dir, fmt.Errorf("template name %q leads out of the chart", name)
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return dir, err
		}
		finished := strings.ReplaceAll(text(name), "{{", `{{"{{"}}`)
		if err := os.WriteFile(file, []byte(finished), 0o600); err != nil {
			return dir, err
		}
	}
	return dir, nil
}
