// Package result is the contract between whoever runs cells and whoever
// explains them: what happened, in versioned JSON, without blame.
package result
