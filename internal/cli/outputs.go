package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"

	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/matrix"
)

// planOutputs gives what a workflow has to know of a plan to run its jobs: a
// matrix for each of its places, whether there are jobs in it or not. followUp is
// how many cells may follow it. The error
// says that GitHub would not take that much.
func planOutputs(plan *matrix.Plan, maxParallel, attempt, followUp int) (map[string]string, error) {
	omitted := 0
	for _, o := range plan.Omissions {
		omitted += o.Count
	}
	out := map[string]string{
		"follow-up": strconv.Itoa(followUp),
		"name":      plan.Name, "digest": plan.Digest, "attempt": strconv.Itoa(attempt),
		"cells": strconv.Itoa(len(plan.Cells)), "omitted": strconv.Itoa(omitted),
	}
	fanout := matrix.Fanout(plan.Jobs, maxParallel)
	for i := range matrix.MaxMatrices {
		m := matrix.FanoutMatrix{Include: []map[string]string{}, MaxParallel: 1}
		if i < len(fanout) {
			m = fanout[i]
		}
		text, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		suffix := ""
		if i > 0 {
			suffix = "-" + strconv.Itoa(i+1)
		}
		out["matrix"+suffix] = string(text)
		out["jobs"+suffix] = strconv.Itoa(len(m.Include))
		out["max-parallel"+suffix] = strconv.Itoa(m.MaxParallel)
	}
	if size := outputSize(out); size > github.MaxOutputs {
		return nil, fmt.Errorf("the matrices of %s take %d KiB as GitHub counts, and it takes %d KiB; "+
			"shorten runs-on and environment of the providers, or let cells share jobs with budget.jobs", count(len(plan.Jobs), "job"), size>>10, github.MaxOutputs>>10)
	}
	return out, nil
}

// outputSize is what outputs take as GitHub counts: two bytes for each unit of UTF-16.
func outputSize(outputs map[string]string) int {
	size := 0
	for name, value := range outputs {
		size += 2 * (len(utf16.Encode([]rune(name))) + len(utf16.Encode([]rune(value))))
	}
	return size
}

// setOutputs sets the outputs of the step that this process is; outside of a
// workflow there are none.
func setOutputs(env Env, outputs map[string]string) error {
	step := github.NewStep(env.Getenv, env.Stdout)
	if !step.HasOutputs() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if err := step.SetOutput(name, outputs[name]); err != nil {
			return infrastructure(err)
		}
	}
	return nil
}
