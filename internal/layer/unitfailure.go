package layer

import (
	"regexp"
	"strings"

	"github.com/posthog/chart-matrix/internal/junit"
	"github.com/posthog/chart-matrix/result"
)

// assertLine is how helm-unittest begins what it says about one assert.
var assertLine = regexp.MustCompile("^- asserts\\[\\d+\\] `(.+)` fail$")

// unitProblem finds in a failed case of helm-unittest which assert failed and on
// which path. The test's name stays out of the message, so that tests that fail
// for one reason are one finding.
func unitProblem(name string, c junit.Case) result.Problem {
	p := result.Problem{
		Severity: result.Error, Code: "unit-test", Message: "the test fails",
		Location: result.Location{File: c.File, Object: name},
	}
	lines := unitLines(c.Message)
	last := -1
	for i, line := range lines {
		// Asserts that passed are listed, too: the one that failed is
		// followed by its details.
		if m := assertLine.FindStringSubmatch(line); m != nil && (i+1 == len(lines) || !assertLine.MatchString(lines[i+1])) {
			p.Message, last = "`"+m[1]+"` fails", i
			break
		}
	}
	if last < 0 && len(lines) > 0 {
		p.Message, p.Excerpt = lines[0], lines[:min(3, len(lines))]
		return p
	}
	for _, line := range lines[last+1:] {
		if assertLine.MatchString(line) || len(p.Excerpt) == 3 {
			break
		}
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "Template", "DocumentIndex", "ValuesIndex", "--- Expected", "+++ Actual":
		case "Path":
			if path := strings.TrimSpace(value); path != "" {
				p.Message += " on " + path
			}
		default:
			p.Excerpt = append(p.Excerpt, line)
		}
	}
	return p
}

// unitLines takes a message apart. In JUnit form helm-unittest writes its lines
// behind each other, with blanks and commas between.
func unitLines(message string) []string {
	message = strings.TrimSpace(strings.TrimPrefix(message, "Failed\n"))
	var lines []string
	for _, line := range strings.Split(strings.ReplaceAll(message, " , ", "\n"), "\n") {
		if line = strings.TrimRight(line, " \t"); strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "@@") {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		lines[0] = strings.TrimSpace(lines[0])
	}
	return lines
}
