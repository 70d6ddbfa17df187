package diagnosis_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/findings/diagnosis"
)

const pull = `Warning  Failed  8s  kubelet  Failed to pull image "registry.example.com/web:9": manifest unknown`

func texts(lines []diagnosis.Line) []string {
	out := []string{}
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestWithinALongLog(t *testing.T) {
	log := ordinary(900, 1) + pull + "\nWarning  Failed  8s  kubelet  Error: ErrImagePull\n" + ordinary(400, 2)
	for _, siblings := range [][]diagnosis.Source{nil, {{Text: ordinary(1000, 3)}}} {
		d := diagnosis.Diagnose(diagnosis.Input{Layer: "install", Sources: []diagnosis.Source{{Name: "events.txt", Text: log}}, Siblings: siblings})
		want := []diagnosis.Line{
			{Source: "events.txt", Number: 901, Text: pull},
			{Source: "events.txt", Number: 902, Text: "Warning  Failed  8s  kubelet  Error: ErrImagePull"},
		}
		if d.Class != diagnosis.ImagePull || d.Blame != diagnosis.BlameChart || d.Rule != "image-pull/missing" || !reflect.DeepEqual(d.Lines, want) {
			t.Errorf("with %d siblings: got %+v", len(siblings), d)
		}
		if len(d.More) < len(d.Lines) || len(d.More) > 20 {
			t.Errorf("with %d siblings: %d more lines", len(siblings), len(d.More))
		}
	}
}

func TestWhatTheSiblingSaysExplainsNothing(t *testing.T) {
	log := "Warning  BackOff  4s  kubelet  Back-off restarting failed container web in pod web-6c9f5b7d8f-abcd2_shop(1b0f7c1e-8a2b-4a5e-9a55-1f2e3d4c5b6a)\n" +
		"Warning  FailedScheduling  12s  default-scheduler  0/3 nodes are available: 3 Insufficient cpu.\n"
	sibling := "Warning  BackOff  9s  kubelet  Back-off restarting failed container web in pod web-7d4b9c6f5d-x2x4z_shop(2c1f7c1e-8a2b-4a5e-9a55-1f2e3d4c5b6a)\n"
	d := diagnosis.Diagnose(diagnosis.Input{Layer: "install", Sources: []diagnosis.Source{{Text: log}}, Siblings: []diagnosis.Source{{Text: sibling}}})
	if d.Class != diagnosis.Scheduling || len(d.Lines) != 1 {
		t.Errorf("got %+v", d)
	}
	d = diagnosis.Diagnose(diagnosis.Input{Layer: "install", Sources: []diagnosis.Source{{Text: sibling}}, Siblings: []diagnosis.Source{{Text: sibling}}})
	if d.Class != diagnosis.Unclassified || len(d.Lines) != 0 {
		t.Errorf("of a log that its sibling has, too: got %+v", d)
	}
}

func TestMessage(t *testing.T) {
	d := diagnosis.Diagnose(diagnosis.Input{
		Layer:    "install",
		Message:  "context deadline exceeded",
		Siblings: []diagnosis.Source{{Text: "context deadline exceeded"}},
	})
	if d.Class != diagnosis.RolloutTimeout {
		t.Errorf("the message alone: got %+v", d)
	}
	d = diagnosis.Diagnose(diagnosis.Input{
		Layer:   "install",
		Message: "context deadline exceeded",
		Sources: []diagnosis.Source{{Name: "pods.txt", Text: "web-0   0/1   OOMKilled   3   2m"}},
	})
	if d.Class != diagnosis.OOM || len(d.Lines) == 0 || d.Lines[len(d.Lines)-1].Source != "pods.txt" {
		t.Errorf("the cause comes before what follows: got %+v", d)
	}
}

func TestCloserToTheFailure(t *testing.T) {
	log := "2026-01-02T10:00:00Z FailedScheduling 0/3 nodes are available: 3 Insufficient cpu for a\n" +
		"2026-01-02T10:20:00Z FailedScheduling 0/3 nodes are available: 3 Insufficient cpu for b\n" +
		"2026-01-02T10:40:00Z FailedScheduling 0/3 nodes are available: 3 Insufficient cpu for c\n" +
		"2026-01-02T11:00:00Z FailedScheduling 0/3 nodes are available: 3 Insufficient cpu for d\n" +
		"2026-01-02T11:20:00Z FailedScheduling 0/3 nodes are available: 3 Insufficient cpu for e\n"
	at := time.Date(2026, 1, 2, 10, 41, 0, 0, time.UTC)
	d := diagnosis.Diagnose(diagnosis.Input{Layer: "install", Sources: []diagnosis.Source{{Text: log}}, At: at})
	got := strings.Join(texts(d.Lines), "\n")
	for _, want := range []string{"for b", "for c", "for d"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q in it", got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	log := ordinary(300, 1) + "ERROR the flux capacitor is not fluxing\n" + ordinary(300, 2)
	in := diagnosis.Input{Layer: "command", Sources: []diagnosis.Source{{Text: log}}, Siblings: []diagnosis.Source{{Text: ordinary(500, 3)}}}
	d := diagnosis.Diagnose(in)
	if d.Class != diagnosis.Unclassified || d.Retryable || len(d.Lines) != 1 || d.Lines[0].Text != "ERROR the flux capacitor is not fluxing" {
		t.Errorf("got %+v", d)
	}
	for layer, want := range map[string]diagnosis.Blame{
		"lint": diagnosis.BlameChart, "install": diagnosis.BlameChartOrEnv, "cluster": diagnosis.BlameInfrastructure, "runner": diagnosis.BlameRunner,
	} {
		in.Layer = layer
		if got := diagnosis.Diagnose(in).Blame; got != want {
			t.Errorf("%s: blamed %s, want %s", layer, got, want)
		}
	}
}

func TestHostileLogs(t *testing.T) {
	for name, log := range map[string]string{
		"nothing":        "",
		"no line break":  pull,
		"colours":        "\x1b[31mWarning\x1b[0m Failed to pull\x1b[1m image \"a\": \x1b[33mmanifest unknown\x1b[0m\n",
		"carriage":       "Failed to pull image \"a\": manifest unknown\r\n",
		"a long line":    "x" + strings.Repeat("y", 1<<22) + "\n" + pull,
		"zero bytes":     strings.Repeat("\x00", 1<<16) + "\n" + pull + "\n",
		"invalid UTF-8":  "\xff\xfe" + pull + "\xff\n",
		"many the same":  strings.Repeat(pull+"\n", 10_000),
		"only breaks":    strings.Repeat("\n", 100_000),
		"many brackets":  strings.Repeat("[", 1<<20) + "\n" + pull,
		"half a colour":  "\x1b[" + strings.Repeat("1;", 1<<20),
		"other letters":  "ⱥⱥⱥ İİİ Failed to pull image \"a\": manifest unknown",
		"a shouting one": strings.ToUpper(pull),
	} {
		t.Run(name, func(t *testing.T) {
			d := diagnosis.Diagnose(diagnosis.Input{Layer: "install", Sources: []diagnosis.Source{{Text: log}}})
			if strings.Contains(strings.ToLower(log), "image") && d.Class != diagnosis.ImagePull {
				t.Errorf("got %s", d.Class)
			}
			check(t, log, d)
		})
	}
}

func check(t *testing.T, log string, d diagnosis.Diagnosis) {
	t.Helper()
	if len(d.Lines) > 3 || len(d.More) > 20 {
		t.Errorf("quoted %d lines and %d more", len(d.Lines), len(d.More))
	}
	for _, l := range append(d.Lines, d.More...) {
		if !utf8.ValidString(l.Text) || len(l.Text) > 4096*3 || strings.ContainsAny(l.Text, "\x00\x1b\n\r") {
			t.Errorf("line %d is quoted as %q", l.Number, l.Text)
		}
		if l.Number < 1 || l.Number > strings.Count(log, "\n")+1 {
			t.Errorf("line %d of %d is quoted", l.Number, strings.Count(log, "\n")+1)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	f.Add("install", pull, "", "timed out")
	f.Add("cluster", "\x1b[31mERROR: failed to create cluster\x1b[0m\n\xff", "x\n", "")
	f.Add("k6", "  ✗ 'p(95)<500' p(95)=812.4ms", "  ✓ 'p(95)<500'", "")
	f.Add("", ordinary(30, 1), ordinary(30, 2), "10:00:00")
	f.Add("install", "2026-01-02T10:00:00.1234567Z Error: UPGRADE FAILED: ConfigMap\n2026-01-02T10:00:00.1234567Z   \"web\" exists and cannot be\n imported into the current release", "", "")
	f.Add("test", "[pod/web-0/web] logger.go:66: {\"log\":\"E  assert \\\"a\\\"\\n\"}", "", "web-1  | ##[error]x")
	f.Fuzz(func(t *testing.T, layer, log, sibling, message string) {
		in := diagnosis.Input{
			Layer: layer, Message: message, At: time.Unix(1767348000, 0),
			Sources: []diagnosis.Source{{Name: "a", Text: log}}, Siblings: []diagnosis.Source{{Text: sibling}},
		}
		d := diagnosis.Diagnose(in)
		check(t, strings.Repeat("\n", max(strings.Count(log, "\n"), strings.Count(message, "\n"))), d)
		if again := diagnosis.Diagnose(in); fmt.Sprint(again) != fmt.Sprint(d) {
			t.Errorf("got %+v, then %+v", d, again)
		}
	})
}
