package findings

import (
	"github.com/posthog/chart-matrix/findings/diagnosis"
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
	// Reproduce is the command that shows it on a laptop, or comes nearest to that.
	Reproduce string `json:"reproduce,omitempty"`
	// ReproduceNote says what that leaves out, or needs, in a few sentences; it is
	// empty where the command shows the same.
	ReproduceNote string `json:"reproduceNote,omitempty"`
	// Expected is set where an expect-failure names it.
	Expected *matrix.Expectation `json:"expected,omitempty"`
	// FollowUp tells that it occurs in cells alone that a follow-up has added.
	FollowUp bool `json:"followUp,omitempty"`
	// Remark says what is special about the state: "accepted until 2027-01-31", "passes now".
	Remark string `json:"remark,omitempty"`
	// Sentence says it all in one: where, when and what.
	Sentence string `json:"sentence,omitempty"`
	// Class is the kind of failure, such as image-pull; empty where nobody knows.
	Class string `json:"class,omitempty"`
	// Retryable tells that the same may pass when it is tried again.
	Retryable bool `json:"retryable,omitempty"`
	// Kind tells which of the layered tests' questions was answered with no.
	Kind Kind `json:"kind,omitempty"`
	// Notable tells that a maintainer should look at it; where it is false,
	// Folded says why not.
	Notable bool   `json:"notable"`
	Folded  string `json:"folded,omitempty"`
	// Confidence is the probability that the conditions are right, from 0 to 1;
	// 0 where it was not estimated.
	Confidence float64 `json:"confidence,omitempty"`
	// Rivals are other conditions that the results do not tell from these.
	Rivals []Rival `json:"rivals,omitempty"`
	// Next are the cells whose results would decide, cheapest first.
	Next []NextCell `json:"next,omitempty"`
	// Consequences are failures that only follow from this one.
	Consequences []Consequence `json:"consequences,omitempty"`
	// Evidence quotes what shows it: at most three lines, and those around them
	// in More.
	Evidence []EvidenceLine `json:"evidence,omitempty"`
	More     []EvidenceLine `json:"more,omitempty"`
	// Neighbour is the passing cell that differs least from a failing one.
	Neighbour *Neighbour `json:"neighbour,omitempty"`
	// History counts how the same cells and layer fared in earlier runs.
	History *History `json:"history,omitempty"`
}

// Kind tells failures apart by the first question that was answered with no.
type Kind string

// The kinds, cheap before dear.
const (
	KindInvalid    Kind = "invalid"    // the template, its values or the chart is invalid
	KindMismatch   Kind = "mismatch"   // valid, but it renders not as expected
	KindKubernetes Kind = "kubernetes" // renders as expected, but fails on specific Kubernetes versions
	KindProvider   Kind = "provider"   // works on all versions, but fails on specific providers
	KindCluster    Kind = "cluster"    // fails in clusters, whichever version and provider
	KindMachinery  Kind = "machinery"  // the question could not be asked
)

// Rival is another explanation of the same failures.
type Rival struct {
	Where      string        `json:"where"`
	Conditions [][]Condition `json:"conditions"`
	Confidence float64       `json:"confidence"`
}

// NextCell is a cell that was not run and would tell explanations apart.
type NextCell struct {
	At   map[string]string `json:"at"`
	Slug string            `json:"slug"`
	// Because says which explanations its result tells apart.
	Because string `json:"because"`
	// Minutes is about how long it takes a runner, and Dollars what the cluster
	// costs in that time; 0 where that is nothing or unknown.
	Minutes float64 `json:"minutes,omitempty"`
	Dollars float64 `json:"dollars,omitempty"`
}

// Consequence is a failure that follows from a finding.
type Consequence struct {
	Fingerprint string `json:"fingerprint"`
	Layer       string `json:"layer"`
	Title       string `json:"title"`
	Cells       int    `json:"cells"`
}

// EvidenceLine is one line and where it stands.
type EvidenceLine struct {
	Cell   string `json:"cell,omitempty"`   // the ID of the cell that it was seen in
	Try    string `json:"try,omitempty"`    // "try 1 of 2" where a later one replaced that in which it was seen
	Source string `json:"source,omitempty"` // the file of its evidence: logs/web-0.app.log
	Line   int    `json:"line,omitempty"`   // from 1
	Text   string `json:"text"`
}

// Neighbour compares a failing cell with the passing one that is most like it.
type Neighbour struct {
	Failing string   `json:"failing"` // the ID of the failing cell
	Passing string   `json:"passing"` // the ID of the passing one
	Differs []string `json:"differs"` // what is different, each in one line: "provider: eks, not kind"
}

// History counts earlier runs of the same cells.
type History struct {
	Runs   int `json:"runs"`   // earlier runs in which at least one of the cells was asked
	Failed int `json:"failed"` // answers in them with this failure
	Asked  int `json:"asked"`  // answers in them
	// PValue is that of Fisher's exact test, one-sided: how likely as many
	// failures as now would be if nothing had changed; 0 where it was not made.
	PValue float64 `json:"pValue,omitempty"`
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
type Blame = diagnosis.Blame

// The blames.
const (
	BlameChart          = diagnosis.BlameChart
	BlameChartOrEnv     = diagnosis.BlameChartOrEnv
	BlameInfrastructure = diagnosis.BlameInfrastructure
	BlameRunner         = diagnosis.BlameRunner
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
	Fixed       State = "fixed"       // the baseline failed so, and now it passes: never red
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
	// Flaky is how many of those that passed did so only when they were tried again.
	Flaky int `json:"flaky,omitempty"`
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
	// Advice and what is fixed are left out.
	Findings []int `json:"findings,omitempty"`
	// Omitted says why there is no cell here.
	Omitted string `json:"omitted,omitempty"`
}
