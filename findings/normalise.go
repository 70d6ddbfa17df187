package findings

import (
	"regexp"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// maxMessage bounds what is compared of a message, in bytes.
const maxMessage = mask.MaxLine

// normaliser remembers the messages that it has seen: one failure in a
// thousand cells is normalised once.
type normaliser struct{ seen map[[2]string]string }

func newNormaliser() *normaliser { return &normaliser{seen: map[[2]string]string{}} }

// normalise takes out of a message what differs between occurrences of one
// failure, the cell's own full version included.
func (n *normaliser) normalise(message, version string) string {
	key := [2]string{message, version}
	if s, ok := n.seen[key]; ok {
		return s
	}
	s := normalise(message, version)
	n.seen[key] = s
	return s
}

func normalise(message, version string) string {
	// The full version as the provider reports it; a bare minor may be what
	// the message is about, see merge.
	if bare, full := fullVersion(version); full {
		message = strings.ReplaceAll(message, "v"+bare, "<version>")
		message = strings.ReplaceAll(message, bare, "<version>")
	}
	return mask.Line(message)
}

// fullVersion gives a version without the letter, and whether it says more than
// the minor.
func fullVersion(version string) (bare string, full bool) {
	bare = strings.TrimPrefix(version, "v")
	return bare, strings.Count(bare, ".") >= 2
}

// namesVersion tells whether a message holds its cell's full version.
func namesVersion(message, version string) bool {
	bare, full := fullVersion(version)
	return full && strings.Contains(message, bare)
}

// maskVersion masks one Kubernetes version wherever it stands by itself, and
// tells whether it did.
func maskVersion(message, version string) (string, bool) {
	var b strings.Builder
	found := false
	for rest := message; ; {
		i := strings.Index(rest, version)
		if i < 0 {
			b.WriteString(rest)
			return b.String(), found
		}
		end := i + len(version)
		alone := (i == 0 || !partOfNumber(rest[i-1])) && (end == len(rest) || !partOfNumber(rest[end]) || endsSentence(rest[end:]))
		b.WriteString(rest[:i])
		if alone {
			b.WriteString("<version>")
			found = true
		} else {
			b.WriteString(version)
		}
		rest = rest[end:]
	}
}

func partOfNumber(b byte) bool { return b == '.' || b >= '0' && b <= '9' }

// endsSentence tells a full stop from a decimal point.
func endsSentence(rest string) bool {
	return rest[0] == '.' && (len(rest) == 1 || !partOfNumber(rest[1]))
}

// podSuffixes are what Kubernetes puts behind an object's name for its pods: those
// of a Deployment, of a StatefulSet, and of a Job or a DaemonSet.
var podSuffixes = regexp.MustCompile(`^(-(?:[a-z0-9]{6,10}-[a-z0-9]{5}|\d{1,4}|[bcdfghjklmnpqrstvwxz2456789]{5}))(?:[^a-z0-9-]|$)`)

// withoutItself takes the object that a message is about, and its pods, out of it:
// what is said of two Deployments is the same.
func withoutItself(message, object string) string {
	_, name, _ := strings.Cut(object, "/")
	if name != "" && strings.HasPrefix(message, object+": ") {
		message = "<object>" + message[len(object):]
	}
	if name == "" || !strings.Contains(message, name+"-") {
		return message
	}
	var b strings.Builder
	for rest := message; ; {
		i := strings.Index(rest, name+"-")
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		end := i + len(name)
		b.WriteString(rest[:i])
		at := podSuffixes.FindStringSubmatchIndex(rest[end:])
		another := strings.HasSuffix(rest[:i], "/") && !strings.HasSuffix(strings.ToLower(rest[:i]), "pod/")
		if at == nil || another || i > 0 && partOfName(rest[i-1]) {
			b.WriteString(name)
			rest = rest[end:]
			continue
		}
		b.WriteString("<pod>")
		rest = rest[end+at[3]:]
	}
}
