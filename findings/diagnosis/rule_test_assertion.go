package diagnosis

import "regexp"

// A test asked the running release and got another answer than it wanted:
// pytest, go test, testify, Ginkgo, bats, TAP, k6's checks, helm test.

var testAssertion = rule{
	name: "test-assertion", class: TestAssertion, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "assertionerror"},
		{has: "e ", match: regexp.MustCompile(`^E\s+(assert\b|\w*(Error|Exception|Failed)\b)`)},
		{has: "e   ", match: regexp.MustCompile(`^E\s+(assert\b|\w*(Error|Exception|Failed)\b)`)},
		{has: "error:", match: regexp.MustCompile(`^\s*Error:\s+(Not equal|Received unexpected|Should |".*" does not contain|Expected )`)},
		{has: "expected", match: regexp.MustCompile(`(?i)^\s*(Expected\b.*\b(?:to|but|got)\b|.*\bgot\b.*\bwant\b|Expected$)`)},
		{has: "got:", match: regexp.MustCompile(`(?i)want`)},
		{has: "got ", match: regexp.MustCompile(`(?i)\bwant(ed)?\b|expected`)},
		{has: "--- fail: "},
		{has: "[fail] "},
		{has: "[failed] "},
		{has: "not ok ", match: regexp.MustCompile(`^\s*not ok \d+`)},
		{has: "failed ", match: regexp.MustCompile(`^FAILED \S+::`)},
		{has: "✗ ", match: regexp.MustCompile(`^\s*✗ \w`)},
		{has: "↳ *%"},
		{has: "assertion failed"},
		{has: "assert failed"},
		{has: "phase: * failed", match: regexp.MustCompile(`^Phase:\s+Failed`)},
		{has: "pod * failed", match: regexp.MustCompile(`^\s*(Error:|\*) pod \S+ failed$`)},
		{has: "failed", match: regexp.MustCompile(`^=+ .*\b\d+ failed\b`)},
	},
	layers: []string{"test", "kubetest", "command", "k6", "install", "upgrade", "unit"},
	examples: []example{
		{layer: "kubetest", key: 3, log: "    def test_ready(client):\n>       assert client.status() == 200\nE       assert 503 == 200\n\ntests/test_web.py:9: AssertionError"},
		{layer: "test", key: 1, log: "Error: pod shop-test failed\nNAME: shop\nTEST SUITE:     shop-test\nPhase:          Failed"},
		{layer: "command", log: "not ok 3 the web page has a title"},
	},
}
