package chart

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/kube"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// refuse tells a "no" from a question that could not be asked. What happens in
// the cluster's place (API server away, credentials refused) is an error.
func (w *releaseWorker) refuse(err error, rel *Release) ([]Refusal, error) {
	raw := err.Error()
	if errors.Is(err, errGivenUp) {
		return nil, err
	}
	if run := failedHook(rel); run != nil && w.req.Op != opTest {
		return w.hookRefusal(run, raw)
	}
	var there *stillThere
	if errors.As(err, &there) {
		return there.refusals(), nil
	}
	if r := renderRefusal(raw); r != nil {
		return []Refusal{*r}, nil //nolint:nilerr // the refusal says it
	}
	if r := stateRefusal(raw); r != nil {
		return []Refusal{*r}, nil //nolint:nilerr // the refusal says it
	}
	if list := buildRefusals(raw); len(list) > 0 {
		return locate(list, rel), nil
	}
	var refusals []Refusal
	var said *errSaid
	if errors.As(err, &said) {
		if w.req.Op == opUninstall && saysLate.MatchString(raw) {
			return []Refusal{{Kind: RefusedDeletion, Message: fmt.Sprintf("what was deleted is still there after %s", w.req.Timeout), Raw: shorten(raw, maxRaw)}}, nil
		}
		for _, part := range saidApart(said.text) {
			r, fatal := judgeText(part)
			if fatal != nil {
				return locate(refusals, rel), fatal
			}
			refusals = append(refusals, r)
		}
		return locate(refusals, rel), nil
	}
	for _, leaf := range leaves(err) {
		r, fatal := judge(leaf)
		if fatal != nil {
			return locate(refusals, rel), fatal
		}
		refusals = append(refusals, r)
	}
	slices.SortStableFunc(refusals, func(a, b Refusal) int { return strings.Compare(a.Object.String(), b.Object.String()) })
	return locate(refusals, rel), nil
}

func failedHook(rel *Release) *HookRun {
	if n := len(rel.Hooks); n > 0 && rel.Hooks[n-1].Failed {
		return &rel.Hooks[n-1]
	}
	return nil
}

// hookRefusal blames the hook, unless the cluster went away under it.
func (w *releaseWorker) hookRefusal(run *HookRun, raw string) ([]Refusal, error) {
	if run.TimedOut {
		if err := w.client.IsReachable(); err != nil {
			return nil, fmt.Errorf("%w: while hook %s ran: %w", ErrCluster, run.Object, err)
		}
	}
	if run.Infrastructure {
		return nil, fmt.Errorf("%w: hook %s: %s", ErrCluster, run.Object, run.Message)
	}
	r := Refusal{Kind: RefusedHook, Message: run.Message, Raw: shorten(raw, maxRaw), Object: run.Object, Hook: run}
	if run.TimedOut {
		r.Kind = RefusedHookTimeout
	}
	return []Refusal{r}, nil
}

func (e *stillThere) refusals() []Refusal {
	var out []Refusal
	for _, info := range e.left {
		r := Refusal{Kind: RefusedDeletion, Object: objectOf(info), Raw: e.Error(), Finalizers: finalizersOf(info)}
		r.Message = fmt.Sprintf("is still there %s after it was deleted", e.after)
		if len(r.Finalizers) > 0 {
			r.Message += "; finalizers hold it: " + strings.Join(r.Finalizers, ", ")
		}
		out = append(out, r)
	}
	return out
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		var list []error
		switch e := e.(type) { //nolint:errorlint // each level is looked at
		case interface{ Unwrap() []error }:
			list = e.Unwrap()
		case interface{ Errors() []error }:
			list = e.Errors()
		}
		if len(list) > 0 {
			var out []error
			for _, inner := range list {
				out = append(out, leaves(inner)...)
			}
			return out
		}
	}
	return []error{err}
}

