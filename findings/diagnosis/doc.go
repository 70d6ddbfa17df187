// Package diagnosis reads the logs of one failure and says what kind of failure
// it is, whose fault, whether trying again may help, and which one to three
// lines show it.
//
// It is a table of rules, not a model: each rule names the words that a program
// prints in that situation, and stands in one ordered list, causes before what
// follows from them. A log that no rule knows is Unclassified, which costs a
// reader less than a wrong word. The package is pure, and every input is hostile:
// lines are cut, text is bounded, no expression can take more than linear time.
package diagnosis
