package findings_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
)

// claim is what a sentence says of cells, read back from its words alone.
type claim struct {
	holds func(c matrix.Cell) bool
	// except are cells by slug of which it says that they are otherwise, and others
	// how many more may be.
	except []string
	others int
	// counted are the numbers that it gives: "in 15 of 16 such cells".
	failing, of int
	such        bool // of the cells that it names, not of all
	hedged      bool
}

var (
	verbs = []string{
		"Fails now and then", "Fails as expected", "Fails", "No longer fails", "Passes", "Could not be checked", "Gives no result",
		"Leaves something behind", "Checks nothing",
	}
	countWords   = regexp.MustCompile(`\(?(?:in )?(\d+) of (\d+) (such )?cells?\b,? ?(?:without a pattern )?`)
	chanceOne    = regexp.MustCompile(`and once in (\S+), perhaps by chance`)
	chanceMany   = regexp.MustCompile(`and in (\d+) other cells, perhaps by chance`)
	whereverRuns = regexp.MustCompile(`^(?:wherever \S+ (?:ran|was tried)|everywhere|anywhere)(?: but in (.+?))?(?: \(|$)`)
)

// readSentence understands the sentences that findings write, and no others.
func readSentence(f findings.Finding, cells []matrix.Cell, axes []matrix.Axis) (claim, error) {
	all := claim{failing: -1, holds: func(matrix.Cell) bool { return true }}
	text, ok := strings.CutSuffix(f.Sentence, ": "+strings.TrimPrefix(f.Title, "No check was executed: "))
	if !ok {
		return all, fmt.Errorf("the title is not behind it")
	}
	i := slices.IndexFunc(verbs, func(v string) bool { return strings.HasPrefix(text, v) })
	if i < 0 {
		return all, fmt.Errorf("there is no verb")
	}
	text = strings.TrimPrefix(text, verbs[i])
	c := all
	for _, hedge := range []string{", most likely", ", perhaps"} {
		if rest, ok := strings.CutPrefix(text, hedge); ok {
			text, c.hedged = rest, true
		}
	}
	text = strings.TrimPrefix(text, " ")
	if m := chanceOne.FindStringSubmatch(text); m != nil {
		c.except = append(c.except, m[1])
	}
	if m := chanceMany.FindStringSubmatch(text); m != nil {
		c.others, _ = strconv.Atoi(m[1])
	}
	if m := countWords.FindStringSubmatch(text); m != nil {
		c.failing, _ = strconv.Atoi(m[1])
		c.of, _ = strconv.Atoi(m[2])
		c.such = m[3] != ""
	}
	if text == "in the only cell" {
		return c, nil
	}
	if m := whereverRuns.FindStringSubmatch(text); m != nil {
		c.except = append(c.except, listOf(m[1])...)
		return c, nil
	}
	if strings.Contains(text, "without a pattern") {
		c.holds = nil
		return c, nil
	}
	place := text
	if i := strings.Index(place, " ("); i >= 0 {
		place = place[:i]
	}
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(place, "only "), "in "); ok && isSlug(cells, listOf(rest)[0]) {
		named := listOf(rest)
		c.hedged = false // the cells are a fact, whatever is guessed of them
		c.holds = func(cell matrix.Cell) bool { return slices.Contains(named, cell.Slug) }
		return c, nil
	}
	var places []func(matrix.Cell) bool
	for _, p := range regexp.MustCompile(`[;,] and also |; `).Split(place, -1) {
		holds, err := readPlace(p, axes)
		if err != nil {
			return c, fmt.Errorf("%q: %w", p, err)
		}
		places = append(places, holds)
	}
	c.holds = func(cell matrix.Cell) bool {
		return slices.ContainsFunc(places, func(p func(matrix.Cell) bool) bool { return p(cell) })
	}
	return c, nil
}

func isSlug(cells []matrix.Cell, name string) bool {
	return slices.ContainsFunc(cells, func(c matrix.Cell) bool { return c.Slug == name })
}

// listOf reads "a, b and c".
func listOf(text string) []string {
	if text == "" {
		return nil
	}
	return regexp.MustCompile(`, | and `).Split(text, -1)
}

