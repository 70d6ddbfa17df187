package k3s

import (
	"slices"
	"strings"
)

// rules is what iptables-save prints, as far as it matters here.
type rules struct {
	tables []table
}

type table struct {
	name   string
	chains []string
	rules  []rule
}

// rule is one line "-A CHAIN …" of a table.
type rule struct {
	chain, target, comment string
	line                   string // behind "-A "
}

// parseRules reads the output of iptables-save; what it does not know it skips.
func parseRules(saved string) rules {
	var all rules
	for line := range strings.Lines(saved) {
		line = strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(line, "*"); ok {
			all.tables = append(all.tables, table{name: name})
			continue
		}
		if len(all.tables) == 0 {
			continue
		}
		t := &all.tables[len(all.tables)-1]
		if rest, ok := strings.CutPrefix(line, ":"); ok {
			name, _, _ := strings.Cut(rest, " ")
			t.chains = append(t.chains, name)
		}
		if rest, ok := strings.CutPrefix(line, "-A "); ok {
			t.rules = append(t.rules, parseRule(rest))
		}
	}
	return all
}

func parseRule(line string) rule {
	r := rule{line: line}
	words := words(line)
	for i, w := range words {
		switch {
		case i == 0:
			r.chain = w
		case i+1 == len(words):
		case w == "-j" || w == "-g":
			r.target = words[i+1]
		case w == "--comment":
			r.comment = words[i+1]
		}
	}
	return r
}

// words splits a rule at blanks, but not within the double quotes that
// iptables-save puts around comments.
func words(line string) []string {
	var out []string
	var word strings.Builder
	quoted, escaped, any := false, false, false
	for _, c := range line {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quoted:
			escaped = true
		case c == '"':
			quoted, any = !quoted, true
		case c == ' ' && !quoted:
			if any || word.Len() > 0 {
				out = append(out, word.String())
			}
			word.Reset()
			any = false
		default:
			word.WriteRune(c)
		}
	}
	if any || word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}

// The chains of kube-proxy, the kubelet, k3s's network policies and flannel,
// and those of the port mapper of CNI, which other tools use too. Older
// versions of flannel have rules with a comment instead of chains.
func isKubernetesChain(name string) bool {
	return strings.HasPrefix(name, "KUBE-") || strings.HasPrefix(name, "FLANNEL-")
}

func isPortMapChain(name string) bool { return strings.HasPrefix(name, "CNI-") }

func isFlannelRule(r rule) bool { return strings.HasPrefix(r.comment, "flanneld ") }

// kubernetes names the chains and rules that only a Kubernetes node has, sorted.
func (all rules) kubernetes() []string {
	var found []string
	for _, t := range all.tables {
		for _, c := range t.chains {
			if isKubernetesChain(c) {
				found = append(found, c)
			}
		}
		for _, r := range t.rules {
			if isFlannelRule(r) {
				found = append(found, "a rule of flannel in "+r.chain)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// portMaps gives the port mapper's chains as table/chain, sorted.
func (all rules) portMaps() []string {
	var found []string
	for _, t := range all.tables {
		for _, c := range t.chains {
			if isPortMapChain(c) {
				found = append(found, t.name+"/"+c)
			}
		}
	}
	slices.Sort(found)
	return found
}

// removal gives the input of `iptables-restore --noflush` that removes what a
// cluster added: its chains, and the rules of others that lead to them. It
// touches nothing else, so that what somebody changes meanwhile is kept; each
// table is changed as a whole or not at all. before are the port mapper's
// chains that are not ours.
func (all rules) removal(before []string) string {
	var out strings.Builder
	for _, t := range all.tables {
		ours := func(chain string) bool {
			return isKubernetesChain(chain) || isPortMapChain(chain) && !slices.Contains(before, t.name+"/"+chain)
		}
		var lead, flush, drop []string
		for _, r := range t.rules {
			if !ours(r.chain) && (ours(r.target) || isFlannelRule(r)) {
				lead = append(lead, "-D "+r.line)
			}
		}
		for _, c := range t.chains {
			if ours(c) {
				flush, drop = append(flush, "-F "+c), append(drop, "-X "+c)
			}
		}
		if len(lead)+len(flush) == 0 {
			continue
		}
		out.WriteString("*" + t.name + "\n")
		for _, l := range slices.Concat(lead, flush, drop) {
			out.WriteString(l + "\n")
		}
		out.WriteString("COMMIT\n")
	}
	return out.String()
}
