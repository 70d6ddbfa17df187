package findings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// rootCodes are problems that stand for themselves: what the program, its image
// or its volume did, and not what became of others through it.
var rootCodes = []string{
	"image-pull", "oom", "crash-loop", "container-start", "container-config", "pod-refused", "evicted",
	"unschedulable", "volume-mount", "pvc-pending", "job-failed", "pod-failed", "missing", "webhook", "api-service",
	"no-address", "restarts",
}

// symptomCodes are problems that may well be the echo of another object's.
var symptomCodes = []string{
	"rollout", "probe", "crash-loop", "restarts", "unstable", "unschedulable", "custom-resource", "no-address", "pod-failed", "job-failed", "hook", "test-failed",
}

// foldConsequences hangs what only follows from another failure under that one:
// web waits for the database that crash-loops; the tests of a release fail that
// never became ready; the cluster does not serve what schema says is gone. It never joins failures of which one is accepted and the
// other is not.
func foldConsequences(groups []*failureGroup, layers []string, cells []result.Cell) []*failureGroup {
	under := make(map[*failureGroup]*failureGroup)
	k := &kinship{layers: layers, cells: cells, objects: map[*failureGroup][]string{}, lines: map[*failureGroup][]string{}, alone: map[layerOf]bool{}}
	for _, b := range groups {
		for _, a := range groups {
			if a == b || a.state != b.state || a.rule != b.rule || a.status != b.status || b.status != result.Failed ||
				slices.Contains(staticLayers, a.layer) && !k.sameAPI(a, b) || !holdsAll(a.cells, b.cells) {
				continue
			}
			if rootOf(a, under) != b && k.follows(a, b) {
				under[b] = a
				break
			}
		}
	}
	if len(under) == 0 {
		return groups
	}
	for _, b := range groups {
		a := under[b]
		if a == nil {
			continue
		}
		a = rootOf(a, under)
		a.consequences = append(a.consequences, b)
	}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool { return under[g] != nil })
}

// rootOf gives what a failure follows from in the end: what follows from a
// consequence follows from its cause.
func rootOf(g *failureGroup, under map[*failureGroup]*failureGroup) *failureGroup {
	for under[g] != nil {
		g = under[g]
	}
	return g
}

// kinship remembers what is asked of each failure once for every other one.
type kinship struct {
	layers  []string
	cells   []result.Cell
	objects map[*failureGroup][]string
	lines   map[*failureGroup][]string
	alone   map[layerOf]bool
}

type layerOf struct {
	without *failureGroup
	layer   string
}

// follows tells whether b is a consequence of a, all cells of which b has.
func (k *kinship) follows(a, b *failureGroup) bool {
	switch {
	case k.sameAPI(a, b):
		return true
	case a.layer != b.layer:
		// What a later layer asks of a release that did not come up.
		la, lb := slices.Index(k.layers, a.layer), slices.Index(k.layers, b.layer)
		return la >= 0 && lb > la && needsRelease(b.layer) && !k.failsAlone(a, b) && (!k.passesDespite(a, b) || k.mentions(b, a))
	case !slices.Contains(rootCodes, a.code) || !slices.Contains(symptomCodes, b.code):
		return false
	case len(k.objectsOf(a)) == 0:
		return false
	}
	return k.mentions(b, a) && !k.sameObjects(a, b) && !k.mentions(a, b)
}

// sameAPI tells whether b is what the cluster says of an API that schema has
// found to be missing from its version.
func (k *kinship) sameAPI(a, b *failureGroup) bool {
	return a.layer == "schema" && strings.HasPrefix(a.code, "api-") && b.code == "api-missing" && b.layer != a.layer &&
		(k.sameObjects(a, b) || a.place != "" && strings.Contains(b.first.message, `"`+a.place+`"`))
}

// needsRelease names the layers that talk to what install and upgrade made.
func needsRelease(layer string) bool {
	return slices.Contains([]string{"test", "kubetest", "k6", "command"}, layer)
}

// failsAlone tells whether b's layer fails anywhere without a: then b has a life of its own.
func (k *kinship) failsAlone(a, b *failureGroup) bool {
	key := layerOf{a, b.layer}
	alone, ok := k.alone[key]
	for i := 0; !ok && i < len(k.cells); i++ {
		if _, in := slices.BinarySearch(a.cells, i); in {
			continue
		}
		s := stepOf(&k.cells[i], b.layer)
		alone = s != nil && s.Status == result.Failed
		ok = alone
	}
	k.alone[key] = alone
	return alone
}

