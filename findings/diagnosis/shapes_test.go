package diagnosis

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// shapes are the forms in which the same lines come: by the way they took.
var shapes = map[string]func(i int, line string) string{
	"windows":            func(_ int, l string) string { return l + "\r" },
	"github":             func(i int, l string) string { return fmt.Sprintf("2026-01-02T10:00:%02d.1234567Z %s", i%60, l) },
	"kubectl timestamps": func(i int, l string) string { return fmt.Sprintf("2026-01-02T10:00:%02d.123456789Z %s", i%60, l) },
	"kubectl prefix":     func(_ int, l string) string { return "[pod/web-5b9c7d6f4-x2x4z/web] " + l },
	"compose":            func(_ int, l string) string { return "web-1  | " + l },
	"gitlab":             func(i int, l string) string { return fmt.Sprintf("2026-01-02T10:00:%02d.123456Z 01O %s", i%60, l) },
	"go test": func(i int, l string) string {
		return fmt.Sprintf("    logger.go:66: 2026-01-02T10:00:%02dZ %s", i%60, l)
	},
	"colour":       func(_ int, l string) string { return "\x1b[31;1m" + l + "\x1b[0m" },
	"github error": func(_ int, l string) string { return "##[error]" + l },
	"comment":      func(_ int, l string) string { return "# " + l },
	"tab":          func(_ int, l string) string { return "\t" + l },
	"json": func(i int, l string) string {
		b, _ := json.Marshal(map[string]string{"level": "error", "msg": l, "ts": fmt.Sprintf("2026-01-02T10:00:%02dZ", i%60)})
		return string(b)
	},
	"json stream": func(i int, l string) string {
		b, _ := json.Marshal(map[string]string{"log": l + "\n", "stream": "stderr", "time": fmt.Sprintf("2026-01-02T10:00:%02dZ", i%60)})
		return string(b)
	},
	"logfmt": func(_ int, l string) string { return fmt.Sprintf("time=2026-01-02T10:00:00Z level=error msg=%q", l) },
	"interleaved": func(i int, l string) string {
		return fmt.Sprintf("[pod/web-0/web] 10.1.0.%d GET /ready 200\n[pod/db-0/db] %s\n[pod/web-1/web] 10.1.0.%d GET /ready 200", i, l, i)
	},
}

// printed are rules of which some phrases tell what a command prints, at the beginning
// of its line, from what a program logs; they are not looked for within messages.
var printed = map[string]bool{
	"api-removed/built-in": true, "api-removed/custom": true,
	"load-threshold": true, "test-assertion": true, "network-flake/download": true,
}

// TestShapes tries the examples of all rules in every shape.
func TestShapes(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			for _, r := range rules() {
				for n, ex := range r.examples {
					lines := strings.Split(ex.log, "\n")
					for i, l := range lines {
						lines[i] = shape(i, l)
					}
					d := Diagnose(Input{Layer: ex.layer, Sources: []Source{{Text: strings.Join(lines, "\n")}}})
					if within := name == "json" || name == "logfmt"; within && printed[r.name] {
						continue
					}
					if d.Rule != r.name {
						t.Errorf("example %d of %s is taken for %s:\n%s", n+1, r.name, d.Rule, strings.Join(lines, "\n"))
					}
				}
			}
		})
	}
}
