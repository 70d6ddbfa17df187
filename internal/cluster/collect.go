package cluster

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// maxObject is the size to which the description of one object is cut, in bytes.
const maxObject = 48 << 10

// Collect writes down the objects of the namespace as they are now, and those
// that are named, such as custom resources; the nodes and versions too. It is
// for the moment at which something did not pass, before anything is removed,
// and may be called again: the last time counts. What cannot be read is in the error;
// the rest is written.
func (e *Evidence) Collect(ctx context.Context, objects ...Object) error {
	if e.root == nil {
		return e.err()
	}
	e.writeCluster(ctx)
	e.logs.catchUp(ctx)
	e.flush()
	s, err := e.cluster.observe(ctx, ReadyOptions{Namespace: e.namespace, Objects: slices.DeleteFunc(slices.Clone(objects), func(o Object) bool { return !judgedByConditions(o) })})
	if err != nil {
		e.problem(err)
		return e.err()
	}
	left := e.limits.total() * partObjects / 100
	for _, d := range described(s) {
		text, err := describe(d.object, e.cluster.Redactor)
		if err != nil {
			e.problem(fmt.Errorf("describing %s: %w", d.name, err))
			continue
		}
		if len(text) > left {
			e.problem(e.write(path.Join(objectFolder, "and-more.txt"), "There was no room for more objects.\n"))
			break
		}
		left -= len(text)
		e.problem(e.write(path.Join(objectFolder, fileName(d.name, "yaml")), text))
	}
	e.problem(e.secretNames(ctx))
	return nil
}

// described is an object and the name of its file.
type describedObject struct {
	name   string
	object any
}

// described lists what is written down of a state, what is not well first.
func described(s *state) []describedObject {
	var sick, well []describedObject
	add := func(kind, name string, ok bool, o any) {
		d := describedObject{kind + "-" + name, o}
		if ok {
			well = append(well, d)
		} else {
			sick = append(sick, d)
		}
	}
	for i := range s.custom {
		if c := &s.custom[i]; c.content != nil {
			add(c.Kind, c.Name, len(c.judge()) == 0, c.content.Object)
		}
	}
	for i := range s.deployments {
		add("Deployment", s.deployments[i].Name, deploymentWants(&s.deployments[i]).lacks == "", &s.deployments[i])
	}
	for i := range s.stateful {
		add("StatefulSet", s.stateful[i].Name, statefulWants(&s.stateful[i]).lacks == "", &s.stateful[i])
	}
	for i := range s.daemons {
		add("DaemonSet", s.daemons[i].Name, daemonWants(&s.daemons[i]).lacks == "", &s.daemons[i])
	}
	for i := range s.jobs {
		add("Job", s.jobs[i].Name, len(s.job(&s.jobs[i])) == 0, &s.jobs[i])
	}
	for i := range s.claims {
		add("PersistentVolumeClaim", s.claims[i].Name, len(s.claim(&s.claims[i])) == 0, &s.claims[i])
	}
	for i := range s.pods {
		p := &s.pods[i]
		add("Pod", p.Name, isReady(p) || p.Status.Phase == corev1.PodSucceeded, p)
	}
	for i := range s.services {
		add("Service", s.services[i].Name, true, &s.services[i])
	}
	for i := range s.ingresses {
		add("Ingress", s.ingresses[i].Name, true, &s.ingresses[i])
	}
	for i := range s.replicaSets {
		if rs := &s.replicaSets[i]; rs.Status.Replicas > 0 || hasFailed(rs) {
			add("ReplicaSet", rs.Name, !hasFailed(rs), rs)
		}
	}
	return append(sick, well...)
}

func hasFailed(rs *appsv1.ReplicaSet) bool {
	return slices.ContainsFunc(rs.Status.Conditions, func(c appsv1.ReplicaSetCondition) bool { return c.Type == appsv1.ReplicaSetReplicaFailure })
}

