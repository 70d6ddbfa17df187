package diagnosis_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings/diagnosis"
)

// ordinary is what a healthy release says while it starts, with harmless words
// of failure in it.
func ordinary(lines, seed int) string {
	var b strings.Builder
	for i := range lines {
		n := i*7 + seed
		switch n % 6 {
		case 0:
			fmt.Fprintf(&b, "2026-01-02T10:%02d:%02d.%03dZ INFO web handled GET /items/%d in %dms\n", n/60%60, n%60, n%1000, n, n%90)
		case 1:
			fmt.Fprintf(&b, "10:%02d:%02d Normal Scheduled pod/web-6c9f5b7d8f-x%dzk2 Successfully assigned shop/web to node-%d\n", n/60%60, n%60, n%8+2, n%3)
		case 2:
			fmt.Fprintf(&b, "2026-01-02 10:%02d:%02d,%03d WARN could not connect to db (attempt %d/5), retrying; 0 failed, 0 errors so far\n", n/60%60, n%60, n%1000, n%5)
		case 3:
			fmt.Fprintf(&b, "10.1.%d.%d - - [02/Jan/2026:10:00:%02d +0000] \"GET /_health HTTP/1.1\" 503 %d \"-\" \"kube-probe/1.34\"\n", n%200, n%250, n%60, n%900)
		case 4:
			fmt.Fprintf(&b, "I0102 10:%02d:%02d.%06d       1 leaderelection.go:%d] successfully acquired lease kube-system/web\n", n/60%60, n%60, n%999999, n%300)
		case 5:
			fmt.Fprintf(&b, "10:%02d:%02d Warning Unhealthy pod/web-0 Readiness probe failed: dial tcp 10.1.%d.%d:8080: connect: connection refused\n", n/60%60, n%60, n%200, n%250)
		}
	}
	return b.String()
}

// BenchmarkDiagnose is one cell of the thousand that share 100 MB of logs: 100 KB,
// and as much of its neighbour.
func BenchmarkDiagnose(b *testing.B) {
	text := ordinary(500, 1) + "Error: INSTALLATION FAILED: timed out waiting for the condition\n" +
		"Warning  Failed  8s  kubelet  Failed to pull image \"example/web:9\": manifest unknown\n" + ordinary(500, 2)
	in := diagnosis.Input{
		Layer:    "install",
		Sources:  []diagnosis.Source{{Name: "events", Text: text}},
		Siblings: []diagnosis.Source{{Name: "events", Text: ordinary(1000, 3)}},
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if d := diagnosis.Diagnose(in); d.Class != diagnosis.ImagePull {
			b.Fatal(d)
		}
	}
}
