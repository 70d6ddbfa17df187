package chart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"helm.sh/helm/v4/pkg/chart/common"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

// Every template that is rendered by itself begins, in the worker's copy, with
// one action that writes nothing. It tells which template is at work, for the
// watchdog, and while recording it puts a guard before .Files.
const (
	enterName = "chartMatrixEnter"
	prelude   = "{{" + enterName + " .}}"
)

// preludeColumn finds positions in the first line of a template, where the
// prelude has moved the columns.
var preludeColumn = regexp.MustCompile(`[^\s():]+:1:\d+`)

func fixColumn(pos string) string {
	name, column, _ := strings.Cut(pos, ":1:")
	n, err := strconv.Atoi(column)
	if err != nil || strings.HasPrefix(path.Base(name), "_") || n < len(prelude) {
		return pos
	}
	return fmt.Sprintf("%s:1:%d", name, n-len(prelude))
}

// prepared returns a copy of the chart that a render may change. Texts and
// files are shared.
func (h *host) prepared() *helmchart.Chart {
	return cloneChart(h.chart)
}

func cloneChart(c *helmchart.Chart) *helmchart.Chart {
	md := *c.Metadata
	md.Dependencies = nil
	for _, d := range c.Metadata.Dependencies {
		if d == nil {
			md.Dependencies = append(md.Dependencies, nil)
			continue
		}
		copied := *d
		md.Dependencies = append(md.Dependencies, &copied)
	}
	out := &helmchart.Chart{
		Raw: c.Raw, Metadata: &md, Lock: c.Lock, Templates: c.Templates,
		Schema: c.Schema, SchemaModTime: c.SchemaModTime, Files: c.Files, ModTime: c.ModTime,
	}
	if c.Values != nil {
		out.Values = copyMap(c.Values)
	}
	for _, d := range c.Dependencies() {
		out.AddDependency(cloneChart(d))
	}
	return out
}

// addPrelude changes the templates of a chart that was just loaded.
func addPrelude(c *helmchart.Chart) {
	for i, t := range c.Templates {
		if t == nil || strings.HasPrefix(path.Base(t.Name), "_") {
			continue
		}
		copied := *t
		copied.Data = append([]byte(prelude), t.Data...)
		c.Templates[i] = &copied
	}
	for _, d := range c.Dependencies() {
		addPrelude(d)
	}
}

// hooks are the template functions that act on the worker.
type hooks struct {
	now         *progress
	rec         *recorder
	lint        bool
	last        FailureKind // of the last call to required or fail that failed
	lastMessage string
	notes       []LintMessage // what required and fail say while linting
}

// Helm cuts the message of required and fail out of the error by these words.
const (
	messageBegin = "HELM_ERR_START"
	messageEnd   = "HELM_ERR_END"
)

func (h *hooks) add(funcs template.FuncMap) {
	funcs[enterName] = h.enter
	funcs["required"] = h.required
	funcs["fail"] = h.fail
	funcs["repeat"] = func(n int, s string) (string, error) {
		if n > 0 && len(s) > maxRepeat/n {
			return "", fmt.Errorf("repeat would give %d × %d bytes, more than %d MiB", n, len(s), maxRepeat>>20)
		}
		return strings.Repeat(s, n), nil
	}
}

// maxRepeat bounds the text that one call of repeat gives, in bytes.
const maxRepeat = 256 << 20

func (h *hooks) enter(scope any) string {
	m, ok := scope.(common.Values)
	if !ok {
		return ""
	}
	if t, ok := m["Template"].(common.Values); ok {
		if name, ok := t["Name"].(string); ok {
			h.now.template.Store(&name)
		}
	}
	if h.rec != nil {
		guardFiles(m)
	}
	return ""
}

func (h *hooks) required(message string, v any) (any, error) {
	if s, isText := v.(string); v != nil && (!isText || s != "") {
		return v, nil
	}
	return h.refuse(Required, message, v)
}

func (h *hooks) fail(message string) (string, error) {
	_, err := h.refuse(Fail, message, "")
	return "", err
}

func (h *hooks) refuse(kind FailureKind, message string, v any) (any, error) {
	if h.lint {
		h.notes = append(h.notes, LintMessage{Severity: LintInfo, File: inChart(h.now.current()), Message: string(kind) + ": " + message})
		return "", nil
	}
	h.last, h.lastMessage = kind, message
	return v, errors.New(messageBegin + message + messageEnd)
}

// guardedFiles is .Files. A name with a marker would look like a file that is
// not there.
type guardedFiles map[string][]byte

// fileMethods are those of the engine's own type, which is not exported.
type fileMethods interface {
	GetBytes(name string) []byte
	Get(name string) string
	AsConfig() string
	AsSecrets() string
	Lines(path string) []string
}

