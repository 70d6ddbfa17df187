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
	"load-threshold": true, "render-mismatch/suite": true, "test-assertion": true, "network-flake/download": true,
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

// TestHarmlessShapes tries what runs that pass say in every shape that does not
// itself call it an error.
func TestHarmlessShapes(t *testing.T) {
	for name, shape := range shapes {
		if name == "json" || name == "logfmt" || name == "github error" {
			continue
		}
		for _, line := range harmless[1:] {
			text := shape(0, line)
			for _, layer := range layers {
				if d := Diagnose(Input{Layer: layer, Sources: []Source{{Text: text}}}); d.Class != Unclassified {
					t.Errorf("%s: in %q %s is read from:\n%s", name, layer, d.Rule, text)
				}
			}
		}
	}
}

// calmLines stand beside failures, and are not what they are quoted for.
var calmLines = []string{
	`Warning: policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+`,
	`W0102 10:00:00.000000   41 warnings.go:70] batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob`,
	`I0102 10:00:00.000000   41 request.go:697] Waited for 1.04s due to client-side throttling, not an error`,
	`time="2026-01-02T10:00:00Z" level=info msg="retrying after failed attempt" attempt=2`,
	`{"level":"info","ts":"2026-01-02T10:00:00Z","msg":"no error could be found"}`,
	`2m   Normal   Pulled   pod/web-0   Container image could not be older`,
	`npm warn EBADENGINE: node-uuid@1.4.8: it has been deprecated, unexpected errors may follow`,
	`2026-01-02 10:00:00.000 INFO 1 --- [main] web : failed over to the second address`,
}

// TestCalmLinesAreNotQuoted puts them around every example of one line.
func TestCalmLinesAreNotQuoted(t *testing.T) {
	around := strings.Join(calmLines, "\n")
	for _, r := range rules() {
		for n, ex := range r.examples {
			if strings.Contains(ex.log, "\n") || r.class == APIRemoved {
				continue
			}
			for name, log := range map[string]string{"before": around + "\n" + ex.log, "after": ex.log + "\n" + around, "both": around + "\n" + ex.log + "\n" + around} {
				d := Diagnose(Input{Layer: ex.layer, Sources: []Source{{Text: log}}})
				if d.Rule != r.name {
					t.Errorf("%s example %d of %s: taken for %s", name, n+1, r.name, d.Rule)
				}
				if len(d.Lines) != 1 {
					t.Errorf("%s example %d of %s: quoted %+v", name, n+1, r.name, d.Lines)
				}
			}
		}
	}
}

// TestInformationIsWeaker: what a line informs of is not the failure, where
// another line says what is.
func TestInformationIsWeaker(t *testing.T) {
	log := "I0102 10:00:00.000000   41 retry.go:31] will retry after 1s: failed to pull image \"web:1\": manifest unknown\n" +
		"Error: INSTALLATION FAILED: timed out waiting for the condition"
	d := Diagnose(Input{Layer: "install", Sources: []Source{{Text: log}}})
	if d.Rule != "rollout-timeout" || len(d.Lines) == 0 || d.Lines[0].Number != 2 {
		t.Errorf("got %s, %+v", d.Rule, d.Lines)
	}
}

// BenchmarkLarge is 10 MiB in which every line is one of a broken message.
func BenchmarkLarge(b *testing.B) {
	line := "  timed out waiting for the condition, failed to download what the admission webhook wants:\n"
	text := strings.Repeat(line, 10<<20/len(line))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Diagnose(Input{Layer: "install", Sources: []Source{{Text: text}}})
	}
}

// FuzzPlain looks for lines that cannot be taken out of what carried them.
func FuzzPlain(f *testing.F) {
	for name := range shapes {
		f.Add(shapes[name](3, `Error: secret "web" not found\n`))
	}
	f.Add("logger.go: ")
	f.Fuzz(func(t *testing.T, line string) {
		if plain := appendPlain(nil, line); len(plain) > len(line) {
			t.Errorf("%q became %q", line, plain)
		}
		if source, body := carried(line); len(source)+len(body) > len(line) {
			t.Errorf("%q became %q of %q", line, body, source)
		}
	})
}
