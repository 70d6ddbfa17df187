package findings

import (
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// SummarySchema names the format of the JSON report.
const SummarySchema = "chart-matrix/summary/v1"

// Summary is all that a reporter needs. Reporters add no judgement of their own.
type Summary struct {
	Schema   string       `json:"schema"`
	Name     string       `json:"name"`
	Chart    matrix.Chart `json:"chart"`
	Event    string       `json:"event,omitempty"`
	Verdict  Verdict      `json:"verdict"`
	Findings []Finding    `json:"findings"`
	// Grid shows every cell, for tables and heat maps.
	Grid   Grid         `json:"grid"`
	Counts Counts       `json:"counts"`
	Layers []LayerCount `json:"layers"`
	// Omissions, Notes and Anomalies are the plan's and the join's, untouched.
	Omissions []matrix.Omission `json:"omissions,omitempty"`
	Notes     []string          `json:"notes,omitempty"`
	Anomalies []string          `json:"anomalies,omitempty"`
	// Skips tells, for each reason, how many cells skipped a layer, or some of
	// its checks.
	Skips []Skip `json:"skips,omitempty"`
	// Seconds is the time spent on asking, summed over all layers. What runs
	// side by side counts in full; the caller may put the wall-clock time here.
	Seconds float64 `json:"seconds"`
	// Cells holds every cell's result, for reporters that list assertions
	// (JUnit); the JSON report leaves them in the result folder.
	Cells []result.Cell `json:"-"`
	// Axes are the plan's.
	Axes []matrix.Axis `json:"axes"`
	// Changes are the plan's: how it differs from that of the base commit.
	Changes []string `json:"changes,omitempty"`
	// Origin says where the run took place and with what it was compared; the
	// caller knows, Explain copies it from its options.
	Origin Origin `json:"origin,omitzero"`
}

// Origin is what a report says of the run besides its results.
type Origin struct {
	// Run names the run for people, "run 1234, attempt 2", and URL leads to it.
	Run string `json:"run,omitempty"`
	URL string `json:"url,omitempty"`
	// Commit is the commit that was tested, in full.
	Commit string `json:"commit,omitempty"`
	// Baseline names the run that failures were compared with; where there is
	// none, NoBaseline says why. Both are empty where nobody looked for one.
	Baseline    string `json:"baseline,omitempty"`
	BaselineURL string `json:"baselineUrl,omitempty"`
	NoBaseline  string `json:"noBaseline,omitempty"`
	// SelfReported tells that the results were made by code that nobody here
	// vouches for, such as a fork's; only the plan and the jobs' states were checked.
	SelfReported bool `json:"selfReported,omitempty"`
	// Jobs lead from cells to their logs: the URL of the last attempt at each
	// job, by the cell's ID.
	Jobs map[string]string `json:"jobs,omitempty"`
}

// Finding is one cause of failure, stated once.
type Finding struct {
	// Fingerprint is stable from run to run: it is made of the layer, the code
	// and the normalised message, not of the cells.
	Fingerprint string `json:"fingerprint"`
	Layer       string `json:"layer"`
	Code        string `json:"code"`
	// Severity is error for what failed and warning for what did not.
	Severity result.Severity `json:"severity"`
	// Status is failed, errored or lost: the status of the assertions that it explains.
	Status result.Status `json:"status"`
	Blame  Blame         `json:"blame"`
	State  State         `json:"state"`
	// Title is one line: what is wrong.
	Title string `json:"title"`
	// Where says in words on which cells: "on Kubernetes 1.26 and later, in scenario ha".
	Where string `json:"where"`
	// Conditions are the same as data. Each inner list is a conjunction.
	// It is absent where there is no simple pattern, and [[]] for everywhere.
	Conditions [][]Condition `json:"conditions,omitempty"`
	Support    Support       `json:"support"`
	// Cells lists the IDs of the cells in which it occurs, in the plan's order.
	Cells []string `json:"cells"`
	// Locations lists the distinct places, most frequent first.
	// There are at most 100.
	Locations []result.Location `json:"locations,omitempty"`
	// Also names the later layers that fail for the same cause: a template that
	// lint refuses cannot be rendered either.
	Also []string `json:"also,omitempty"`
	// Excerpt holds at most three lines that show it.
	Excerpt []string `json:"excerpt,omitempty"`
	Hint    string   `json:"hint,omitempty"`
	// Reproduce is the command that shows it on a laptop.
	Reproduce string `json:"reproduce,omitempty"`
	// Expected is set where an expect-failure names it.
	Expected *matrix.Expectation `json:"expected,omitempty"`
	// Remark says what is special about the state: "accepted until 2027-01-31", "passes now".
	Remark string `json:"remark,omitempty"`
}

// Condition is one term of a cause: an axis and the values on which it holds.
type Condition struct {
	Axis   string   `json:"axis"`
	Op     string   `json:"op"` // "=", "in", ">=", "<=", "range"
	Values []string `json:"values"`
}

// Support counts the evidence for the conditions.
type Support struct {
	Matching        int `json:"matching"`        // cells that meet the conditions and were asked
	MatchingFailing int `json:"matchingFailing"` // of these, how many fail this way
	Others          int `json:"others"`          // cells that do not meet them and were asked
	OthersFailing   int `json:"othersFailing"`   // of these, how many fail this way
}

// Blame says whose fault a finding is.
type Blame string

// The blames.
const (
	BlameChart          Blame = "chart"
	BlameChartOrEnv     Blame = "chart-or-env"
	BlameInfrastructure Blame = "infrastructure"
	BlameRunner         Blame = "ci-runner"
)

// State places a finding against the baseline and the expect-failure rules.
type State string

// The states. A finding without a baseline is New: unknown counts as new.
const (
	New         State = "new"
	PreExisting State = "pre-existing"
	Expected    State = "expected"    // an expect-failure names it
	Overdue     State = "overdue"     // expected, but passes or expired
	Flaky       State = "flaky"       // passed on retry
	Unanswered  State = "unanswered"  // errored or lost: nobody knows
	Leak        State = "leak"        // something was left behind
	NothingRan  State = "nothing-ran" // no check was executed
	Advice      State = "advice"      // a warning: never red
)

// Verdict is the answer of the gate, computed once.
type Verdict struct {
	// Passed is what decides green or red; ExitCode says why it is red.
	Passed   bool   `json:"passed"`
	ExitCode int    `json:"exitCode"`
	Headline string `json:"headline"` // one sentence
	// Reasons say which findings made it red, each in one line.
	Reasons []string `json:"reasons,omitempty"`
	// Warnings are the findings that the gate lets pass but wants seen.
	Warnings []string `json:"warnings,omitempty"`
}

// Counts counts cells by status; the sum of the first six is Planned.
type Counts struct {
	Planned    int `json:"planned"`
	Passed     int `json:"passed"`
	Failed     int `json:"failed"`
	Errored    int `json:"errored"`
	Skipped    int `json:"skipped"`
	Blocked    int `json:"blocked"`
	Lost       int `json:"lost"`
	Omitted    int `json:"omitted"`
	Assertions int `json:"assertions"`
	Questions  int `json:"questions"` // distinct questions that were really asked
}

// LayerCount counts the cells of one layer by status.
type LayerCount struct {
	Layer     string                `json:"layer"`
	Cells     map[result.Status]int `json:"cells"`
	Questions int                   `json:"questions"` // asked; the other cells share their answers
	Seconds   float64               `json:"seconds"`   // spent on asking
}

// Skip is one reason for which a layer, or a part of it, did not run.
type Skip struct {
	Layer  string        `json:"layer"`
	Status result.Status `json:"status"` // skipped or blocked
	Reason string        `json:"reason"`
	Cells  int           `json:"cells"`
	// Checks is how many checks were left out where the layer did run, such as
	// of objects that no schema describes; 0 where the whole layer did not run.
	Checks int `json:"checks,omitempty"`
}

// Grid lays every cell of the plan out in two dimensions: versions across,
// all other axes down.
type Grid struct {
	ColumnAxis string    `json:"columnAxis"`
	Columns    []string  `json:"columns"`
	RowAxes    []string  `json:"rowAxes"`
	Rows       []GridRow `json:"rows"`
}

// GridRow is one combination of the row axes.
type GridRow struct {
	Values []string   `json:"values"` // one for each of RowAxes
	Cells  []GridCell `json:"cells"`  // one for each of Columns
}

// GridCell is one square. A square without ID was omitted from the plan.
type GridCell struct {
	ID     string        `json:"id,omitempty"`
	Slug   string        `json:"slug,omitempty"`
	Status result.Status `json:"status,omitempty"`
	// FailedLayers names the layers that did not pass, in layer order.
	FailedLayers []string `json:"failedLayers,omitempty"`
	// Findings are indexes into Summary.Findings.
	// Advice is left out.
	Findings []int `json:"findings,omitempty"`
	// Omitted says why there is no cell here.
	Omitted string `json:"omitted,omitempty"`
}
