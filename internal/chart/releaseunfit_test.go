package chart

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestClassify(t *testing.T) {
	const typed = "failed to create typed patch object (space/web; apps/v1, Kind=Deployment): "
	for _, test := range []struct {
		said    string
		code    int
		reason  metav1.StatusReason
		kind    RefusalKind // empty: the server could not answer
		field   string
		message string
	}{
		{typed + ".spec.replicaz: field not declared in schema", 500, "", RefusedObject, "spec.replicaz", "unknown field spec.replicaz"},
		{typed + `.spec.template.spec.containers[name="a.b: c"].image: expected string, got &value.valueUnstructured{Value:5}`, 500, "", RefusedObject,
			`spec.template.spec.containers[name="a.b: c"].image`, `spec.template.spec.containers[name="a.b: c"].image: expected string, got 5`},
		{typed + "errors:\n  .spec.paused: expected boolean, got &{7}\n  .spec.replicas: expected numeric (int or float), got string", 500, "", RefusedObject,
			"spec.paused", "spec.paused: expected boolean, got 7"},
		{typed + ".spec.template.spec.containers: element 0: associative list with keys has an element that omits key field \"name\"", 500, "", RefusedObject,
			"spec.template.spec.containers", "spec.template.spec.containers: element 0: associative list with keys has an element that omits key field \"name\""},
		{typed + ".spec.template.spec.volumes: duplicate entries for key [name=\"tmp\"]", 500, "", RefusedObject,
			"spec.template.spec.volumes", "spec.template.spec.volumes: duplicate entries for key [name=\"tmp\"]"},
		{typed + "expected map, got nil", 500, "", RefusedObject, "", "expected map, got nil"},
		{"failed to convert new typed object (space/web; apps/v1, Kind=Deployment) to object: unable to convert unstructured object to apps/v1, Kind=Deployment: quantities must match the regular expression '^…$'", 500, "", RefusedObject,
			"", "quantities must match the regular expression '^…$'"},
		{"failed to create typed live object (space/web; apps/v1, Kind=Deployment): .spec.x: field not declared in schema", 500, "", RefusedObject, "spec.x", "unknown field spec.x"},
		{"failed to convert new object (space/web; apps/v1, Kind=Deployment) to proper version: unable to convert", 500, "", RefusedObject, "", "unable to convert"},
		{`Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"`, 400, metav1.StatusReasonBadRequest, RefusedObject, "spec.replicaz", "unknown field spec.replicaz"},
		{`strict decoding error: duplicate field "spec.template", unknown field "spec.b"`, 400, metav1.StatusReasonBadRequest, RefusedObject, "spec.template", "duplicate field spec.template"},
		{`error strict decoding YAML: error converting YAML to JSON: line 7: key "a" already set`, 400, metav1.StatusReasonBadRequest, RefusedObject, "", `error converting YAML to JSON: line 7: key "a" already set`},
		{`Service in version "v1" cannot be handled as a Service: json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort`, 400, metav1.StatusReasonBadRequest, RefusedObject, "spec.ports", "spec.ports: expected a list, got object"},
		{`ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string`, 400, metav1.StatusReasonBadRequest, RefusedObject, "data", "data: expected text, got number"},
		{`PersistentVolumeClaim in version "v1" cannot be handled as a PersistentVolumeClaim: quantities must match the regular expression '^…$'`, 400, metav1.StatusReasonBadRequest, RefusedObject, "", "quantities must match the regular expression '^…$'"},
		{"the API version in the data (apps/v1) does not match the expected API version (batch/v1)", 400, metav1.StatusReasonBadRequest, RefusedObject, "", ""},
		{`Thing.example.com "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`, 422, metav1.StatusReasonInvalid, RefusedObject, "", ""},
		{"the server rejected our request due to an error in our request", 422, "", RefusedObject, "", ""},
		{`Apply failed with 2 conflicts: conflicts with "kubectl" using v1:`, 409, metav1.StatusReasonConflict, RefusedConflict, "", ""},
		{`Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable`, 422, metav1.StatusReasonInvalid, RefusedImmutable, "", ""},
		{`admission webhook "w.example.com" denied the request: unknown field "x"`, 400, "", RefusedAdmission, "x", "unknown field x"},
		{"the server does not allow this method on the requested resource", 405, metav1.StatusReasonMethodNotAllowed, RefusedObject, "", ""},
		{"the body of the request was in an unknown format", 415, metav1.StatusReasonUnsupportedMediaType, RefusedObject, "", ""},
		{"the server could not find the requested resource", 404, metav1.StatusReasonNotFound, RefusedAPI, "", ""},

		{"etcdserver: request timed out", http.StatusInternalServerError, metav1.StatusReasonInternalError, "", "", ""},
		{"Timeout: request did not complete within requested timeout", http.StatusGatewayTimeout, metav1.StatusReasonTimeout, "", "", ""},
		{"too many requests", http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "", "", ""},
		{`deployments.apps "web" is forbidden: User "a" cannot patch resource`, http.StatusForbidden, metav1.StatusReasonForbidden, "", "", ""},
		{"Unauthorized", http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "", "", ""},
		{`unable to create new content in namespace n because it is being terminated`, http.StatusForbidden, metav1.StatusReasonForbidden, "", "", ""},
		{`object is being deleted: jobs.batch "a" already exists`, http.StatusConflict, metav1.StatusReasonAlreadyExists, "", "", ""},
	} {
		kind, refused := classify(test.said, test.code, test.reason)
		if kind != test.kind || refused != (test.kind != "") {
			t.Errorf("%s: got %q, %t", test.said, kind, refused)
		}
		if field, message := unfit(test.said); field != test.field || message != test.message {
			t.Errorf("%s: got %q, %q", test.said, field, message)
		}
	}
}

func FuzzUnfit(f *testing.F) {
	f.Add("failed to create typed patch object (a/b; v1, Kind=A): errors:\n  .spec[a=\"x].b: ]: no\n")
	f.Add("strict decoding error: unknown field \"")
	f.Fuzz(func(t *testing.T, said string) {
		if field, message := unfit(said); field != "" && message == "" {
			t.Errorf("%q: field %q is wrong, and nothing says why", said, field)
		}
	})
}
