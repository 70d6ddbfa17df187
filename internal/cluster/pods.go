package cluster

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// barePod judges a pod that nothing looks after.
func barePod(p *corev1.Pod, o ReadyOptions) []Blocker {
	if p.DeletionTimestamp != nil || p.Status.Phase == corev1.PodSucceeded {
		return nil
	}
	var out []Blocker
	switch {
	case isReady(p):
		out = restarts(p, o.MaxRestarts)
	default:
		if out = troubles(p, o.MaxRestarts); len(out) == 0 {
			b := about("Pod", p.Namespace, p.Name, Rollout, "it is not ready")
			b.silent, b.pods = true, []string{p.Name}
			out = append(out, b)
		}
	}
	out = under(out, "Pod", p, true)
	if isHook(p) {
		kept := out[:0]
		for _, b := range out {
			if b.Class == PodFailed { // Helm itself waits for the others
				b.Class = Hook
				kept = append(kept, b)
			}
		}
		return kept
	}
	return out
}

// orphans judges the pods of the release whose maker observe does not list,
// such as an operator's own kind.
func (s *state) orphans(m members, o ReadyOptions) []Blocker {
	var out []Blocker
	for i := range s.pods {
		p := &s.pods[i]
		owners := s.owners(p)
		if len(owners) == 0 || s.byUID[owners[0].UID] != nil || !m.pod(p) {
			continue
		}
		if p.Status.Phase == corev1.PodFailed {
			continue // who made it has to know what to do about it
		}
		out = append(out, barePod(p, o)...)
	}
	return out
}

func isReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// in gives a blocker that was seen in a container of a pod, or in the pod as
// a whole.
func in(p *corev1.Pod, container, class, format string, args ...any) Blocker {
	b := about("Pod", p.Namespace, p.Name, class, fmt.Sprintf(format, args...))
	b.Pod, b.Container, b.pods = p.Name, container, []string{p.Name}
	return b
}

// troubles says what keeps a pod from being ready, as far as the pod tells.
func troubles(p *corev1.Pod, maxRestarts int) []Blocker {
	if p.Status.Phase == corev1.PodSucceeded || isReady(p) {
		return restarts(p, maxRestarts)
	}
	if p.Status.Phase == corev1.PodFailed {
		return []Blocker{failedPod(p)}
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
			b := in(p, "", Unschedulable, "no node takes the pod: %s", c.Message)
			b.Infrastructure = nodesAway(c.Message)
			return []Blocker{b}
		}
	}
	var out []Blocker
	for _, group := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range group {
			out = append(out, container(p, &group[i], maxRestarts)...)
		}
		if len(out) > 0 {
			return out // what comes behind an init container waits for it
		}
	}
	return out
}

// container says what is wrong in a container; nothing where it is only not
// done yet.
func container(p *corev1.Pod, cs *corev1.ContainerStatus, maxRestarts int) []Blocker {
	name := clean(cs.Name, maxName)
	switch w := cs.State.Waiting; {
	case w != nil:
		return waitingContainer(p, cs, name, w)
	case cs.State.Terminated != nil:
		t := cs.State.Terminated
		if t.ExitCode == 0 && t.Reason != "OOMKilled" {
			return nil
		}
		return []Blocker{ended(p, cs, name, t, false, maxRestarts)}
	case cs.State.Running != nil && !cs.Ready:
		// It runs and is not ready. Where it ran before, how that ended tells
		// more than what its probe says of a program that has just started.
		if t := cs.LastTerminationState.Terminated; t != nil && (t.ExitCode != 0 || t.Reason == "OOMKilled") && !byProbe(t) {
			return []Blocker{ended(p, cs, name, t, true, maxRestarts)}
		}
		if hasProbe(p, cs.Name) {
			b := in(p, cs.Name, Probe, "container %s runs and is not ready: its probe has not succeeded", name)
			if cs.Started != nil && !*cs.Started {
				b.Reason = fmt.Sprintf("container %s runs and has not started up: its startup probe has not succeeded", name)
			}
			b.silent = true // the event holds the answer
			return []Blocker{b}
		}
	}
	return nil
}

