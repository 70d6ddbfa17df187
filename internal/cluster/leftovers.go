package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Leftover is an object that is still there after an uninstall.
type Leftover struct {
	APIVersion, Kind, Namespace, Name string // no namespace: the cluster's
	// Reason says why it stays, as far as it tells: what holds it.
	Reason string
	// Held says that it is being deleted, and that finalizers are in the way.
	Held bool
	// Claim is the claim of a volume; its own name is a new one in each run.
	Claim string
	// Test says that it is a test of the chart, which helm test runs and leaves
	// to be looked at.
	Test bool
}

// String names it as assertions do: "PersistentVolumeClaim/data-db-0", and a
// volume by its claim.
func (l Leftover) String() string {
	if l.Claim != "" {
		return l.Kind + " of claim " + l.Claim
	}
	return named(l.Kind, l.Name)
}

// Leftovers gives what an uninstall has left in a namespace and in the cluster,
// compared with a Snapshot of before the install; sorted by kind and name. What
// is on its way out is waited for until the deadline of the context, so that
// only what stays is listed, and what is stuck. An error says that it could not
// be asked.
func (c *Cluster) Leftovers(ctx context.Context, namespace string, before Snapshot) ([]Leftover, error) {
	var last []Leftover
	wait := new(pause)
	for asked := false; ; asked = true {
		look, stop := context.WithTimeout(ctx, lookTimeout)
		found, going, err := c.left(look, namespace, before)
		stop()
		switch {
		case ctx.Err() != nil && asked: // the look was cut off: the one before counts
			return last, deadline(ctx)
		case err != nil:
			return last, err
		case !going:
			return found, nil
		}
		last = found
		if !wait.done(ctx) {
			return last, deadline(ctx)
		}
	}
}

// deadline gives nil for a context whose time is over, and the cause for one
// that was cancelled.
func deadline(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return context.Cause(ctx)
}

// left takes one look, and tells whether something of it is on its way out.
func (c *Cluster) left(ctx context.Context, namespace string, before Snapshot) ([]Leftover, bool, error) {
	found, err := c.inventory(ctx, namespace)
	if err != nil {
		return nil, false, err
	}
	volumes, err := c.volumes(ctx)
	if err != nil {
		return nil, false, err
	}
	there := map[string]bool{}
	for _, i := range found {
		there[string(i.meta.UID)] = true
	}
	var out []Leftover
	going := false
	for _, i := range found {
		if before.uids[i.thing] == string(i.meta.UID) && i.meta.DeletionTimestamp == nil || byItself(i) || i.kind == "Namespace" && i.name == namespace && i.meta.DeletionTimestamp == nil {
			continue
		}
		l := Leftover{APIVersion: i.apiVersion, Kind: i.kind, Namespace: i.namespace, Name: i.name, Reason: "nothing deletes it"}
		pv := volumes[i.name]
		if i.kind == "PersistentVolume" && pv != nil && pv.Spec.ClaimRef != nil {
			l.Claim = pv.Spec.ClaimRef.Name
		}
		l.Test = isTest(i.meta)
		switch {
		case i.meta.DeletionTimestamp != nil:
			going = true
			l.Held = len(i.meta.Finalizers) > 0 || i.kind == "Namespace"
			l.Reason = "it is being deleted, and held by " + finalizers(i.meta.Finalizers)
		case i.kind == "PersistentVolume" && pv != nil && pv.Status.Phase == corev1.VolumeReleased && pv.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
			going = true
			l.Reason = "its claim is gone, and its provisioner has not deleted it"
		case i.kind == "PersistentVolume" && pv != nil && pv.Spec.ClaimRef != nil:
			l.Reason = fmt.Sprintf("its reclaim policy is %s", pv.Spec.PersistentVolumeReclaimPolicy)
		case len(i.meta.OwnerReferences) > 0:
			owner := i.meta.OwnerReferences[0]
			l.Reason = "it belongs to " + named(owner.Kind, owner.Name)
			if !there[string(owner.UID)] { // the garbage collector comes for it
				going = true
				l.Reason += ", which is gone"
			}
		case i.meta.Annotations[hookAnnotation] != "":
			l.Reason = "hooks are not part of the release, and its deletion policy has kept it"
		case i.meta.Annotations["helm.sh/resource-policy"] == "keep":
			l.Reason = "its annotation helm.sh/resource-policy says so"
		case i.kind == "PersistentVolumeClaim":
			l.Reason = "the claims of a StatefulSet outlive it unless persistentVolumeClaimRetentionPolicy says otherwise"
		case i.kind == "CustomResourceDefinition":
			l.Reason = "Helm does not delete what is in a chart's crds folder"
		}
		l.Reason = clean(c.Redactor.Redact(l.Reason), maxReason)
		out = append(out, l)
	}
	return out, going, nil
}

