package diagnosis

import "regexp"

// k6 measured more than its script allows (go.k6.io/k6/internal/cmd,
// internal/js/summary).

var loadThreshold = rule{
	name: "load-threshold", class: LoadThreshold, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "✗ *<", match: regexp.MustCompile(`^\s*✗ '?(?:\w*\{[^}]*\} )?[\w()]+ ?[<>=]`)},
		{has: "✗ *>", match: regexp.MustCompile(`^\s*✗ '?(?:\w*\{[^}]*\} )?[\w()]+ ?[<>=]`)},
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
