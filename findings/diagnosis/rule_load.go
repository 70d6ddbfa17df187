package diagnosis

import "regexp"

// k6 measured more than its script allows (go.k6.io/k6/internal/cmd,
// internal/js/summary).

var loadThreshold = rule{
	name: "load-threshold", class: LoadThreshold, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "✗ *<", match: regexp.MustCompile(`^\s*✗ '?(?:\w*\{[^}]*\} )?[\w().]+ ?[<>=]`)},
		{has: "✗ *>", match: regexp.MustCompile(`^\s*✗ '?(?:\w*\{[^}]*\} )?[\w().]+ ?[<>=]`)},
		{has: "✗ '", match: regexp.MustCompile(`✗ '[\w().]+ ?[<>=!]`)},
		{has: "thresholds on metrics * were breached"},
		{has: "thresholds on metrics * have been crossed"},
		{has: "thresholds on metrics * have been breached"},
		{has: "thresholds have failed"},
		{has: "✗ *...: ", match: regexp.MustCompile(`^\s*✗ [\w{}:]+\.*: `)},
		{has: "threshold * crossed"},
		{has: "threshold * breached"},
		{has: "thresholds * failed"},
	},
	over: map[Class]string{
		NetworkFlake:  "requests that fail are what was measured",
		TestAssertion: "k6's checks count into its thresholds",
	},
	examples: []example{
		{layer: "k6", key: 2, log: "  http_req_duration\n  ✗ 'p(95)<500' p(95)=812.4ms\n\ntime=\"2026-01-02T10:00:00Z\" level=error msg=\"thresholds on metrics 'http_req_duration' have been crossed\""},
		{layer: "k6", log: "   ✗ http_req_failed................: 12.50% ✓ 40 ✗ 280"},
		{layer: "k6", key: 2, log: "WARN[0003] Request Failed  error=\"Get \\\"http://web/\\\": read tcp 10.1.0.4:40112->10.96.3.4:80: read: connection reset by peer\"\nERRO[0031] thresholds on metrics 'http_req_failed' have been crossed"},
	},
}

// loadLimit is how other programs that measure say it (Gatling, Artillery, Locust,
// wrappers), and k6's own exit code for it (go.k6.io/k6/errext/exitcodes).
var loadLimit = rule{
	name: "load-threshold/limit", class: LoadThreshold, blame: BlameChartOrEnv,
	layers: []string{"k6"},
	signs: []sign{
		{has: "percentile of response time * : false"},
		{has: "percentage of failed events * : false"},
		{has: "of response time is * : false"},
		{has: "fail: ensure"},
		{has: "ensure * failed", match: regexp.MustCompile(`\bp\d{2}|median|min|max|maxErrorRate`)},
		{has: "fail: http."},
		{has: "failure ratio >"},
		{has: "response time * above threshold"},
		{has: "average response time >"},
		{has: "latency", match: regexp.MustCompile(`(?i)(?:exceed(?:s|ed)|is above|is over|higher than|greater than) .*\d`)},
		{has: "(thresholds)", match: regexp.MustCompile(`(?i)fail`)},
		{has: "fail * threshold "},
		{has: "threshold * failed"},
		{has: "✗ ", match: regexp.MustCompile(`^\s*✗ \w+: (?:p\(|avg|med|min|max|rate|count)`)},
		{has: "threshold * exceeded"},
		{has: "exit status 99"},
		{has: "exited with code 99"},
		{has: "exit code 99"},
		{has: "exit code: 99"},
	},
	over: map[Class]string{TestAssertion: "what was asked for is a measure"},
	examples: []example{
		{layer: "k6", log: "Global: 99th percentile of response time is less than 800.0 : false (actual : 1204.0)"},
		{layer: "k6", log: "CRITICAL: Test failed due to failure ratio > 2%"},
		{layer: "k6", log: "k6 exited with code 99"},
	},
}