// filesType is the engine's type, seen once through a template.
var filesType = sync.OnceValue(func() reflect.Type { //nolint:gochecknoglobals // a constant, computed when first needed
	var found reflect.Type
	c := &helmchart.Chart{
		Metadata:  &helmchart.Metadata{Name: "probe"},
		Templates: []*common.File{{Name: "templates/probe", Data: []byte("{{probe .Files}}")}},
	}
	probe := func(v any) string { found = reflect.TypeOf(v); return "" }
	_, err := engine.Engine{CustomTemplateFuncs: template.FuncMap{"probe": probe}}.RenderWithContext(context.Background(), c, common.Values{"Values": common.Values{}})
	if err != nil {
		return nil
	}
	return found
})

// guardFiles replaces .Files in the scope of a chart and of its subcharts.
func guardFiles(scope map[string]any) {
	files := reflect.ValueOf(scope["Files"])
	if files.IsValid() && files.Type() == filesType() {
		scope["Files"] = guardedFiles(files.Convert(reflect.TypeFor[map[string][]byte]()).Interface().(map[string][]byte))
	}
	subcharts, _ := scope["Subcharts"].(map[string]any)
	for _, s := range subcharts {
		if m, ok := s.(map[string]any); ok {
			guardFiles(m)
		}
	}
}

func (g guardedFiles) engine() reflect.Value {
	return reflect.ValueOf(map[string][]byte(g)).Convert(filesType())
}

func (g guardedFiles) methods() fileMethods { return g.engine().Interface().(fileMethods) }

func (g guardedFiles) check(name string) {
	if marked(name) {
		panic(errOpaque{})
	}
}

// GetBytes is .Files.GetBytes.
func (g guardedFiles) GetBytes(name string) []byte { g.check(name); return g.methods().GetBytes(name) }

// Get is .Files.Get.
func (g guardedFiles) Get(name string) string { g.check(name); return g.methods().Get(name) }

// Lines is .Files.Lines.
func (g guardedFiles) Lines(name string) []string { g.check(name); return g.methods().Lines(name) }

// AsConfig is .Files.AsConfig.
func (g guardedFiles) AsConfig() string { return g.methods().AsConfig() }

// AsSecrets is .Files.AsSecrets.
func (g guardedFiles) AsSecrets() string { return g.methods().AsSecrets() }

// Glob is .Files.Glob.
func (g guardedFiles) Glob(pattern string) guardedFiles {
	g.check(pattern)
	out := g.engine().MethodByName("Glob").Call([]reflect.Value{reflect.ValueOf(pattern)})[0]
	return out.Convert(reflect.TypeFor[map[string][]byte]()).Interface().(map[string][]byte)
}

var (
	apiList  = regexp.MustCompile(`APIVersions[^A-Za-z0-9_]`)
	apiHas   = regexp.MustCompile(`^APIVersions\.Has[^A-Za-z0-9_]`)
	duration = regexp.MustCompile(`\b(mustToDuration|duration(Seconds|Milliseconds|Microseconds|Nanoseconds|Minutes|Hours|Days|Weeks|RoundTo|TruncateTo))\b`)
)

// readsAPIList says whether a text uses .APIVersions for more than Has.
func readsAPIList(text []byte) bool {
	for i := bytes.Index(text, []byte("APIVersions")); i >= 0; {
		if apiList.Match(text[i:min(len(text), i+13)]) && !apiHas.Match(text[i:min(len(text), i+16)]) {
			return true
		}
		next := bytes.Index(text[i+1:], []byte("APIVersions"))
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// unfollowed says whether a text makes recording unsafe: it has characters
// like our markers, or calls functions of Helm that cannot be wrapped.
func unfollowed(text []byte) bool {
	if bytes.Contains(text, []byte(markBegin)) || bytes.Contains(text, []byte(markEnd)) {
		return true
	}
	for i, part := range bytes.Split(text, []byte("{{")) {
		// Up to the last }} before the next {{: a }} in between may stand in a text.
		end := bytes.LastIndex(part, []byte("}}"))
		if i > 0 && end >= 0 && bytes.Contains(part[:end], []byte("uration")) && duration.Match(part[:end]) {
			return true
		}
	}
	return false
}

// hasStandIn says whether an error shows the recorder's own types or markers.
func hasStandIn(f *Failure) bool {
	if f == nil {
		return false
	}
	for _, s := range []string{"chart.capabilities", "chart.kubeVersion", "chart.apiSet", "chart.guardedFiles", markBegin, errOpaque{}.Error()} {
		if strings.Contains(f.Raw, s) {
			return true
		}
	}
	return false
}
