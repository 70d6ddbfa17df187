package findings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// pastJSON is how a Past is kept: what older runs need, which only tell what
// comes and goes. What is fixed, and how much was checked, is told by the
// baseline, whose results are there in full.
type pastJSON struct {
	Axes  []matrix.Axis `json:"axes"`
	Cells []pastCellRow `json:"cells"`
	// Failing gives the answers in which a failure occurs, by fingerprint. They
	// are counted from 0 through all cells.
	Failing map[string][]int `json:"failing,omitempty"`
}

type pastCellRow struct {
	At      []string        `json:"at"` // by axis
	Answers []pastAnswerRow `json:"answers"`
}

type pastAnswerRow struct {
	Status result.Status            `json:"status"`
	Layers map[string]result.Status `json:"layers,omitempty"`
}

// MarshalJSON writes what UnmarshalJSON reads: for a program of the same version,
// since another one may give a failure another fingerprint.
func (p *Past) MarshalJSON() ([]byte, error) {
	out := pastJSON{Axes: p.axes, Cells: make([]pastCellRow, 0, len(p.cells)), Failing: map[string][]int{}}
	for _, c := range p.cells {
		row := pastCellRow{At: make([]string, len(p.axes))}
		for i, a := range p.axes {
			row.At[i] = c.at[a.Name]
		}
		for _, answer := range c.answers {
			kept := pastAnswerRow{Status: p.answers[answer].status, Layers: map[string]result.Status{}}
			for layer, s := range p.answers[answer].steps {
				kept.Layers[layer] = s.status
			}
			row.Answers = append(row.Answers, kept)
		}
		out.Cells = append(out.Cells, row)
	}
	for print, answers := range p.failing {
		out.Failing[print] = slices.Sorted(maps.Keys(answers))
	}
	return json.Marshal(out)
}

var errNoPast = errors.New("it is no earlier run")

// UnmarshalJSON reads what MarshalJSON wrote. What contradicts itself is refused.
func (p *Past) UnmarshalJSON(data []byte) error {
	var in pastJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	out := Past{axes: in.Axes, failing: make(map[string]map[int]bool, len(in.Failing))}
	for _, row := range in.Cells {
		if len(row.At) != len(in.Axes) || len(row.Answers) == 0 {
			return fmt.Errorf("%w: a cell has %d values on %d axes and %d answers", errNoPast, len(row.At), len(in.Axes), len(row.Answers))
		}
		c := pastCell{at: make(matrix.Coordinate, len(row.At))}
		for i, a := range in.Axes {
			c.at[a.Name] = row.At[i]
		}
		for n, answer := range row.Answers {
			a := pastAnswer{status: answer.Status, last: n == 0, steps: make(map[string]pastStep, len(answer.Layers))}
			for layer, status := range answer.Layers {
				a.steps[layer] = pastStep{status: status}
			}
			c.answers = append(c.answers, len(out.answers))
			out.answers = append(out.answers, a)
		}
		out.cells = append(out.cells, c)
	}
	for print, answers := range in.Failing {
		set := make(map[int]bool, len(answers))
		for _, n := range answers {
			if n < 0 || n >= len(out.answers) {
				return fmt.Errorf("%w: a failure is in answer %d of %d", errNoPast, n, len(out.answers))
			}
			set[n] = true
		}
		out.failing[print] = set
	}
	*p = out
	return nil
}
