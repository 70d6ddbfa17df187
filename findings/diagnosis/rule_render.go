package diagnosis

import (
	"regexp"
	"slices"
)

// schemaItem is how gojsonschema's errors are listed.
var schemaItem = regexp.MustCompile(`(?:^|")\s*(\[ERROR\] values\.yaml: )?- [\w.\[\]()-]+: `)

// The chart renders, but not what its unit tests expect (helm-unittest:
// pkg/unittest; go test; conftest).

var renderMismatch = rule{
	name: "render-mismatch/unittest", class: RenderMismatch, blame: BlameChart,
	signs: []sign{
		{has: "- asserts[*] * fail"},
		{has: "expected to match snapshot"},
		{has: "not exists or not selected in test suite"},
		{has: "snapshot summary: * snapshot failed"},
		{has: "snapshots failed in"},
		{has: "expected to equal:"},
		{has: "expected to contain:"},
		{has: "plugin \"unittest\" exited with error"},
	},
	examples: []example{
		{layer: "unit", key: 4, log: " FAIL  web\ttests/web_test.yaml\n\t- should set the port\n\n\t\t- asserts[0] `equal` fail\n\t\t\tTemplate:\tshop/templates/web.yaml\n\t\t\tPath:\tspec.ports[0].port\n\t\t\tExpected to equal:\n\t\t\t\t80\n\nError: plugin \"unittest\" exited with error"},
		{layer: "unit", key: 1, log: "\t\t- asserts[1] `matchSnapshot` fail\n\t\t\tTemplate:\tshop/templates/web.yaml\n\t\t\tExpected to match snapshot 1:\n\nSnapshot Summary: 1 snapshot failed in 1 test suite. Check changes and use `-u` to update snapshot."},
	},
}

var renderTest = rule{
	name: "render-mismatch/test", class: RenderMismatch, blame: BlameChart,
	layers: []string{"unit", "render", "schema"},
	signs: []sign{
		{has: "error:", match: regexp.MustCompile(`^\s*Error:\s+(Not equal|Received unexpected|Should |".*" does not contain|Expected )`)},
		{has: "--- fail: "},
		{has: "fail - * - * - "},
		{has: "e       assert"},
		{has: "not ok ", match: regexp.MustCompile(`^not ok \d+`)},
	},
	examples: []example{
		{layer: "unit", key: 3, log: "=== RUN   TestService\n    service_test.go:31:\n        Error:      \tNot equal: \n                    \texpected: 80\n                    \tactual  : 8080\n--- FAIL: TestService (0.12s)"},
	},
}

// renderUnit is what says of a running release, elsewhere, that a test failed: in
// these layers there is none, and the test asks the rendered chart.
var renderUnit = rule{
	name: "render-mismatch/unit", class: RenderMismatch, blame: BlameChart,
	layers: []string{"unit", "render", "schema"},
	signs: slices.Concat([]sign{
		{has: "snapshot failed"},
		{has: "snapshots failed"},
		{has: "snapshot * mismatched"},
		{has: "golden file", match: regexp.MustCompile(`(?i)differ|mismatch|does not match|not equal`)},
		{has: "rendered", match: regexp.MustCompile(`(?i)rendered \S+ (?:differs?|does not match|do not match)`)},
		{has: ": fail (", match: regexp.MustCompile(`(?:^|")\s*data\.\S+: FAIL \(`)},
	}, testAssertion.signs),
	examples: []example{
		{layer: "unit", key: 2, log: "  ● web chart › has a port\n    expect(received).toEqual(expected) // deep equality"},
		{layer: "unit", log: " › 2 snapshots failed."},
		{layer: "unit", log: "data.main.test_limits: FAIL (1.2ms)"},
		{layer: "render", log: "Error: rendered manifests differ from those in expected/"},
	},
}

// renderSuite is what is left of helm-unittest's words where nothing says why.
var renderSuite = rule{
	name: "render-mismatch/suite", class: RenderMismatch, blame: BlameChart,
	signs: []sign{
		{has: "fail *_test.y", match: regexp.MustCompile(`^\s*FAIL\s+.*_test\.ya?ml`)},
	},
	examples: []example{
		{layer: "unit", log: " FAIL  web\ttests/web_test.yaml"},
	},
}
