package matrix

// Job is one runner's work: cells that it takes one after the other. The cells
// of a job share a provider and a Kubernetes version, and so can share a cluster.
type Job struct {
	// ID is a short hash of the plan's name and the cells' IDs, in the alphabet of
	// those: a job of the same cells keeps its ID from run to run.
	ID string `json:"id"`
	// Name begins with the ID and has at most MaxJobName characters. People
	// read it in the list of jobs, and the report finds the job by it.
	Name     string   `json:"name"`
	Provider string   `json:"provider"`
	Cells    []string `json:"cells"` // IDs, in the plan's order but for Fresh
	// Fresh lists the cells before which the cluster is made anew, in the order of
	// Cells: what the cells before them leave behind is known to get in their way.
	// Those that can share a cluster stand together.
	Fresh []Fresh `json:"fresh,omitempty"`
	// RunsOn holds the labels of the runner.
	RunsOn []string `json:"runsOn"`
	// Environment is the deployment environment of GitHub whose secrets and
	// rules apply; empty for none.
	Environment string `json:"environment,omitempty"`
	// TimeoutMinutes is when GitHub ends the job.
	TimeoutMinutes int `json:"timeoutMinutes"`
}
