package findings

import (
	"regexp"
	"strings"
)

// masks replace what differs from run to run in messages of the same failure,
// tried in this order. The alphabet of generated names is that of
// k8s.io/apimachinery/pkg/util/rand: no vowels, and no digit that looks like one.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`), "<time>"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(?:\.\d+)?\b`), "<time>"},
	{regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "<uuid>"},
	{regexp.MustCompile(`\bsha(?:1|256|512):[0-9a-f]{16,128}\b`), "<hash>"},
	{regexp.MustCompile(`\b[0-9a-f]*[a-f][0-9a-f]*\d[0-9a-f]*\b|\b[0-9a-f]*\d[0-9a-f]*[a-f][0-9a-f]*\b`), ""}, // by maskHex
	{regexp.MustCompile(`\[[0-9a-fA-F:]*:[0-9a-fA-F:.]*\](?::\d{1,5})?`), "<address>"},
	{regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b`), "<address>"},
	{regexp.MustCompile(`(?:\b[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b`), "<address>"},
	{regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b`), "-<pod>"},
	{regexp.MustCompile(`([A-Za-z]):\d{2,5}\b`), "$1:<number>"},
	{regexp.MustCompile(`\b\d+(?:\.\d+)?(?:ns|µs|us|ms)\b|\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?s\b`), "<duration>"},
	{regexp.MustCompile(`0x[0-9a-f]{6,16}\b`), "<pointer>"},
}

var (
	shortSuffix = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}\b`)
	blanks      = regexp.MustCompile(`\s+`)
)

// minHash is the least length of a hexadecimal word that is taken for a hash;
// shorter ones may be words or numbers.
const minHash = 12

// maxMessage bounds what is compared of a message, in bytes.
const maxMessage = 4096

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
	if len(message) > maxMessage {
		message = message[:maxMessage]
	}
	message = strings.ToValidUTF8(message, "?")
	// The full version as the provider reports it; a bare minor may be what
	// the message is about, see merge.
	if bare := strings.TrimPrefix(version, "v"); strings.Count(bare, ".") >= 2 {
		message = strings.ReplaceAll(message, "v"+bare, "<version>")
		message = strings.ReplaceAll(message, bare, "<version>")
	}
	for _, m := range masks {
		if m.with == "" {
			message = m.pattern.ReplaceAllStringFunc(message, maskHex)
			continue
		}
		message = m.pattern.ReplaceAllString(message, m.with)
	}
	message = shortSuffix.ReplaceAllStringFunc(message, maskSuffix)
	return strings.TrimSpace(blanks.ReplaceAllString(message, " "))
}

func maskHex(word string) string {
	if len(word) < minHash {
		return word
	}
	return "<hash>"
}

// maskSuffix masks five generated characters; without a digit among them they
// may be a word such as "https".
func maskSuffix(suffix string) string {
	if !strings.ContainsAny(suffix, "2456789") {
		return suffix
	}
	return "-<pod>"
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
