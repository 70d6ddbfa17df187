package chart

import (
	"regexp"
	"slices"
	"strings"

	helmrelease "helm.sh/helm/v4/pkg/release/v1"
)

// saysLate is how Helm and its libraries say that time was up.
var saysLate = regexp.MustCompile(`timed out waiting|context deadline exceeded`)

// observe finds out what another Helm did to a release: the hooks that it ran
// are noted down in the release, with times of a second's precision.
func (w *releaseWorker) observe(rel *helmrelease.Release) error {
	w.req.Op = w.req.Of
	if rel != nil {
		for _, h := range rel.Hooks {
			if run := w.observed(h); run != nil {
				w.client.runs = append(w.client.runs, *run)
			}
		}
	}
	if w.req.Said == "" {
		return nil
	}
	return &errSaid{w.req.Said}
}

// observed gives the run of one hook; nil where it did not run this time.
func (w *releaseWorker) observed(h *helmrelease.Hook) *HookRun {
	last := h.LastRun
	if w.req.Only != "" && h.Name != w.req.Only || last.StartedAt.IsZero() || last.StartedAt.Before(w.req.Since) {
		return nil
	}
	var events []string
	for _, e := range h.Events {
		if slices.Contains(eventsOf(w.req.Op), string(e)) {
			events = append(events, string(e))
		}
	}
	objects := manifestObjects(h.Manifest)
	if len(events) == 0 || len(objects) == 0 {
		return nil
	}
	run := HookRun{Object: objects[0].Object, Event: strings.Join(events, ",")}
	run.Template = h.Path
	if run.Namespace == "" && w.namespaced(run.Object) {
		run.Namespace = w.req.Namespace
	}
	if !last.CompletedAt.IsZero() {
		run.Seconds = last.CompletedAt.Sub(last.StartedAt).Seconds()
	}
	run.Failed = w.req.Said != "" && last.Phase != helmrelease.HookPhaseSucceeded
	if _, _, _, answered := answerIn(w.req.Said); run.Failed && answered {
		return nil // it could not be made, which is said of the object
	}
	run.TimedOut = run.Failed && saysLate.MatchString(w.req.Said)
	if run.Kind == "Job" || run.Kind == "Pod" {
		w.client.podsOf(&run)
	}
	if run.Failed {
		run.explain(&errSaid{w.req.Said}, w.req.Timeout)
	}
	return &run
}

// testsOf names a release's tests, in the order in which Helm runs them: by
// weight, then by kind and name.
func testsOf(rel *helmrelease.Release) []string {
	var tests []*helmrelease.Hook
	for _, h := range rel.Hooks {
		if slices.Contains(h.Events, helmrelease.HookTest) {
			tests = append(tests, h)
		}
	}
	slices.SortStableFunc(tests, func(a, b *helmrelease.Hook) int {
		if a.Weight != b.Weight {
			return a.Weight - b.Weight
		}
		return strings.Compare(a.Name, b.Name)
	})
	names := make([]string, 0, len(tests))
	for _, h := range tests {
		names = append(names, h.Name)
	}
	return slices.Compact(names)
}
