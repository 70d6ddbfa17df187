package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))

// own matches the only HTML that the renderer writes.
var own = regexp.MustCompile(`^(?:<!-- chart-matrix -->|<details>\n<summary>[A-Za-z :]+(?: \([0-9,]+\))?</summary>|</details>|<sub>|</sub>)$`)

// alert matches what is quoted on purpose.
var alert = regexp.MustCompile(`^\[!(?:WARNING|IMPORTANT)\]\n(?:Self-reported\. The results were made|This (?:pull request|commit) changes the matrix itself: )[^\n]*$`)

// references match what GitHub links in plain text.
var references = regexp.MustCompile(`(?i)@[a-z0-9]|#\d|\bGH-\d|\b(?:https?|ftp)://|\bwww\.|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:`)

// audit parses the text as GitHub would and fails for everything in it that
// the renderer did not mean. It gives the texts of the headings.
func audit(t *testing.T, source string) (headings []string) {
	t.Helper()
	src := []byte(source)
	root := gfm.Parser().Parse(text.NewReader(src))
	columns := 0
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if address := string(n.Destination); !strings.HasPrefix(address, "https://"+fixture.Host+"/") || len(n.Title) > 0 {
				t.Errorf("text from outside made a link to %q", address)
			}
		case *ast.Blockquote:
			if quoted := plainText(n, src); n.Parent() != root || !alert.MatchString(quoted) {
				t.Errorf("a quotation that nobody meant: %q", quoted)
			}
		case *ast.AutoLink, *ast.Image, *ast.ThematicBreak, *ast.CodeBlock, *east.Strikethrough, *east.TaskCheckBox, *east.Footnote, *east.FootnoteLink:
			t.Errorf("text from outside made a %s", n.Kind())
		case *ast.RawHTML:
			if html := string(n.Segments.Value(src)); !own.MatchString(html) {
				t.Errorf("inline HTML %q", html)
			}
		case *ast.HTMLBlock:
			html := strings.TrimSpace(string(n.Lines().Value(src)))
			if n.HasClosure() {
				html = strings.TrimSpace(html + string(n.ClosureLine.Value(src)))
			}
			if !own.MatchString(html) {
				t.Errorf("an HTML block %q", html)
			}
		case *ast.Heading:
			headings = append(headings, plainText(n, src))
			if n.Parent() != root {
				t.Errorf("a heading inside a %s", n.Parent().Kind())
			}
		case *ast.List:
			if n.Parent() != root || n.IsOrdered() {
				t.Errorf("a list that nobody meant, inside a %s", n.Parent().Kind())
			}
		case *ast.FencedCodeBlock:
			if lang := string(n.Language(src)); lang != "text" && lang != "sh" {
				t.Errorf("a code block of language %q", lang)
			}
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if strings.Contains(string(n.Segment.Value(src)), "$") {
				t.Errorf("a dollar sign that may start mathematics in %q", n.Segment.Value(src))
			}
		case *east.TableHeader:
			columns = n.ChildCount()
		case *east.TableRow:
			if n.ChildCount() != columns {
				t.Errorf("a row of %d cells in a table of %d columns", n.ChildCount(), columns)
			}
		case *ast.Paragraph, *ast.TextBlock, *east.TableCell:
			if found := references.FindString(plainText(n, src)); found != "" {
				t.Errorf("GitHub would act on %q in %q", found, plainText(n, src))
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(source) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "${{") {
			t.Errorf("the line %q commands the runner", line)
		}
	}
	return headings
}

// entities are those that the renderer writes.
var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#36;", "$", "&amp;", "&")

// backslash matches an escape of Markdown.
var backslash = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

// plainText gives what a reader sees of a node, code left out.
func plainText(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) { // the callback never fails
		if !entering {
			return ast.WalkContinue, nil
		}
		switch c := c.(type) {
		case *ast.CodeSpan:
			b.WriteString("\uFFFC")
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			b.Write(c.Segment.Value(src))
			if c.SoftLineBreak() {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	unescaped := backslash.ReplaceAllString(b.String(), "$1")
	return entities.Replace(unescaped)
}

func TestHostileTextStaysText(t *testing.T) {
	for _, limit := range []int{MinLimit, DefaultLimit, 1 << 20} {
		audit(t, render(t, Options{Limit: limit, Marker: "chart-matrix"}, fixture.Hostile()))
	}
	for i, a := range fixture.Attacks() {
		t.Run(fmt.Sprint(i), func(t *testing.T) { audit(t, render(t, Options{}, fixture.Carrying([]string{a}))) })
	}
}

// TestTitlesSurviveEscaping reads the headings back: what a reader sees is what
// the finding says.
func TestTitlesSurviveEscaping(t *testing.T) {
	for _, a := range fixture.Attacks() {
		readBack(t, a)
	}
}

func readBack(t *testing.T, title string) {
	t.Helper()
	s := findings.Summary{Verdict: findings.Verdict{Headline: title}, Findings: []findings.Finding{{Title: title, Where: title, State: findings.New}}}
	got := audit(t, render(t, Options{}, s))
	want := present.Shorten(present.Line(title), sentenceLimit)
	if len(got) != 2 {
		t.Fatalf("%d headings for %q: %q", len(got), title, got)
	}
	for i, prefix := range []string{"❌", "1."} {
		seen := strings.TrimSpace(strings.TrimPrefix(strings.NewReplacer(zeroWidth, "", joiner, "").Replace(got[i]), prefix))
		if seen != want {
			t.Errorf("a reader sees %q; the finding says %q", seen, want)
		}
	}
}

func FuzzProse(f *testing.F) {
	for _, a := range fixture.Attacks() {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, title string) { readBack(t, title) })
}

func FuzzRender(f *testing.F) {
	attacks := fixture.Attacks()
	for i, a := range attacks {
		f.Add(a, attacks[(i+7)%len(attacks)], 0)
	}
	f.Fuzz(func(t *testing.T, a, b string, more int) {
		limit := MinLimit + max(more%DefaultLimit, 0)
		got := render(t, Options{Limit: limit, Marker: a, Links: Links{HTML: fixture.Page}}, fixture.Carrying([]string{a, b}))
		if len(got) > limit {
			t.Errorf("%d bytes under a limit of %d", len(got), limit)
		}
		if marker, rest, ok := strings.Cut(got, "-->\n"); ok && strings.HasPrefix(marker, "<!--") {
			got = rest
		}
		audit(t, got)
		balanced(t, got)
	})
}

func TestCommandsInAdviceAreCode(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"Run it again.":                          "Run it again.",
		"Use `helm rollback` to the *last* one.": "Use `helm rollback` to the \\*last\\* one.",
		"`chart-matrix check` shows it":          "`chart-matrix check` shows it",
		"it ends with `--cascade=orphan`":        "it ends with `--cascade=orphan`",
		"a ` alone":                              "a \\` alone",
		"`` is nothing":                          "\\`\\` is nothing",
		"`a` `b`":                                "`a` `b`",
		"see `a|b` @you `${{ x }}`":              "see `a|b` @" + zeroWidth + "you `$" + zeroWidth + "{{ x }}`",
	} {
		if got := advice(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