// judge classifies one error of a request to the API server.
func judge(err error) (Refusal, error) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		if away(err) {
			return Refusal{}, fmt.Errorf("%w: %w", ErrCluster, err)
		}
		return Refusal{Kind: RefusedByHelm, Message: shorten(firstLine(err.Error()), maxMessage), Raw: shorten(err.Error(), maxRaw)}, nil
	}
	s := status.Status()
	r := Refusal{Kind: RefusedObject, Message: shorten(saysWhat.ReplaceAllString(s.Message, ""), maxMessage), Raw: shorten(err.Error(), maxRaw)}
	r.Object, r.Field = subject(err.Error(), s)
	kind, known := classify(s.Message, int(s.Code), s.Reason)
	if !known {
		return Refusal{}, fmt.Errorf("%w: %w", ErrCluster, err)
	}
	r.Kind = kind
	if field, message := unfit(s.Message); kind == RefusedObject && message != "" {
		r.Field, r.Message = field, shorten(message, maxMessage)
	}
	return r, nil
}

// classify says what kind of refusal the API server's answer is; false where
// it is none, since the server could not answer, or not to these credentials.
func classify(m string, code int, reason metav1.StatusReason) (kind RefusalKind, refused bool) {
	_, notFit := unfit(m)
	switch {
	case strings.Contains(m, "must have at most 1048576 bytes"), code == http.StatusRequestEntityTooLarge:
		return RefusedTooLarge, true
	case strings.Contains(m, "failed calling webhook"), strings.Contains(m, "conversion webhook"):
		return RefusedWebhook, true
	case strings.Contains(m, "admission webhook"), strings.Contains(m, "violates PodSecurity"),
		strings.Contains(m, "ValidatingAdmissionPolicy"), strings.Contains(m, "error looking up service account"):
		return RefusedAdmission, true
	case strings.Contains(m, "exceeded quota"):
		return RefusedQuota, true
	case strings.Contains(m, "because it is being terminated"), strings.Contains(m, "object is being deleted"):
		return "", false // what another cell left behind
	case code == http.StatusForbidden && strings.Contains(m, "User "), code == http.StatusUnauthorized:
		return "", false // credentials that may not
	case code == http.StatusForbidden:
		return RefusedAdmission, true
	case reason == metav1.StatusReasonAlreadyExists:
		return RefusedExists, true
	case code == http.StatusConflict:
		return RefusedConflict, true
	case code == http.StatusNotFound && strings.Contains(m, "could not find the requested resource"):
		return RefusedAPI, true
	case immutable(m):
		return RefusedImmutable, true
	case notFit != "":
		return RefusedObject, true // with whatever code
	case code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return "", false
	}
	return RefusedObject, true
}

// subject finds out which object and field a status is about.
func subject(raw string, s metav1.Status) (Object, string) {
	var o Object
	field := ""
	if s.Details != nil {
		o.Kind, o.Name = s.Details.Kind, s.Details.Name
		if len(s.Details.Causes) > 0 {
			field = s.Details.Causes[0].Field
		}
	}
	if m := saysApplied.FindStringSubmatch(raw); m != nil {
		o = Object{APIVersion: m[3], Kind: m[4], Namespace: m[1], Name: m[2]}
	}
	return o, field
}

// away tells whether an error is about the way to the API server.
func away(err error) bool {
	var network net.Error
	var address *url.Error
	if errors.As(err, &network) || errors.As(err, &address) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return true
	}
	m := err.Error()
	for _, sign := range []string{
		"cluster unreachable", "connection refused", "connection reset", "no such host", "i/o timeout",
		"TLS handshake", "x509:", "client connection lost", "could not get server version", "could not get apiVersions",
		"the server is currently unable to handle the request", "getting credentials:",
	} {
		if strings.Contains(m, sign) {
			return true
		}
	}
	return false
}

