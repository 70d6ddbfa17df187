package diagnosis

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the classes in docs/failures.md")

const (
	begin = "<!-- The classes: written by `go test ./findings/diagnosis -update`. -->\n"
	end   = "<!-- End of the classes. -->\n"
)

// TestDocs holds docs/failures.md against the rules.
func TestDocs(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "failures.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: expected the lines %q and %q", file, begin, end)
	}
	want := before + begin + classesAsMarkdown() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s does not say what the rules say; run go test ./findings/diagnosis -update, and read the difference", file)
	}
}

func classesAsMarkdown() string {
	var b strings.Builder
	for _, class := range Classes() {
		fmt.Fprintf(&b, "\n### %s\n\n%s %s\n", class, class.Meaning(), class.Fix())
		for _, r := range rules() {
			if r.class == class {
				describe(&b, r)
			}
		}
	}
	return b.String() + "\n"
}

func describe(b *strings.Builder, r *rule) {
	again := "trying again changes nothing"
	if r.retryable {
		again = "trying again may help"
	}
	where := ""
	switch {
	case slices.Equal(r.layers, chartLayers):
		where = "; not where clusters are made"
	case slices.Equal(r.layers, releaseLayers):
		where = "; where pods run"
	case len(r.layers) > 0:
		where = "; in " + strings.Join(r.layers, ", ")
	}
	fmt.Fprintf(b, "\n**%s**: %s; %s%s.\n", r.name, r.blame, again, where)
	if r.fix != "" {
		fmt.Fprintf(b, "%s\n", r.fix)
	}
	for _, a := range about { // an order that does not change
		if why := r.over[a.class]; why != "" {
			fmt.Fprintf(b, "Over `%s`: %s.\n", a.class, why)
		}
	}
	ex := r.examples[0]
	fmt.Fprintf(b, "\n    %s\n", strings.TrimSpace(strings.Split(ex.log, "\n")[max(ex.key, 1)-1]))
}

// TestTable holds the table of rules together.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] {
			t.Errorf("two rules are called %s", r.name)
		}
		seen[r.name] = true
		if !strings.HasPrefix(r.name, string(r.class)) || r.class.Meaning() == "" {
			t.Errorf("%s: its class is %s", r.name, r.class)
		}
		if !slices.Contains([]Blame{BlameChart, BlameChartOrEnv, BlameInfrastructure, BlameRunner}, r.blame) {
			t.Errorf("%s blames %q", r.name, r.blame)
		}
		if cmp.Or(r.fix, r.class.Fix()) == "" {
			t.Errorf("%s says nothing of what to do", r.name)
		}
		for _, layer := range r.layers {
			if !slices.Contains(layers, layer) {
				t.Errorf("%s: there is no layer %q", r.name, layer)
			}
		}
		has := map[string]bool{}
		for _, s := range r.signs {
			if s.has != strings.ToLower(s.has) || len(s.parts()) == 0 {
				t.Errorf("%s: the sign %q is not in small letters, or empty", r.name, s.has)
			}
			for _, u := range s.unless {
				if u != strings.ToLower(u) {
					t.Errorf("%s: %q in `unless` is not in small letters", r.name, u)
				}
			}
			key := s.has + fmt.Sprint(s.match)
			if has[key] {
				t.Errorf("%s: the sign %q stands there twice", r.name, s.has)
			}
			has[key] = true
		}
	}
	for _, class := range Classes() {
		if !slices.ContainsFunc(rules(), func(r *rule) bool { return r.class == class }) {
			t.Errorf("%s has no rule", class)
		}
	}
}
