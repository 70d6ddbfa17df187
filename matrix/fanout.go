package matrix

import (
	"encoding/json"
	"strconv"
)

// FanoutMatrix is the matrix of one job of a workflow on GitHub. As JSON it is
// {"include":[…]}, which spawns exactly the entries given
// (https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations).
// All values are strings, since GitHub compares others loosely: '1.30' is 1.3 there.
type FanoutMatrix struct {
	// Include has an entry for each job, with the keys id, name, provider,
	// runs-on (a list, as JSON), environment and timeout-minutes.
	Include []map[string]string `json:"include"`
	// MaxParallel is how many of the jobs may run at once, at least 1.
	MaxParallel int `json:"-"`
}

// Fanout spreads jobs evenly over as few matrices as hold them, in order. What
// may run in parallel is divided among the matrices by their share of the jobs,
// at least one each; 0 or less means all at once. No jobs give no matrices.
func Fanout(jobs []Job, maxParallel int) []FanoutMatrix {
	if len(jobs) == 0 {
		return nil
	}
	if maxParallel <= 0 || maxParallel > len(jobs) {
		maxParallel = len(jobs)
	}
	parts := divide(jobs, (len(jobs)+MatrixJobs-1)/MatrixJobs)
	out := make([]FanoutMatrix, 0, len(parts))
	// One for each matrix; the others by the number of jobs that they are for.
	// Differences of rounded sums add up to the whole.
	extra, others := max(0, maxParallel-len(parts)), max(1, len(jobs)-len(parts))
	done := 0
	for _, part := range parts {
		m := FanoutMatrix{Include: make([]map[string]string, 0, len(part))}
		for _, j := range part {
			m.Include = append(m.Include, j.entry())
		}
		before := extra * done / others
		done += len(part) - 1
		m.MaxParallel = 1 + extra*done/others - before
		out = append(out, m)
	}
	return out
}

func (j Job) entry() map[string]string {
	labels := j.RunsOn
	if labels == nil {
		labels = []string{}
	}
	runsOn, err := json.Marshal(labels)
	if err != nil {
		panic("matrix: a list of strings is always valid JSON: " + err.Error())
	}
	return map[string]string{
		"id": j.ID, "name": j.Name, "provider": j.Provider, "runs-on": string(runsOn),
		"environment": j.Environment, "timeout-minutes": strconv.Itoa(j.TimeoutMinutes),
	}
}
