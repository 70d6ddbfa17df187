package findings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// nasty are texts that programs never print and somebody might.
var nasty = []string{
	"", " ", "\x00", "\xff\xfe\xfd", "\x1b[31mError\x1b[0m: \x1b]8;;http://x\x07link", "a\r\nb\n\n\nc", "Error: ", "::error::x", "…",
	strings.Repeat("a", 40) + "!", strings.Repeat("(a+)+", 30), strings.Repeat("[", 2000), "%s%n%d", "<script>alert(1)</script>", "\u202eabc\u200b",
	"Error from server (NotFound): x", "listen [::]:80: address family", "connection refused to db-0", strings.Repeat("x ", 5000),
	"panic: " + strings.Repeat("9", 3000), "2026-11-23T10:00:00Z Normal Completed Job/a: x", `{"level":"error"}`, "1.33", "service-7 is away",
}

// madeUp builds a small run of what the bytes say, with evidence: any statuses,
// any texts, contradictions among them.
func madeUp(data []byte) (*result.Run, keptOf) {
	at := 0
	next := func(n int) int {
		if at >= len(data) || n < 1 {
			return 0
		}
		at++
		return int(data[at-1]) % n
	}
	text := func() string { return nasty[next(len(nasty))] }
	spec := matrix.Spec{Layers: []string{"lint", "schema", "install", "test"}}
	for i, name := range []string{matrix.Kubernetes, matrix.Provider, "odd, name: (x)"}[:1+next(3)] {
		values := [][]string{{"1.32", "1.33", "1.34"}, {"kind", "eks", "gke"}, {"a", "b \"c\"", "ü;'"}}[i]
		spec.Axes = append(spec.Axes, matrix.Axis{Name: name, Values: values[:1+next(3)], Ordered: i == 0})
	}
	plan, err := matrix.Expand(spec, 1)
	if err != nil {
		plan = &matrix.Plan{}
	}
	statuses := append(result.Statuses(), "nonsense")
	codes := []string{"wrong", "crash-loop", "test-failed", "probe", "api-removed", "leak", "restarts", "", "error-in-log"}
	var cells []result.Cell
	kept := keptOf{}
	for _, p := range plan.Cells {
		for attempt := 1; attempt <= 1+next(4)/3; attempt++ {
			c := result.Cell{Schema: result.CellSchema, ID: p.ID, Slug: p.Slug, At: p.At, Attempt: attempt, Status: result.Passed}
			if next(9) == 8 {
				continue // it is lost
			}
			for _, l := range plan.Layers {
				s := result.Step{Layer: l, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}}
				if next(3) == 2 {
					s.Status, s.Reason = statuses[next(len(statuses))], text()
					a := result.Assertion{Name: text(), Status: statuses[next(len(statuses))], Reason: text()}
					for range next(3) {
						a.Problems = append(a.Problems, result.Problem{
							Severity: []result.Severity{result.Error, result.Warning, result.Info, "odd"}[next(4)], Code: codes[next(len(codes))], Message: text(), Hint: text(),
							Location: result.Location{File: text(), Line: next(5), Object: text(), Path: text()}, Excerpt: []string{text(), text()}, Source: text() + ":" + fmt.Sprint(next(9)),
						})
					}
					s.Assertions = append(s.Assertions, a)
				}
				c.Steps = append(c.Steps, s)
			}
			if next(2) == 1 { // it says of itself what its steps say
				for _, s := range c.Steps {
					c.Status = result.Worst(c.Status, s.Status)
				}
			} else {
				c.Status = statuses[next(len(statuses))]
			}
			if next(4) == 3 {
				c.Retried = []result.Try{{Attempt: attempt, Status: result.Failed, Steps: c.Steps}}
			}
			cells = append(cells, c)
		}
		kept[p.ID] = []diagnosis.Source{
			{Name: "events.log", Text: text() + "\n" + text()}, {Name: "logs/a-bcdfg.app.log", Text: text() + "\n" + text()},
			{Name: "values.yaml", Text: text()}, {Name: text(), Text: text()},
		}
	}
	return result.Join(plan, cells, nil), kept
}

// FuzzWholeRun holds whatever comes to what is promised of every run.
func FuzzWholeRun(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		data := make([]byte, 50+r.IntN(400))
		for i := range data {
			data[i] = byte(r.IntN(256))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		run, kept := madeUp(data)
		opts := findings.Options{Now: noon, Command: "chart-matrix check .", JobCommand: "chart-matrix run .", Evidence: kept}
		s := findings.Explain(run, opts)
		first, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(findings.Explain(run, opts)); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("twice the same is not the same (%v):\n%s\n%s", err, first, again)
		}
		promises(t, &s)
	})
}

