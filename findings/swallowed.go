package findings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// codeSwallowed is advice: a Job succeeded, and its log speaks of an error.
const codeSwallowed = "error-in-log"

// maxSearched bounds the evidence that is searched for such Jobs, in bytes. Cells
// beyond it are not looked at, and the finding says in how many it was looked for.
const maxSearched = 64 << 20

// swallowed looks into the logs of Jobs that succeeded. A migration that fails in
// a script which goes on is green everywhere, and nothing but its log tells. It
// gives the cells that it has looked at.
func (c *collector) swallowed(cells []result.Cell, evidence Evidence) bitset {
	looked := newBitset(len(cells))
	if evidence == nil {
		return looked
	}
	read := 0
	for i := range cells {
		layer := releasedBy(&cells[i])
		if layer == "" || read > maxSearched {
			continue
		}
		looked.set(i)
		last := tryAt(&cells[i], len(cells[i].Retried))
		sources := evidence.Sources(cells[i].ID, last.attempt, last.try)
		var jobs []string
		for _, s := range sources {
			if read += len(s.Text); s.Name == eventsSource {
				jobs = completed(s.Text)
			}
		}
		for _, s := range sources {
			job := jobOf(s.Name, jobs)
			if job == "" {
				continue
			}
			if said, at := outcry(s.Text); said != "" {
				c.add(i, &cells[i], occurrence{
					layer: layer, check: "Job/" + job, code: codeSwallowed, severity: result.Warning, status: result.Passed, state: Advice, blame: BlameChart,
					message: "it succeeded, but its log says: " + said, location: result.Location{Object: "Job/" + plain(job)},
					excerpt: []string{said}, source: s.Name + ":" + strconv.Itoa(at),
					hint: "let the container end with what went wrong, such as by set -e, so that the Job fails and install with it",
				})
			}
		}
	}
	return looked
}

// releasedBy gives the layer that brought a release up in the cell.
func releasedBy(c *result.Cell) string {
	for _, layer := range []string{"install", "upgrade"} {
		if s := stepOf(c, layer); s != nil && s.Status == result.Passed {
			return layer
		}
	}
	return ""
}

// completed lists the Jobs of which events say that they succeeded.
func completed(events string) []string {
	const sign = " Completed Job/"
	var out []string
	for line := range strings.SplitSeq(events, "\n") {
		if _, rest, ok := strings.Cut(line, sign); ok {
			if name, _, _ := strings.Cut(rest, ":"); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// jobOf gives the Job that a log is of: logs/NAME-x7k2p.CONTAINER.log. Where the
// name of one Job begins that of another, the longer one is it.
func jobOf(file string, jobs []string) string {
	name, ok := strings.CutPrefix(file, "logs/")
	if !ok || strings.HasSuffix(name, ".previous.log") { // that try failed, and the Job made another
		return ""
	}
	found := ""
	for _, j := range jobs {
		rest, ok := strings.CutPrefix(name, j+"-")
		pod, _, dotted := strings.Cut(rest, ".")
		if ok && dotted && len(pod) == podSuffix && len(j) > len(found) {
			found = j
		}
	}
	return found
}

// podSuffix is the length of what Kubernetes puts behind a Job's name for a pod.
const podSuffix = 5

// cries are the words in which programs end, or say that something is lost; in
// capital letters or as an exception's name, since "0 errors" says nothing.
var cries = regexp.MustCompile(`^(?:panic: |fatal: |[Ee]rror: )|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|\b[A-Za-z_.]*[a-z](?:Error|Exception): `)

// waiting are those of a program that tries again until what it needs is there.
var waiting = regexp.MustCompile(`(?i)retry|retries|try again|attempt|if exists|errors?[=:] ?(?:0|false|null|none)\b`)

// maxCry bounds the lines that are looked at, in bytes.
const maxCry = 4 << 10

// outcry gives the last line of a log that speaks of an error, and its number.
func outcry(log string) (said string, at int) {
	n := 0
	for line := range strings.SplitSeq(log, "\n") {
		if n++; len(line) > maxCry || !cries.MatchString(line) || unreachable.MatchString(line) || waiting.MatchString(line) {
			continue
		}
		said, at = oneLine(line), n
	}
	return cut(said, maxLine), at
}
