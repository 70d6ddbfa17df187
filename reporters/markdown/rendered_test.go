package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/posthog/chart-matrix/reporters/internal/fixture"
)

// page renders as GitHub does: raw HTML passes, and a line break in a comment is one.
var page = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe(), html.WithHardWraps()))

var (
	element = regexp.MustCompile(`(?s)<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|[^">])*)>`)
	meant   = regexp.MustCompile(`^(?: style="text-align:center"| class="language-(?:text|sh)"| href="[^"]*")?$`)
	address = regexp.MustCompile(`\b(?:href|src)="([^"]*)"`)
)

// elements lists what a summary may become.
var elements = strings.Fields("a blockquote br code details em h2 h3 li p pre strong sub summary table tbody td th thead tr ul")

// balanced fails where the page that a reader gets has an element that nobody
// meant, one that is not closed, or a link that leads elsewhere.
func balanced(t *testing.T, source string) {
	t.Helper()
	var b bytes.Buffer
	if err := page.Convert([]byte(source), &b); err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, m := range element.FindAllStringSubmatch(b.String(), -1) {
		closing, name, attributes := m[1] != "", m[2], m[3]
		switch {
		case name == "": // the marker
		case !slices.Contains(elements, name):
			t.Errorf("an element <%s>", name)
		case name == "br":
		case !closing:
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes %q", name, open)
		default:
			open = open[:len(open)-1]
		}
		for _, a := range address.FindAllStringSubmatch(attributes, -1) {
			if name != "a" || !strings.HasPrefix(a[1], "https://"+fixture.Host+"/") {
				t.Errorf("<%s> leads to %q", name, a[1])
			}
		}
		if !meant.MatchString(attributes) {
			t.Errorf("<%s> has attributes %q", name, attributes)
		}
	}
	if len(open) > 0 {
		t.Errorf("%q are not closed", open)
	}
}

func TestThePageIsBalancedUnderEveryLimit(t *testing.T) {
	for _, f := range fixture.All() {
		for _, limit := range []int{MinLimit, MinLimit + 5_000, 40_000, DefaultLimit, SummaryLimit} {
			text := render(t, Options{Limit: limit, Marker: "chart-matrix: posthog", Links: Links{HTML: fixture.Page}}, f.Summary)
			balanced(t, text)
			if f.Name == "hostile" {
				continue // its own marker stands for others
			}
			audit(t, strings.Replace(text, "<!-- chart-matrix: posthog -->\n", "", 1))
		}
	}
}

// TestOnlyCheckedAddressesBecomeLinks: whatever stands in their place.
func TestOnlyCheckedAddressesBecomeLinks(t *testing.T) {
	for _, a := range fixture.Addresses() {
		s := fixture.LostJobs()
		s.Origin.BaselineURL = a
		for id := range s.Origin.Jobs {
			s.Origin.Jobs[id] = a
		}
		for _, limit := range []int{DefaultLimit, SummaryLimit} {
			text := render(t, Options{Limit: limit}, s)
			audit(t, text)
			balanced(t, text)
		}
	}
	s := fixture.LostJobs()
	s.Origin.URL = "" // then nothing can be checked
	if text := render(t, Options{}, s); strings.Contains(text, "](") {
		t.Error("links without a host to check them against")
	}
	if text := render(t, Options{Links: Links{HTML: "javascript:alert(1)"}}, s); strings.Contains(text, "javascript") {
		t.Error("the address of the page is not checked")
	}
}

func TestCommandsBreakBeforeFlags(t *testing.T) {
	for in, want := range map[string]string{
		"chart-matrix check .": "chart-matrix check .",
		"chart-matrix run charts/posthog --only kubernetes=1.33 --only provider=gke --only scenario=default --layers command": "chart-matrix run charts/posthog \\\n  --only kubernetes=1.33 --only provider=gke \\\n  --only scenario=default --layers command",
		"chart-matrix run . --only 'scenario=a --b' --only provider=a-long-one --layers schema":                               "chart-matrix run . --only 'scenario=a --b' --only provider=a-long-one --layers schema",
		"": "",
	} {
		got := strings.Join(command(in), "\n")
		if got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if shell := strings.Join(strings.Fields(strings.ReplaceAll(got, "\\\n", " ")), " "); shell != in {
			t.Errorf("a shell reads %q of %q", shell, in)
		}
	}
}

// TestTheWholeIsAlwaysInReach: what was left out can be read elsewhere.
func TestTheWholeIsAlwaysInReach(t *testing.T) {
	for _, f := range fixture.All() {
		text := render(t, Options{Limit: MinLimit, Links: Links{HTML: fixture.Page}}, f.Summary)
		if strings.Contains(text, "Left out to fit") && !strings.Contains(text, "[The whole report]("+fixture.Page+") has them.") {
			t.Errorf("%s does not say where the rest is", f.Name)
		}
		if !strings.Contains(text, "[Whole report]("+fixture.Page+")") {
			t.Errorf("%s has no link to the whole report", f.Name)
		}
	}
}

// TestWarningsAreNeverLeftOut: they change what the verdict is worth.
func TestWarningsAreNeverLeftOut(t *testing.T) {
	s := fixture.Hostile()
	text := render(t, Options{Limit: MinLimit}, s)
	for _, want := range []string{"> [!IMPORTANT]\n> **Self-reported.**", "> [!WARNING]\n> **This commit changes the matrix itself:**"} {
		if !strings.Contains(text, want) {
			t.Errorf("the smallest summary lacks %q", want)
		}
	}
	text = render(t, Options{}, fixture.Baseline())
	if strings.Contains(text, "[!") || !strings.Contains(text, "This pull request changes the matrix itself: adds 3 cells") {
		t.Error("a matrix that asks for more is told without an alarm")
	}
}

// TestAStepSummaryShowsMore than a comment has room for.
func TestAStepSummaryShowsMore(t *testing.T) {
	s := fixture.ManyJobs()
	small, large := render(t, Options{}, s), render(t, Options{Limit: SummaryLimit}, s)
	if n := strings.Count(large, "\n### "); n != 14 {
		t.Errorf("%d findings with a heading; want 14", n)
	}
	if n := strings.Count(small, "\n### "); n != 10 {
		t.Errorf("%d findings with a heading in a comment; want 10", n)
	}
	if !strings.Contains(large, "<summary>Cells that did not pass (176)</summary>") || strings.Contains(small, "Cells that did not pass") {
		t.Error("the cells are listed in the step summary, and there alone")
	}
}