// passesDespite tells whether b's layer passes anywhere with a: then a is no reason for b to fail.
func (k *kinship) passesDespite(a, b *failureGroup) bool {
	return slices.ContainsFunc(a.cells, func(i int) bool {
		s := stepOf(&k.cells[i], b.layer)
		return s != nil && s.Status == result.Passed
	})
}

func stepOf(c *result.Cell, layer string) *result.Step {
	for i := range c.Steps {
		if c.Steps[i].Layer == layer {
			return &c.Steps[i]
		}
	}
	return nil
}

// objectsOf lists the objects that a group is about, "Deployment/web".
func (k *kinship) objectsOf(g *failureGroup) []string {
	out, ok := k.objects[g]
	if ok {
		return out
	}
	for _, l := range g.places() {
		if l.Object != "" && !slices.Contains(out, l.Object) {
			out = append(out, l.Object)
		}
	}
	k.objects[g] = out
	return out
}

func (k *kinship) sameObjects(a, b *failureGroup) bool {
	theirs := k.objectsOf(b)
	return slices.ContainsFunc(k.objectsOf(a), func(o string) bool { return slices.Contains(theirs, o) })
}

// unreachable are the words in which programs and the machinery speak of
// something else that is not there.
var unreachable = regexp.MustCompile(`(?i)connection (?:refused|reset|timed out)|could ?n[o']t connect|cannot connect|failed to connect|no such host|` +
	`name or service not known|could not translate host ?name|temporary failure in name resolution|unknown ?host|i/o timeout|no route to host|` +
	`connect(?:ion)? (?:error|failed)|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|waiting for|wait-for|not (?:yet )?(?:ready|available|reachable)|unbound .*PersistentVolumeClaim|no endpoints`)

// wants gives the lines of a failure that speak of something that is not there.
func (k *kinship) wants(g *failureGroup) []string {
	lines, ok := k.lines[g]
	if ok {
		return lines
	}
	text := said(g)
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}
	for line := range strings.SplitSeq(text, "\n") {
		if unreachable.MatchString(line) {
			lines = append(lines, line)
		}
	}
	k.lines[g] = lines
	return lines
}

// mentions tells whether b's words are about an object of a that is not there.
func (k *kinship) mentions(b, a *failureGroup) bool {
	lines := k.wants(b)
	if len(lines) == 0 {
		return false
	}
	return slices.ContainsFunc(k.objectsOf(a), func(o string) bool {
		_, name, _ := strings.Cut(o, "/")
		return name != "" && slices.ContainsFunc(lines, func(line string) bool { return namesIt(line, name) })
	})
}

// namesIt tells whether a line names an object by itself, as the first part of
// a host name or with the number of a pod behind it, and not as a part of a longer word.
func namesIt(line, name string) bool {
	for rest := line; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		end := i + len(name)
		before := i == 0 || !partOfName(rest[i-1])
		after := end == len(rest) || !partOfName(rest[end]) || suffixed.MatchString(rest[end:])
		if before && after {
			return true
		}
		rest = rest[end:]
	}
}

// suffixed is what stands behind an object's name in those of its pods, its
// headless Service and its claims' pods.
var suffixed = regexp.MustCompile(`^(?:-\d+|-headless|-svc|-service|-[a-z0-9]{6,10}-[a-z0-9]{5})(?:[^a-z0-9-]|$)`)

func partOfName(b byte) bool {
	return b == '-' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

// consequencesOf tells what follows from a failure: what is folded under it, and
// the layers that were not asked because of it.
func (w *writer) consequencesOf(g *failureGroup) []Consequence {
	var out []Consequence
	for _, c := range g.consequences {
		out = append(out, Consequence{Fingerprint: c.fingerprint(), Layer: c.layer, Title: title(c), Cells: len(c.cells)})
	}
	if g.status != result.Failed && g.status != result.Errored {
		return out
	}
	var layers []string
	cells := map[int]bool{}
	for _, layer := range w.plan.Layers {
		blocked := false
		for _, i := range g.cells {
			if s := stepOf(&w.cells[i], layer); s != nil && s.Status == result.Blocked {
				blocked, cells[i] = true, true
			}
		}
		if blocked {
			layers = append(layers, plain(layer))
		}
	}
	if len(layers) > 0 {
		out = append(out, Consequence{
			Fingerprint: g.fingerprint(), Layer: layers[0], Title: and(layers) + " " + agree(len(layers), "was", "were") + " not run", Cells: len(cells),
		})
	}
	return out
}