// byProbe tells a run that was ended from outside, as the kubelet does after a
// liveness probe: by SIGTERM or SIGKILL, or orderly.
func byProbe(t *corev1.ContainerStateTerminated) bool {
	return t.Reason != "OOMKilled" && (t.ExitCode == 137 || t.ExitCode == 143)
}

func waitingContainer(p *corev1.Pod, cs *corev1.ContainerStatus, name string, w *corev1.ContainerStateWaiting) []Blocker {
	switch w.Reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		b := in(p, cs.Name, ImagePull, "container %s: image %s cannot be pulled: %s", name, clean(cs.Image, maxName), pullReason(w))
		b.Infrastructure = machinery(w.Message) || registryAway(w.Message)
		b.Final = w.Reason == "InvalidImageName" || w.Reason == "ErrImageNeverPull" || w.Reason == "ImagePullBackOff" && notThere(w.Message)
		b.silent = w.Reason == "ImagePullBackOff" && !strings.Contains(w.Message, "ErrImagePull: ") // older kubelets keep the cause in an event
		return []Blocker{b}
	case "CrashLoopBackOff":
		if t := cs.LastTerminationState.Terminated; t != nil {
			return []Blocker{ended(p, cs, name, t, false, -1)}
		}
		return []Blocker{in(p, cs.Name, CrashLoop, "container %s ends again and again: %s", name, w.Message)}
	case "CreateContainerConfigError", "CreateContainerError":
		b := in(p, cs.Name, Config, "container %s cannot be made: %s", name, w.Message)
		b.Infrastructure = machinery(w.Message)
		return []Blocker{b}
	case "RunContainerError", "PreStartHookError", "PostStartHookError", "StartError":
		b := in(p, cs.Name, Start, "container %s cannot be started: %s", name, w.Message)
		b.Infrastructure = machinery(w.Message)
		return []Blocker{b}
	case "ContainerCreating", "PodInitializing", "":
		return nil // the events may know more
	}
	return []Blocker{in(p, cs.Name, Rollout, "container %s waits: %s: %s", name, w.Reason, w.Message)}
}

// ended makes a blocker of how a run of a container ended. now says that
// another one runs by now.
func ended(p *corev1.Pod, cs *corev1.ContainerStatus, name string, t *corev1.ContainerStateTerminated, now bool, maxRestarts int) Blocker {
	class, how := CrashLoop, fmt.Sprintf("ended with exit code %d", t.ExitCode)
	switch {
	case t.Reason == "OOMKilled":
		class, how = OOM, "was killed for using more memory than its limit"
		if limit := memoryLimit(p, cs.Name); limit != "" {
			how += " of " + limit
		}
	case t.Reason == "StartError" || t.Reason == "ContainerCannotRun":
		class, how = Start, "cannot be started"
	case t.Signal != 0:
		how = fmt.Sprintf("was ended by signal %d", t.Signal)
	case cs.RestartCount == 0 && !now:
		class = PodFailed
	}
	if t.Message != "" {
		how += ": " + t.Message
	}
	b := in(p, cs.Name, class, "container %s %s", name, how)
	if cs.RestartCount > 0 { // how often differs from run to run: it is no part of the reason
		b.Lines = append(b.Lines, "started again "+times(cs.RestartCount))
	}
	b.Infrastructure = machinery(t.Message)
	b.Final = maxRestarts >= 0 && int(cs.RestartCount) > maxRestarts
	b.Previous = now || cs.State.Waiting != nil
	return b
}

func times(n int32) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// restarts judges how often the containers of a ready pod were started again.
func restarts(p *corev1.Pod, limit int) []Blocker {
	var out []Blocker
	for i := range p.Status.ContainerStatuses {
		cs := &p.Status.ContainerStatuses[i]
		if limit < 0 || int(cs.RestartCount) <= limit {
			continue
		}
		b := in(p, cs.Name, Restarts, "container %s was started again %s, and %d are allowed", clean(cs.Name, maxName), times(cs.RestartCount), limit)
		if t := cs.LastTerminationState.Terminated; t != nil {
			last := ended(p, cs, clean(cs.Name, maxName), t, true, -1)
			if t.ExitCode != 0 || last.Class == OOM {
				b = last // the same fault must not have two names, whether or not it is ready just now
			}
		}
		b.Final, b.Previous = true, true
		out = append(out, b)
	}
	return out
}

