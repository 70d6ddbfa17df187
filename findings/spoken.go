package findings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// mute are problems whose message says how something ended and not why; the
// lines that came with it do.
var mute = []string{"command", "scenario-script", "test-failed", "hook-failed", "job-failed"}

// spoken puts the line that tells why behind a message that does not, so that
// "the command exits with 1" in a hundred cells is as many failures as there are
// reasons, and an expect-failure can name the reason. Only a line that a rule
// knows is taken, or what the API server answered: any other may be another one in each cell.
func (c *collector) spoken(o *occurrence) {
	if len(o.excerpt) == 0 || !slices.Contains(mute, o.code) {
		return
	}
	line := c.telling(o.layer, strings.Join(o.excerpt, "\n"))
	if line == "" {
		line = refusal(o.excerpt)
	}
	if line != "" && !strings.Contains(mask.Line(o.message), mask.Line(line)) {
		o.message += ": " + line
	}
}

// refused is how kubectl tells what the API server answered: the reason is one of
// a fixed set (metav1.StatusReason), and what follows names the object.
var refused = regexp.MustCompile(`^(?:error: |Error: )?Error from server \([A-Za-z]+\)`)

// refusal gives the last line in which the API server says no.
func refusal(lines []string) string {
	for _, l := range slices.Backward(lines) {
		if l = strings.TrimSpace(l); len(l) <= maxMessage && refused.MatchString(l) {
			return oneLine(l)
		}
	}
	return ""
}
