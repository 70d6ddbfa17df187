package cluster

import (
	"context"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// explained is how many blockers get lines of logs; each costs requests.
const explained = 20

// explain completes the reasons of blockers by what events and logs say, adds
// the nodes that are sick, and takes the secrets out. It never fails: what cannot be
// read stays as it was.
func (c *Cluster) explain(ctx context.Context, o ReadyOptions, s *state, blockers []Blocker) []Blocker {
	blockers = slices.Clone(blockers)
	events := map[string][]corev1.Event{}
	for _, ns := range o.namespaces() {
		if found, err := c.warnings(ctx, ns); err == nil {
			events[ns] = found
		}
		c.learn(ctx, ns)
	}
	for i := range blockers {
		b := &blockers[i]
		ns := b.namespace
		if ns == "" {
			ns = o.Namespace
		}
		if s != nil {
			b.byEvents(events[ns], s)
		}
		if i < explained && logTells(b.Class) && b.Container != "" {
			if log := c.lastLines(ctx, ns, b); b.Class == Probe { // its answer tells more than the program
				b.Lines = append(b.Lines, log...)
			} else {
				b.Lines = append(log, b.Lines...)
			}
		}
	}
	if s != nil {
		blockers = append(blockers, sickNodes(s.nodes)...)
	}
	return c.tidy(sorted(blockers))
}

// learn teaches the Redactor the values of the Secrets in a namespace, a page
// at a time as they may be large.
func (c *Cluster) learn(ctx context.Context, namespace string) {
	options := metav1.ListOptions{Limit: 50, FieldSelector: "type!=helm.sh/release.v1"}
	for range 200 {
		list, err := c.kube.CoreV1().Secrets(namespace).List(ctx, options)
		if err != nil {
			return
		}
		for i := range list.Items {
			c.Redactor.AddSecret(&list.Items[i])
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return
		}
	}
}

// tidy takes the secrets out of blockers, and what is too much.
func (c *Cluster) tidy(blockers []Blocker) []Blocker {
	for i := range blockers {
		b := &blockers[i]
		b.Reason = clean(c.Redactor.Redact(b.Reason), maxReason)
		lines := make([]string, 0, min(len(b.Lines), maxLines))
		for _, l := range b.Lines {
			if l = clean(c.Redactor.Redact(l), maxLine); l != "" && len(lines) < maxLines && !slices.Contains(lines, l) {
				lines = append(lines, l)
			}
		}
		b.Lines = lines
	}
	return blockers
}

// logTells: classes of which the program itself says most.
func logTells(class string) bool {
	return slices.Contains([]string{CrashLoop, OOM, Restarts, PodFailed, JobFailed, Hook, Probe}, class)
}

// byEvents gives a blocker the reason that its events have, where its object
// does not tell.
func (b *Blocker) byEvents(events []corev1.Event, s *state) {
	for i := range events {
		e := &events[i]
		if !b.concerns(e, s) {
			continue
		}
		if class, telling := eventClass(e, b.Class); telling && b.silent && worthALine(e) {
			b.silent = false
			b.Class = class
			b.Reason = clean(b.Reason+": "+e.Message, maxReason)
			if e.InvolvedObject.Kind == "Pod" {
				b.Pod = e.InvolvedObject.Name
			}
			b.Infrastructure = machinery(e.Message) || class == ImagePull && registryAway(e.Message) || class == Unschedulable && nodesAway(e.Message)
		}
		line := e.Reason + ": " + e.Message
		if len(b.Lines) < 3 && !slices.Contains(b.Lines, line) && worthALine(e) {
			b.Lines = append(b.Lines, line)
		}
	}
}

// worthALine leaves out events that only repeat that something goes on failing.
func worthALine(e *corev1.Event) bool {
	return e.Reason != "BackOff" && e.Reason != "DNSConfigForming" && !strings.HasPrefix(e.Message, "Error: Err") && !strings.HasPrefix(e.Message, "Error: ImagePull")
}

// concerns tells whether an event is about the object, its pods, or what stands
// between: a Deployment's ReplicaSets.
func (b *Blocker) concerns(e *corev1.Event, s *state) bool {
	about := e.InvolvedObject
	if about.Kind == b.kind && about.Name == b.name {
		return true
	}
	if about.Kind == "Pod" {
		return about.Name == b.Pod || b.Pod == "" && slices.Contains(b.pods, about.Name)
	}
	if b.kind == "Deployment" && about.Kind == "ReplicaSet" {
		owner := s.byUID[about.UID]
		return owner != nil && slices.ContainsFunc(owner.GetOwnerReferences(), func(r metav1.OwnerReference) bool { return r.Name == b.name })
	}
	return false
}

// eventClass tells which class an event makes of a blocker of the given one,
// and whether it tells why.
func eventClass(e *corev1.Event, class string) (string, bool) {
	switch e.Reason {
	case "Unhealthy":
		return Probe, class == Probe || class == Rollout
	case "FailedScheduling":
		return Unschedulable, class == Rollout
	case "FailedMount", "FailedAttachVolume", "FailedMapVolume":
		return Mount, class == Rollout
	case "FailedCreate", "ReplicaSetCreateError":
		return Refused, class == Rollout
	case "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed":
		return ImagePull, class == ImagePull
	case "FailedCreatePodSandBox", "FailedSync", "NetworkNotReady", "NodeNotReady":
		return Node, class == Rollout
	case "ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ExternalProvisioning":
		return PVCPending, class == PVCPending
	case "SyncLoadBalancerFailed", "UnAvailableLoadBalancer", "Translate", "Sync":
		return NoAddress, class == NoAddress
	}
	return class, false
}

// lastLines gives the last lines of a container's log that say something.
func (c *Cluster) lastLines(ctx context.Context, namespace string, b *Blocker) []string {
	lines := c.logTail(ctx, namespace, b.Pod, b.Container, b.Previous)
	if len(lines) == 0 && b.Previous { // the run before may be gone already
		lines = c.logTail(ctx, namespace, b.Pod, b.Container, false)
	}
	return telling(lines)
}

// logTail reads the end of a log; nothing where it cannot be had.
func (c *Cluster) logTail(ctx context.Context, namespace, pod, container string, previous bool) []string {
	const tailLines, tailBytes = 60, 256 << 10
	tail, limit := int64(tailLines), int64(tailBytes)
	data, err := c.kube.CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: container, Previous: previous, TailLines: &tail, LimitBytes: &limit,
	}).Do(ctx).Raw()
	if err != nil {
		return nil
	}
	if strings.HasPrefix(string(data), "unable to retrieve container logs for ") { // the kubelet says that with success
		return nil
	}
	return strings.Split(strings.TrimRight(string(data), "\n"), "\n")
}

// wrong finds the lines of a log that speak of a fault.
var wrong = regexp.MustCompile(`(?i)\b(?:error|err|fatal|panic|exception|failed|failure|refused|denied|cannot|can't|unable|not found|invalid|missing|timeout|timed out|killed)\b`)

// telling picks the lines of a log that show best why a program ended: the
// first three of its last lines that speak of a fault, then its very last ones.
func telling(lines []string) []string {
	var out []string
	for _, l := range lines {
		if wrong.MatchString(l[:min(len(l), 4*maxLine)]) {
			out = append(out, l)
		}
	}
	out = out[max(len(out)-3, 0):]
	for i := len(lines) - 1; i >= 0 && len(out) < maxLines; i-- {
		if strings.TrimSpace(lines[i]) != "" && !slices.Contains(out, lines[i]) {
			out = append(out, lines[i])
		}
	}
	return out
}
