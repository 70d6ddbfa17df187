package cause

// Axis is one dimension of a matrix.
type Axis struct {
	Name   string
	Values []string
	// Ordered says that the values rise, so that ranges of them make sense.
	Ordered bool
}

// Matrix is the space in which failures are explained.
type Matrix struct {
	Axes []Axis
	// Cells are those that were meant to run, each as one value index per axis.
	Cells [][]int
	// Feasible tells whether a cell could run at all; nil means that every cell
	// of the product can. Conditions that differ only in cells that can never
	// run are the same cause.
	Feasible func(cell []int) bool
	// Cost is what running a cell costs, in any unit above zero; nil means that
	// all cost the same. It orders Cause.Next.
	Cost func(cell []int) float64
}

// Outcome is what one test did in one cell.
type Outcome uint8

const (
	// Absent says nothing: omitted, lost, blocked, errored, skipped.
	Absent Outcome = iota
	// Passed says that the test was asked and the answer was yes.
	Passed
	// Failed says that the test was asked and the answer was no.
	Failed
	// Flaky says that the test both failed and passed in this cell. It is
	// evidence of how often tests fail by chance, and of nothing else.
	Flaky
)

// Test is one question that is asked in many cells.
type Test struct {
	Name string
	// Outcomes has one entry for each of Matrix.Cells.
	Outcomes []Outcome
}

// Condition restricts one axis to a closed range of its value indexes. From
// equals To for a single value, the only form on an axis without order.
type Condition struct {
	Axis     int
	From, To int
}

// Support counts cells in which at least one of a cause's tests has an answer. A
// cell counts as failed when one of these tests failed in it.
type Support struct {
	Failed, Cells                   int // where the conditions hold
	FailedElsewhere, CellsElsewhere int // where they do not
	// ExplainedElsewhere are those of FailedElsewhere that another cause of the
	// same tests accounts for.
	ExplainedElsewhere int
}

// Cause is why a set of tests fails where it does.
type Cause struct {
	// Conditions, one per axis at most and in the axes' order, hold together.
	// None means that the tests fail everywhere.
	Conditions []Condition
	// Tests are indexes, rising.
	Tests []int
	// Confidence is the probability that both conditions and tests are exactly
	// these, given that the model holds.
	Confidence float64
	// Exists is the probability that these tests share a cause at all, be its
	// conditions these or a rival's. It is high where something is certainly
	// wrong but the cells that ran cannot tell what it depends on.
	Exists  float64
	Support Support
	// Rivals are other conditions for the same tests that the results do not
	// rule out, likeliest first.
	Rivals []Rival
	// Next are cells whose results would tell this cause from its rivals and
	// from chance: what tells most for its cost comes first. A cell that ran
	// already is there when repeating it tells more than any new one.
	Next [][]int
}

// Rival is another explanation of what a Cause explains.
type Rival struct {
	Conditions []Condition
	Confidence float64
}

// Stray is a failure that no reported cause accounts for.
type Stray struct {
	Test, Cell int
	// Chance is the probability that nothing but chance made it fail. What is
	// missing to 1 goes to causes that are too uncertain to be reported.
	Chance float64
}

// Noise is what the matrix says about chance.
type Noise struct {
	Flake float64 // probability that a test fails where no cause makes it fail
	Heal  float64 // probability that a test passes where a cause makes it fail
	// Upsets are cells in which many tests failed at once for a reason of that
	// cell alone, such as a cluster that broke down; their results count for
	// nothing else. They are indexes into Matrix.Cells, rising.
	Upsets []int
}

// Explanation is the whole answer.
type Explanation struct {
	Causes []Cause // surest first
	Strays []Stray // in the order of tests, then cells
	Noise  Noise
	// Bounded says that the matrix was too large for every conjunction to be
	// tried: the least promising ones were left out.
	Bounded bool
}

// Options bound the search; the zero value is what everybody wants.
type Options struct {
	// MinExists is what Cause.Exists must be for a cause to be reported; 0 means
	// 0.5. Where Exists is below 0.9, the conditions must have a confidence of
	// 0.1 at least, too. What is left out shows up among the strays.
	MinExists float64
	// MaxRivals bounds Cause.Rivals, 0 means 5; MaxNext bounds Cause.Next, 0
	// means 3. Negative means none.
	MaxRivals, MaxNext int
}
