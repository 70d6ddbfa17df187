package cluster

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// defaultClass marks the StorageClass of claims that name none
// (https://kubernetes.io/docs/concepts/storage/storage-classes/).
const defaultClass = "storageclass.kubernetes.io/is-default-class"

// mounted tells whether a pod of the release uses a claim: those of a
// StatefulSet carry no mark of their release.
func (s *state) mounted(pvc *corev1.PersistentVolumeClaim, m members) bool {
	for i := range s.pods {
		if p := &s.pods[i]; uses(p, pvc) && m.pod(p) {
			return true
		}
	}
	return false
}

func uses(p *corev1.Pod, pvc *corev1.PersistentVolumeClaim) bool {
	if p.Namespace != pvc.Namespace || p.DeletionTimestamp != nil {
		return false
	}
	for _, v := range p.Spec.Volumes {
		if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == pvc.Name ||
			v.Ephemeral != nil && p.Name+"-"+v.Name == pvc.Name {
			return true
		}
	}
	return false
}

// claim judges a PersistentVolumeClaim. One that binds when a pod first uses it
// is as it should be until then.
func (s *state) claim(pvc *corev1.PersistentVolumeClaim) []Blocker {
	blocked := func(format string, args ...any) []Blocker {
		b := about("PersistentVolumeClaim", pvc.Namespace, pvc.Name, PVCPending, fmt.Sprintf(format, args...))
		b.silent = true // its event tells more
		return []Blocker{b}
	}
	switch {
	case pvc.DeletionTimestamp != nil || pvc.Status.Phase == corev1.ClaimBound:
		return nil
	case pvc.Status.Phase == corev1.ClaimLost:
		return blocked("the volume that it was bound to is gone")
	}
	class, named := s.classOf(pvc)
	switch {
	case named == "" && pvc.Spec.StorageClassName != nil:
		return blocked("no volume fits, and it wants none to be made (its storageClassName is empty)")
	case class == nil && named == "" && s.knowsClasses:
		return blocked("it names no StorageClass, and the cluster has no default one")
	case class == nil && s.knowsClasses:
		return blocked("its StorageClass %q is not in the cluster", named)
	case class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer && !s.used(pvc):
		return nil
	}
	return blocked("it is not bound (StorageClass %q)", named)
}

// used tells whether a pod waits for a claim or has it.
func (s *state) used(pvc *corev1.PersistentVolumeClaim) bool {
	for i := range s.pods {
		if p := &s.pods[i]; uses(p, pvc) && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			return true
		}
	}
	return false
}

// classOf gives the StorageClass of a claim and the name under which it is
// asked for; the default one's name where the claim names none.
func (s *state) classOf(pvc *corev1.PersistentVolumeClaim) (*storagev1.StorageClass, string) {
	name := ""
	if pvc.Spec.StorageClassName != nil {
		name = *pvc.Spec.StorageClassName
	}
	for i := range s.classes {
		c := &s.classes[i]
		if pvc.Spec.StorageClassName == nil && c.Annotations[defaultClass] == "true" {
			return c, c.Name
		}
		if name != "" && c.Name == name {
			return c, name
		}
	}
	return nil, name
}
