package matrix

import "time"

// Spec is everything that decides which cells there are. internal/config makes
// it from .chart-matrix.yaml; Expand turns it into a Plan.
type Spec struct {
	Axes    []Axis
	Exclude []Exclusion
	Include []Coordinates
	Windows []Window
	// Only keeps the cells that match every selector in it: what an event or
	// the --only flag asks for.
	Only []Selection
	// Cover thins the cells out; nil keeps them all.
	Cover Coverer
	// Layers lists the layers that run, cheap before dear.
	Layers []string
	// Expect lists the failures that are known and accepted.
	Expect []Expectation
}

// Exclusion takes cells out of the matrix, or, where it names layers, those
// layers out of the cells.
type Exclusion struct {
	Where   Selector
	Layers  []string
	Because string
	// Rule names the exclusion for people: "exclude[0]" or a file position.
	Rule string
}

// Coordinates adds cells that the product lacks or that an exclusion took out.
// Axes that it does not name take every value.
type Coordinates struct {
	At      map[string][]string
	Because string
	Rule    string
}

// Window names versions of Kubernetes that a provider does not offer.
type Window struct {
	Provider string
	Closed   VersionRange
	Because  string
}

// Selection keeps what matches and says who asked for it.
type Selection struct {
	Where Selector
	Rule  string // "event pull_request", "--only"
	// Because says why what does not match is left out; empty: what Where asks for.
	Because string
}

func (s Selection) reason() string {
	if s.Because != "" {
		return s.Because
	}
	return "it asks for " + s.Where.String()
}

// Expectation is a failure that is known: where, what its message looks like,
// which issue tracks it and until when it is accepted.
type Expectation struct {
	Where    Selector  `json:"where,omitempty"`
	Cells    string    `json:"cells"`            // Where, for people
	Layers   []string  `json:"layers,omitempty"` // empty: any layer
	Matching string    `json:"matching"`         // RE2, searched in the failure's message
	Issue    string    `json:"issue"`
	Until    time.Time `json:"until"` // the last day on which it is accepted, UTC
	Rule     string    `json:"rule"`
}

// Coverer thins out the cells of a matrix: it picks those that still cover what
// it promises (every pair of values, say). It must keep the order of the cells
// and be deterministic for one seed.
type Coverer interface {
	// Name is what the configuration calls it: "all", "pairwise".
	Name() string
	// Cover tells for each cell whether it stays. The reason says what stands
	// for the cells that go.
	Cover(axes []Axis, cells []Cell, seed int64) (keep []bool, reason string)
}

// CoverAll keeps every cell.
type CoverAll struct{}

// Name implements Coverer.
func (CoverAll) Name() string { return "all" }

// Cover implements Coverer.
func (CoverAll) Cover(_ []Axis, cells []Cell, _ int64) ([]bool, string) {
	keep := make([]bool, len(cells))
	for i := range keep {
		keep[i] = true
	}
	return keep, ""
}
