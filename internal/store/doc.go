// Package store keeps a run in a folder: plan.json, and for each cell
// cells/<id>/result.json. docs/results.md describes the format.
//
// Write replaces such a folder as a whole, and nothing else: it never touches a
// folder that it does not know as its own. Read takes folders that anyone may
// have written, such as the artifact of a pull request from a fork: it bounds
// sizes, follows no links, and believes nothing that it can check.
package store

// The names in a result folder. A folder with the name incoming in it is one
// that a Write was interrupted in.
const (
	partName    = "part.json"
	planName    = "plan.json"
	cellsName   = "cells"
	resultStem  = "result" // result.json; result-2.json is the second attempt's
	incoming    = ".chart-matrix-incoming"
	folderPerm  = 0o755
	contentPerm = 0o644
)

// The limits on what is read. They are far above what real runs need (256 cells
// of 500 checks take 20 MB) and keep a hostile folder from filling the memory.
const (
	maxPartBytes   = 64 << 10
	maxPlanBytes   = 64 << 20
	maxResultBytes = 32 << 20
	maxPlansBytes  = 128 << 20 // the plans of all attempts
	maxTotalBytes  = 512 << 20 // all results together
	maxCells       = 100_000   // in the plan, and folders in cells/
	maxLayers      = 100
	maxFilesInCell = 1_000
	maxParts       = 20_000 // entries of a collection: ten attempts of the most jobs, twice
	// Anomalies go into comments; more than these nobody reads.
	maxAnomalies    = 100
	maxAnomalyBytes = 500
	// An empty object takes three bytes in a file and up to 200 in memory, so
	// the number of values is bounded too.
	maxPartValues   = 1_000
	maxPlanValues   = 4_000_000
	maxResultValues = 1_000_000
)
