package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// PlanSchema names the format of plan.json; it changes when a reader of the
// old format would misread the new one.
const PlanSchema = "chart-matrix/plan/v1"

// Plan is everything that was considered: what runs, what does not, and why.
type Plan struct {
	Schema    string     `json:"schema"`
	Name      string     `json:"name"`
	Chart     Chart      `json:"chart"`
	Event     string     `json:"event,omitempty"`
	Seed      int64      `json:"seed"`
	Cover     string     `json:"cover"`
	Digest    string     `json:"digest"`
	Axes      []Axis     `json:"axes"`
	Layers    []string   `json:"layers"`
	Cells     []Cell     `json:"cells"`
	Omissions []Omission `json:"omissions,omitempty"`
	// JobLayers are those of Layers that jobs run; the others are asked where
	// the plan is made. Jobs holds every cell that a job layer is asked in and
	// that the other layers have not blocked.
	JobLayers []string `json:"jobLayers,omitempty"`
	Jobs      []Job    `json:"jobs,omitempty"`
	// Lasting are the sets that cells leave behind, sorted by ID.
	Lasting []LastingSet `json:"lasting,omitempty"`
	// FollowUp is set in a second, small plan, and in what Follow makes of it and
	// the first one.
	FollowUp *FollowUp `json:"followUp,omitempty"`
	// OfJob is the ID of the job whose part of a plan this is; see ForJob.
	OfJob string `json:"-"`
	// Changes say how this plan differs from that of the commit it is compared
	// with, each in one line: "removes 12 cells".
	Changes []string `json:"changes,omitempty"`
	// Expect carries the accepted failures to the report, which judges them.
	Expect []Expectation `json:"expect,omitempty"`
	// Gate carries the rule by which the run is judged, so that a report of its
	// results comes to the same verdict.
	Gate Gate `json:"gate,omitzero"`
	// Notes are warnings about the plan itself, such as two axes that set one
	// value to different things.
	Notes []string `json:"notes,omitempty"`
}

// Chart identifies what is tested.
type Chart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Path    string `json:"path"`   // as configured, relative to the configuration
	Digest  string `json:"digest"` // of the chart's files
	// Config is the configuration's file as the command line named it; empty
	// where the chart has none.
	Config string `json:"config,omitempty"`
}

// Gate says which findings make a run red; package findings knows what the
// words mean.
type Gate struct {
	Mode      string            `json:"mode"`
	Overrides map[string]string `json:"overrides,omitempty"` // kind of finding to level
}

// OmissionKind says which rule left cells out.
type OmissionKind string

// The rules, in the order in which they are tried: a cell is counted under the
// first that takes it out.
const (
	Excluded      OmissionKind = "excluded"
	OutsideWindow OmissionKind = "outside-window" // the provider does not offer that version
	NotSelected   OmissionKind = "not-selected"   // the event or --only asks for others
	Represented   OmissionKind = "represented"    // by the cells of a covering set
	// NothingToTest is told of a finished plan, see Omit: what its cells would
	// ask has no object, such as an upgrade from an equal chart.
	NothingToTest OmissionKind = "nothing-to-test"
)

// Omission is one rule and the cells that it takes out.
type Omission struct {
	Kind    OmissionKind `json:"kind"`
	Rule    string       `json:"rule"`
	Because string       `json:"because,omitempty"`
	Count   int          `json:"count"`
	// Cells lists the IDs while there are at most MaxEnumerated; Count is
	// exact in any case.
	Cells []string `json:"cells,omitempty"`
}

// MaxEnumerated is how many cells one omission lists by name. Larger ones give
// the count alone, so that plan.json stays readable.
const MaxEnumerated = 1000

// Omit takes the cells that match out of a plan, under one rule.
func (p *Plan) Omit(kind OmissionKind, rule, because string, match func(Cell) bool) {
	o := Omission{Kind: kind, Rule: rule, Because: because}
	kept := make([]Cell, 0, len(p.Cells))
	for _, c := range p.Cells {
		if !match(c) {
			kept = append(kept, c)
			continue
		}
		o.Count++
		o.Cells = append(o.Cells, c.ID)
	}
	if o.Count == 0 {
		return
	}
	if o.Count > MaxEnumerated {
		o.Cells = nil
	}
	p.Cells, p.Omissions = kept, append(slices.Clone(p.Omissions), o)
}

// Seal computes the digest of the plan, once it is complete.
func (p *Plan) Seal() {
	p.Digest = ""
	// Plan holds only strings, numbers, slices and string-keyed maps, which
	// encoding/json writes in sorted order: it cannot fail and is stable.
	data, err := json.Marshal(p)
	if err != nil {
		panic("matrix: a plan is always valid JSON: " + err.Error())
	}
	sum := sha256.Sum256(data)
	p.Digest = "sha256:" + hex.EncodeToString(sum[:])
}
