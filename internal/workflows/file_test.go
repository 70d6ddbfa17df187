package workflows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"
)

// file is a workflow or a composite action, in the form that the rules read.
type file struct {
	path     string
	lines    []string
	workflow *actionlint.Workflow // nil for an action
	jobs     []job                // of a workflow, by name
	steps    []step               // of all jobs, or of the action
	action   *metadata            // nil for a workflow
}

type job struct {
	*actionlint.Job
	name string
	line int
}

// step is what a step of a workflow and one of an action have in common.
type step struct {
	job       string // "" in an action
	line      int
	uses      string
	usesLine  int
	run       string
	shell     string
	condition string
	with      map[string]string
}

// metadata is what action.yml says of a composite action.
type metadata struct {
	Inputs map[string]struct {
		Description string
		Default     string
		Required    bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []yaml.Node
	}
}

// self makes a reference to the own repository one that actionlint 1.7.12 knows;
// no position moves.
var self = regexp.MustCompile(`(uses: )\$/`)

// parse reads a workflow, or an action where the file is called action.yml.
func parse(path string, content []byte) (*file, error) {
	f := &file{path: path, lines: strings.Split(string(content), "\n")}
	if strings.HasSuffix(path, "action.yml") {
		err := f.parseAction(content)
		return f, err
	}
	w, errs := actionlint.Parse(self.ReplaceAll(content, []byte("$1./")))
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s: %w", path, errs[0])
	}
	f.workflow = w
	for name, j := range w.Jobs {
		f.jobs = append(f.jobs, job{Job: j, name: name, line: j.Pos.Line})
	}
	slices.SortFunc(f.jobs, func(a, b job) int { return a.line - b.line })
	for _, j := range f.jobs {
		if j.WorkflowCall != nil && j.WorkflowCall.Uses != nil {
			u := j.WorkflowCall.Uses
			f.steps = append(f.steps, step{job: j.name, line: j.line, uses: u.Value, usesLine: u.Pos.Line})
		}
		for _, s := range j.Steps {
			f.steps = append(f.steps, workflowStep(j.name, s))
		}
	}
	return f, nil
}

func workflowStep(job string, s *actionlint.Step) step {
	out := step{job: job, line: s.Pos.Line, with: map[string]string{}}
	if s.If != nil {
		out.condition = s.If.Value
	}
	switch e := s.Exec.(type) {
	case *actionlint.ExecRun:
		out.run = e.Run.Value
		if e.Shell != nil {
			out.shell = e.Shell.Value
		}
	case *actionlint.ExecAction:
		out.uses, out.usesLine = e.Uses.Value, e.Uses.Pos.Line
		for name, in := range e.Inputs {
			out.with[name] = in.Value.Value
		}
	}
	return out
}

func (f *file) parseAction(content []byte) error {
	f.action = &metadata{}
	if err := yaml.Unmarshal(content, f.action); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	for _, n := range f.action.Runs.Steps {
		var s struct {
			Uses, Run, Shell string
			If               string
			With             map[string]string
		}
		if err := n.Decode(&s); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		out := step{line: n.Line, uses: s.Uses, run: s.Run, shell: s.Shell, condition: s.If, with: s.With}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "uses" {
				out.usesLine = n.Content[i+1].Line
			}
		}
		f.steps = append(f.steps, out)
	}
	return nil
}
