// Package present holds what every reporter says in the same way: text made
// safe to show, counts in words, findings in groups, and the grid folded to
// what a reader can take in at a glance.
package present
