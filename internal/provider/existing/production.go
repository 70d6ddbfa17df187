package existing

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxNodes is how many nodes a cluster for tests has at most.
const MaxNodes = 10

// Seen is what is looked at of a cluster.
type Seen struct {
	Context, Cluster, Server string // of the kubeconfig; the server's host
	// Nodes counts the nodes that were looked at, of which there are more where
	// MoreNodes says so.
	Nodes     int
	MoreNodes bool
	// NodesKnown and NamespacesKnown are false where the user may not list them.
	NodesKnown, NamespacesKnown bool
	// Labels are those of nodes and namespaces, by "node NAME" or "namespace NAME".
	Labels     map[string]map[string]string
	Namespaces []string
}

var (
	wordPattern = regexp.MustCompile(`[a-z0-9]+`)
	// productionWord matches production, prod, prod2, prodeu, acmeprod, prd and
	// live, and neither product, producer nor liveness.
	productionWord = regexp.MustCompile(`^(prod|prods|production|prd|live)[0-9]*$|^prod(eu|us|uk|ap|asia|east|west|north|south|central)[a-z]?[0-9]*$|^[a-z0-9]+(prod|production)[0-9]*$`)
	// otherWord and otherProd match what makes it something else: pre-prod, nonprod.
	otherWord = regexp.MustCompile(`^(non|not|no|pre)$`)
	otherProd = regexp.MustCompile(`^(non|not|no|pre)(prod|production|prd|live)[0-9]*$`)
)

// isStageLabel tells whether a label speaks of the stage that something is for.
func isStageLabel(key string) bool {
	name := strings.ToLower(key[strings.LastIndexByte(key, '/')+1:])
	return slices.Contains([]string{"env", "environment", "stage", "tier", "deployment-environment", "cluster-env", "cluster-environment"}, name)
}

// Signs says why a cluster looks like production, sorted as listed here; none
// means that it does not.
//
//   - a name of the kubeconfig has a word for production: of the context, the
//     cluster or the server's host
//   - it has more than MaxNodes nodes
//   - a node or a namespace has a label such as env: production
//   - a namespace is called production
//   - nodes or namespaces may not be listed, so that this cannot be known
//
// A kubeconfig is the user's own; what is read of it and of the cluster is cut
// to size before it is shown.
func Signs(s Seen) []string {
	var signs []string
	for _, n := range []struct{ what, name string }{{"context", s.Context}, {"cluster", s.Cluster}, {"server", s.Server}} {
		if word := production(n.name); word != "" {
			signs = append(signs, fmt.Sprintf("the name of its %s, %s, says %q", n.what, short(n.name), word))
		}
	}
	switch {
	case !s.NodesKnown:
		signs = append(signs, "its nodes may not be listed, so that they cannot be counted")
	case s.MoreNodes || s.Nodes > MaxNodes:
		signs = append(signs, fmt.Sprintf("it has more than %d nodes", MaxNodes))
	}
	signs = append(signs, labelled(s.Labels)...)
	if !s.NamespacesKnown {
		signs = append(signs, "its namespaces may not be listed, so that they cannot be looked at")
	}
	for _, n := range slices.Sorted(slices.Values(s.Namespaces)) {
		if word := production(n); word != "" {
			signs = append(signs, fmt.Sprintf("it has a namespace %s", short(n)))
			break // one says it
		}
	}
	return signs
}

// labelled gives the first node or namespace whose label says production.
func labelled(labels map[string]map[string]string) []string {
	var found []string
	for object, of := range labels {
		for key, value := range of {
			if isStageLabel(key) && production(value) != "" {
				found = append(found, fmt.Sprintf("the %s has the label %s: %s", short(object), short(key), short(value)))
			}
		}
	}
	slices.Sort(found)
	if len(found) > 1 {
		found = append(found[:1], fmt.Sprintf("and %d more labels say so", len(found)-1))
	}
	return found
}

// production gives the word of a name that means production, or "".
func production(name string) string {
	words := wordPattern.FindAllString(strings.ToLower(name), -1)
	for i, w := range words {
		switch {
		case !productionWord.MatchString(w), otherProd.MatchString(w):
		case i > 0 && otherWord.MatchString(words[i-1]):
		case i+1 < len(words) && words[i+1] == "like": // prod-like
		default:
			return w
		}
	}
	return ""
}

// short cuts a name to size and takes control characters out of it.
func short(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
