package config

import "slices"

// maxFollowUp bounds the cells of a follow-up: a job for each fits one matrix
// of GitHub's.
const maxFollowUp = 256

// FollowUp says what may run after a run to tell explanations apart.
type FollowUp struct {
	Cells     int      // at most; 0: none
	Providers []string // besides those that the run used, as written
}

var followUpShape = &shape{
	what: "a mapping with cells", example: "follow-up: {cells: 6}",
	keys: []key{
		{name: "cells", shape: atMost(0, maxFollowUp), doc: "How many cells at most: 0, which is the default and none, to 256."},
		{name: "providers",
			doc: "Providers that it may use although the run itself did not: their credentials must be there. The default is none.",
			shape: &shape{what: "a provider or a list of providers", example: "providers: [kind, k3s]",
				scalar: nameShape.scalar, item: nameShape, minimum: 1}},
	},
}

func (d *decoder) followUp(n *node) {
	d.config.FollowUp.Cells = n.get("cells").number()
	for _, name := range n.get("providers").scalars() {
		if d.providerName(name) && !slices.Contains(d.config.FollowUp.Providers, name.text) {
			d.config.FollowUp.Providers = append(d.config.FollowUp.Providers, name.text)
		}
	}
}
