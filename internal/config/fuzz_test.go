package config

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/posthog/chart-matrix/matrix"
)

// FuzzParse reads anything. What is accepted must be right by the JSON Schema,
// too, and expand to a plan or fail with an error; what is refused must say where.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"good/*.yaml", "bad/*/*.yaml"} {
		for _, data := range fuzzSeeds(f, pattern) {
			f.Add(data)
		}
	}
	schema := compiledSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		c, err := Parse(FileName, data, vocabulary())
		if took := time.Since(start); took > 20*time.Second {
			t.Fatalf("took %v for %d bytes", took, len(data))
		}
		if err != nil {
			checkErrors(t, err)
			return
		}
		if err := schema.Validate(asJSON(t, data)); err != nil {
			t.Fatalf("the decoder accepts what the schema refuses: %v", err)
		}
		for _, event := range []string{"", "pull_request"} {
			spec, err := c.Spec(event)
			if err != nil {
				t.Fatal(err)
			}
			if product(spec) > 1000 {
				continue
			}
			plan, err := matrix.Expand(spec, 1)
			if err != nil {
				continue
			}
			for _, cell := range plan.Cells {
				c.ValueLayers(cell.At)
			}
		}
	})
}

func product(s matrix.Spec) int {
	n := 1
	for _, a := range s.Axes {
		n = min(n*len(a.Values), 1_000_000)
	}
	for range s.Include {
		n *= 2
	}
	return n
}

func fuzzSeeds(f *testing.F, pattern string) map[string][]byte {
	f.Helper()
	files, err := seedFiles(pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds for %s: %v", pattern, err)
	}
	return files
}

func checkErrors(t *testing.T, err error) {
	t.Helper()
	var all *multierror.Error
	if !errors.As(err, &all) || len(all.Errors) == 0 || len(all.Errors) > maxErrors+1 {
		t.Fatalf("not a list of mistakes: %v", err)
	}
	for _, e := range all.Errors {
		var mistake *Error
		if errors.As(e, &mistake) && (mistake.Line < 1 || mistake.Column < 1 || mistake.Message == "") {
			t.Fatalf("no position: %#v", mistake)
		}
		for _, r := range e.Error() {
			if unprintable(r) && r != '\n' {
				t.Fatalf("the control character %U is printed: %q", r, e.Error())
			}
		}
	}
}

// TestHostileFilesAreBounded reads files of the largest size that are made to
// take time and memory.
func TestHostileFilesAreBounded(t *testing.T) {
	fill := func(head, unit string) string {
		return head + strings.Repeat(unit, (MaxFileSize-len(head)-2)/len(unit))
	}
	numbered := func(head, format string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < MaxFileSize-200; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 100; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	files := map[string]string{
		"short values":    fill("axes: {a: [", "a,") + "]}",
		"empty values":    fill("axes:\n  a:\n", "  -\n"),
		"distinct values": numbered("axes: {a: [", "v%d,") + "]}",
		"unknown keys":    numbered("", "k%d: x\n"),
		"long key":        fill("", "k") + ": x",
		"open brackets":   fill("a: ", "["),
		"open braces":     fill("a: ", "{"),
		"indentation":     fill("a:\n", "- "),
		"questions":       fill("", "? "),
		"comments":        fill("a: [\n", "# c\n") + "]",
		"anchors":         numbered("", "k%d: &a x\n"),
		"aliases":         fill("a: &a x\nb: [", "*a,") + "]",
		"merges":          fill("axes: &a {x: [y]}\nproviders:\n  <<: [", "*a,") + "]",
		"bomb":            bomb,
		"blank lines":     fill("a: |\n", "\n"),
		"quotes":          fill("a: \"", "\\t") + "\"",
		"unknown values":  numbered("axes: {size: [small]}\nexclude:\n", "- {size: s%d, because: x}\n"),
		"rules":           numbered("axes: {size: [small]}\nexclude:\n", "- {size: small, because: x%d}\n"),
		"patterns":        fill("expect-failure:\n", "- {issue: x, until: 2027-01-01, matching: '((a{30}){30}b){1}'}\n"),
		"commas":          fill("scenarios: {a: {set: {b: \"", ",a=b") + "\"}}}",
		"version list":    fill("axes: {kubernetes: \"1.30", ", 1.30") + "\"}",
		"range":           fill("axes: {kubernetes: \"", "<1.30 ") + "\"}",
		"unquoted range":  fill("axes: [", "x, >=1.30, "),
		"colons":          fill("a", ": b"),
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(name, []byte(file), vocabulary())
			runtime.ReadMemStats(&after)
			if err != nil {
				checkErrors(t, err)
			}
			// All that was allocated bounds what was in use at any time.
			if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 64 {
				t.Errorf("%d MiB were allocated", got)
			}
		})
	}
}
