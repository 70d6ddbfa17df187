package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// judge names what is not ready in a state, and as much of the reason as
// objects themselves tell. It is a pure function.
func judge(s *state, o ReadyOptions) []Blocker {
	m := s.members(o)
	var out []Blocker
	seen := map[string]bool{}
	see := func(kind string, object metav1.Object) bool {
		seen[key(kind, object.GetNamespace(), object.GetName())] = true
		return m.has(kind, object)
	}
	for i := range s.deployments {
		if d := &s.deployments[i]; see("Deployment", d) {
			out = append(out, s.workload("Deployment", d, deploymentWants(d), o)...)
		}
	}
	for i := range s.stateful {
		if w := &s.stateful[i]; see("StatefulSet", w) {
			out = append(out, s.workload("StatefulSet", w, statefulWants(w), o)...)
		}
	}
	for i := range s.daemons {
		if d := &s.daemons[i]; see("DaemonSet", d) {
			out = append(out, s.workload("DaemonSet", d, daemonWants(d), o)...)
		}
	}
	for i := range s.jobs {
		if j := &s.jobs[i]; see("Job", j) {
			out = append(out, s.job(j)...)
		}
	}
	for i := range s.pods {
		if p := &s.pods[i]; see("Pod", p) && len(p.OwnerReferences) == 0 {
			out = append(out, barePod(p, o)...)
		}
	}
	out = append(out, s.orphans(m, o)...)
	for i := range s.claims {
		if pvc := &s.claims[i]; see("PersistentVolumeClaim", pvc) || s.mounted(pvc, m) {
			out = append(out, s.claim(pvc)...)
		}
	}
	for i := range s.services {
		if svc := &s.services[i]; see("Service", svc) {
			out = append(out, s.loadBalancer(svc, o.LoadBalancers)...)
		}
	}
	for i := range s.ingresses {
		if ing := &s.ingresses[i]; see("Ingress", ing) {
			out = append(out, s.ingress(ing, o.Ingresses)...)
		}
	}
	for i := range s.custom {
		out = append(out, s.custom[i].judge()...)
	}
	for _, object := range o.Objects {
		ns := object.Namespace
		if ns == "" {
			ns = o.Namespace
		}
		if listed(object) && !seen[key(object.Kind, ns, object.Name)] {
			out = append(out, about(object.Kind, ns, object.Name, Missing, "it is not in the cluster"))
		}
	}
	return sorted(out)
}

// listed tells the kinds of which observe lists every object.
func listed(o Object) bool {
	switch o.Kind {
	case "Deployment", "StatefulSet", "DaemonSet":
		return o.group() == "apps"
	case "Service", "PersistentVolumeClaim":
		return o.group() == ""
	case "Ingress":
		return o.group() == "networking.k8s.io"
	}
	return false // Jobs and pods may end and be cleared away
}

func about(kind, namespace, name, class, reason string) Blocker {
	return Blocker{
		Object: named(kind, name), Class: class, Reason: clean(reason, maxReason),
		namespace: namespace, kind: kind, name: name,
	}
}

// wants is what a workload lacks to be ready: "1 of 2 pods are ready"; "" is nothing.
type wants struct {
	lacks string
	// steady: no pod is of an older revision, so that what its pods did was
	// done by the present one.
	steady bool
}

