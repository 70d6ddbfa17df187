package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// packed gives what Pack makes of n cells on each of the providers, over two versions.
func cellsOn(n int, providers ...string) []Cell {
	var out []Cell
	for _, p := range providers {
		for i := range n {
			at := Coordinate{Provider: p, Kubernetes: fmt.Sprintf("1.3%d", i%2), Scenario: fmt.Sprintf("s%d", i)}
			out = append(out, Cell{ID: CellID(at), Slug: CellSlug(nil, at), At: at})
		}
	}
	return out
}

func TestPack(t *testing.T) {
	settings := func(provider string) JobSettings {
		return JobSettings{RunsOn: []string{"self-hosted", provider}, Environment: "cloud", TimeoutMinutes: 45}
	}
	cells := cellsOn(4, "k3s", "eks")
	jobs, err := Pack(cells, Packing{Settings: settings})
	if err != nil || len(jobs) != 8 {
		t.Fatal(len(jobs), err)
	}
	id := JobID("", []string{cells[4].ID})
	want := Job{
		ID: id, Name: id + " eks-1.30-s0", Provider: "eks", Cells: []string{cells[4].ID},
		RunsOn: []string{"self-hosted", "eks"}, Environment: "cloud", TimeoutMinutes: 45,
	}
	if !reflect.DeepEqual(jobs[4], want) {
		t.Errorf("got %+v\nwant %+v", jobs[4], want)
	}
	// A chart with the same cells, in the same run on GitHub.
	if other, err := Pack(cells, Packing{Name: "other"}); err != nil || other[4].ID == id || other[4].Cells[0] != cells[4].ID {
		t.Errorf("got %+v, %v", other[4], err)
	}
	jobs, err = Pack(cells, Packing{MaxJobs: 7})
	if err != nil || len(jobs) != 4 {
		t.Fatal(len(jobs), err)
	}
	if j := jobs[0]; j.Name != j.ID+" k3s-1.30, 2 cells" || !slices.Equal(j.Cells, []string{cells[0].ID, cells[2].ID}) || j.ID != JobID("", []string{cells[2].ID, cells[0].ID}) {
		t.Errorf("%+v", j)
	}
	if _, err = Pack(cells, Packing{MaxJobs: 3}); !errors.Is(err, ErrTooManyJobs) || !strings.Contains(err.Error(), "4 pairs") || !strings.Contains(err.Error(), "budget.jobs") {
		t.Error(err)
	}
	if jobs, err = Pack(nil, Packing{}); err != nil || len(jobs) != 0 {
		t.Error(jobs, err)
	}
	// A cell without a provider or a version is a group of its own.
	if jobs, err = Pack([]Cell{{ID: "a", Slug: "a"}, {ID: "b", Slug: "b"}}, Packing{MaxJobs: 1}); err != nil || len(jobs) != 1 || jobs[0].Name != jobs[0].ID+", 2 cells" && jobs[0].Name == "" {
		t.Errorf("%+v, %v", jobs, err)
	}
	if jobs, err = Pack(cellsOn(5000, "k3s"), Packing{MaxJobs: 5000}); err != nil || len(jobs) > MaxJobs || len(jobs) < MaxJobs*9/10 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}

// TestEveryCellIsInOneJob packs random plans: every cell is in exactly one job,
// jobs are as many as may be at most, of one provider and version each, and
// their names are what the report relies on.
func TestEveryCellIsInOneJob(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, _ Spec, p *Plan, r *rand.Rand) {
		limit := 1 + r.IntN(40)
		jobs, err := Pack(p.Cells, Packing{MaxJobs: limit})
		if errors.Is(err, ErrTooManyJobs) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(jobs) > limit {
			t.Errorf("%d jobs of %d", len(jobs), limit)
		}
		at := map[string]Coordinate{}
		for _, c := range p.Cells {
			at[c.ID] = c.At
		}
		ids, largest := map[string]bool{}, 0
		for _, j := range jobs {
			if ids[j.ID] || len(j.ID) != idLength {
				t.Errorf("ID %q", j.ID)
			}
			ids[j.ID] = true
			largest = max(largest, len(j.Cells))
			if len(j.Name) > MaxJobName || !strings.HasPrefix(j.Name, j.ID+" ") && !strings.HasPrefix(j.Name, j.ID+", ") {
				t.Errorf("name %q", j.Name)
			}
			first := at[j.Cells[0]]
			for _, id := range j.Cells {
				c, ok := at[id]
				if !ok || c[Provider] != first[Provider] || c[Kubernetes] != first[Kubernetes] || c[Provider] != j.Provider {
					t.Errorf("job %+v has the cell %v", j, c)
				}
				delete(at, id)
			}
		}
		if len(at) > 0 {
			t.Errorf("no job has %v", at)
		}
		if len(p.Cells) <= limit && largest > 1 {
			t.Errorf("%d cells share a job, though %d jobs are enough", largest, limit)
		}
		shuffled := slices.Clone(p.Cells)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, err := Pack(shuffled, Packing{MaxJobs: limit})
		if err != nil || !maps.Equal(membersOf(jobs), membersOf(again)) {
			t.Errorf("in another order: %v, %v; want %v", membersOf(again), err, membersOf(jobs))
		}
	})
}

func membersOf(jobs []Job) map[string]string {
	out := map[string]string{}
	for _, j := range jobs {
		out[j.ID] = strings.Join(slices.Sorted(slices.Values(j.Cells)), " ") + "; " + j.Name[len(j.ID):]
	}
	return out
}

