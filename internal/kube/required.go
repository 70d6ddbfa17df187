package kube

import "github.com/posthog/chart-matrix/internal/kube/catalog"

// The OpenAPI document calls a field required when its Go field has no
// "omitempty". The API server never reads that: it decodes into the Go struct,
// fills in defaults, and then validates. So a required field may be left out
// wherever its zero value is a good one. The tables below and the rules in
// requirement follow the validation functions of Kubernetes
// (pkg/apis/*/validation), not the OpenAPI document.

// tolerated lists required fields that the API server does without, and why.
var tolerated = map[string]string{
	"apps/v1.ControllerRevision.data":                                     "validated by its owner alone",
	"apps/v1.ControllerRevision.revision":                                 "0 is a revision",
	"apps/v1.StatefulSetSpec.serviceName":                                 "not validated",
	"batch/v1.PodFailurePolicy.rules":                                     "an empty list has no effect",
	"batch/v1.PodFailurePolicyOnPodConditionsPattern.status":              "defaults to True",
	"core/v1.EvictionResponder.priority":                                  "0 is a priority",
	"core/v1.HTTPHeader.value":                                            "may be empty",
	"core/v1.ISCSIPersistentVolumeSource.lun":                             "0 is a LUN",
	"core/v1.ISCSIVolumeSource.lun":                                       "0 is a LUN",
	"core/v1.LimitRangeSpec.limits":                                       "an empty list has no effect",
	"core/v1.ScaleIOPersistentVolumeSource.secretRef":                     "not validated",
	"core/v1.ScaleIOVolumeSource.secretRef":                               "not validated",
	"core/v1.SleepAction.seconds":                                         "0 is allowed since 1.33",
	"core/v1.Sysctl.value":                                                "may be empty",
	"discovery/v1.EndpointSlice.endpoints":                                "may be empty",
	"discovery/v1beta1.EndpointSlice.endpoints":                           "may be empty",
	"events/v1.Event.eventTime":                                           "not validated for events of old reporters",
	"events/v1beta1.Event.eventTime":                                      "not validated for events of old reporters",
	"meta/v1.GroupResource.group":                                         "empty is the core group",
	"policy/v1beta1.HostPortRange.max":                                    "0 is a port here",
	"policy/v1beta1.HostPortRange.min":                                    "0 is a port here",
	"policy/v1beta1.IDRange.max":                                          "0 is a user",
	"policy/v1beta1.IDRange.min":                                          "0 is a user",
	"policy/v1beta1.RuntimeClassStrategyOptions.allowedRuntimeClassNames": "may be empty",
	"rbac/v1.RoleRef.apiGroup":                                            "defaults to rbac.authorization.k8s.io",
	"scheduling/v1.PriorityClass.value":                                   "0 is a priority",
	"storage/v1.CSINodeSpec.drivers":                                      "may be empty",
	"storage/v1.TokenRequest.audience":                                    "empty is the API server's own",
}

// demanded lists fields that the API server asks for although the document does
// not call them required, or although an empty object of their type lacks
// nothing: pointers, and unions of which one member must be chosen.
var demanded = map[string]bool{
	"admissionregistration/v1.MutatingWebhook.clientConfig":   true,
	"admissionregistration/v1.ValidatingWebhook.clientConfig": true,
	"apps/v1.DaemonSetSpec.selector":                          true,
	"apps/v1.DeploymentSpec.selector":                         true,
	"apps/v1.ReplicaSetSpec.selector":                         true,
	"apps/v1.StatefulSetSpec.selector":                        true,
	"core/v1.ConfigMapVolumeSource.name":                      true,
	"core/v1.Container.image":                                 true,
	"core/v1.ExecAction.command":                              true,
	"core/v1.PersistentVolumeClaimSpec.accessModes":           true,
	"core/v1.SecretVolumeSource.secretName":                   true,
	"networking/v1.HTTPIngressPath.backend":                   true,
}

// noBlanks lists lists of strings whose members must not be empty. Elsewhere
// null or "" in a list of strings passes, or is judged by rules that depend on
// more than its place.
var noBlanks = map[string]bool{
	"networking/v1.IngressTLS.hosts": true,
}

// lax are the types that no chart creates, or that servers fill in themselves;
// a missing field in them is not reported.
func lax(typ string) bool {
	switch typ {
	case "meta/v1.ManagedFieldsEntry", "core/v1.Event", "events/v1.Event", "events/v1beta1.Event",
		"core/v1.EventSeries", "events/v1.EventSeries", "events/v1beta1.EventSeries":
		return true
	}
	return false
}

// requirement decides how the absence of a field is judged, see field.
func requirement(typ string, f catalog.Field, target *node) (enforced, implied bool) {
	name := typ + "." + f.Name
	if demanded[name] {
		return true, false
	}
	if lax(typ) || tolerated[name] != "" {
		return false, false
	}
	switch target.shape {
	case shapeStruct:
		// A spec is held by value in every built-in type, so an absent one is
		// an empty one, whether or not the document calls it required.
		return false, f.Required || f.Name == "spec"
	case shapeBool, shapeTime, shapeAny, shapeObject:
		return false, false
	}
	return f.Required, false
}