// restarted gives what was started again more often than limit, for a release
// that is ready and does not stay so.
func (s *state) restarted(o ReadyOptions, limit int) []Blocker {
	m := s.members(o)
	var out []Blocker
	for i := range s.pods {
		p := &s.pods[i]
		if p.DeletionTimestamp != nil || !m.pod(p) {
			continue
		}
		found := restarts(p, limit)
		for n := range found {
			b := &found[n]
			b.Final = false
		}
		if owners := s.owners(p); len(owners) > 0 {
			top := owners[len(owners)-1]
			for n := range found {
				found[n].Object, found[n].kind, found[n].name = named(top.Kind, top.Name), top.Kind, top.Name
			}
		}
		out = append(out, found...)
	}
	return sorted(out)
}

// failedPod says why a pod failed for good.
func failedPod(p *corev1.Pod) Blocker {
	switch p.Status.Reason {
	case "Evicted":
		b := in(p, "", Evicted, "the pod was evicted: %s", p.Status.Message)
		b.Infrastructure = diskFull(p.Status.Message)
		return b
	case "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "NodeAffinity", "UnexpectedAdmissionError":
		b := in(p, "", PodFailed, "its node gave the pod up (%s): %s", p.Status.Reason, p.Status.Message)
		b.Infrastructure = p.Status.Reason != "NodeAffinity"
		return b
	}
	for _, group := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range group {
			if t := group[i].State.Terminated; t != nil && (t.ExitCode != 0 || t.Reason == "OOMKilled") {
				b := ended(p, &group[i], clean(group[i].Name, maxName), t, false, -1)
				b.Final = true
				if b.Class == CrashLoop {
					b.Class = PodFailed
				}
				return b
			}
		}
	}
	b := in(p, "", PodFailed, "the pod failed: %s", strings.TrimSpace(p.Status.Reason+" "+p.Status.Message))
	b.Infrastructure, b.Final = machinery(p.Status.Message), true
	return b
}

func memoryLimit(p *corev1.Pod, container string) string {
	for _, c := range append(append([]corev1.Container(nil), p.Spec.InitContainers...), p.Spec.Containers...) {
		if c.Name == container && !c.Resources.Limits.Memory().IsZero() {
			return c.Resources.Limits.Memory().String()
		}
	}
	return ""
}

func hasProbe(p *corev1.Pod, container string) bool {
	for _, c := range append(append([]corev1.Container(nil), p.Spec.InitContainers...), p.Spec.Containers...) {
		if c.Name == container {
			return c.ReadinessProbe != nil || c.StartupProbe != nil || c.LivenessProbe != nil
		}
	}
	return false
}

// Words that every layer of the runtime puts around the cause of a failed pull,
// and what differs from try to try.
var pullNoise = []*regexp.Regexp{
	regexp.MustCompile(`^(?:Back-off pulling image "[^"]*": )?(?:ErrImagePull: )?`),
	regexp.MustCompile(`(?:rpc error: code = \w+ desc = )|(?:failed to pull and unpack image "[^"]*": )|(?:failed to resolve (?:reference|image) "[^"]*": )|(?:failed to do request: )`),
	regexp.MustCompile(`read udp [0-9.:\[\]a-f]+->[0-9.:\[\]a-f]+: `),
	regexp.MustCompile(`: Error: ErrImagePull$`),
}

// pullReason gives the cause of a failed pull.
func pullReason(w *corev1.ContainerStateWaiting) string {
	m := clean(w.Message, 2*maxReason)
	for _, noise := range pullNoise {
		m = noise.ReplaceAllString(m, "")
	}
	if m == "" {
		return w.Reason
	}
	return m
}
