package workflows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rule is one demand on workflows and actions. It returns what is wrong, each
// as "line: sentence".
type rule struct {
	name  string
	check func(*file) []string
}

// rules are all of them.
var rules = []rule{
	{"pinned", pinned},
	{"permissions", permissions},
	{"scripts", scripts},
	{"checkout", checkout},
	{"timeout", timeout},
	{"trigger", trigger},
	{"secrets", secrets},
	{"matrix", matrix},
	{"concurrency", concurrency},
	{"interface", interfaceOf},
}

// problems are what all rules find in a file.
func problems(f *file) []string {
	var all []string
	for _, r := range rules {
		for _, p := range r.check(f) {
			all = append(all, fmt.Sprintf("%s:%s [%s]", f.path, p, r.name))
		}
	}
	return all
}

var (
	pin     = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	version = regexp.MustCompile(`# v\d+\.\d+\.\d+(-\w+)?$`)
)

// pinned: a tag can be moved to other code, a commit cannot.
func pinned(f *file) []string {
	var out []string
	for _, s := range f.steps {
		switch {
		case s.uses == "" || strings.HasPrefix(s.uses, "./"): // also $/, see parse
		case strings.HasPrefix(s.uses, "$/") && f.action == nil:
		case !pin.MatchString(s.uses):
			out = append(out, fmt.Sprintf("%d: %s is not pinned by the 40 digits of a commit", s.usesLine, s.uses))
		case !version.MatchString(strings.TrimRight(f.lines[s.usesLine-1], " \r")):
			out = append(out, fmt.Sprintf("%d: %s lacks a comment with its version, as # v1.2.3", s.usesLine, s.uses))
		}
	}
	return out
}

// writers are the jobs that may write, and what. A job that calls a workflow of
// this repository grants exactly what that asks for; see checkCallers.
var writers = map[string][]string{
	"comment.yml comment":    {"checks", "pull-requests"},
	"github.md chart-matrix": {"checks", "pull-requests"},
	"github.md report":       {"checks", "pull-requests"},
	"matrix.yml report":      {"checks", "pull-requests"},
	"release.yml publish":    {"attestations", "contents", "id-token"},
}

// permissions: nothing at the top but reading, and every job says its own.
func permissions(f *file) []string {
	if f.workflow == nil {
		return nil
	}
	var out []string
	top := f.workflow.Permissions
	switch {
	case top == nil:
		out = append(out, "1: the workflow has no permissions, so it has the repository's default")
	case top.All != nil:
		out = append(out, fmt.Sprintf("%d: permissions: %s at the top; expected {} or single scopes", top.Pos.Line, top.All.Value))
	default:
		for name, s := range top.Scopes {
			if s.Value.Value == "write" {
				out = append(out, fmt.Sprintf("%d: %s: write at the top; only a job may write", s.Name.Pos.Line, name))
			}
		}
	}
	base := f.path[strings.LastIndex(f.path, "/")+1:]
	for _, j := range f.jobs {
		if j.Permissions == nil {
			out = append(out, fmt.Sprintf("%d: job %s does not say its permissions", j.line, j.name))
			continue
		}
		if j.Permissions.All != nil {
			out = append(out, fmt.Sprintf("%d: job %s has permissions: %s; expected single scopes", j.line, j.name, j.Permissions.All.Value))
		}
		ours := j.WorkflowCall != nil && strings.HasPrefix(j.WorkflowCall.Uses.Value, "./")
		for name, s := range j.Permissions.Scopes {
			if s.Value.Value == "write" && !ours && !slices.Contains(writers[base+" "+j.name], name) {
				out = append(out, fmt.Sprintf("%d: job %s has %s: write, which the table of this test does not grant", s.Name.Pos.Line, j.name, name))
			}
		}
	}
	slices.Sort(out)
	return out
}

// scripts: an expression in a script is code of whoever wrote its value.
// Values go through the environment. Shells are bash, by name, with pipefail.
func scripts(f *file) []string {
	var out []string
	for _, s := range f.steps {
		for _, text := range []string{s.run, s.shell, s.with["script"]} {
			if strings.Contains(text, "${{") {
				out = append(out, fmt.Sprintf("%d: a script contains an expression; hand its value over in env", s.line))
			}
		}
		if s.run != "" && f.action != nil && s.shell != "bash" {
			out = append(out, fmt.Sprintf("%d: a script of an action must say shell: bash", s.line))
		}
	}
	return out
}

