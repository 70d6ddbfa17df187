package cluster

import (
	"errors"
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
)

// judgedByConditions tells the objects that are judged by kstatus, the
// conventions that Helm 4 waits by too: all kinds that are not Kubernetes' own,
// and its two that bring such kinds.
func judgedByConditions(o Object) bool {
	switch o.group() {
	case "apiextensions.k8s.io", "apiregistration.k8s.io":
		return true
	}
	return !scheme.Scheme.IsGroupRegistered(o.group())
}

// Many operators tell how far they are in one word, which kstatus does not
// know. Words that are in neither list say nothing.
var (
	phaseFields = []string{"phase", "state", "status", "health"}
	underWay    = []string{"pending", "inprogress", "creating", "provisioning", "progressing", "reconciling", "initializing", "installing", "deploying", "updating", "starting"}
	wentWrong   = []string{"failed", "error", "aborted", "degraded", "unhealthy"}
)

// judge judges an object by its conditions.
func (c *customObject) judge() []Blocker {
	blocked := func(class, reason string) []Blocker {
		return []Blocker{about(c.Kind, c.Namespace, c.Name, class, reason)}
	}
	if c.content == nil {
		if c.why != "" {
			return blocked(Missing, c.why)
		}
		return blocked(Missing, "it is not in the cluster")
	}
	res, err := status.Compute(c.content)
	if err != nil {
		return blocked(CustomResource, "its status cannot be read: "+err.Error())
	}
	reason := res.Message
	for _, cond := range res.Conditions {
		if cond.Reason != "" && cond.Reason != "Ready" && !strings.Contains(reason, cond.Reason) {
			reason = cond.Reason + ": " + reason
			break
		}
	}
	switch res.Status {
	case status.InProgressStatus, status.UnknownStatus, status.NotFoundStatus:
		return blocked(CustomResource, "it is not ready: "+reason)
	case status.FailedStatus:
		return blocked(CustomResource, "it failed: "+reason)
	case status.TerminatingStatus:
		return blocked(Terminating, "it is being deleted, and held by "+finalizers(c.content.GetFinalizers()))
	case status.CurrentStatus:
	}
	if saysReady(c.content) {
		return nil
	}
	for _, field := range phaseFields {
		word, _, _ := unstructured.NestedString(c.content.Object, "status", field)
		switch plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(word)); {
		case slices.Contains(wentWrong, plain):
			return blocked(CustomResource, "its status."+field+" is "+word+message(c.content))
		case slices.Contains(underWay, plain):
			return blocked(CustomResource, "it is not ready: its status."+field+" is "+word+message(c.content))
		}
	}
	return nil
}

// saysReady tells whether there is a condition Ready that is True, against
// which a phase does not count.
func saysReady(u *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	return slices.ContainsFunc(conditions, func(c any) bool {
		m, ok := c.(map[string]any)
		return ok && m["type"] == "Ready" && m["status"] == "True"
	})
}

// message gives what stands beside a phase.
func message(u *unstructured.Unstructured) string {
	for _, field := range []string{"message", "error", "reason"} {
		if text, _, _ := unstructured.NestedString(u.Object, "status", field); text != "" {
			return ": " + text
		}
	}
	return ""
}

// finalizers lists what must be taken away before an object goes.
func finalizers(list []string) string {
	if len(list) == 0 {
		return "no finalizer"
	}
	sorted := slices.Sorted(slices.Values(list))
	return "the finalizers " + strings.Join(sorted, ", ")
}

// unservedBy tells an error that says that the cluster does not have the kind.
func unservedBy(err error) (string, bool) {
	var unserved *errUnserved
	if errors.As(err, &unserved) {
		return unserved.Error(), true
	}
	return "", false
}