// describe writes an object as YAML, without what nobody reads, and without secrets.
func describe(object any, r *Redactor) (string, error) {
	content, ok := object.(map[string]any)
	if !ok {
		o, isObject := object.(runtime.Object)
		if !isObject {
			return "", errors.New("it is no object")
		}
		if kinds, _, err := scheme.Scheme.ObjectKinds(o); err == nil && len(kinds) > 0 {
			o = o.DeepCopyObject()
			o.GetObjectKind().SetGroupVersionKind(kinds[0]) // lists leave it out
		}
		var err error
		if content, err = runtime.DefaultUnstructuredConverter.ToUnstructured(o); err != nil {
			return "", err
		}
	} else {
		content = runtime.DeepCopyJSON(content)
	}
	unstructured.RemoveNestedField(content, "metadata", "managedFields")
	unstructured.RemoveNestedField(content, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
	hide(content)
	data, err := yaml.Marshal(content)
	if err != nil {
		return "", err
	}
	text := readable(string(data), r)
	if len(text) > maxObject {
		text = text[:strings.LastIndexByte(text[:maxObject], '\n')+1] + "# The rest was cut off.\n"
	}
	return text, nil
}

// secretName are names of environment variables whose values are nobody's business.
var secretName = regexp.MustCompile(`(?i)(?:passw|secret|token|credential|api_?key|access_?key|private_?key|dsn$)`)

// hide takes literal values out of environments where their names say that they
// are secret.
func hide(value any) {
	switch v := value.(type) {
	case map[string]any:
		name, named := v["name"].(string)
		if text, ok := v["value"].(string); ok && named && text != "" && secretName.MatchString(name) {
			v["value"] = hidden
		}
		for _, child := range v {
			hide(child)
		}
	case []any:
		for _, child := range v {
			hide(child)
		}
	}
}

// secretNames writes down which Secrets there are, with their keys and the sizes
// of their values: half of all faults with Secrets show in these.
func (e *Evidence) secretNames(ctx context.Context) error {
	list, err := e.cluster.kube.CoreV1().Secrets(e.namespace).List(ctx, metav1.ListOptions{Limit: 500, FieldSelector: "type!=helm.sh/release.v1"})
	if err != nil {
		return fmt.Errorf("listing the Secrets of namespace %s: %w", e.namespace, err)
	}
	var lines []string
	for i := range list.Items {
		s := &list.Items[i]
		var keys []string
		for key, value := range s.Data {
			keys = append(keys, fmt.Sprintf("%s (%d bytes)", clean(key, maxName), len(value)))
		}
		slices.Sort(keys)
		lines = append(lines, fmt.Sprintf("%s, of type %s: %s\n", named("Secret", s.Name), clean(string(s.Type), maxName), strings.Join(keys, ", ")))
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return e.write(path.Join(objectFolder, "Secrets.txt"), cut(strings.Join(lines, ""), maxObject))
}

// keptShare is how much of the whole one text may take, in percent.
const keptShare = 20

// Keep puts a text beside the rest, without secrets; one that is too long, half
// of which would tell an untruth, is left out.
func (e *Evidence) Keep(name, text string) {
	if e.root == nil {
		return
	}
	text = e.cluster.Redactor.Redact(text)
	if len(text) > e.limits.total()*keptShare/100 {
		e.problem(fmt.Errorf("%s is too long to be kept: %d bytes", name, len(text)))
		return
	}
	e.problem(e.write(fileName(name), text))
}

// writeCluster writes down the conditions of the nodes, and the versions.
func (e *Evidence) writeCluster(ctx context.Context) {
	version, err := e.cluster.Version(ctx)
	if err != nil {
		e.problem(err)
		return
	}
	text := "API server " + version + "\n"
	nodes, err := e.cluster.kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 100})
	if err != nil {
		e.problem(fmt.Errorf("listing the nodes: %w", err))
		e.problem(e.write(versionsFile, text))
		return
	}
	type shown struct {
		Name        string                 `json:"name"`
		Conditions  []corev1.NodeCondition `json:"conditions"`
		Taints      []corev1.Taint         `json:"taints,omitempty"`
		Capacity    corev1.ResourceList    `json:"capacity"`
		Allocatable corev1.ResourceList    `json:"allocatable"`
	}
	var all []shown
	for i := range nodes.Items {
		n := &nodes.Items[i]
		info := n.Status.NodeInfo
		text += clean(fmt.Sprintf("Node/%s kubelet %s, %s, %s, kernel %s, %s", n.Name, info.KubeletVersion, info.ContainerRuntimeVersion, info.OSImage, info.KernelVersion, info.Architecture), maxReason) + "\n"
		all = append(all, shown{n.Name, n.Status.Conditions, n.Spec.Taints, n.Status.Capacity, n.Status.Allocatable})
	}
	e.problem(e.write(versionsFile, text))
	data, err := yaml.Marshal(all)
	e.problem(err)
	e.problem(e.write(nodesFile, cut(readable(string(data), e.cluster.Redactor), e.limits.total()*4/100)))
}
