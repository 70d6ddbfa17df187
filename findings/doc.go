// Package findings says why: it groups equal failures of all cells into causes,
// names the axis values on which each occurs, judges the run, and gives one
// Summary that every reporter renders.
//
// It is pure: the same Run, Options and clock give the same Summary.
package findings
