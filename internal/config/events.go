package config

import (
	"cmp"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
)

// Event says what runs on one event of GitHub.
type Event struct {
	Name  string
	Cover string // all, pairwise, or a number of values that are to meet
	Only  matrix.Selector
}

// CoverAll is the covering that keeps every cell, and the default.
const CoverAll = "all"

func (d *decoder) events(root, n *node) {
	d.config.allEvents = root.get("events") == nil
	if n == nil {
		return
	}
	for _, e := range n.entries {
		event := Event{Name: e.key.text, Cover: e.value.get("cover").string()}
		if event.Cover == "" {
			event.Cover = CoverAll
		}
		if event.Cover != CoverAll {
			d.warn(e.value.get("cover"), "cover: %s does not exist yet in this version of chart-matrix, so every cell runs on %s", event.Cover, event.Name)
		}
		event.Only = d.selector(e.value.get("only"), &shape{})
		d.config.Events = append(d.config.Events, event)
	}
	slices.SortFunc(d.config.Events, func(a, b Event) int { return cmp.Compare(a.Name, b.Name) })
}

// RunsOn gives what the file says of an event; false if it runs nothing.
// Without a section on events, and for no event at all (""), everything runs.
func (c *Config) RunsOn(event string) (Event, bool) {
	if c.allEvents || event == "" {
		return Event{Name: event, Cover: CoverAll}, true
	}
	i := slices.IndexFunc(c.Events, func(e Event) bool { return e.Name == event })
	if i < 0 {
		return Event{Name: event}, false
	}
	return c.Events[i], true
}

// Gate says which findings make a run red.
type Gate struct {
	Mode string // new or all
	// Overrides gives, for a kind of finding (new, pre-existing, expected,
	// overdue, flaky, errored, leak, nothing-ran), fail, warn or ignore.
	Overrides map[string]string
}

type gateSettings struct {
	every     string            // for every event that is not named
	events    map[string]string // mode by event
	overrides map[string]string
}

func (d *decoder) gate(n *node) {
	g := gateSettings{events: map[string]string{}, overrides: map[string]string{}}
	if n != nil && n.kind == scalarNode {
		g.every = n.text
	} else if n != nil {
		for _, e := range n.entries {
			if slices.Contains(gateKinds, e.key.text) {
				g.overrides[e.key.text] = e.value.text
				continue
			}
			g.events[e.key.text] = e.value.text
			if _, runs := d.config.RunsOn(e.key.text); !runs {
				d.warn(e.key, "nothing runs on %s, so its gate never acts; name the event under events, too", e.key.text)
			}
		}
	}
	d.config.gate = g
}

// Gate gives the gate of an event. Where the file does not say, proposals of a
// change are judged by what is new in them, and all else by everything.
func (c *Config) Gate(event string) Gate {
	mode := c.gate.events[event]
	if mode == "" {
		mode = c.gate.every
	}
	if mode == "" {
		mode = "all"
		switch event {
		case "pull_request", "pull_request_target", "merge_group":
			mode = "new"
		}
	}
	return Gate{Mode: mode, Overrides: c.gate.overrides}
}
