package config

import "cmp"

// maxRetries bounds how often a cell is tried again: what needs more is broken.
const maxRetries = 3

// Retry says which cells of jobs are tried again, and how often.
type Retry struct {
	Times           int // 0: not at all
	Failed, Errored bool
}

var retryShape = &shape{
	what: "a number from 0 to 3, or a mapping with times and only", example: "retry: 1",
	scalar: atMost(0, maxRetries).scalar,
	keys: []key{
		{name: "times", shape: atMost(0, maxRetries), doc: "How often: 0 to 3. The default is 1."},
		{name: "only",
			doc: "Tries only those again that `failed`, or only those that `errored`: that could not be asked, such as where a registry was away. " +
				"The default is both.",
			shape: &shape{what: "failed or errored", scalar: &scalar{words: []string{"failed", "errored"}}}},
	},
}

func (d *decoder) retry(n *node) {
	r := &d.config.Retry
	*r = Retry{Failed: true, Errored: true}
	switch {
	case n == nil:
	case n.kind == scalarNode:
		r.Times = n.number()
	default:
		r.Times = 1
		if times := n.get("times"); times != nil {
			r.Times = times.number()
		}
		only := cmp.Or(n.get("only").string(), "both")
		r.Failed, r.Errored = only != "errored", only != "failed"
	}
}
