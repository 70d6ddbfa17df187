package findings_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
)

// checkTruth holds what a sentence says against what happened. Only cells in
// which the layer was asked count.
func checkTruth(f findings.Finding, cells []matrix.Cell, axes []matrix.Axis, asked, fails func(matrix.Cell) bool) error {
	c, err := readSentence(f, cells, axes)
	if err != nil || c.hedged {
		return err
	}
	failing, named, total, wrong := 0, 0, 0, 0
	for _, cell := range cells {
		if !asked(cell) {
			continue
		}
		total++
		if fails(cell) {
			failing++
		}
		if c.holds == nil {
			continue
		}
		says := c.holds(cell)
		if says {
			named++
		}
		if slices.Contains(c.except, cell.Slug) {
			says = !says
		}
		if says != fails(cell) {
			wrong++
		}
	}
	switch {
	case c.such && (c.of != named || wrong != c.of-c.failing):
		return fmt.Errorf("it says %d of %d such cells; there are %d, and %d are otherwise", c.failing, c.of, named, wrong)
	case !c.such && c.failing >= 0 && c.failing != failing:
		return fmt.Errorf("it says %d cells, and it is %d", c.failing, failing)
	case !c.such && c.failing >= 0 && c.of != total && c.of != len(cells):
		return fmt.Errorf("it says of %d cells, and there are %d", c.of, total)
	case !c.such && wrong > c.others:
		return fmt.Errorf("%d cells are otherwise", wrong)
	}
	return nil
}

// TestSentencesAreTrue reads every shape's sentence back and compares it with the
// cells.
func TestSentencesAreTrue(t *testing.T) {
	for _, s := range shapes {
		f, sum := s.told(t)
		err := checkTruth(f, plannedCells(sum), sum.Axes,
			func(c matrix.Cell) bool { return s.unasked == "" || !holds(s.unasked, c.At) },
			func(c matrix.Cell) bool { return s.failsAt(c.At) })
		if err != nil {
			t.Errorf("%s: %s: %v", s.name, f.Sentence, err)
		}
	}
}

func plannedCells(s findings.Summary) []matrix.Cell {
	var out []matrix.Cell
	for _, c := range s.Cells {
		out = append(out, matrix.Cell{ID: c.ID, Slug: c.Slug, At: c.At})
	}
	return out
}

// TestEverySentenceIsTrue does the same for causes that nobody chose.
func TestEverySentenceIsTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	read := map[bool]int{}
	for n := range 400 {
		s := randomShape(r)
		f, sum := s.toldIfOne(t)
		if f == nil {
			continue
		}
		err := checkTruth(*f, plannedCells(sum), sum.Axes,
			func(c matrix.Cell) bool { return s.unasked == "" || !holds(s.unasked, c.At) },
			func(c matrix.Cell) bool { return s.failsAt(c.At) })
		if err != nil {
			t.Fatalf("%d: fails %s, but %s, unasked %s, in %s of %q: %s: %v", n, s.fails, s.passes, s.unasked, s.layer, s.axes, f.Sentence, err)
		}
		read[strings.Contains(f.Sentence, ", most likely") || strings.Contains(f.Sentence, ", perhaps")]++
	}
	if read[false] < 150 {
		t.Errorf("only %d sentences were stated flatly", read[false])
	}
}

// randomShape makes one or two causes of one to three conditions, of which a cell
// may pass by chance.
func randomShape(r *rand.Rand) shape {
	axes := []string{"kubernetes: 1.31 1.32 1.33 1.34", "provider: k3s eks gke doks", "scenario: default ha", "operation: install upgrade", "helm: 3.19 4"}
	axes = axes[:2+r.IntN(len(axes)-1)]
	pick := func() string {
		var parts []string
		for _, n := range r.Perm(len(axes))[:1+r.IntN(min(3, len(axes)))] {
			name, values, _ := strings.Cut(axes[n], ": ")
			all := strings.Fields(values)
			from := r.IntN(len(all))
			to := from + 1
			if name == matrix.Kubernetes {
				to += r.IntN(len(all) - from)
			}
			parts = append(parts, name+"="+strings.Join(all[from:to], ","))
		}
		return strings.Join(parts, " & ")
	}
	s := shape{name: "random", axes: axes, layer: []string{"render", "schema", "install"}[r.IntN(3)], fails: pick()}
	if r.IntN(3) == 0 {
		s.fails += " | " + pick()
	}
	if r.IntN(4) == 0 {
		s.passes = pick()
	}
	if s.layer == "install" && r.IntN(4) == 0 {
		s.unasked = pick()
	}
	return s
}

