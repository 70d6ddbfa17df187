// Package cluster talks to a Kubernetes cluster: is it whole, is a release
// ready and what holds it up, what is the evidence, what did an uninstall leave.
//
// A [Blocker] is the currency of everything that is not as it should be. It says
// what the chart was found to do, or, with Infrastructure, that the chart could
// not be asked. An error says that we could not ask at all.
//
// Whatever a cluster says was written by others: it is cut to size, freed of
// control characters, and secrets are taken out before it is given to anyone.
package cluster