func TestFanout(t *testing.T) {
	for _, c := range []struct {
		jobs, parallel int
		sizes, at      []int
	}{
		{0, 20, nil, nil},
		{1, 20, []int{1}, []int{1}},
		{101, 20, []int{101}, []int{20}},
		{256, 0, []int{256}, []int{256}},
		{257, 20, []int{128, 129}, []int{9, 11}},
		{257, 1, []int{128, 129}, []int{1, 1}},
		{1024, 10, []int{256, 256, 256, 256}, []int{2, 3, 2, 3}},
		{1024, -1, []int{256, 256, 256, 256}, []int{256, 256, 256, 256}},
	} {
		jobs := make([]Job, c.jobs)
		for i := range jobs {
			jobs[i] = Job{ID: fmt.Sprint(i)}
		}
		var sizes, at []int
		next := 0
		for _, m := range Fanout(jobs, c.parallel) {
			sizes, at = append(sizes, len(m.Include)), append(at, m.MaxParallel)
			for _, e := range m.Include {
				if e["id"] != fmt.Sprint(next) {
					t.Errorf("job %q stands where %d should", e["id"], next)
				}
				next++
			}
		}
		if !slices.Equal(sizes, c.sizes) || !slices.Equal(at, c.at) {
			t.Errorf("%d jobs, %d at once: %v jobs, %v at once; want %v, %v", c.jobs, c.parallel, sizes, at, c.sizes, c.at)
		}
	}
}

// TestFanoutKeepsItsLimits: for any number of jobs and limit.
func TestFanoutKeepsItsLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		jobs := make([]Job, 1+r.IntN(MaxJobs))
		limit := 1 + r.IntN(300)
		parts := Fanout(jobs, limit)
		total, parallel := 0, 0
		for _, m := range parts {
			total, parallel = total+len(m.Include), parallel+m.MaxParallel
			if len(m.Include) == 0 || len(m.Include) > MatrixJobs || m.MaxParallel < 1 || m.MaxParallel > len(m.Include) {
				t.Fatalf("%d jobs, %d of them at once", len(m.Include), m.MaxParallel)
			}
		}
		if total != len(jobs) || len(parts) > MaxMatrices || parallel > max(limit, len(parts)) || parallel < min(limit, len(jobs)) {
			t.Fatalf("%d jobs, limit %d: %d in %d matrices, %d at once", len(jobs), limit, total, len(parts), parallel)
		}
	}
}

// TestFanoutIsWhatGitHubReads: strings only, a list in its place, and far less
// than the megabyte that an output may hold.
func TestFanoutIsWhatGitHubReads(t *testing.T) {
	data, err := json.Marshal(Fanout([]Job{{ID: "abcdefgh", Name: "abcdefgh k3s-1.30", Provider: "k3s", RunsOn: []string{"a", `b"`}, TimeoutMinutes: 30}, {}}, 2)[0])
	want := `{"include":[{"environment":"","id":"abcdefgh","name":"abcdefgh k3s-1.30","provider":"k3s","runs-on":"[\"a\",\"b\\\"\"]","timeout-minutes":"30"},` +
		`{"environment":"","id":"","name":"","provider":"","runs-on":"[]","timeout-minutes":"0"}]}`
	if err != nil || string(data) != want {
		t.Errorf("got  %s, %v\nwant %s", data, err, want)
	}
	full := make([]Job, MatrixJobs)
	for i := range full {
		full[i] = Job{ID: "abcdefgh", Name: strings.Repeat("x", MaxJobName), Provider: "k3s", RunsOn: []string{"self-hosted", "linux", "x64"}, Environment: "cloud", TimeoutMinutes: 360}
	}
	if data, err = json.Marshal(Fanout(full, 0)[0]); err != nil || 2*len(data) > 1<<18 { // GitHub counts two bytes a character
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestForJob(t *testing.T) {
	p := expanded(t, diffSpec())
	p.Layers, p.JobLayers = []string{"lint", "command"}, []string{"command"}
	var err error
	if p.Jobs, err = Pack(p.Cells, Packing{MaxJobs: 12}); err != nil {
		t.Fatal(err)
	}
	p.Seal()
	before := asJSON(t, p)
	part, ok := p.ForJob(p.Jobs[3].ID)
	if !ok || part.OfJob != p.Jobs[3].ID || part.Digest != p.Digest || !slices.Equal(part.Layers, []string{"command"}) || len(part.JobLayers) > 0 || len(part.Jobs) > 0 {
		t.Errorf("%t, %+v", ok, part)
	}
	if got := ids(part); !slices.Equal(got, slices.Sorted(slices.Values(p.Jobs[3].Cells))) {
		t.Errorf("cells %v, want %v", got, p.Jobs[3].Cells)
	}
	if o := part.Omissions; len(o) != 1 || o[0].Count != 22 || o[0].Because != "this job has 2 of the plan's 24 cells" {
		t.Errorf("omissions %+v", o)
	}
	if _, ok := p.ForJob("none"); ok || asJSON(t, p) != before {
		t.Error("there is a job none, or the plan was changed")
	}
}

func BenchmarkPack(b *testing.B) {
	cells := cellsOn(2500, "k3s", "eks", "gke", "aks")
	b.ReportAllocs()
	for b.Loop() {
		if jobs, err := Pack(cells, Packing{}); err != nil || len(jobs) > MaxJobs {
			b.Fatal(len(jobs), err)
		}
	}
}
