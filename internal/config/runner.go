package config

// Runner is what GitHub has to know to run a job.
type Runner struct {
	RunsOn         []string // labels that the runner must all have; never empty
	Environment    string   // a deployment environment; empty for none
	TimeoutMinutes int      // when GitHub ends the job
}

// defaultRunner is that of a provider that the file says nothing of.
func defaultRunner() Runner { return Runner{RunsOn: []string{"ubuntu-24.04"}, TimeoutMinutes: 60} }

// Runner gives where the jobs of a provider run.
func (c *Config) Runner(provider string) Runner {
	if p, ok := c.Providers[provider]; ok {
		return p.Runner
	}
	return defaultRunner()
}

// runner reads the keys of a provider that speak of its jobs.
func (d *decoder) runner(n *node) Runner {
	r := defaultRunner()
	if labels := n.get("runs-on").scalars(); len(labels) > 0 {
		r.RunsOn = nil
		for _, l := range labels {
			r.RunsOn = append(r.RunsOn, l.text)
		}
	}
	r.Environment = n.get("environment").string()
	timeout := n.get("timeout-minutes")
	if timeout != nil {
		r.TimeoutMinutes = timeout.number()
	}
	if r.TimeoutMinutes > hostedTimeoutMinutes && len(r.RunsOn) == 1 && hostedLabel.MatchString(r.RunsOn[0]) {
		d.warn(timeout, "GitHub ends a job on its own runners after %d minutes; runs-on is %s", hostedTimeoutMinutes, r.RunsOn[0])
	}
	return r
}
