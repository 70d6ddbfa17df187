package diagnosis

import "regexp"

// The upgrade changes what Kubernetes does not let change
// (k8s.io/kubernetes/pkg/apis/*/validation).

var upgradeImmutable = rule{
	name: "upgrade-immutable", class: UpgradeImmutable, blame: BlameChart,
	layers: releaseLayers,
	signs: []sign{
		{has: "forbidden: updates to * for fields other than"},
		{has: "field is immutable"},
		{has: "spec is immutable after creation"},
		{has: "is immutable after creation"},
		{has: "forbidden: updates to * are forbidden"},
		{has: "may not change once set"},
		{has: "field can not be less than"},
		{has: "cannot change roleref"},
		{has: "field is immutable when"},
		{has: "pod updates may not change fields other than"},
		{has: "is immutable", unless: []string{"immutable: true"}},
		{has: "immutable field"},
		{has: "cannot be changed once"},
		{has: "cannot be updated after creation"},
		{has: "may not be changed in an update"},
		{has: "may not be changed", match: regexp.MustCompile(`(?i)\bfield\b.* may not be changed|spec\.\S+ may not be changed`)},
		{has: "can't be changed after"},
		{has: "cannot be changed after"},
		{has: "cannot be modified after"},
		{has: "can not be changed after"},
		{has: "may not be modified after"},
		{has: "not allowed after creation"},
		{has: "can't shrink existing"},
		{has: "must appear in spec.versions"},
		{has: "cannot be updated", match: regexp.MustCompile(`\bspec\.\w+\W* cannot be updated|field \S+ cannot be updated`)},
	},
	over: map[Class]string{TemplateInvalid: "an object with a field that may not change is called invalid, too"},
	examples: []example{
		{layer: "upgrade", log: "Error: UPGRADE FAILED: cannot patch \"db\" with kind StatefulSet: StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', 'updateStrategy' and 'minReadySeconds' are forbidden"},
		{layer: "upgrade", log: "Error: UPGRADE FAILED: cannot patch \"web\" with kind Deployment: Deployment.apps \"web\" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"web\"}}: field is immutable"},
		{layer: "upgrade", log: "Error: UPGRADE FAILED: cannot patch \"queue\" with kind Queue: Queue.example.org \"queue\" is invalid: spec.mode: Invalid value: \"b\": mode cannot be changed after creation"},
	},
}