// checkout: no token stays in the folder, and no code of a fork comes where
// there is a token that may write.
func checkout(f *file) []string {
	var out []string
	for _, s := range f.steps {
		if !strings.HasPrefix(s.uses, "actions/checkout@") {
			continue
		}
		if s.with["persist-credentials"] != "false" {
			out = append(out, fmt.Sprintf("%d: actions/checkout without persist-credentials: false", s.usesLine))
		}
		for _, name := range []string{"ref", "repository"} {
			if strings.Contains(s.with[name], "head") {
				out = append(out, fmt.Sprintf("%d: actions/checkout of %s, which whoever opened the pull request chose", s.usesLine, s.with[name]))
			}
		}
		if s.with["allow-unsafe-pr-checkout"] != "" {
			out = append(out, fmt.Sprintf("%d: actions/checkout with allow-unsafe-pr-checkout", s.usesLine))
		}
	}
	return out
}

// timeout: the default is six hours.
func timeout(f *file) []string {
	var out []string
	for _, j := range f.jobs {
		if j.WorkflowCall == nil && j.TimeoutMinutes == nil {
			out = append(out, fmt.Sprintf("%d: job %s has no timeout-minutes", j.line, j.name))
		}
	}
	return out
}

// trigger: pull_request_target gives a fork's pull request a token that writes.
func trigger(f *file) []string {
	if f.workflow == nil {
		return nil
	}
	var out []string
	for _, e := range f.workflow.On {
		if e.EventName() == "pull_request_target" {
			out = append(out, "1: pull_request_target; use pull_request, and workflow_run for what must write")
		}
	}
	return out
}

// secrets: each is named where it is needed.
func secrets(f *file) []string {
	var out []string
	for _, j := range f.jobs {
		if j.WorkflowCall != nil && j.WorkflowCall.InheritSecrets {
			out = append(out, fmt.Sprintf("%d: job %s hands on all secrets", j.line, j.name))
		}
	}
	return out
}

// matrix: one red cell says nothing about the others.
func matrix(f *file) []string {
	var out []string
	for _, j := range f.jobs {
		if j.Strategy != nil && j.Strategy.Matrix != nil && (j.Strategy.FailFast == nil || j.Strategy.FailFast.Value) {
			out = append(out, fmt.Sprintf("%d: job %s has a matrix without fail-fast: false", j.line, j.name))
		}
	}
	return out
}

// concurrency: only a newer commit of one pull request may cancel a run.
func concurrency(f *file) []string {
	if f.workflow == nil || f.workflow.Concurrency == nil {
		return nil
	}
	cancel := f.workflow.Concurrency.CancelInProgress
	if cancel == nil || cancel.Expression == nil && !cancel.Value {
		return nil
	}
	if cancel.Expression == nil || cancel.Expression.Value != "${{ github.event_name == 'pull_request' }}" {
		return []string{fmt.Sprintf("%d: cancel-in-progress on events other than pull_request", cancel.Pos.Line)}
	}
	return nil
}

var (
	inputs  = regexp.MustCompile(`\binputs\.([\w-]+)`)
	outputs = regexp.MustCompile(`\bsteps\.([\w-]+)\.`)
)

// interfaceOf: an action's inputs are declared and used, its outputs come from
// steps that exist. Of an action, nothing else checks that.
func interfaceOf(f *file) []string {
	if f.action == nil {
		return nil
	}
	var out []string
	ids := regexp.MustCompile(`(?m)^ +(?:- )?id: ([\w-]+)$`)
	text := strings.Join(f.lines, "\n")
	have := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(text, -1) {
		have[m[1]] = true
	}
	used := map[string]bool{}
	for i, line := range f.lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, m := range inputs.FindAllStringSubmatch(line, -1) {
			used[m[1]] = true
			if _, ok := f.action.Inputs[m[1]]; !ok {
				out = append(out, fmt.Sprintf("%d: there is no input %s", i+1, m[1]))
			}
		}
		for _, m := range outputs.FindAllStringSubmatch(line, -1) {
			if !have[m[1]] {
				out = append(out, fmt.Sprintf("%d: there is no step %s", i+1, m[1]))
			}
		}
	}
	for name, in := range f.action.Inputs {
		if !used[name] {
			out = append(out, fmt.Sprintf("1: input %s is not used", name))
		}
		if in.Description == "" {
			out = append(out, fmt.Sprintf("1: input %s has no description", name))
		}
	}
	for name, o := range f.action.Outputs {
		if o.Description == "" {
			out = append(out, fmt.Sprintf("1: output %s has no description", name))
		}
	}
	slices.Sort(out)
	return out
}