func (c *Cluster) volumes(ctx context.Context) (map[string]*corev1.PersistentVolume, error) {
	list, err := c.kube.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing volumes: %w", err)
	}
	out := map[string]*corev1.PersistentVolume{}
	for i := range list.Items {
		out[list.Items[i].Name] = &list.Items[i]
	}
	return out, nil
}

// RemoveNamespace deletes a namespace and waits until it is gone. When the
// deadline of the context passes, it names what holds it, and before that, an
// API server that does not answer for 30 seconds. A namespace that is not there
// is a success.
func (c *Cluster) RemoveNamespace(ctx context.Context, name string) ([]Blocker, error) {
	wait, sent := new(pause), false
	answered := time.Now()
	for {
		ns, err := c.namespaceOf(ctx, name)
		if err == nil {
			answered = time.Now()
		}
		switch {
		case err != nil && ctx.Err() == nil && !passing(err):
			return nil, fmt.Errorf("removing namespace %s: %w", name, err)
		case err != nil && time.Since(answered) > apiPatience:
			return []Blocker{away(err)}, nil
		case err == nil && ns == nil:
			return nil, nil
		case err == nil && !sent:
			if ns.DeletionTimestamp != nil {
				sent = true
			} else {
				uid := ns.UID
				err := c.kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
				sent = err == nil
			}
		}
		if !wait.done(ctx) {
			return c.stuck(ctx, name)
		}
	}
}

func (c *Cluster) stuck(ctx context.Context, name string) ([]Blocker, error) {
	if err := deadline(ctx); err != nil {
		return nil, fmt.Errorf("removing namespace %s: %w", name, err)
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer stop()
	ns, err := c.namespaceOf(late, name)
	switch {
	case err != nil:
		return []Blocker{away(err)}, nil
	case ns == nil:
		return nil, nil
	}
	found, _ := c.inventory(late, name) // without it the namespace still says something itself
	return c.tidy([]Blocker{holders(ns, found)}), nil
}

// holders says what keeps a namespace from going.
func holders(ns *corev1.Namespace, in []item) Blocker {
	b := about("Namespace", "", ns.Name, Terminating, "it does not go away")
	for _, i := range in {
		if i.namespace == ns.Name && i.meta.DeletionTimestamp != nil && len(i.meta.Finalizers) > 0 {
			b.Lines = append(b.Lines, fmt.Sprintf("%s is held by %s", named(i.kind, i.name), finalizers(i.meta.Finalizers)))
		}
	}
	slices.Sort(b.Lines)
	switch {
	case len(b.Lines) > 0:
		b.Reason = "it does not go away: " + b.Lines[0]
		if more := len(b.Lines) - 1; more > 0 {
			b.Reason += fmt.Sprintf(", and %d more objects", more)
		}
	case ns.DeletionTimestamp == nil:
		b.Reason = "it could not be deleted"
	}
	for _, c := range ns.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			b.Lines = append(b.Lines, string(c.Type)+": "+c.Message)
			if len(b.Lines) == 1 {
				b.Reason += ": " + c.Message
			}
			// An APIService that is away is of the cluster, or of a chart before.
		}
	}
	b.Reason = clean(b.Reason, maxReason)
	return b
}
