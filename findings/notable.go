package findings

// weigh tells whether a maintainer should look at a finding, and why not.
func weigh(f *Finding) {
	switch f.State {
	case New, Overdue, Leak, NothingRan, Unanswered:
		f.Notable = true
	case PreExisting:
		f.Folded = "the baseline fails in the same way"
	case Expected:
		f.Folded = "it is accepted"
	case Flaky:
		f.Folded = "it passed when it was tried again"
	case Fixed:
		f.Folded = "it passes now"
	case Advice:
		f.Folded = "it is advice"
	}
}