// locate adds to each refused object the template that it comes from.
func locate(list []Refusal, rel *Release) []Refusal {
	for i := range list {
		o := &list[i].Object
		o.Name = cmp.Or(o.Name, onlyOne(rel.Objects, o.Kind))
		for _, known := range rel.Objects {
			if known.Name == o.Name && strings.EqualFold(known.Kind, o.Kind) {
				o.Template = known.Template
			}
		}
	}
	return list
}

// onlyOne gives the name of the only object of a kind; empty where there are
// none or several.
func onlyOne(objects []Object, kind string) string {
	name := ""
	for _, o := range objects {
		if o.Kind != kind {
			continue
		}
		if name != "" {
			return ""
		}
		name = o.Name
	}
	return name
}

// describe gives a release as callers see it; nil is one that is not there.
func (w *releaseWorker) describe(rel *helmrelease.Release) Release {
	out := Release{Name: w.req.Release, Namespace: w.req.Namespace, Warnings: w.access.said()}
	for _, run := range w.client.runs {
		run.Event = w.eventOf(run.Event)
		out.Hooks = append(out.Hooks, run)
	}
	if rel == nil {
		return out
	}
	out.Tests = testsOf(rel)
	out.Revision, out.Manifest = rel.Version, rel.Manifest
	if rel.Info != nil {
		out.Status, out.Notes = string(rel.Info.Status), rel.Info.Notes
	}
	if rel.Chart != nil && rel.Chart.Metadata != nil {
		out.Chart = rel.Chart.Metadata.Name + "-" + rel.Chart.Metadata.Version
	}
	for _, o := range manifestObjects(rel.Manifest) {
		if o.Namespace == "" && w.namespaced(o.Object) {
			o.Namespace = w.req.Namespace
		}
		out.Objects = append(out.Objects, o.Object)
		if o.keep && (w.req.Op == opUninstall || w.req.Of == opUninstall) {
			out.Kept = append(out.Kept, o.Object)
		}
	}
	for i, run := range out.Hooks {
		for _, h := range rel.Hooks {
			if h.Kind == run.Kind && h.Name == run.Name {
				out.Hooks[i].Template = h.Path
			}
		}
	}
	return out
}

// eventOf picks from a hook's events the one that this operation ran it for.
func (w *releaseWorker) eventOf(events string) string {
	for e := range strings.SplitSeq(events, ",") {
		if slices.Contains(eventsOf(w.req.Op), e) {
			return e
		}
	}
	return events
}

// namespaced tells whether objects of this kind lie in namespaces. Where the
// cluster does not know the kind, it makes no difference.
func (w *releaseWorker) namespaced(o Object) bool {
	return w.access.namespaced(o.APIVersion, o.Kind)
}

// manifestObject is an object of a manifest.
type manifestObject struct {
	Object
	keep bool // Helm is told not to delete it
}

// manifestObjects lists what a release's manifest holds, the items of lists
// one by one. A document that cannot be read holds none.
func manifestObjects(manifest string) []manifestObject {
	type head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name        string            `json:"name"`
			Namespace   string            `json:"namespace"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	var out []manifestObject
	add := func(h head, template string) {
		out = append(out, manifestObject{
			Object: Object{APIVersion: h.APIVersion, Kind: h.Kind, Namespace: h.Metadata.Namespace, Name: h.Metadata.Name, Template: template},
			keep:   strings.EqualFold(strings.TrimSpace(h.Metadata.Annotations[kube.ResourcePolicyAnno]), kube.KeepPolicy),
		})
	}
	for _, d := range splitDocuments("", manifest) {
		var one struct {
			head
			Items []head `json:"items"`
		}
		if yaml.Unmarshal([]byte(d.Text), &one) != nil || one.Kind == "" {
			continue
		}
		template := ""
		if source, ok := strings.CutPrefix(firstLine(d.Text), "# Source: "); ok {
			template = source
		}
		if strings.HasSuffix(one.Kind, "List") && len(one.Items) > 0 {
			for _, item := range one.Items {
				add(item, template)
			}
			continue
		}
		add(one.head, template)
	}
	return out
}
