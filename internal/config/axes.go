package config

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// Axis is one dimension of the matrix.
type Axis struct {
	Name   string
	Values []string // in the order written; see matrix.Axis
	// Settings has what a value sets, for an axis that is a mapping.
	Settings map[string]Settings
}

// axis is an Axis while the file is read.
type axis struct {
	Axis
	has map[string]bool // the values, and those that includes add
	// moving says that the values depend on the known versions, so that a rule
	// may match nothing today through no fault of the file.
	moving bool
	// doubtful says that values were left out because of reported mistakes.
	doubtful bool
}

// DefaultScenario is the scenario that needs no definition: the chart as it comes.
const DefaultScenario = "default"

// reservedNames are keys of rules, which an axis of that name would hide, and
// "event", which a plan speaks of.
var reservedNames = []string{"because", "event", "issue", "layer", "matching", "until"}

// axesSection reads all axes, and gives those that are not named their defaults.
func (d *decoder) axesSection(n *node) {
	for _, name := range matrix.BuiltinAxes() {
		a := &axis{Axis: Axis{Name: name, Settings: map[string]Settings{}}, has: map[string]bool{}}
		a.doubtful = d.axesDoubtful && n.get(name) == nil || n.doubtful(name)
		d.axes[name] = a
		if values := n.get(name); values != nil {
			d.axisValues(a, values)
		} else {
			d.defaultAxis(a)
		}
		d.config.Axes = append(d.config.Axes, a.Axis)
	}
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if _, builtin := d.axes[e.key.text]; builtin {
			continue // and no second one of that name: keys are unique
		}
		switch {
		case slices.Contains(reservedNames, e.key.text):
			d.at(e.key, "an axis cannot be named %q, which means something else in rules; choose another name", e.key.text)
		case strings.Contains(e.key.text, "="):
			d.at(e.key, "the name of an axis cannot hold =, which parts it from its value in --only; choose another name")
		}
		a := &axis{Axis: Axis{Name: e.key.text, Settings: map[string]Settings{}}, has: map[string]bool{}}
		a.doubtful = n.doubtful(a.Name)
		d.axes[a.Name] = a
		d.axisValues(a, e.value)
		d.config.Axes = append(d.config.Axes, a.Axis)
	}
}

// axisValues reads a value, a list of values or a mapping of values.
func (d *decoder) axisValues(a *axis, n *node) {
	written := map[string]bool{}
	if n.kind == mapNode {
		for _, e := range n.entries {
			settings := d.settings(e.value)
			for _, v := range d.axisValue(a, e.key, true, written) {
				a.Settings[v] = settings
			}
			d.definedTwice(a, e.key, settings)
		}
		return
	}
	for _, item := range n.scalars() {
		d.axisValue(a, item, false, written)
	}
}

// axisValue adds what one entry stands for; defined tells that the entry says
// what the value sets. Only what is written twice is a mistake; expressions may
// overlap.
func (d *decoder) axisValue(a *axis, n *node, defined bool, written map[string]bool) []string {
	values, moving := []string{n.text}, false
	if a.Name == matrix.Kubernetes {
		values, moving = d.versions(n)
	} else if !(a.Name == matrix.Scenario && defined) && !d.validValue(a.Name, n) {
		values = nil
	}
	a.moving = a.moving || moving
	a.doubtful = a.doubtful || len(values) == 0
	for _, v := range values {
		if !moving && written[v] {
			d.at(n, "the axis %s has the value %s twice; keep one", quote(a.Name), quote(v))
		}
		written[v] = written[v] || !moving
		if !a.has[v] {
			a.has[v] = true
			a.Values = append(a.Values, v)
		}
	}
	return values
}

// validValue tells whether a value may stand on an axis, and reports it if not.
func (d *decoder) validValue(axis string, n *node) bool {
	switch axis {
	case matrix.Provider:
		return d.providerName(n)
	case matrix.Operation:
		if _, ok := d.config.Operations[n.text]; !ok {
			d.at(n, "%s; another upgrade is defined under operations, such as %s: {from: 1.2.x}", unknown("operation", n.text, d.config.operationList()), quote(n.text))
			return false
		}
	case matrix.Scenario:
		return d.scenarioName(n)
	case HelmAxis:
		return d.helmValue(n)
	}
	if message := checkText(n.text, maxName, false); message != "" {
		d.at(n, "the name %s", message)
		return false
	}
	return true
}

func (d *decoder) providerName(n *node) bool {
	if slices.Contains(d.config.vocab.Providers, n.text) {
		return true
	}
	if !d.full() {
		d.at(n, "%s", unknown("provider", n.text, d.config.vocab.Providers))
	}
	return false
}

// scenarioName finds what defines a scenario: the file, or the chart's ci folder.
func (d *decoder) scenarioName(n *node) bool {
	if _, ok := d.config.Scenarios[n.text]; ok || n.text == DefaultScenario && d.disk == nil {
		return true
	}
	names, files := d.ciScenarios()
	if file, ok := files[n.text]; ok {
		d.config.Scenarios[n.text] = Scenario{Settings: Settings{Values: []string{file}}}
		return true
	}
	if n.text == DefaultScenario {
		return true
	}
	if d.full() || d.scenariosDoubtful {
		return false
	}
	for name := range d.config.Scenarios {
		names = append(names, name)
	}
	names = append(names, DefaultScenario)
	slices.Sort(names)
	d.add(&Error{Line: n.line, Column: n.column, Example: "scenarios:\n  ha: {values: [ci/ha.yaml]}",
		Message: unknown("scenario", n.text, slices.Compact(names)) + "; a new one is defined under scenarios"})
	return false
}

func (d *decoder) ciScenarios() ([]string, map[string]string) {
	if d.disk == nil {
		return nil, nil
	}
	if d.ci == nil {
		d.ciNames, d.ci, d.ciOdd = d.disk.ciScenarios(d.config.Chart)
	}
	return slices.Clone(d.ciNames), d.ci
}

// definedTwice refuses values that are set both on the axis and in the axis's
// own section: nobody could tell which wins.
func (d *decoder) definedTwice(a *axis, n *node, onAxis Settings) {
	var inSection Settings
	switch a.Name {
	case matrix.Provider:
		inSection = d.config.Providers[n.text].Settings
	case matrix.Scenario:
		inSection = d.config.Scenarios[n.text].Settings
	case matrix.Operation:
		inSection = d.config.Operations[n.text].Settings
	}
	if !onAxis.IsZero() && !inSection.IsZero() {
		d.at(n, "%s sets values here and under %ss; keep one place", quote(n.text), a.Name)
	}
}

// defaultAxis gives an axis that the file leaves out its values.
func (d *decoder) defaultAxis(a *axis) {
	switch a.Name {
	case matrix.Kubernetes:
		a.Values, a.moving = d.config.vocab.Supported, true
	case matrix.Provider:
		a.Values = []string{"kind"}
	case matrix.Operation:
		a.Values = []string{"install"}
	case matrix.Scenario:
		a.Values = d.defaultScenarios()
	}
	for _, v := range a.Values {
		a.has[v] = true
	}
}

// defaultScenarios are those that the file defines, else those of the chart's
// ci folder, else the default.
func (d *decoder) defaultScenarios() []string {
	if len(d.scenarioOrder) > 0 {
		return d.scenarioOrder
	}
	names, files := d.ciScenarios()
	for _, name := range names {
		d.config.Scenarios[name] = Scenario{Settings: Settings{Values: []string{files[name]}}}
	}
	if len(names) > 0 {
		return names
	}
	return []string{DefaultScenario}
}
