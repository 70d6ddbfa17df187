package findings

import (
	"fmt"
	"slices"
	"strings"
)

// The exit codes of the program. The gate gives the first three that a finished
// run can have; the others are those of the command line.
const (
	ExitPassed         = 0
	ExitChart          = 1   // red by findings that blame the chart
	ExitUsage          = 2   // usage or configuration
	ExitInfrastructure = 3   // red by infrastructure, lost cells, leaks, or because nothing ran
	ExitInterrupted    = 130 // by a signal
)

// Gate says which findings make a run red. The zero value is the strictest
// mode without exceptions.
type Gate struct {
	// Mode is "new", where only failures that the baseline lacks count, or
	// "all". Anything else judges as "all".
	Mode string
	// Overrides gives a kind of finding another level: "errored": "warn".
	Overrides map[string]string
}

// The kinds of findings that the gate tells apart, as users write them.
var gateKinds = []string{"new", "pre-existing", "expected", "overdue", "flaky", "errored", "leak", "nothing-ran"}

// Level is what the gate does about a finding.
type Level string

// The levels.
const (
	Fail   Level = "fail"   // the run is red
	Warn   Level = "warn"   // the run stays green; the verdict mentions it
	Ignore Level = "ignore" // the run stays green; the finding stands in the report alone
)

// Validate tells whether mode, kinds and levels exist.
func (g Gate) Validate() error {
	if g.Mode != "" && g.Mode != "new" && g.Mode != "all" {
		return fmt.Errorf("unknown gate %q; have new, all", g.Mode)
	}
	var bad []string
	for kind, level := range g.Overrides {
		if !slices.Contains(gateKinds, kind) {
			bad = append(bad, fmt.Sprintf("unknown kind of finding %q; have %s", kind, strings.Join(gateKinds, ", ")))
		} else if !slices.Contains([]Level{Fail, Warn, Ignore}, Level(level)) {
			bad = append(bad, fmt.Sprintf("unknown level %q for %s; have fail, warn, ignore", level, kind))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	slices.Sort(bad)
	return fmt.Errorf("gate: %s", strings.Join(bad, "; "))
}

// Level gives what the gate does about findings of a state: the table of
// docs/architecture.md, and the overrides on top of it.
func (g Gate) Level(s State) Level {
	kind := kindOf(s)
	if kind == "" {
		return Ignore
	}
	switch l := Level(g.Overrides[kind]); l {
	case Fail, Warn, Ignore:
		return l
	}
	switch s {
	case Expected, Flaky:
		return Warn
	case PreExisting, Overdue:
		if g.Mode == "new" {
			return Warn
		}
	}
	return Fail
}

// kindOf names a state as users write it in the gate; "" for what no
// gate can make red: advice, and what is mended.
func kindOf(s State) string {
	switch s {
	case Unanswered:
		return "errored"
	case Advice, Fixed:
		return ""
	}
	return string(s)
}

// exitCode is the code that a finding stands for when it makes a run red.
func exitCode(f *Finding) int {
	switch f.State {
	case Unanswered, Leak, NothingRan:
		return ExitInfrastructure
	}
	if f.Blame == BlameInfrastructure || f.Blame == BlameRunner {
		return ExitInfrastructure
	}
	return ExitChart
}
