package kube

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// State says what one minor does with a kind.
type State int

// The states of a kind.
const (
	// Unknown: the group is not built in. A CustomResourceDefinition or an
	// aggregated server may serve the kind; nothing is wrong by itself.
	Unknown State = iota
	// Served by default.
	Served
	// OffByDefault: the minor has it, but serves it only if the cluster's
	// administrator switches it on (--runtime-config, at times a feature gate).
	OffByDefault
	// Removed: an earlier minor served it.
	Removed
	// NotYet: a later minor serves it.
	NotYet
	// NeverServed: the group is built in, but no known minor has this version
	// or kind in it, nor is it known to have been removed; mostly a typing error.
	NeverServed
)

// String names the state as reports do.
func (s State) String() string {
	switch s {
	case Served:
		return "served"
	case OffByDefault:
		return "off by default"
	case Removed:
		return "removed"
	case NotYet:
		return "not yet introduced"
	case NeverServed:
		return "never served"
	}
	return "unknown"
}

// Status is what is known about a kind at one minor. Fields that nothing is
// known about, or that the state gives no meaning to, are zero.
type Status struct {
	State        State
	IntroducedIn Minor // the first minor with the kind, served or off
	DeprecatedIn Minor // set only if the kind is deprecated at this minor
	RemovedIn    Minor // the first minor without it; for a served kind, as announced
	Replacement  GVK   // what to use instead; served at this minor if anything is
}

// Deprecated reports whether the kind is on its way out, but still there.
func (s Status) Deprecated() bool {
	return s.DeprecatedIn != (Minor{}) && (s.State == Served || s.State == OffByDefault)
}

// Status returns what this minor does with a kind. The list kind of every
// served version ("v1/List") counts as served, as kubectl and Helm take it.
func (a *API) Status(gvk GVK) Status {
	n := a.source.Number
	kind, life := a.lib.kinds[gvk], a.lib.lives[gvk]
	if kind != nil && kind.Scope == catalog.Subresource {
		kind = nil // not a thing that a document can be
	}
	if gvk.Kind == "List" && kind == nil {
		return a.listStatus(gvk)
	}
	s := Status{}
	if kind == nil && life == nil {
		if a.lib.groups[gvk.Group()] {
			s.State = NeverServed
			s.Replacement = a.sameKind(gvk)
		}
		return s
	}
	if life != nil {
		s.IntroducedIn = release(life.Introduced)
		s.RemovedIn = release(life.Removed)
		if d := release(life.Deprecated); d != (Minor{}) && d.Compare(a.Minor()) <= 0 {
			s.DeprecatedIn = d
		}
		s.Replacement = a.replacement(life)
	}
	if kind == nil {
		s.State = Removed
		if s.RemovedIn == (Minor{}) || s.RemovedIn.Compare(a.Minor()) > 0 {
			// Its source is published, but no server has it (yet).
			s.State = NeverServed
		}
		return a.withReplacement(gvk, s)
	}
	known := kind.On | kind.Off
	// What the tables of the minors show counts for more than what was announced.
	if first := known.First(); first > a.lib.table.First {
		s.IntroducedIn = minor1(first)
	}
	if last := known.Last(); last < a.lib.table.Last {
		s.RemovedIn = minor1(last + 1)
	}
	switch {
	case kind.On.Has(n):
		s.State = Served
	case kind.Off.Has(n):
		s.State = OffByDefault
	case n > known.Last():
		s.State = Removed
		return a.withReplacement(gvk, s)
	default:
		s.State = NotYet
		s.DeprecatedIn, s.RemovedIn = Minor{}, Minor{}
		s.Replacement = a.sameKind(gvk)
	}
	return s
}

// listStatus answers for the List of a group/version.
func (a *API) listStatus(gvk GVK) Status {
	for _, k := range a.lib.table.Kinds {
		if k.APIVersion == gvk.APIVersion && k.On.Has(a.source.Number) {
			return Status{State: Served}
		}
	}
	return Status{State: Unknown}
}

// withReplacement fills in a replacement where the source names none, but the
// same kind is served in another version of its group.
func (a *API) withReplacement(gvk GVK, s Status) Status {
	if s.Replacement == (GVK{}) {
		s.Replacement = a.sameKind(gvk)
	}
	return s
}

// replacement follows the replacements of a kind to one that this minor
// serves, as a replacement may itself have been replaced. It is zero if the
// minor serves none: nothing is gained by a change to another absent kind.
func (a *API) replacement(life *catalog.Life) GVK {
	for range 5 { // longer than any real chain; ends a circle
		if life == nil || life.Replacement == "" {
			break
		}
		next := parseGVK(life.Replacement)
		if k := a.lib.kinds[next]; k != nil && k.On.Has(a.source.Number) {
			return next
		}
		life = a.lib.lives[next]
	}
	return GVK{}
}

// sameKind returns the kind of that name which this minor serves in another
// version of the same group, the newest stable one if there is one; zero if no
// version is served.
func (a *API) sameKind(gvk GVK) GVK {
	var best GVK
	for _, k := range a.lib.table.Kinds {
		if k.Name != gvk.Kind || !k.On.Has(a.source.Number) || k.Scope == catalog.Subresource {
			continue
		}
		candidate := GVK{k.APIVersion, k.Name}
		if candidate.Group() != gvk.Group() || candidate == gvk {
			continue
		}
		stable := !strings.Contains(candidate.APIVersion, "beta")
		// Kinds are sorted, so of two stable or two beta versions the later is newer.
		if best == (GVK{}) || stable || strings.Contains(best.APIVersion, "beta") {
			best = candidate
		}
	}
	return best
}

// release reads "1.25"; what is empty or odd is zero.
func release(text string) Minor {
	if text == "" {
		return Minor{}
	}
	m, err := ParseMinor(text)
	if err != nil || m.Minor == 0 {
		return Minor{}
	}
	return m
}

// Explain says in one sentence why a document of a kind would not be accepted
// or is on its way out at this minor, and what to do. It is empty for a kind
// that is served and not deprecated, and for one that is Unknown.
func (a *API) Explain(gvk GVK) string {
	s := a.Status(gvk)
	instead := ""
	if s.Replacement != (GVK{}) {
		instead = fmt.Sprintf("; use %s", s.Replacement)
	}
	switch s.State {
	case Removed:
		return fmt.Sprintf("%s was removed in Kubernetes %s%s", gvk, s.RemovedIn, instead)
	case NotYet:
		return fmt.Sprintf("%s does not exist before Kubernetes %s%s", gvk, s.IntroducedIn, instead)
	case OffByDefault:
		return fmt.Sprintf("%s is off by default in Kubernetes %s%s", gvk, a.Minor(), instead)
	case NeverServed:
		return fmt.Sprintf("no known version of Kubernetes serves %s%s", gvk, instead)
	}
	if !s.Deprecated() {
		return ""
	}
	text := fmt.Sprintf("%s is deprecated since Kubernetes %s", gvk, s.DeprecatedIn)
	if s.RemovedIn != (Minor{}) {
		text += fmt.Sprintf(" and removed in %s", s.RemovedIn)
	}
	return text + instead
}
