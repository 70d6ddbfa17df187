package result

import "time"

// CellSchema names the format of result.json; it changes when a reader of the
// old format would misread the new one.
const CellSchema = "chart-matrix/cell/v1"

// Cell is what happened in one cell.
type Cell struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	Slug   string `json:"slug"`
	// At is the coordinate, axis name to value, so that a result can be read
	// without its plan.
	At map[string]string `json:"at"`
	// Attempt counts the attempts at the whole run from 1; a cell has one result
	// for each in which it was asked.
	Attempt int `json:"attempt"`
	// Job is the planned job whose layers these steps are; empty for the layers
	// that are asked where the plan is made. Join puts the parts of a cell together.
	Job    string `json:"job,omitempty"`
	Status Status `json:"status"`
	// Reason says why a cell without steps has its status.
	Reason  string    `json:"reason,omitempty"`
	Steps   []Step    `json:"steps,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Seconds float64   `json:"seconds"`
	// KubeVersion is the version that the cell ran with, as the provider
	// reports it: v1.33.4-eks-1a2b3c4.
	KubeVersion string `json:"kubeVersion,omitempty"`
	// Retried holds the tries that its job repeated, the first one first; the
	// cell's own result is that of the last try. Seconds counts all of them.
	Retried []Try `json:"retried,omitempty"`
	// NotRetried says why the cell was not tried again, although it was to be.
	NotRetried string `json:"notRetried,omitempty"`
}

// Step is one layer's run in one cell.
type Step struct {
	Layer  string `json:"layer"`
	Status Status `json:"status"`
	// Reason is set for skipped, blocked and errored steps.
	Reason     string      `json:"reason,omitempty"`
	Assertions []Assertion `json:"assertions,omitempty"`
	Seconds    float64     `json:"seconds"`
	// Key is the digest of the question that the layer asked. Cells with equal
	// keys share one answer, and Shared is true in all of them but the one in
	// which it was asked.
	Key    string `json:"key,omitempty"`
	Shared bool   `json:"shared,omitempty"`
}

// Assertion is one named check: a JUnit test case.
type Assertion struct {
	// Name is stable from run to run: "Deployment/web", "renders".
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Reason says why the assertion was skipped or errored.
	Reason   string    `json:"reason,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
	Seconds  float64   `json:"seconds,omitempty"`
}

// Severity of a problem.
type Severity string

// The severities: only errors make an assertion fail.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Problem is one thing that is wrong, and where.
type Problem struct {
	Severity Severity `json:"severity"`
	// Code groups problems of one kind: "api-removed", "wrong-type".
	Code    string `json:"code"`
	Message string `json:"message"`
	// Hint is what to do about it.
	Hint     string   `json:"hint,omitempty"`
	Location Location `json:"location,omitzero"`
	// Excerpt holds the lines that show it, at most a few.
	Excerpt []string `json:"excerpt,omitempty"`
	// Source says where the excerpt stands in what was kept of the cell:
	// "logs/web-0.app.log:12"; empty where it is not in a file.
	Source string `json:"source,omitempty"`
}

// Location says where a problem is: a position in a chart file, an object of
// the rendered manifest and a path in it, or both.
type Location struct {
	File   string `json:"file,omitempty"` // relative to the chart: templates/hpa.yaml
	Line   int    `json:"line,omitempty"` // from 1; 0 is unknown
	Column int    `json:"column,omitempty"`
	Object string `json:"object,omitempty"` // "HorizontalPodAutoscaler/web"
	Path   string `json:"path,omitempty"`   // JSON pointer: /spec/tls/0/hosts/0
}
