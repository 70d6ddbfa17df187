package githubtest

import (
	"maps"
	"slices"
)

// clone copies a state wholly, but for the bytes of artifacts, which nobody
// changes.
func (s State) clone() State {
	s.Tokens = maps.Clone(s.Tokens)
	for secret, token := range s.Tokens {
		token.Permissions = maps.Clone(token.Permissions)
		s.Tokens[secret] = token
	}
	s.Repositories = cloneEach(s.Repositories, func(r *Repository) {
		r.Comments = slices.Clone(r.Comments)
		r.Runs = cloneEach(r.Runs, func(run *Run) {
			run.Earlier = slices.Clone(run.Earlier)
			run.Artifacts = slices.Clone(run.Artifacts)
			run.Jobs = cloneEach(run.Jobs, func(job *Job) {
				job.Labels, job.Steps, job.Annotations = slices.Clone(job.Labels), slices.Clone(job.Steps), slices.Clone(job.Annotations)
			})
		})
		r.PullRequests = cloneEach(r.PullRequests, func(p *PullRequest) { p.Files = slices.Clone(p.Files) })
		r.CheckRuns = cloneEach(r.CheckRuns, func(c *CheckRun) { c.Annotations = slices.Clone(c.Annotations) })
	})
	return s
}

func cloneEach[T any](all []T, deeper func(*T)) []T {
	out := slices.Clone(all)
	for i := range out {
		deeper(&out[i])
	}
	return out
}
