package diagnosis

import "regexp"

// The values do not keep to the chart's values.schema.json
// (helm.sh/helm/pkg/chart/common/util, with the words of jsonschema/v6, and of
// gojsonschema before Helm 3.18).

var valuesSchema = rule{
	name: "values-schema", class: ValuesSchema, blame: BlameChart,
	signs: []sign{
		{has: "- at '*': ", unless: []string{"problem validating schema", "is invalid:"}},
		{has: "- (root): "},
		{has: "(root): ", unless: []string{"is invalid:", "contains an invalid", "problem validating"}, match: regexp.MustCompile(`\(root\): (?:[\w.-]+ is required|Additional property|Invalid type|Must )`)},
		{has: "must validate one and only one schema", match: schemaItem},
		{has: "must validate at least one schema", match: schemaItem},
		{has: "must validate all the schemas", match: schemaItem},
		{has: "must not validate the schema", match: schemaItem},
		{has: "must be greater than", match: schemaItem},
		{has: "must be less than", match: schemaItem},
		{has: "does not match format '", match: schemaItem},
		{has: "additional items are not allowed", match: schemaItem},
		{has: "must be unique", match: schemaItem},
		{has: "is not of type '", match: regexp.MustCompile(`values\S*\.ya?ml`)},
		{has: "is required", unless: []string{"chart", "version", "flag", "argument", "error calling", "execution error", "authentication", "must be set"}, match: schemaItem},
		{has: "invalid type. expected:", unless: []string{"is invalid:", "contains an invalid", "problem validating"}},
		{has: "additional property * is not allowed", unless: []string{"is invalid:"}},
		{has: "does not match pattern '"},
		{has: "must be one of the following:", match: schemaItem},
		{has: "values don't meet the specifications of the schema"},
		{has: "values.schema.json", unless: []string{"downloading", "no such file", "skipp", "generated", "info"}},
		{has: "must be greater than or equal to", match: schemaItem},
		{has: "must be less than or equal to", match: schemaItem},
		{has: "string length must be", match: schemaItem},
		{has: "array must have at", match: schemaItem},
		{has: "at '* additional properties * not allowed", unless: []string{"problem validating schema", "is invalid", "jsonschema"}},
	},
	layers: []string{"lint", "render", "unit", "install", "upgrade", "schema", "test", "kubetest", "k6", "command"},
	over:   map[Class]string{TemplateInvalid: "lint says of such values that the chart is invalid"},
	examples: []example{
		{layer: "install", key: 3, log: "Error: INSTALLATION FAILED: values don't meet the specifications of the schema(s) in the following chart(s):\nshop:\n- at '/web/replicas': got string, want integer\n"},
		{layer: "lint", key: 3, log: "==> Linting shop\n[ERROR] values.yaml: - web.replicas: Invalid type. Expected: integer, given: string\n- (root): image is required\n\nError: 1 chart(s) linted, 1 chart(s) failed"},
		{layer: "install", key: 2, log: "shop:\n- web.probe: Must validate one and only one schema (oneOf)"},
	},
}
