package html

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
	"github.com/posthog/chart-matrix/reporters/internal/golden"
)

func render(t testing.TB, s findings.Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := New().Render(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, f := range fixture.All() {
		switch f.Name {
		case "two-findings", "lost", "empty-plan", "hostile", "fork", "lost-jobs", "explained", "infrastructure":
			golden.Check(t, f.Name+".html", []byte(render(t, f.Summary)))
		}
	}
}

func TestSameSummarySamePage(t *testing.T) {
	first := render(t, fixture.EveryState())
	for range 5 {
		if render(t, fixture.EveryState()) != first {
			t.Fatal("two renders of one summary differ")
		}
	}
}

var (
	tag       = regexp.MustCompile(`<!?(/?[a-zA-Z!][^\s>/]*)((?:"[^"]*"|[^">])*)>`)
	link      = regexp.MustCompile(`href="([^"]*)"`)
	within    = regexp.MustCompile(`^#finding-\d+$`)
	attribute = regexp.MustCompile(`\s([a-zA-Z-]+)(?:="[^"]*")?`)
)

// body is the page without its own script, style and data, whose text may
// hold anything.
func body(page string) string {
	for _, own := range []string{scriptSource, styleSource} {
		page = strings.Replace(page, own, "", 1)
	}
	start := strings.Index(page, `id="data">`) + len(`id="data">`)
	end := start + strings.Index(page[start:], "</script>")
	return page[:start] + page[end:]
}

// names lists the distinct elements and attributes of a page.
func names(page string) (elements, attributes []string) {
	for _, m := range tag.FindAllStringSubmatch(body(page), -1) {
		elements = append(elements, m[1])
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			attributes = append(attributes, a[1])
		}
	}
	slices.Sort(elements)
	slices.Sort(attributes)
	return slices.Compact(elements), slices.Compact(attributes)
}

// vocabulary is the markup of a page without text from outside.
type vocabulary struct{ elements, attributes []string }

func modelPage(t testing.TB) vocabulary {
	t.Helper()
	var v vocabulary
	for _, s := range []findings.Summary{fixture.EveryState(), fixture.Fork(), fixture.Explained()} {
		elements, attributes := names(render(t, s))
		v.elements, v.attributes = append(v.elements, elements...), append(v.attributes, attributes...)
	}
	return v
}

// safe fails where text from outside became markup that the model lacks.
func safe(t *testing.T, model vocabulary, page string) {
	t.Helper()
	allowedElements, allowedAttributes := model.elements, model.attributes
	elements, attributes := names(page)
	for _, e := range elements {
		if !slices.Contains(allowedElements, e) {
			t.Errorf("an element <%s> that the template does not have", e)
		}
	}
	for _, a := range attributes {
		if !slices.Contains(allowedAttributes, a) || strings.HasPrefix(a, "on") || a == "style" || a == "src" {
			t.Errorf("an attribute %q that the template does not have", a)
		}
	}
	for _, m := range link.FindAllStringSubmatch(body(page), -1) {
		if !strings.HasPrefix(m[1], "https://"+fixture.Host+"/") && !within.MatchString(m[1]) {
			t.Errorf("text from outside made a link to %q", m[1])
		}
	}
	if n := strings.Count(strings.ToLower(page), "<script"); n != 2 {
		t.Errorf("%d script elements; expected the data and the script", n)
	}
	if n := strings.Count(strings.ToLower(page), "</script"); n != 2 {
		t.Errorf("%d ends of scripts", n)
	}
	start := strings.Index(page, `id="data">`) + len(`id="data">`)
	raw := page[start : start+strings.Index(page[start:], "</script>")]
	var d data
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		t.Errorf("the data is not JSON: %v", err)
	}
	for _, c := range d.Cells {
		if c.Log != "" && !strings.HasPrefix(c.Log, "https://"+fixture.Host+"/") {
			t.Errorf("text from outside made a link to %q", c.Log)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	model := modelPage(t)
	safe(t, model, render(t, fixture.Hostile()))
	attacks := fixture.Attacks()
	for i := 0; i < len(attacks); i += 8 { // each in the company of others, and in every field
		safe(t, model, render(t, fixture.Carrying(attacks[i:min(i+8, len(attacks))])))
	}
}

func FuzzRender(f *testing.F) {
	for _, a := range fixture.Attacks() {
		f.Add(a, a)
	}
	model := modelPage(f)
	f.Fuzz(func(t *testing.T, a, b string) { safe(t, model, render(t, fixture.Carrying([]string{a, b}))) })
}

// TestNothingIsLoaded holds the page to its policy: no address in it, and its
// hashes those of the script and style that it carries.
func TestNothingIsLoaded(t *testing.T) {
	page := render(t, fixture.TwoFindings())
	for _, forbidden := range []string{"http:", "https:", "url(", "@import", "<link", "<img", "<iframe", "innerHTML", "eval("} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %q", forbidden)
		}
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;;`) {
		t.Error("the policy does not begin with default-src 'none'")
	}
	between := func(from, to string) string {
		rest := page[strings.LastIndex(page, from)+len(from):]
		inside, _, _ := strings.Cut(rest, to)
		return inside
	}
	for _, hash := range []string{sourceHash(between("<style>", "</style>")), sourceHash(between("<script>", "</script>"))} {
		if !strings.Contains(page, strings.ReplaceAll(hash, "+", "&#43;")) {
			t.Errorf("the policy lacks %s: the browser would refuse the page's own code", hash)
		}
	}
}

func TestEveryCellHasAShapeAndAName(t *testing.T) {
	s := fixture.EveryState()
	page := render(t, s)
	if n := strings.Count(page, `<button type="button" class="cell `); n != s.Counts.Planned {
		t.Errorf("%d buttons for %d cells", n, s.Counts.Planned)
	}
	for _, want := range []string{
		`aria-label="eks / default / upgrade, 1.33: failed, finding 1">✗<small>1</small>`,
		`title="doks / default / install, 1.30: omitted: no longer offered">·`,
		`aria-label="k3s / ha / install, 1.34: lost, finding 7">?<small>7</small>`,
		`<noscript>`, `lang="en"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestSize(t *testing.T) {
	if n := len(render(t, fixture.WithAssertions(256, 500))); n > 2<<20 {
		t.Errorf("256 cells make a page of %d bytes; expected at most 2 MiB", n)
	}
}

func TestSummaryWithoutCells(t *testing.T) {
	s := fixture.TwoFindings()
	s.Cells = nil // as read back from JSON
	model := modelPage(t)
	safe(t, model, render(t, s))
	safe(t, model, render(t, findings.Summary{}))
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorIsReported(t *testing.T) {
	if err := New().Render(failing{}, fixture.AllGreen()); err == nil {
		t.Error("no error")
	}
}

func BenchmarkRender(b *testing.B) {
	s := fixture.WithAssertions(256, 500)
	for b.Loop() {
		if err := New().Render(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}