func orOne(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func deploymentWants(d *appsv1.Deployment) wants {
	want, st := orOne(d.Spec.Replicas), d.Status
	w := wants{steady: st.UpdatedReplicas == st.Replicas}
	switch {
	case st.ObservedGeneration < d.Generation:
		w.lacks, w.steady = "its controller has not seen it yet", false
	case st.UpdatedReplicas < want && d.Spec.Paused:
		w.lacks = "its rollout is paused (spec.paused)"
	case st.UpdatedReplicas < want:
		w.lacks = fmt.Sprintf("%d of %d pods are of its present revision", st.UpdatedReplicas, want)
	case st.Replicas > st.UpdatedReplicas:
		w.lacks = fmt.Sprintf("%d pods of its former revision are still there", st.Replicas-st.UpdatedReplicas)
	case st.AvailableReplicas < want:
		w.lacks = fmt.Sprintf("%d of %d pods are ready", st.AvailableReplicas, want)
	}
	return w
}

func statefulWants(s *appsv1.StatefulSet) wants {
	want, st := orOne(s.Spec.Replicas), s.Status
	w := wants{steady: st.UpdateRevision == st.CurrentRevision}
	rolling := s.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType
	partition := int32(0)
	if r := s.Spec.UpdateStrategy.RollingUpdate; rolling && r != nil && r.Partition != nil {
		partition = min(max(*r.Partition, 0), want)
	}
	updated := st.UpdatedReplicas
	if st.UpdateRevision == st.CurrentRevision {
		updated = max(updated, st.CurrentReplicas)
	}
	switch {
	case st.ObservedGeneration < s.Generation:
		w.lacks, w.steady = "its controller has not seen it yet", false
	case st.ReadyReplicas < want:
		w.lacks = fmt.Sprintf("%d of %d pods are ready", st.ReadyReplicas, want)
	case s.Spec.MinReadySeconds > 0 && st.AvailableReplicas < want:
		w.lacks = fmt.Sprintf("%d of %d pods have been ready for %d s", st.AvailableReplicas, want, s.Spec.MinReadySeconds)
	case rolling && updated < want-partition:
		w.lacks = fmt.Sprintf("%d of %d pods are of its present revision", updated, want-partition)
	}
	return w
}

func daemonWants(d *appsv1.DaemonSet) wants {
	st := d.Status
	want := st.DesiredNumberScheduled
	w := wants{steady: st.UpdatedNumberScheduled == st.CurrentNumberScheduled}
	switch {
	case st.ObservedGeneration < d.Generation:
		w.lacks, w.steady = "its controller has not seen it yet", false
	case d.Spec.UpdateStrategy.Type != appsv1.OnDeleteDaemonSetStrategyType && st.UpdatedNumberScheduled < want:
		w.lacks = fmt.Sprintf("%d of %d pods are of its present revision", st.UpdatedNumberScheduled, want)
	case st.NumberAvailable < want:
		w.lacks = fmt.Sprintf("%d of %d pods are ready", st.NumberAvailable, want)
	}
	return w
}

// workload judges what keeps pods running.
func (s *state) workload(kind string, object metav1.Object, w wants, o ReadyOptions) []Blocker {
	pods := s.podsBy[object.GetUID()]
	var out []Blocker
	if w.lacks == "" {
		for _, p := range pods {
			out = append(out, restarts(p, o.MaxRestarts)...)
		}
		return under(out, kind, object, true)
	}
	for _, p := range pods {
		out = append(out, troubles(p, o.MaxRestarts)...)
	}
	out = append(under(out, kind, object, w.steady), s.conditions(kind, object)...)
	if len(out) == 0 {
		b := about(kind, object.GetNamespace(), object.GetName(), Rollout, w.lacks)
		b.silent, b.pods = true, names(pods)
		out = append(out, b)
	}
	return out
}

// under puts what was found in pods under the name of what made them, each
// cause once.
func under(found []Blocker, kind string, object metav1.Object, steady bool) []Blocker {
	for i := range found {
		b := &found[i]
		b.Object, b.kind, b.name, b.namespace = named(kind, object.GetName()), kind, object.GetName(), object.GetNamespace()
		b.Final = b.Final && steady
	}
	return sorted(found)
}

func names(pods []*corev1.Pod) []string {
	out := make([]string, len(pods))
	for i, p := range pods {
		out[i] = p.Name
	}
	return out
}

// conditions gives what the controller of a workload itself complains of.
func (s *state) conditions(kind string, object metav1.Object) []Blocker {
	d, ok := object.(*appsv1.Deployment)
	if !ok {
		return nil
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			b := about(kind, d.Namespace, d.Name, Refused, "its pods cannot be made: "+c.Message)
			b.Infrastructure = machinery(c.Message)
			return []Blocker{b}
		}
	}
	return nil
}

// job judges a Job; one that is suspended is as its author wants it.
func (s *state) job(j *batchv1.Job) []Blocker {
	class, what := JobFailed, "the job"
	if isHook(j) {
		class, what = Hook, "the hook "+clean(j.Annotations[hookAnnotation], 60)
	}
	pods := s.podsBy[j.UID]
	for _, c := range j.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch c.Type {
		case batchv1.JobComplete, batchv1.JobSuspended, batchv1.JobSuccessCriteriaMet:
			return nil
		case batchv1.JobFailed:
			return []Blocker{s.failedJob(j, class, what, c, pods)}
		}
	}
	if isHook(j) {
		return nil // Helm itself waits for the hooks that matter
	}
	var out []Blocker
	for _, p := range pods {
		for _, b := range troubles(p, -1) {
			if b.Class != PodFailed { // the job tries again
				out = append(out, b)
			}
		}
	}
	if out = under(out, "Job", j, true); len(out) == 0 {
		b := about("Job", j.Namespace, j.Name, Rollout, fmt.Sprintf("%s has not ended; %d pods run, %d have failed", what, j.Status.Active, j.Status.Failed))
		b.silent, b.pods = true, names(pods)
		out = append(out, b)
	}
	return out
}

func (s *state) failedJob(j *batchv1.Job, class, what string, c batchv1.JobCondition, pods []*corev1.Pod) Blocker {
	reason := fmt.Sprintf("%s failed: %s", what, c.Message)
	if c.Message == "" {
		reason = fmt.Sprintf("%s failed: %s", what, c.Reason)
	}
	b := about("Job", j.Namespace, j.Name, class, reason)
	b.Final, b.pods = true, names(pods)
	for _, p := range pods {
		for _, found := range troubles(p, -1) {
			b.Pod, b.Container, b.Previous = found.Pod, found.Container, found.Previous
			b.Reason = clean(reason+"; "+found.Reason, maxReason)
			b.Infrastructure = found.Infrastructure
			if found.Class == OOM {
				b.Class = OOM
			}
		}
	}
	return b
}
