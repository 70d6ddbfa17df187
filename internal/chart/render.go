package chart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/chart/common"
)

// Render answers one request. The error is nil when the chart answered, even
// if it answered no: see [Rendering.Failure].
func (r *Renderer) Render(ctx context.Context, req Request) (*Rendering, error) {
	out, err := r.render(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("cannot render %s: %w", r.chart.Name, err)
	}
	if out.Failure != nil && req.ValuesName != "" {
		named, f := *out, *out.Failure
		f.Values = req.ValuesName
		named.Failure = &f
		out = &named
	}
	return out, nil
}

func (r *Renderer) render(ctx context.Context, req Request) (*Rendering, error) {
	if req.Values == nil {
		return nil, errors.New("the request has no values")
	}
	kv, err := common.ParseKubeVersion(req.KubeVersion)
	if err != nil {
		return nil, fmt.Errorf("%q is not a Kubernetes version: %w; expected one like v1.33.4", req.KubeVersion, err)
	}
	if r.chart.Type == "library" {
		msg := "library charts are not installable; test a chart that uses it"
		return &Rendering{Failure: &Failure{Kind: NotInstallable, Template: r.chart.Name + "/Chart.yaml", Message: msg, Raw: msg}}, nil
	}
	if f := r.checkKubeVersion(kv); f != nil {
		return &Rendering{Failure: f}, nil
	}
	apis := sortedAPIs(req.APIVersions)
	wire := wireRequest{
		ValuesDigest: req.Values.Digest, Release: req.Release, Namespace: req.Namespace, Upgrade: req.Upgrade,
		KubeVersion: req.KubeVersion, APIDigest: digestList(apis),
	}
	answer := wire.answerKey()
	state := r.state(wire.stateKey())
	if err := state.take(ctx); err != nil {
		return nil, err
	}
	if known, ok := state.answers[answer]; ok {
		state.give()
		return reused(known), nil
	}
	// Once a reuse has failed, waiting for each other gains nothing.
	alone, want := !state.spread, state.slot
	wire.Timeout = r.patience(state)
	if !alone {
		state.give()
	}
	i, err := r.acquire(ctx, want, !alone)
	if err != nil {
		if alone {
			state.give()
		}
		return nil, err
	}
	if !alone {
		reply, serial, err := r.ask(ctx, i, wire, req.Values, apis)
		if terr := state.take(context.WithoutCancel(ctx)); terr != nil {
			return nil, terr
		}
		defer state.give()
		return r.settle(ctx, state, i, answer, reply, serial, err, wire, req.Values, apis)
	}
	defer state.give()
	wire.Fresh = len(state.runs) == 0
	reply, serial, err := r.ask(ctx, i, wire, req.Values, apis)
	return r.settle(ctx, state, i, answer, reply, serial, err, wire, req.Values, apis)
}

// stateKey names what is the same for all versions of Kubernetes.
func (w wireRequest) stateKey() string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%t", w.ValuesDigest, w.Release, w.Namespace, w.Upgrade)
}

// answerKey names the cluster.
func (w wireRequest) answerKey() string { return w.KubeVersion + "\x00" + w.APIDigest }

// settle turns a reply into a rendering and remembers it. The caller holds the
// state.
func (r *Renderer) settle(ctx context.Context, state *keyState, i int, answer string, reply wireReply, serial int, err error, wire wireRequest, v *Values, apis []string) (*Rendering, error) {
	if err != nil {
		return nil, err
	}
	if reply.Err != "" {
		return nil, errors.New(reply.Err)
	}
	id := runID{serial, reply.Run}
	if reply.Reused {
		known, ok := state.runs[id]
		if !ok { // its texts were forgotten here; render once more
			wire.Fresh = true
			if i, err = r.acquire(ctx, i, false); err != nil {
				return nil, err
			}
			reply, serial, err = r.ask(ctx, i, wire, v, apis)
			if err == nil && reply.Reused {
				err = errors.New("the render worker refers to a render that it was told to forget")
			}
			return r.settle(ctx, state, i, answer, reply, serial, err, wire, v, apis)
		}
		out := reused(known)
		if reply.Notes != "" {
			out.Notes = reply.Notes
		}
		if len(reply.Texts) > 0 {
			out.Documents = r.shared(replaceTexts(known.Documents, reply.Texts))
		}
		state.answers[answer] = out
		return out, nil
	}
	out := &Rendering{Notes: reply.Notes, Failure: reply.Failure}
	state.late = state.late || reply.late()
	for _, t := range reply.Texts {
		out.Documents = append(out.Documents, splitDocuments(t.Template, t.Text)...)
	}
	out.Documents = r.shared(out.Documents)
	if len(state.answers) > 0 {
		state.spread = true
	}
	state.slot = i
	state.answers[answer] = out
	if reply.Sharable {
		state.runs[id] = out
	}
	return out, nil
}

