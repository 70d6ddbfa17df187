package result

// Status says what became of a check, a layer or a cell. It blames nobody:
// findings do that.
type Status string

// The statuses.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"  // the question was asked and the answer was no
	Errored Status = "errored" // the question could not be asked
	Skipped Status = "skipped" // with a reason
	Blocked Status = "blocked" // a cheaper layer failed first
	Lost    Status = "lost"    // planned, never reported
)

// Statuses lists every status, the gravest last.
func Statuses() []Status { return []Status{Skipped, Passed, Blocked, Lost, Errored, Failed} }

// Valid tells whether the status is one of Statuses; results are read from
// files that anyone may have written.
func (s Status) Valid() bool { return s.gravity() >= 0 }

func (s Status) gravity() int {
	for i, t := range Statuses() {
		if s == t {
			return i
		}
	}
	return -1
}

// Worst gives the gravest of the statuses, and Skipped for none: what ran no
// check has not passed.
func Worst(statuses ...Status) Status {
	worst := Skipped
	for _, s := range statuses {
		if s.gravity() > worst.gravity() {
			worst = s
		}
	}
	return worst
}
