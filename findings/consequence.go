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
// never became ready. It never joins failures of which one is accepted and the
// other is not.
func foldConsequences(groups []*failureGroup, layers []string, cells []result.Cell) []*failureGroup {
	under := make(map[*failureGroup]*failureGroup)
	for _, b := range groups {
		for _, a := range groups {
			if a == b || a.state != b.state || a.rule != b.rule || a.status != b.status || b.status != result.Failed ||
				slices.Contains(staticLayers, a.layer) || !holdsAll(a.cells, b.cells) {
				continue
			}
			if rootOf(a, under) != b && follows(a, b, layers, cells) {
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

// follows tells whether b is a consequence of a, all cells of which b has.
func follows(a, b *failureGroup, layers []string, cells []result.Cell) bool {
	la, lb := slices.Index(layers, a.layer), slices.Index(layers, b.layer)
	switch {
	case a.layer != b.layer:
		// What a later layer asks of a release that did not come up.
		return la >= 0 && lb > la && needsRelease(b.layer) && !failsAlone(a, b, cells)
	case !slices.Contains(rootCodes, a.code) || !slices.Contains(symptomCodes, b.code):
		return false
	case len(objects(a)) == 0 || sameObjects(a, b):
		return false
	}
	return mentions(b, a) && !mentions(a, b)
}

// needsRelease names the layers that talk to what install and upgrade made.
func needsRelease(layer string) bool {
	return slices.Contains([]string{"test", "kubetest", "k6", "command"}, layer)
}

// failsAlone tells whether b's layer fails anywhere without a: then b has a life of its own.
func failsAlone(a, b *failureGroup, cells []result.Cell) bool {
	for i := range cells {
		if _, in := slices.BinarySearch(a.cells, i); in {
			continue
		}
		if s := stepOf(&cells[i], b.layer); s != nil && s.Status == result.Failed {
			return true
		}
	}
	return false
}

func stepOf(c *result.Cell, layer string) *result.Step {
	for i := range c.Steps {
		if c.Steps[i].Layer == layer {
			return &c.Steps[i]
		}
	}
	return nil
}

// objects lists the objects that a group is about, "Deployment/web".
func objects(g *failureGroup) []string {
	var out []string
	for _, l := range g.places() {
		if l.Object != "" && !slices.Contains(out, l.Object) {
			out = append(out, l.Object)
		}
	}
	return out
}

func sameObjects(a, b *failureGroup) bool {
	theirs := objects(b)
	return slices.ContainsFunc(objects(a), func(o string) bool { return slices.Contains(theirs, o) })
}

// unreachable are the words in which programs and the machinery speak of
// something else that is not there.
var unreachable = regexp.MustCompile(`(?i)connection (?:refused|reset|timed out)|could ?n[o']t connect|cannot connect|failed to connect|no such host|` +
	`name or service not known|could not translate host ?name|temporary failure in name resolution|unknown ?host|i/o timeout|no route to host|` +
	`connect(?:ion)? (?:error|failed)|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|waiting for|wait-for|not (?:yet )?(?:ready|available|reachable)|unbound .*PersistentVolumeClaim|no endpoints`)

// mentions tells whether b's words are about an object of a that is not there.
func mentions(b, a *failureGroup) bool {
	text := strings.Join(append([]string{b.first.message}, b.first.excerpt...), "\n")
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}
	for _, o := range objects(a) {
		_, name, _ := strings.Cut(o, "/")
		if name == "" {
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			if unreachable.MatchString(line) && namesIt(line, name) {
				return true
			}
		}
	}
	return false
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
	if g.status != result.Failed {
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
