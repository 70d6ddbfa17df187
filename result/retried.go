package result

import "time"

// Try is a try at a cell that its job did not leave at that: the cell did not
// pass in it, and was tried again. It holds the layers of the job alone.
type Try struct {
	// Attempt is the attempt at the whole run that the try was made in.
	Attempt int       `json:"attempt"`
	Status  Status    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Steps   []Step    `json:"steps,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Seconds float64   `json:"seconds"`
	// KubeVersion is the version that it ran with, as the provider reports it.
	KubeVersion string `json:"kubeVersion,omitempty"`
}

// Again gives the cell, whose result is that of its last try, as a try of its
// own: what a next one has to keep of it.
func (c *Cell) Again() []Try {
	own := Try{
		Attempt: c.Attempt, Status: c.Status, Reason: c.Reason, Steps: c.Steps, Started: c.Started, Seconds: c.Seconds,
		KubeVersion: c.KubeVersion,
	}
	for _, t := range c.Retried {
		own.Seconds -= t.Seconds
	}
	own.Seconds = max(own.Seconds, 0)
	return append(c.Retried[:len(c.Retried):len(c.Retried)], own)
}

// Tries gives the tries before the last one as results, the first one first.
func (c *Cell) Tries() []Cell {
	tries := make([]Cell, 0, len(c.Retried))
	for _, t := range c.Retried {
		tries = append(tries, Cell{
			Schema: c.Schema, ID: c.ID, Slug: c.Slug, At: c.At, Job: c.Job, Attempt: t.Attempt, Status: t.Status, Reason: t.Reason,
			Steps: t.Steps, Started: t.Started, Seconds: t.Seconds, KubeVersion: t.KubeVersion,
		})
	}
	return tries
}
