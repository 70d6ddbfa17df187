package diagnosis

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// A rule names one kind of failure by the words that programs print.
type rule struct {
	name      string // class/variant; unique
	class     Class
	blame     Blame
	retryable bool
	// layers are those in which the rule holds; none is all.
	layers []string
	// over names the classes whose rules may match what this one matches, too,
	// and why this one is the better word. A test demands every one of them.
	over map[Class]string
	// signs are the lines that show it, the most quotable first.
	signs []sign
	// fix is what to do; empty is the class's own.
	fix string
	// examples are logs of which the rule must be the answer; of our own making,
	// after what the programs' sources print.
	examples []example
}

// A sign is what one line says, whatever the case of its letters.
type sign struct {
	// has are words that stand in the line in this order; "*" is anything between.
	has string
	// unless takes the sign back where one of these stands in the line.
	unless []string
	// match is an expression that must hold for the line as well; linear in time,
	// as all of this language's are.
	match *regexp.Regexp
}

// An example is a log, and where in it the line to quote stands.
type example struct {
	layer string
	log   string
	key   int // the line to quote, counted from 1; 0 is the only one
}

// parts splits a pattern at its stars.
func (s sign) parts() []string {
	parts := strings.Split(s.has, "*")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// holds tells whether a sign stands in a line, given in small letters as well.
func (c *compiled) holds(line, lower []byte) bool {
	rest := lower
	for _, p := range c.parts {
		i := bytes.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	for _, u := range c.unless {
		if bytes.Contains(lower, u) {
			return false
		}
	}
	return c.match == nil || c.match.Match(line)
}

// chartLayers are those that speak of the chart and its release, rather than of
// clusters and machines.
var chartLayers = []string{"lint", "render", "schema", "unit", "install", "upgrade", "uninstall", "test", "kubetest", "command"}

// releaseLayers are those in which pods run.
var releaseLayers = []string{"install", "upgrade", "uninstall", "test", "kubetest", "k6", "command"}

// layers are those that rules speak of; of any other nothing is known, and every
// rule holds in it.
var layers = []string{"lint", "render", "schema", "unit", "install", "upgrade", "uninstall", "test", "kubetest", "k6", "command", "cluster", "runner"}

func (r *rule) holdsIn(layer string) bool {
	return len(r.layers) == 0 || slices.Contains(r.layers, layer) || !slices.Contains(layers, layer)
}
