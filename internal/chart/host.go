package chart

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
)

// host is the engine's side of a worker: the chart, and the runs that may be
// reused. It serves one request at a time.
type host struct {
	init    wireInit
	chart   *helmchart.Chart // never rendered itself: processing dependencies changes it
	bareAPI bool             // a template or file reads the list of APIs as such
	plain   bool             // the chart cannot be recorded
	values  map[string][]byte
	apis    map[string][]string
	targets map[string]*target
	checked map[lintKey]lintedText
	charts  map[string]*helmchart.Chart // processed, by digest of the values
	runs    map[string][]*run
	nextRun int
	now     *progress
}

// progress is what the watchdog reports when it ends the process.
type progress struct {
	template atomic.Pointer[string]
	busy     atomic.Int64 // when the request began, in Unix nanoseconds; 0 when idle
}

// run is a recorded render, with markers in its texts.
type run struct {
	rec   *recorder
	reply wireReply
}

// Memory of a worker: runs are kept for this many values sets, and this many
// runs for each.
const (
	maxRunKeys = 64
	maxRuns    = 16
)

func newHost(in wireInit, now *progress) (*host, error) {
	files := make([]*archive.BufferedFile, len(in.Files))
	for i, f := range in.Files {
		files[i] = &archive.BufferedFile{Name: f.Name, Data: f.Data}
	}
	c, err := loadFiles(files)
	if err != nil {
		return nil, err
	}
	in.Files = nil
	h := &host{init: in, chart: c, values: map[string][]byte{}, apis: map[string][]string{}, targets: map[string]*target{}, checked: map[lintKey]lintedText{}, charts: map[string]*helmchart.Chart{}, runs: map[string][]*run{}, now: now}
	h.inspect(c)
	addPrelude(c)
	return h, nil
}

// inspect looks for the few things that recording cannot follow.
func (h *host) inspect(c *helmchart.Chart) {
	for _, list := range [][]*common.File{c.Templates, c.Files} {
		for _, f := range list {
			h.bareAPI = h.bareAPI || readsAPIList(f.Data)
			h.plain = h.plain || unfollowed(f.Data)
		}
	}
	h.plain = h.plain || unfollowed(c.Schema)
	for _, d := range c.Dependencies() {
		h.inspect(d)
	}
	for _, f := range c.Raw {
		if f.Name == "values.yaml" {
			h.bareAPI = h.bareAPI || readsAPIList(f.Data)
			h.plain = h.plain || unfollowed(f.Data)
		}
	}
}

func (h *host) serve(req wireRequest) wireReply {
	if req.LintStatic {
		return wireReply{Lint: lintStatic(h.init.Dir)}
	}
	if req.Values != nil {
		h.values[req.ValuesDigest] = req.Values
	}
	if req.APIVersions != nil {
		h.apis[req.APIDigest] = req.APIVersions
	}
	version, digest := req.KubeVersion, req.APIDigest
	if version == "" { // lint without a version
		version, digest = common.DefaultCapabilities.KubeVersion.Version, helmAPIs
		h.apis[digest] = common.DefaultCapabilities.APIVersions
	}
	t, err := h.target(version, digest)
	if err != nil {
		return wireReply{Err: err.Error()}
	}
	key := req.stateKey()
	if req.Fresh {
		delete(h.runs, key)
	}
	values := h.values[req.ValuesDigest]
	if req.Plain || h.plain || unfollowed(values) {
		return h.linted(req, t, h.render(req, t, nil).reply)
	}
	for _, past := range h.runs[key] {
		if req.Lint {
			break // its texts are not kept here
		}
		if e, ok := past.rec.holds(t); ok {
			return past.answer(e)
		}
	}
	rec := newRecorder(t)
	fresh := h.render(req, t, rec)
	if rec.opaque || hasStandIn(fresh.reply.Failure) {
		return h.linted(req, t, h.render(req, t, nil).reply)
	}
	h.nextRun++
	fresh.reply.Run, fresh.reply.Sharable = h.nextRun, true
	h.keep(key, fresh)
	return h.linted(req, t, fresh.first())
}

func (h *host) keep(key string, r *run) {
	if len(h.runs) >= maxRunKeys && h.runs[key] == nil {
		clear(h.runs)
	}
	if len(h.runs[key]) >= maxRuns {
		h.runs[key] = h.runs[key][1:]
	}
	h.runs[key] = append(h.runs[key], r)
}

// first gives the reply for the version that was rendered, and keeps only the
// texts that differ from version to version.
func (r *run) first() wireReply {
	out := r.reply.with(r.rec.here)
	r.reply.Texts = slices.DeleteFunc(r.reply.Texts, func(t wireText) bool { return !marked(t.Text) })
	if !marked(r.reply.Notes) {
		r.reply.Notes = ""
	}
	r.reply.Failure = nil // a failure with a marker is never shared
	return out
}

// answer gives the reply for another version where the run holds.
func (r *run) answer(e *evaluation) wireReply {
	out := r.reply.with(e)
	out.Reused = true
	return out
}

// with replaces the markers in a reply.
func (w wireReply) with(e *evaluation) wireReply {
	w.Texts = slices.Clone(w.Texts)
	for i := range w.Texts {
		w.Texts[i].Text = e.text(w.Texts[i].Text)
	}
	w.Notes = e.text(w.Notes)
	return w
}

