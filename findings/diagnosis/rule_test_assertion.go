package diagnosis

import "regexp"

// pytestLine is what pytest prints of why.
var pytestLine = regexp.MustCompile(`^E\s+(?:assert\b|[\w.]*(?:Error|Exception|Failed)\b)`)

// A test asked the running release and got another answer than it wanted:
// pytest, go test, testify, Ginkgo, bats, TAP, k6's checks, helm test.

var testAssertion = rule{
	name: "test-assertion", class: TestAssertion, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "assert", match: pytestLine},
		{has: "error", match: pytestLine},
		{has: "exception", match: pytestLine},
		{has: "failed", match: pytestLine},
		{has: "assertionerror"},
		{has: "error:", match: regexp.MustCompile(`^\s*Error:\s+(Not equal|Received unexpected|Should |".*" does not contain|Expected )`)},
		{has: "expected", match: regexp.MustCompile(`(?i)^\s*(Expected\b.*\b(?:to|but|got)\b|.*\bgot\b.*\bwant\b|Expected$)`)},
		{has: "got:", match: regexp.MustCompile(`(?i)want`)},
		{has: "got ", match: regexp.MustCompile(`(?i)\bwant(ed)?\b|expected`)},
		{has: "received unexpected error:"},
		{has: "--- fail: "},
		{has: "[fail] "},
		{has: "[failed] "},
		{has: "not ok ", match: regexp.MustCompile(`^\s*not ok \d+`)},
		{has: "failed ", match: regexp.MustCompile(`^FAILED \S+::`)},
		{has: "✗ ", match: regexp.MustCompile(`^\s*✗ \w`)},
		{has: "↳ *%"},
		{has: "assertionfailederror"},
		{has: "assertionfailure"},
		{has: "expect(received)"},
		{has: "error: expect("},
		{has: "fail: ", match: regexp.MustCompile(`^\s*FAIL: `)},
		{has: "| fail |"},
		{has: "expected response to have"},
		{has: "failed in step"},
		{has: "✘ "},
		{has: "tests failed"},
		{has: "test * failed", match: regexp.MustCompile(`(?i)\btests? (suite )?\S* ?failed`)},
		{has: "assertion failed"},
		{has: "job * failed", match: regexp.MustCompile(`(?i)\bjob (?:\S+ )?failed`)},
		{has: "assert failed"},
		{has: "phase: * failed", match: regexp.MustCompile(`^Phase:\s+Failed`)},
		{has: "pod * failed", match: regexp.MustCompile(`(?i)^\s*(?:error: |\* )?pod \S+ failed\s*$`)},
		{has: "failed", match: regexp.MustCompile(`^=+ .*\b\d+ failed\b`)},
		{has: "tests: * failed", match: regexp.MustCompile(`^\s*Tests?:\s+\d+ failed`)},
		{has: "panic: test timed out after"},
		{has: "fail", match: regexp.MustCompile(`^FAIL\t\S+\t[\d.]+s$|^\s*\d+ failing$|^\d+ failed, \d+ passed|^kuttl/harness/\S+: FAIL$`)},
		{has: "value mismatch, expected:"},
		{has: "| assert | error |"},
		{has: "unable to get pod logs for"},
	},
	layers: []string{"unit", "test", "kubetest", "command", "k6"},
	examples: []example{
		{layer: "kubetest", key: 3, log: "    def test_ready(client):\n>       assert client.status() == 200\nE       assert 503 == 200\n\ntests/test_web.py:9: AssertionError"},
		{layer: "test", key: 1, log: "Error: pod shop-test failed\nNAME: shop\nTEST SUITE:     shop-test\nPhase:          Failed"},
		{layer: "command", log: "not ok 3 the web page has a title"},
		{layer: "test", log: "panic: test timed out after 10m0s"},
		{layer: "test", log: "    case.go:366: resource Deployment:shop/web: .status.readyReplicas: value mismatch, expected: 1 != actual: 0"},
	},
}

var testRequest = rule{
	name: "test-assertion/request", class: TestAssertion, blame: BlameChartOrEnv,
	layers: []string{"test", "kubetest"},
	signs: []sign{
		{has: "curl: (22)"},
		{has: "curl: (7)"},
		{has: "curl: (52)"},
		{has: "wget: server returned error"},
		{has: "wget: can't connect"},
		{has: "wget: download timed out"},
		{has: "wget: bad address"},
		{has: "the requested url returned error"},
	},
	over: map[Class]string{
		NetworkFlake: "a test asks the release itself, within the cluster",
	},
	examples: []example{
		{layer: "test", log: "wget: can't connect to remote host (10.96.14.3): Connection refused"},
		{layer: "test", log: "curl: (7) Failed to connect to web.shop.svc port 80 after 2 ms: Could not connect to server"},
	},
}