func promises(t *testing.T, s *findings.Summary) {
	t.Helper()
	told := map[string]bool{}
	for i := range s.Findings {
		f := &s.Findings[i]
		if f.State == findings.Advice || f.State == findings.Fixed {
			continue
		}
		for _, id := range f.Cells {
			told[id] = true
		}
		for _, text := range append([]string{f.Title, f.Sentence, f.Where, f.Hint}, texts(f.Evidence)...) {
			if strings.ContainsAny(text, "\x00\x1b\n\r") || !strings.EqualFold(text, strings.ToValidUTF8(text, "?")) || len([]rune(text)) > 2000 {
				t.Errorf("no text to print: %q", text)
			}
		}
		if f.Confidence < 0 || f.Confidence > 1 {
			t.Errorf("%s: confidence %v", f.Title, f.Confidence)
		}
		if f.Support.MatchingFailing > f.Support.Matching || f.Support.OthersFailing > f.Support.Others || f.Support.MatchingFailing+f.Support.OthersFailing != len(f.Cells) {
			t.Errorf("%s: %d cells, support %+v", f.Title, len(f.Cells), f.Support)
		}
	}
	for _, c := range s.Cells {
		if c.Status != result.Passed && !told[c.ID] {
			t.Errorf("cell %s is %s (%s), and no finding has it", c.Slug, c.Status, c.Reason)
		}
		failed := c.Status == result.Failed || slices.ContainsFunc(c.Steps, func(s result.Step) bool { return s.Status == result.Failed })
		if failed && s.Verdict.Passed {
			t.Errorf("cell %s failed, and the verdict is green: %s", c.Slug, s.Verdict.Headline)
		}
	}
}

func texts(lines []findings.EvidenceLine) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Text
	}
	return out
}

// TestAHundredThousandMessages: none of them like another.
func TestAHundredThousandMessages(t *testing.T) {
	const cells, each = 4, 25_000
	s := clusterScene(nil, "kubernetes: 1.33 1.34", "provider: eks gke")
	n := 0
	s.happen = func(_ map[string]string, c *result.Cell) {
		for range each {
			report(c, "test", result.Problem{Severity: result.Error, Code: "test-failed", Message: "it says " + word(n)})
			n++
		}
	}
	sum := explain(t, s, findings.Gate{})
	if n != cells*each || len(sum.Findings) == 0 || sum.Verdict.Passed {
		t.Errorf("%d messages, %d findings, %s", n, len(sum.Findings), sum.Verdict.Headline)
	}
	promises(t, &sum)
}

// word writes a number in letters, which nothing masks.
func word(n int) string {
	out := []byte("w")
	for ; n > 0; n /= 26 {
		out = append(out, byte('a'+n%26))
	}
	return string(out)
}

// TestTenThousandFailuresOfOneCause are one finding, whichever service each is about.
func TestTenThousandFailuresOfOneCause(t *testing.T) {
	sum := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		for n := range 1250 {
			if at["provider"] == "eks" && at["operation"] == "upgrade" {
				p := trouble("test-failed", fmt.Sprintf("Pod/service-%d-test", n), fmt.Sprintf("service-%d answers with 503", n))
				report(c, "test", p)
			}
		}
	}), findings.Gate{})
	f := one(t, sum)
	if f.Where != "on EKS when upgrading" || len(f.Cells) != 8 || !strings.HasPrefix(f.Title, "Pod/service-0-test and 1249 more: service-0 ") {
		t.Errorf("%d cells %s: %s", len(f.Cells), f.Where, f.Title)
	}
}

// TestLikeFailuresKeepTheirState: what is new is not hidden under what is known.
func TestLikeFailuresKeepTheirState(t *testing.T) {
	with := func(services int) scene {
		return clusterScene(func(_ map[string]string, c *result.Cell) {
			for n := range services {
				report(c, "test", trouble("test-failed", "", fmt.Sprintf("service-%d answers with 503", n)))
			}
		})
	}
	past := findings.Remember(with(5).run(t))
	sum := findings.Explain(with(9).run(t), findings.Options{Now: noon, History: []*findings.Past{past}})
	var states []string
	for _, f := range sum.Findings {
		states = append(states, string(f.State))
	}
	if !slices.Equal(states, []string{"new", "pre-existing"}) || sum.Verdict.Passed {
		t.Errorf("%q, %s", states, sum.Verdict.Headline)
	}
}
