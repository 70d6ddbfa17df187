package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/github"
)

// input is how one input of action.yml becomes arguments.
type input struct {
	name string // of the variable, without INPUT_
	// flag is the flag that takes it; "" makes it the command's argument.
	flag string
	// lines gives each line of the input a flag of its own.
	lines bool
	// with names another input without which this one means nothing.
	with string
	// without names another input with which this one means nothing.
	without string
}

// actionCommand is a command that the action knows, and the inputs that it takes.
type actionCommand struct {
	name   string
	inputs []input
}

// actionCommands lists what action.yml can run. The order of inputs is that of
// the arguments.
func actionCommands() []actionCommand {
	chart := input{name: "CHART"}
	config := input{name: "CONFIG", flag: "--config"}
	event := input{name: "EVENT", flag: "--event"}
	only := input{name: "ONLY", flag: "--only", lines: true}
	layers := input{name: "LAYERS", flag: "--layers"}
	base := input{name: "BASE", flag: "--base"}
	job := input{name: "JOB", flag: "--job"}
	results := input{name: "RESULTS", flag: "--results"}
	run := input{name: "RUN", flag: "--run"}
	return []actionCommand{
		{"check", []input{chart, config, event, only, layers, results}},
		{"plan", []input{
			chart, config, {name: "EVENT", flag: "--event", without: "FOLLOW_UP"}, {name: "ONLY", flag: "--only", lines: true, without: "FOLLOW_UP"},
			{name: "LAYERS", flag: "--layers", without: "FOLLOW_UP"}, {name: "BASE", flag: "--base", without: "FOLLOW_UP"}, results,
			{name: "FOLLOW_UP", flag: "--follow-up"},
		}},
		{"run", []input{chart, config, event, only, layers, base, job, {name: "PLAN", flag: "--plan", with: "JOB"}, results}},
		{"down", []input{job, results}},
		// A run that is named is downloaded; else the results are here.
		{"report", []input{
			{name: "RUN"}, {name: "RESULTS"}, {name: "NAME", flag: "--name"}, {name: "PLAN_DIGEST", flag: "--plan-digest"}, {name: "PLAN_FROM", flag: "--plan-from"},
			{name: "EVENT", flag: "--event", with: "PLAN_FROM"}, {name: "ONLY", flag: "--only", lines: true, with: "PLAN_FROM"},
			{name: "LAYERS", flag: "--layers", with: "PLAN_FROM"}, {name: "OUT", flag: "--render"},
		}},
		{"base", []input{{name: "RUN"}}},
		{"deliver", []input{
			// Without a report there is no folder of one.
			{name: "OUT", without: "MISSING"}, run, {name: "HTML_URL", flag: "--html-url"},
			{name: "CHART", flag: "--chart"}, {name: "MISSING", flag: "--missing"}, {name: "NAME", flag: "--name"},
		}},
	}
}

func newAction(env Env) *cobra.Command {
	return &cobra.Command{
		Use:    "action",
		Short:  "Run the command that the inputs of action.yml name",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			args, err := actionArgs(env.Getenv)
			if err != nil {
				return err
			}
			root := newRoot(env)
			root.SetArgs(args)
			return root.ExecuteContext(cmd.Context())
		},
	}
}

// actionArgs turns INPUT_* into the arguments of one command. Inputs come by the
// environment alone, so nothing in them is ever read by a shell.
func actionArgs(getenv func(string) string) ([]string, error) {
	get := func(name string) string { return strings.TrimSpace(getenv("INPUT_" + name)) }
	name := get("COMMAND")
	all := actionCommands()
	i := slices.IndexFunc(all, func(c actionCommand) bool { return c.name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, c := range all {
			names[i] = c.name
		}
		return nil, fmt.Errorf("input command: there is no command %q; have %s", name, strings.Join(names, ", "))
	}
	args := []string{name}
	positional := ""
	for _, in := range all[i].inputs {
		value := get(in.name)
		switch {
		case value == "" || in.with != "" && get(in.with) == "" || in.without != "" && get(in.without) != "":
		case in.flag == "":
			positional = first(positional, value)
		case in.lines:
			for line := range strings.Lines(value) {
				if line = strings.TrimSpace(line); line != "" {
					args = append(args, in.flag+"="+line)
				}
			}
		case strings.ContainsAny(value, "\r\n"):
			return nil, fmt.Errorf("input %s: expected one line", inputName(in.name))
		default:
			args = append(args, in.flag+"="+value)
		}
	}
	for line := range strings.Lines(get("ARGS")) {
		if line = strings.TrimSpace(line); line != "" {
			args = append(args, line)
		}
	}
	if slices.Contains(args, "--") {
		return nil, errors.New(`input args: "--" ends the flags, and inputs follow; leave it out`)
	}
	if positional != "" {
		args = append(args, "--", positional) // whatever it begins with
	}
	return args, nil
}

// inputName is an input as action.yml has it.
func inputName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(variable), "_", "-")
}

// annotate shows an error in the list of annotations of a workflow's run. It
// goes where errors go: standard output may be a file that somebody reads.
func (e Env) annotate(msg string) {
	if e.inActions() {
		step := github.NewStep(e.Getenv, e.Stderr)
		_ = step.Error(github.Note{Title: "chart-matrix", Message: inert(msg)}) // it was printed before
	}
}
