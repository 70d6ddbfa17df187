package findings

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fannedOut gives a plan of 256 jobs, and their results: n assertions each in a
// job's layer, of which one in three cells has a failure.
func fannedOut(b *testing.B, n int) (*matrix.Plan, []result.Cell, []result.Job) {
	b.Helper()
	p := planOf(b, axesOf(fourteen[:8], "k3s eks", "a b c d e f g h", "install upgrade"))
	p.Layers, p.JobLayers = append(p.Layers, "command"), []string{"command"}
	var err error
	if p.Jobs, err = matrix.Pack(p.Cells, matrix.Packing{}); err != nil || len(p.Jobs) != 256 {
		b.Fatal(len(p.Jobs), err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	cells := runOf(&matrix.Plan{Axes: p.Axes, Cells: p.Cells, Layers: p.Layers[:3]}, nil).Cells
	var jobs []result.Job
	for i, c := range p.Cells {
		own := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Job: p.Jobs[i].ID, Status: result.Passed,
			Steps: []result.Step{{Layer: "command", Status: result.Passed}}}
		for k := range n {
			own.Steps[0].Assertions = append(own.Steps[0].Assertions, result.Assertion{Name: fmt.Sprintf("TestService%d/answers", k), Status: result.Passed})
		}
		state := result.JobPassed
		if r.IntN(3) == 0 {
			fail(&own, "command", result.Problem{Code: "test", Message: fmt.Sprintf("service %d did not answer within 30s at 10.0.0.%d", r.IntN(40), r.IntN(256))})
			state = result.JobFailed
		}
		cells = append(cells, own)
		jobs = append(jobs, result.Job{ID: p.Jobs[i].ID, Attempt: 1, State: state})
	}
	return p, cells, jobs
}

// BenchmarkReport joins and explains 256 jobs of 1,000 assertions each.
func BenchmarkReport(b *testing.B) {
	p, cells, jobs := fannedOut(b, 1000)
	b.ReportAllocs()
	var found int
	for b.Loop() {
		found = len(Explain(result.Join(p, cells, jobs), Options{Now: day, Command: "chart-matrix check ."}).Findings)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(found), "findings")
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "heap-MiB")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/report")
}

// BenchmarkReportOfLostJobs is the same where nothing came back.
func BenchmarkReportOfLostJobs(b *testing.B) {
	p, cells, jobs := fannedOut(b, 0)
	for i := range jobs {
		jobs[i].State = []result.JobState{result.JobCancelled, result.JobRunnerLost, result.JobTimedOut}[i%3]
	}
	for b.Loop() {
		Explain(result.Join(p, cells[:len(p.Cells)], jobs), Options{Now: day})
	}
}