// terms are the forms of one condition. Values hold neither blanks nor commas.
var terms = []struct {
	form *regexp.Regexp
	axis string // empty for the first group
	op   string
}{
	{regexp.MustCompile(`^(?:only )?on Kubernetes ([\d.]+) and later`), matrix.Kubernetes, ">="},
	{regexp.MustCompile(`^(?:only )?on Kubernetes ([\d.]+) and earlier`), matrix.Kubernetes, "<="},
	{regexp.MustCompile(`^(?:only )?on Kubernetes ([\d.]+ to [\d.]+)`), matrix.Kubernetes, "to"},
	{regexp.MustCompile(`^(?:only )?on Kubernetes ([\d.]+(?:(?:, | and )[\d.]+)*)`), matrix.Kubernetes, "in"},
	{regexp.MustCompile(`^on every Kubernetes version but ([\d.]+(?:(?:, | and )[\d.]+)*)`), matrix.Kubernetes, "not"},
	{regexp.MustCompile(`^on every Kubernetes version()`), matrix.Kubernetes, "all"},
	{regexp.MustCompile(`^on every provider but (\w+(?:(?:, | and )\w+)*)`), matrix.Provider, "not"},
	{regexp.MustCompile(`^on every provider()`), matrix.Provider, "all"},
	{regexp.MustCompile(`^on (\w+(?: and \w+)*) alike`), matrix.Provider, "both"},
	{regexp.MustCompile(`^on (\w+(?:(?:, | and )\w+)*)`), matrix.Provider, "in"},
	{regexp.MustCompile(`^in every scenario but (\w+(?:(?:, | and )\w+)*)`), matrix.Scenario, "not"},
	{regexp.MustCompile(`^in every scenario()`), matrix.Scenario, "all"},
	{regexp.MustCompile(`^in scenarios? (\w+(?:(?:, | and )\w+)*)`), matrix.Scenario, "in"},
	{regexp.MustCompile(`^in operations? ([\w-]+(?:(?:, | and )[\w-]+)*)`), matrix.Operation, "in"},
	{regexp.MustCompile(`^when (installing|upgrading)`), matrix.Operation, "when"},
	{regexp.MustCompile(`^with every (\w+) but ([\w.-]+(?:(?:, | and )[\w.-]+)*)`), "", "not"},
	{regexp.MustCompile(`^with (\w+) ([\w.-]+(?:(?:, | and )[\w.-]+)*)`), "", "in"},
}

// readPlace reads conditions that all hold: "on Kubernetes 1.33 and later when
// upgrading, on EKS".
func readPlace(text string, axes []matrix.Axis) (func(matrix.Cell) bool, error) {
	var all []func(matrix.Cell) bool
	for text != "" {
		found := false
		for _, term := range terms {
			// A list ends where the next condition begins.
			m := term.form.FindStringSubmatch(cutAtNext(text))
			if m == nil {
				continue
			}
			axis, values := term.axis, m[len(m)-1]
			if axis == "" {
				axis = m[1]
			}
			holds, err := condition(axes, axis, term.op, values)
			if err != nil {
				return nil, err
			}
			all, text, found = append(all, holds), strings.TrimLeft(text[len(m[0]):], ", "), true
			break
		}
		if !found {
			return nil, fmt.Errorf("nobody understands %q", text)
		}
	}
	return func(c matrix.Cell) bool {
		return !slices.ContainsFunc(all, func(holds func(matrix.Cell) bool) bool { return !holds(c) })
	}, nil
}

var nextTerm = regexp.MustCompile(`, (?:on|in|with) | {1,2}when `)

func cutAtNext(text string) string {
	if at := nextTerm.FindStringIndex(text); len(at) > 0 && at[0] > 0 {
		return text[:at[0]]
	}
	return text
}

func condition(axes []matrix.Axis, name, op, text string) (func(matrix.Cell) bool, error) {
	i := slices.IndexFunc(axes, func(a matrix.Axis) bool { return a.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no axis %q", name)
	}
	have := axes[i].Values
	values := listOf(strings.ReplaceAll(text, " to ", ", "))
	for n, v := range values {
		if name == matrix.Provider {
			values[n] = strings.ToLower(v)
		}
		if op != "when" && op != "all" && !slices.Contains(have, values[n]) {
			return nil, fmt.Errorf("axis %s has no value %q", name, values[n])
		}
	}
	at := func(c matrix.Cell) int { return slices.Index(have, c.At[name]) }
	switch op {
	case "in":
		return func(c matrix.Cell) bool { return slices.Contains(values, c.At[name]) }, nil
	case "not":
		return func(c matrix.Cell) bool { return !slices.Contains(values, c.At[name]) }, nil
	case ">=":
		return func(c matrix.Cell) bool { return at(c) >= slices.Index(have, values[0]) }, nil
	case "<=":
		return func(c matrix.Cell) bool { return at(c) <= slices.Index(have, values[0]) }, nil
	case "to":
		return func(c matrix.Cell) bool {
			return at(c) >= slices.Index(have, values[0]) && at(c) <= slices.Index(have, values[1])
		}, nil
	case "when":
		return func(c matrix.Cell) bool { return (c.At[name] == "install") == (text == "installing") }, nil
	}
	return func(matrix.Cell) bool { return true }, nil
}