// toldIfOne is told for a shape that may have nothing to tell.
func (s shape) toldIfOne(t *testing.T) (*findings.Finding, findings.Summary) {
	t.Helper()
	sum := findings.Explain(s.scene().run(t), findings.Options{Now: noon})
	all := slices.DeleteFunc(slices.Clone(sum.Findings), func(f findings.Finding) bool { return f.Code == "blocked" })
	if len(all) != 1 {
		return nil, sum
	}
	return &all[0], sum
}

// TestLiesAreNoticed: the reader of sentences would be worth nothing otherwise.
func TestLiesAreNoticed(t *testing.T) {
	s := shape{fails: "provider=eks & operation=upgrade"}
	f, sum := s.told(t)
	for _, lie := range []string{
		"on EKS", "on GKE when upgrading", "on EKS when installing", "on EKS, and also when upgrading", "everywhere", "only in eks-1.31-ha-upgrade (1 of 48 cells)",
		"on every provider but EKS when upgrading", "on Kubernetes 1.32 and later when upgrading, on EKS", "on EKS when upgrading (in 7 of 8 such cells)",
		"on EKS when upgrading (and once in k3s-1.31-ha-install, perhaps by chance)", "in 9 of 48 cells without a pattern (a, b and 7 more)",
		"in the middle of nowhere", "with tea when upgrading, on EKS", "everywhere but in eks-1.31-ha-upgrade (8 of 48 cells)",
	} {
		g := f
		g.Sentence = "Fails " + lie + ": " + f.Title
		if err := checkTruth(g, plannedCells(sum), sum.Axes, func(matrix.Cell) bool { return true }, func(c matrix.Cell) bool { return s.failsAt(c.At) }); err == nil {
			t.Errorf("it is believed: %s", g.Sentence)
		}
	}
}

// TestNextCellsTellApart: what a cell's result is said to mean follows from the
// two places, as their words have them.
func TestNextCellsTellApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	told := 0
	for range 250 {
		s := randomShape(r)
		s.layer, s.passes, s.unasked, s.only = "install", "", "", "third"
		f, sum := s.toldIfOne(t)
		if f == nil || len(f.Next) == 0 {
			continue
		}
		place := func(words string, at map[string]string) bool {
			if strings.HasPrefix(words, "everywhere") || strings.HasPrefix(words, "nearly everywhere") {
				return true
			}
			holds, err := readPlace(words, sum.Axes)
			if err != nil {
				t.Fatalf("%q: %v", words, err)
			}
			return holds(matrix.Cell{At: at})
		}
		for _, n := range f.Next {
			result, other, ok := strings.Cut(n.Because, " would mean that it fails ")
			if !ok {
				continue
			}
			mine, err := conditionsHold(f.Conditions, n.At, sum.Axes)
			if err != nil {
				t.Fatal(err)
			}
			theirs := place(other, n.At)
			if result == "a pass" && (!mine || theirs) || result == "a failure" && (mine || !theirs) {
				t.Errorf("%s: %s: %s", f.Sentence, n.Slug, n.Because)
			}
			told++
		}
	}
	if told < 40 {
		t.Errorf("only %d cells had two places to tell apart", told)
	}
}

// conditionsHold evaluates conditions as data.
func conditionsHold(conditions [][]findings.Condition, at map[string]string, axes []matrix.Axis) (bool, error) {
	for _, all := range conditions {
		ok := true
		for _, c := range all {
			op := map[string]string{"=": "in", "in": "in", ">=": ">=", "<=": "<=", "range": "to"}[c.Op]
			holds, err := condition(axes, c.Axis, op, strings.Join(c.Values, ", "))
			if err != nil {
				return false, err
			}
			ok = ok && holds(matrix.Cell{At: at})
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}
