package config

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// Spec gives what decides which cells there are on an event of GitHub, or on a
// laptop (""). On an event that the file does not name the plan is empty and
// valid. The error says that there is no such event.
//
// Layers are those of the vocabulary, then JobLayers. Selections such as --only are the
// caller's to add.
func (c *Config) Spec(event string) (matrix.Spec, error) {
	if event != "" && !slices.Contains(eventNames, event) {
		return matrix.Spec{}, errors.New(unknown("event", event, eventNames))
	}
	s := matrix.Spec{
		Exclude: slices.Clone(c.exclude),
		Include: slices.Clone(c.include),
		Windows: slices.Clone(c.vocab.Windows),
		Cover:   matrix.CoverAll{},
		Layers:  slices.Concat(c.vocab.Layers, c.JobLayers()),
		Expect:  slices.Clone(c.expect),
	}
	for _, a := range c.Axes {
		s.Axes = append(s.Axes, matrix.Axis{Name: a.Name, Values: slices.Clone(a.Values), Ordered: a.Name == matrix.Kubernetes})
	}
	runs, ok := c.RunsOn(event)
	switch {
	case !ok:
		named := []string{}
		for _, e := range c.Events {
			named = append(named, e.Name)
		}
		because := "the configuration names no event"
		if len(named) > 0 {
			because = "the configuration names " + strings.Join(named, ", ")
		}
		// No coordinate has the axis "event", so this keeps nothing.
		s.Only = []matrix.Selection{{Rule: "event " + event, Because: because, Where: matrix.Selector{{Axis: "event", Values: named}}}}
	case len(runs.Only) > 0:
		s.Only = []matrix.Selection{{Rule: "event " + event, Where: runs.Only}}
	}
	return s, nil
}

// ValueLayer is one source of values. The fields are those of the layers that
// internal/chart merges.
type ValueLayer struct {
	Source    string   // shown to people: "provider eks"
	Axis      string   // "provider"; empty for a source that is no axis
	Files     []string // paths of values files, later wins
	Set       []string // as helm --set
	SetString []string // as helm --set-string
}

// ValueLayers gives the sources of a cell's values, later wins: values, then
// kubernetes, provider, scenario, operation, and the user's axes by name.
// Sources that set nothing are left out. The chart's own values come before all
// of them, and every set after every file; merging does both.
func (c *Config) ValueLayers(at matrix.Coordinate) []ValueLayer {
	var layers []ValueLayer
	add := func(source, axis string, s Settings) {
		if !s.IsZero() {
			layers = append(layers, ValueLayer{Source: source, Axis: axis, Files: s.Values, Set: s.Set, SetString: s.SetString})
		}
	}
	add("values", "", Settings{Values: c.Values})
	for _, a := range c.layerOrder() {
		value := at[a.Name]
		source := a.Name + " " + value
		switch a.Name {
		case matrix.Provider:
			add(source, a.Name, c.Providers[value].Settings)
		case matrix.Scenario:
			add(source, a.Name, c.Scenarios[value].Settings)
		case matrix.Operation:
			add(source, a.Name, c.Operations[value].Settings)
		}
		add(source, a.Name, a.Settings[value])
	}
	return layers
}

// layerOrder gives the axes in the order in which their values apply.
func (c *Config) layerOrder() []Axis {
	builtin := len(matrix.BuiltinAxes())
	axes := slices.Clone(c.Axes)
	sort.SliceStable(axes[builtin:], func(i, j int) bool { return axes[builtin+i].Name < axes[builtin+j].Name })
	return axes
}
