package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// mostLeft is how many objects a remark names.
const mostLeft = 5

// LeftProblems gives what is left in the terms of results, one problem for each
// reason. A warning, unless it is stuck, or stands in the way of the next
// release: then an error. A volume says nothing that its claim does not say, and
// tests stay so that somebody can look at them.
func LeftProblems(left []Leftover) []result.Problem {
	type reason struct {
		severity result.Severity
		reason   string
	}
	var order []reason
	objects := map[reason][]string{}
	for _, l := range left {
		if l.Claim != "" && slices.ContainsFunc(left, func(c Leftover) bool { return c.Kind == "PersistentVolumeClaim" && c.Name == l.Claim }) {
			continue
		}
		r := reason{result.Warning, l.Reason}
		switch {
		case l.Held:
			r.severity = result.Error
		case l.Test:
			r.severity = result.Info
		}
		if objects[r] == nil {
			order = append(order, r)
		}
		objects[r] = append(objects[r], l.String())
	}
	var out []result.Problem
	for _, r := range order {
		names := objects[r]
		p := result.Problem{
			Severity: r.severity, Code: "left-behind", Message: enumerated(names) + " left: " + r.reason, Location: result.Location{Object: names[0]},
		}
		if r.severity == result.Error {
			p.Code, p.Hint = Terminating, hints[Terminating]
		}
		out = append(out, p)
	}
	return out
}

// enumerated lists names with their verb: "A is", "A and B are".
func enumerated(names []string) string {
	switch n := len(names); {
	case n == 1:
		return names[0] + " is"
	case n > mostLeft:
		return fmt.Sprintf("%s and %d more are", strings.Join(names[:mostLeft], ", "), n-mostLeft)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " are"
	}
}
