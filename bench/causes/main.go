// Command causes answers the benchmark of causes over the axes: it reads matrices
// as JSON lines on standard input and writes the causes that findings/cause
// sees in each.
//
//	go run ./bench/causes < matrices.jsonl > predictions.jsonl
//
// A matrix is {"id", "axes": {name: [values]}, "ordered_axes": [names], "cells":
// [{"coords": {axis: value}, "tests": {name: "pass" | "fail" | "missing"}}]}. The
// answer is {"id", "predictions": [{"tests", "conditions": [{"axis", "op",
// "value"}], "confidence", "rivals": [conditions]}]}, with op "==", ">=" or "<=".
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/posthog/chart-matrix/findings/cause"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "causes:", err)
		os.Exit(1)
	}
}

type input struct {
	ID      string              `json:"id"`
	Axes    map[string][]string `json:"axes"`
	Ordered []string            `json:"ordered_axes"`
	Cells   []struct {
		Coords map[string]string `json:"coords"`
		Tests  map[string]string `json:"tests"`
	} `json:"cells"`
}

type output struct {
	ID          string       `json:"id"`
	Predictions []prediction `json:"predictions"`
}

type prediction struct {
	Tests      []string      `json:"tests"`
	Conditions []condition   `json:"conditions"`
	Confidence float64       `json:"confidence"`
	Exists     float64       `json:"exists"`
	Rivals     [][]condition `json:"rivals,omitempty"`
}

type condition struct {
	Axis  string `json:"axis"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

// maxRivals is the number of rivals that the benchmark reads.
const maxRivals = 3

func run(r io.Reader, w io.Writer) error {
	in := json.NewDecoder(bufio.NewReaderSize(r, 1<<20))
	buffered := bufio.NewWriter(w)
	out := json.NewEncoder(buffered)
	for n := 1; ; n++ {
		var m input
		if err := in.Decode(&m); errors.Is(err, io.EOF) {
			return buffered.Flush()
		} else if err != nil {
			return fmt.Errorf("matrix %d: %w", n, err)
		}
		o, err := answer(&m)
		if err != nil {
			return fmt.Errorf("matrix %d (%s): %w", n, m.ID, err)
		}
		if err := out.Encode(o); err != nil {
			return err
		}
	}
}

func answer(in *input) (output, error) {
	out := output{ID: in.ID, Predictions: []prediction{}}
	m, tests, err := translate(in)
	if err != nil {
		return out, err
	}
	e, err := cause.Explain(m, tests, cause.Options{MaxRivals: maxRivals, MaxNext: -1})
	if err != nil {
		return out, err
	}
	for _, c := range e.Causes {
		p := prediction{Conditions: conditions(m.Axes, c.Conditions), Confidence: c.Confidence, Exists: c.Exists}
		for _, t := range c.Tests {
			p.Tests = append(p.Tests, tests[t].Name)
		}
		slices.Sort(p.Tests)
		for _, r := range c.Rivals {
			p.Rivals = append(p.Rivals, conditions(m.Axes, r.Conditions))
		}
		out.Predictions = append(out.Predictions, p)
	}
	return out, nil
}

func translate(in *input) (cause.Matrix, []cause.Test, error) {
	var m cause.Matrix
	for _, name := range slices.Sorted(maps.Keys(in.Axes)) {
		m.Axes = append(m.Axes, cause.Axis{Name: name, Values: in.Axes[name], Ordered: slices.Contains(in.Ordered, name)})
	}
	place := map[string]int{}
	var tests []cause.Test
	for i, c := range in.Cells {
		cell := make([]int, len(m.Axes))
		for a, axis := range m.Axes {
			if cell[a] = slices.Index(axis.Values, c.Coords[axis.Name]); cell[a] < 0 {
				return m, nil, fmt.Errorf("cell %d: axis %q has no value %q; have %q", i, axis.Name, c.Coords[axis.Name], axis.Values)
			}
		}
		m.Cells = append(m.Cells, cell)
		for _, name := range slices.Sorted(maps.Keys(c.Tests)) {
			t, ok := place[name]
			if !ok {
				t = len(tests)
				place[name] = t
				tests = append(tests, cause.Test{Name: name, Outcomes: make([]cause.Outcome, len(in.Cells))})
			}
			switch c.Tests[name] {
			case "pass":
				tests[t].Outcomes[i] = cause.Passed
			case "fail":
				tests[t].Outcomes[i] = cause.Failed
			}
		}
	}
	return m, tests, nil
}

func conditions(axes []cause.Axis, list []cause.Condition) []condition {
	out := []condition{}
	for _, c := range list {
		a := axes[c.Axis]
		add := func(op string, value int) { out = append(out, condition{a.Name, op, a.Values[value]}) }
		switch {
		case c.From == c.To:
			add("==", c.From)
		case c.From == 0:
			add("<=", c.To)
		case c.To == len(a.Values)-1:
			add(">=", c.From)
		default:
			add(">=", c.From)
			add("<=", c.To)
		}
	}
	return out
}