// helmAPIs stands for the list that is built into Helm.
const helmAPIs = "helm"

func (h *host) target(version, digest string) (*target, error) {
	key := version + "\x00" + digest
	if t, ok := h.targets[key]; ok {
		return t, nil
	}
	apis, ok := h.apis[digest]
	if !ok && digest != digestList(nil) {
		return nil, fmt.Errorf("the worker was not given the API versions")
	}
	t, err := newTarget(version, apis)
	if err == nil {
		h.targets[key] = t
	}
	return t, err
}

// render runs the engine once. With a recorder it follows what templates ask;
// without one Helm's own capabilities are used.
func (h *host) render(req wireRequest, t *target, rec *recorder) *run {
	out := &run{rec: rec}
	fail := func(kind FailureKind, err error) *run {
		out.reply.Failure = &Failure{Kind: kind, Message: strings.TrimSpace(err.Error()), Raw: err.Error()}
		return out
	}
	values, err := decodeValues(h.values[req.ValuesDigest])
	if err != nil {
		return &run{reply: wireReply{Err: err.Error()}}
	}
	c, err := h.processed(req.ValuesDigest, values)
	if err != nil {
		return fail(Dependency, err)
	}
	options := common.ReleaseOptions{Name: req.Release, Namespace: req.Namespace, Revision: 1, IsUpgrade: req.Upgrade, IsInstall: !req.Upgrade}
	top, err := util.ToRenderValues(c, values, options, t.capabilities())
	if err != nil {
		return fail(schemaOrValues(err), err)
	}
	call := &hooks{now: h.now}
	funcs := newFixtures(c.Name()).funcs()
	call.add(funcs)
	if rec != nil {
		top["Capabilities"] = &capabilities{r: rec, bareAPI: h.bareAPI || readsAPIList(h.values[req.ValuesDigest])}
		call.rec = rec
		enter, required, failFn := funcs[enterName], funcs["required"], funcs["fail"]
		funcs = rec.recordingFuncs(funcs)
		funcs[enterName], funcs["required"], funcs["fail"] = enter, required, failFn
	}
	texts, err := engine.Engine{CustomTemplateFuncs: funcs}.RenderWithContext(context.Background(), c, top)
	if err != nil {
		out.reply.Failure = h.failure(err, call)
		return out
	}
	h.collect(&out.reply, texts)
	return out
}

// maxCharts bounds the processed charts that are kept, of which values.yaml
// is what takes room.
const maxCharts = 32

// processed gives the chart with its dependencies as the values choose them.
// It is the same for every version and is not changed by rendering, as the
// engine gets copies of its values.
func (h *host) processed(digest string, values map[string]any) (*helmchart.Chart, error) {
	if c, ok := h.charts[digest]; ok {
		return c, nil
	}
	c := h.prepared()
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, err
	}
	if len(h.charts) >= maxCharts {
		clear(h.charts)
	}
	h.charts[digest] = c
	return c, nil
}

// collect moves the texts into the reply, sorted, with NOTES.txt apart.
func (h *host) collect(reply *wireReply, texts map[string]string) {
	var total int64
	own := path.Join(h.chart.Name(), "templates", "NOTES.txt")
	for name, text := range texts {
		total += int64(len(text))
		if path.Base(name) == "NOTES.txt" {
			if name == own {
				reply.Notes = text
			}
			continue
		}
		reply.Texts = append(reply.Texts, wireText{name, text})
	}
	slices.SortFunc(reply.Texts, func(a, b wireText) int { return strings.Compare(a.Template, b.Template) })
	if total > h.init.OutputLimit {
		largest := slices.MaxFunc(reply.Texts, func(a, b wireText) int { return len(a.Text) - len(b.Text) })
		msg := fmt.Sprintf("the chart renders to %d MiB, more than the limit of %d MiB", total>>20, h.init.OutputLimit>>20)
		reply.Failure = &Failure{Kind: OutputTooLarge, Template: largest.Template, Message: msg, Raw: msg}
		reply.Texts, reply.Notes = nil, ""
	}
}

// failure turns an engine error into a Failure, without the effects of the
// line that prelude adds in front of a template.
func (h *host) failure(err error, call *hooks) *Failure {
	raw := preludeColumn.ReplaceAllStringFunc(err.Error(), fixColumn)
	f := parseFailure(raw)
	if call.last != "" && strings.Contains(raw, call.lastMessage) {
		f.Kind = call.last
		if call.lastMessage != "" {
			f.Message = call.lastMessage
		}
	}
	if call.rec != nil && f.Template == "" {
		f.Template = h.now.current()
	}
	return f
}

func schemaOrValues(err error) FailureKind {
	if strings.HasPrefix(err.Error(), "values don't meet the specifications of the schema") {
		return ValuesSchema
	}
	return ValuesInvalid
}

func (p *progress) current() string {
	if s := p.template.Load(); s != nil {
		return *s
	}
	return ""
}

func (t *target) capabilities() *common.Capabilities {
	// Not from ParseKubeVersion: where Helm asks a cluster, it compares and
	// prints the version with its suffix.
	kv := common.KubeVersion{Version: t.full, Major: t.major, Minor: t.minor}
	return &common.Capabilities{KubeVersion: kv, APIVersions: t.apis, HelmVersion: common.DefaultCapabilities.HelmVersion}
}
