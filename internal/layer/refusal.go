package layer

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/result"
)

// apiServerWarning is the code of what the API server takes and warns of.
const apiServerWarning = "api-server-warning"

// operation makes a check of what Helm did: it fails where Helm or the cluster
// said no.
func operation(name string, r *chart.Release, minor string) result.Assertion {
	a := result.Assertion{Name: name, Status: result.Passed, Seconds: r.Seconds}
	if r.By != nil {
		a.Problems = append(a.Problems, result.Problem{
			Severity: result.Info, Code: "helm-version", Message: "with Helm " + r.By.Version,
		})
	}
	for _, refusal := range r.Refusals {
		a.Problems = append(a.Problems, refusalProblem(refusal, minor))
	}
	for _, w := range r.Warnings {
		a.Problems = append(a.Problems, result.Problem{
			Severity: result.Warning, Code: apiServerWarning, Message: oneLine(w),
		})
	}
	a.Status = verdict(a.Problems)
	return a
}

// refusalHints say what to do about each kind of refusal.
var refusalHints = map[chart.RefusalKind]string{
	chart.RefusedImmutable:   "delete the object in a pre-upgrade hook, give the new one another name, or leave the field as it was",
	chart.RefusedAdmission:   "make the pods fit the policy, or label the namespace for less in the scenario's `before`",
	chart.RefusedQuota:       "lower the requests, or raise the quota in the scenario's `before`",
	chart.RefusedWebhook:     "wait in a hook until the webhook's own pods serve, or set its failurePolicy to Ignore",
	chart.RefusedExists:      "name it after the release, or leave it to whoever made it",
	chart.RefusedConflict:    "do not set the field in the template, or take it away from the other manager first",
	chart.RefusedTooLarge:    "name what templates do not read in .helmignore; Helm keeps the whole chart in a Secret of 1 MiB at most",
	chart.RefusedState:       "uninstall the release, or run the cell in a fresh cluster",
	chart.RefusedHook:        "see what its pod prints",
	chart.RefusedHookTimeout: "see what its pod waits for, or raise the timeout",
	chart.RefusedDeletion:    "find out who should remove the finalizer: most likely an operator that goes before what it looks after",
}

func refusalProblem(r chart.Refusal, minor string) result.Problem {
	if r.Render != nil {
		return renderProblem(r.Render)
	}
	if r.Kind == chart.RefusedAPI {
		return missingAPI(r, minor)
	}
	p := result.Problem{
		Severity: result.Error, Code: string(r.Kind), Message: oneLine(r.Message), Hint: refusalHints[r.Kind],
		Location: location(r.Object),
	}
	p.Location.Path = r.Pointer()
	if r.Hook != nil {
		what := "hook"
		if r.Hook.Event != "" {
			what = r.Hook.Event + " hook"
		}
		p.Message = fmt.Sprintf("%s %s: %s", what, r.Hook.Object, oneLine(r.Message))
		p.Excerpt = lastLog(*r.Hook)
	}
	return p
}

func location(o chart.Object) result.Location {
	l := result.Location{File: chartRelative(o.Template)}
	if o.Name != "" {
		l.Object = oneLine(o.String())
	}
	return l
}

// missingAPI says why a cluster of this version does not serve a kind.
func missingAPI(r chart.Refusal, minor string) result.Problem {
	p := result.Problem{
		Severity: result.Error, Code: "api-unknown", Message: oneLine(r.Message), Location: location(r.Object),
		Hint: "bring its CustomResourceDefinition in crds/, or install what does in the scenario's `before`",
	}
	m, err := kube.ParseMinor(minor)
	if err != nil {
		return p
	}
	api, err := kube.Lookup(m)
	if err != nil {
		return p
	}
	gvk := kube.GVK{APIVersion: r.Object.APIVersion, Kind: r.Object.Kind}
	status := api.Status(gvk)
	if text := explain(api, gvk, status.State); status.State != kube.Served && status.State != kube.Unknown && text != "" {
		p.Code, p.Message, p.Hint = apiCode(status.State), text, apiHint(status)
	}
	return p
}

// excerptLines is how many lines of a log a problem shows.
const excerptLines = 3

// lastLog gives the end of what the last container printed that says anything,
// the one that did not end well before others.
func lastLog(run chart.HookRun) []string {
	var lines []string
	for _, log := range run.Logs {
		if said := tidy(log.Lines); len(said) > 0 && (lines == nil || strings.HasPrefix(log.State, "exits") && log.State != "exits with 0") {
			lines = said
		}
	}
	return lines[max(0, len(lines)-excerptLines):]
}

// why gives the first thing that is wrong in a check, in one line.
func why(a result.Assertion) string {
	for _, p := range a.Problems {
		if p.Severity == result.Error {
			if p.Location.Object != "" && !strings.Contains(p.Message, p.Location.Object) {
				return p.Location.Object + ": " + p.Message
			}
			return p.Message
		}
	}
	return a.Reason
}
