package layer

// Need is what must be there before a layer can be asked.
type Need string

// The needs, in the words of the configuration.
const (
	NeedNothing Need = "nothing"
	NeedCluster Need = "cluster"
	NeedRelease Need = "release" // and so a cluster
)

// Needer is a JobLayer that needs more than a runner.
type Needer interface{ Needs() Need }

// NeedOf gives what a layer needs.
func NeedOf(l JobLayer) Need {
	if n, ok := l.(Needer); ok {
		return n.Needs()
	}
	return NeedNothing
}
