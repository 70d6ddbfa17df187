package cluster

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What Helm writes on objects (https://helm.sh/docs/topics/charts_hooks/), and
// the label that says which release an object is of
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).
const (
	hookAnnotation = "helm.sh/hook"
	instanceLabel  = "app.kubernetes.io/instance"
)

// members tells what belongs to a release.
type members struct {
	s     *state
	o     ReadyOptions
	named map[string]bool // by kind, namespace and name
}

func (s *state) members(o ReadyOptions) members {
	m := members{s: s, o: o, named: map[string]bool{}}
	for _, object := range o.Objects {
		ns := object.Namespace
		if ns == "" {
			ns = o.Namespace
		}
		m.named[key(object.Kind, ns, object.Name)] = true
	}
	return m
}

func key(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

// has tells whether an object counts for the readiness of the release. Tests
// and what a CronJob starts do not, whoever made them.
func (m members) has(kind string, object metav1.Object) bool {
	owners := m.s.owners(object)
	ours := len(m.o.Objects) == 0 && object.GetNamespace() == m.o.Namespace || m.itself(kind, object)
	if isTest(object) {
		return false
	}
	for _, ref := range owners {
		if ref.Kind == "CronJob" {
			return false
		}
		owner := m.s.byUID[ref.UID]
		if owner != nil && isTest(owner) {
			return false
		}
		ours = ours || m.named[key(ref.Kind, object.GetNamespace(), ref.Name)] || owner != nil && m.itself(ref.Kind, owner)
	}
	return ours
}

func (m members) itself(kind string, object metav1.Object) bool {
	return m.named[key(kind, object.GetNamespace(), object.GetName())] ||
		m.o.Release != "" && object.GetLabels()[instanceLabel] == m.o.Release
}

func (m members) pod(p *corev1.Pod) bool { return m.has("Pod", p) }

// isTest tells a hook that "helm test" runs.
func isTest(object metav1.Object) bool {
	for _, hook := range strings.Split(object.GetAnnotations()[hookAnnotation], ",") {
		if strings.HasPrefix(strings.TrimSpace(hook), "test") {
			return true
		}
	}
	return false
}

func isHook(object metav1.Object) bool { return object.GetAnnotations()[hookAnnotation] != "" }

func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
