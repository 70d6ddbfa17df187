package cluster

import (
	"cmp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// Blocker is one object that is not as it should be, and why.
type Blocker struct {
	// Object is what is named in reports: "Deployment/web". Pods stand under
	// what made them, since their own names are new in each run.
	Object string
	// Reason is one line, without the object: "no image: …".
	Reason string
	// Class is one of the classes below; it is the code of the problem.
	Class string
	// Infrastructure says that the chart could not be asked: what is in the way
	// is the machinery's.
	Infrastructure bool
	// Final says that waiting does not help.
	Final bool
	// Lines show it, the most telling first: of a log, an event.
	Lines []string
	// Source is where in the evidence folder the lines stand, "logs/web-0.app.log:12";
	// empty where no evidence was gathered.
	Source string
	// Pod and Container are where it was seen, as far as it was in one.
	Pod, Container string
	// Previous says that the run of the container before the present one is meant.
	Previous bool

	namespace, kind, name string // of the object, to find its events
	pods                  []string
	silent                bool // nobody has said why yet
}

// The classes of blockers.
const (
	ImagePull      = "image-pull"
	CrashLoop      = "crash-loop"
	OOM            = "oom"
	Start          = "container-start"  // its program cannot be started
	Config         = "container-config" // what it refers to is not there: a Secret, a key
	Restarts       = "restarts"         // ready, but restarted too often
	Unstable       = "unstable"         // ready, but not for as long as was asked
	Probe          = "probe"
	Unschedulable  = "unschedulable"
	Mount          = "volume-mount"
	Evicted        = "evicted"
	PodFailed      = "pod-failed"
	Refused        = "pod-refused" // quota, admission: its pods are not let in
	Rollout        = "rollout"     // not done, and nothing is known to be wrong
	PVCPending     = "pvc-pending"
	JobFailed      = "job-failed"
	Hook           = "hook"
	CustomResource = "custom-resource"
	NoAddress      = "no-address"
	Missing        = "missing"
	Terminating    = "terminating"
	Node           = "node"
	API            = "api-server"
	DNS            = "dns"
	StorageClass   = "storage-class"
	ServiceAccount = "service-account"
	Webhook        = "webhook"
	APIService     = "api-service"
)

// hints say what to do about a blocker of a class.
var hints = map[string]string{
	ImagePull:      "Check the name, the tag and the pull secret of the image; on kind, images that no registry has must be preloaded.",
	CrashLoop:      "Read the log of the run before; it ends with what the program said last.",
	OOM:            "Raise the memory limit, or find out what the program needs it for.",
	Start:          "Check the command, its arguments and the architecture of the image.",
	Config:         "Create what it refers to before the release, or let the chart do it.",
	Restarts:       "Let the program wait for what it needs instead of ending, or allow more restarts.",
	Unstable:       "Read the log of the run before; the program was ready and then was not.",
	Probe:          "Ask the container what the probe asks, and compare port, path, scheme and initial delay.",
	Unschedulable:  "Lower the requests or loosen the rules of the pod, or give the cluster more or larger nodes.",
	Mount:          "Check that the volume, ConfigMap or Secret exists and can be used on that node.",
	Refused:        "Make the pod obey what refused it: a quota, a policy, Pod Security.",
	PVCPending:     "Name a StorageClass that the cluster has, or none for the default one.",
	JobFailed:      "Read the log of the job's last pod.",
	Hook:           "Read the log of the hook's pod.",
	CustomResource: "Read the log of the operator that looks after it.",
	NoAddress:      "Check that the cluster has something which hands out addresses for it.",
	Missing:        "Find out who deleted it, or why it was not made.",
	Terminating:    "Find out who should take its finalizers away.",
	PodFailed:      "Read the log of the pod.",
	Evicted:        "Look at what the pod used, and at its limits for it.",
}

// infrastructureHint is the hint of all that the machinery did.
const infrastructureHint = "This is not the chart's doing; run it again once it is mended."

// Problem gives the blocker in the terms of results. Its location names the object.
func (b Blocker) Problem() result.Problem {
	p := result.Problem{
		Severity: result.Error, Code: b.Class, Message: b.Object + ": " + b.Reason, Hint: hints[b.Class],
		Location: result.Location{Object: b.Object}, Excerpt: slices.Clone(b.Lines),
	}
	if b.Infrastructure {
		p.Hint = infrastructureHint
	}
	if len(b.Lines) > 0 {
		p.Source = b.Source
	}
	return p
}

// whole tells whether a blocker concerns the cluster as a whole, so that
// nothing that is said beside it can be relied on.
func (b Blocker) whole() bool {
	return b.Infrastructure && slices.Contains([]string{Node, API, DNS}, b.Class)
}

// Verdict says what a list of blockers makes of a cell, and in one line why.
// Failed means that the chart was asked and the answer was no. Errored means
// that the machinery was in the way: of everything, where a node or the API
// server is away, else where nothing but its faults is listed.
func Verdict(blockers []Blocker) (status result.Status, reason string) {
	if len(blockers) == 0 {
		return result.Passed, ""
	}
	for _, b := range blockers {
		if b.whole() {
			return result.Errored, b.Object + ": " + b.Reason
		}
	}
	for _, b := range blockers {
		if !b.Infrastructure {
			return result.Failed, b.Object + ": " + b.Reason
		}
	}
	return result.Errored, blockers[0].Object + ": " + blockers[0].Reason
}

// sorted puts blockers into their order: by object, class and reason, what is
// known to be wrong before what is only not done. Duplicates go.
func sorted(blockers []Blocker) []Blocker {
	slices.SortStableFunc(blockers, func(a, b Blocker) int {
		return cmp.Or(vague(a)-vague(b), strings.Compare(a.Object, b.Object), strings.Compare(a.Class, b.Class), strings.Compare(a.Reason, b.Reason))
	})
	return slices.CompactFunc(blockers, func(a, b Blocker) bool {
		return a.Object == b.Object && a.Class == b.Class && a.Reason == b.Reason
	})
}

func vague(b Blocker) int {
	if b.silent {
		return 1
	}
	return 0
}