// replaceTexts gives the documents with those of some templates exchanged.
func replaceTexts(docs []Document, texts []wireText) []Document {
	out := make([]Document, 0, len(docs))
	for _, t := range texts {
		first := slices.IndexFunc(docs, func(d Document) bool { return d.Template >= t.Template })
		if first < 0 {
			first = len(docs)
		}
		out = append(out, docs[:first]...)
		docs = docs[first:]
		for len(docs) > 0 && docs[0].Template == t.Template {
			docs = docs[1:]
		}
		out = append(out, splitDocuments(t.Template, t.Text)...)
	}
	return append(out, docs...)
}

func reused(known *Rendering) *Rendering {
	out := *known
	out.Reused = true
	return &out
}

func (r *Renderer) state(key string) *keyState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.keys[key]
	if !ok {
		s = &keyState{turn: make(chan struct{}, 1), slot: -1, answers: map[string]*Rendering{}, lints: map[string][]LintMessage{}, runs: map[runID]*Rendering{}}
		s.turn <- struct{}{}
		r.keys[key] = s
	}
	return s
}

// shared keeps each distinct text once: sets of values have most of their
// documents in common. When all of them take too much room, all is forgotten.
func (r *Renderer) shared(docs []Document) []Document {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, d := range docs {
		known, ok := r.texts[d.Digest]
		if !ok {
			// A text that was cut out of another would keep all of that.
			known = strings.Clone(d.Text)
			r.texts[d.Digest] = known
			r.cached += int64(len(known))
		}
		docs[i].Text = known
	}
	r.cached += int64(len(docs)) * documentSize
	if r.cached > maxCached {
		r.keys, r.texts, r.cached = map[string]*keyState{}, map[string]string{}, 0
	}
	return docs
}

// documentSize is about what a Document takes besides its text, in bytes.
const documentSize = 200

func (s *keyState) take(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *keyState) give() { s.turn <- struct{}{} }

func sortedAPIs(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// checkKubeVersion compares the version with the constraint in Chart.yaml.
// Helm looks at the chart's own, not at those of its subcharts.
//
// In front of a cluster, Helm 3 and Helm 4 (up to 4.3, action.getCapabilities)
// compare the version with its suffix, which makes it a pre-release that
// ">=1.25.0" refuses. Their `template --kube-version` takes the suffix off, and
// so hides this.
func (r *Renderer) checkKubeVersion(kv *common.KubeVersion) *Failure {
	constraint := r.chart.KubeVersion
	if constraint == "" {
		return nil
	}
	refuse := func(kind FailureKind, format string, args ...any) *Failure {
		msg := fmt.Sprintf(format, args...)
		return &Failure{Kind: kind, Template: r.chart.Name + "/Chart.yaml", Message: msg, Raw: msg}
	}
	c, err := semver.NewConstraint(constraint)
	if err != nil {
		return refuse(KubeVersion, "kubeVersion %q is not a version constraint: %v", constraint, err)
	}
	check := func(version string) bool {
		v, err := semver.NewVersion(version)
		return err == nil && c.Check(v)
	}
	const refusal = "chart requires kubeVersion: %s which is incompatible with Kubernetes %s"
	switch {
	case check(kv.Version):
		return nil
	case check(kv.String()): // without the suffix
		return refuse(VersionSuffix, refusal+", a pre-release by its suffix", constraint, kv.Version)
	}
	return refuse(KubeVersion, refusal, constraint, kv.Version)
}
