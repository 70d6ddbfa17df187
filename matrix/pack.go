package matrix

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// The limits of GitHub Actions on jobs. One strategy holds at most 256 jobs
// (https://docs.github.com/actions/reference/limits), and names are cut at
// 100 characters where jobs are listed.
const (
	MaxJobName  = 100
	MatrixJobs  = 256
	MaxMatrices = 4 // that the reusable workflow has places for
	MaxJobs     = MatrixJobs * MaxMatrices
)

// ErrTooManyJobs says that cells cannot be packed into as few jobs as there may be.
var ErrTooManyJobs = errors.New("too many jobs")

// Packing says how cells become jobs.
type Packing struct {
	// Name is that of the plan. One workflow may test several charts whose cells
	// have the same coordinates; their jobs are told apart by it.
	Name string
	// MaxJobs bounds the number of jobs; 0, or more than MaxJobs, means MaxJobs.
	MaxJobs int
	// Lasting are the sets that the cells' Leaves name.
	Lasting []LastingSet
	// Settings gives what a provider's jobs need; nil for none.
	Settings func(provider string) JobSettings
}

// JobSettings is what all jobs of one provider have in common. See Job.
type JobSettings struct {
	RunsOn         []string
	Environment    string
	TimeoutMinutes int
}

// clusterKey is what the cells of one job share. Leaves is the same for all
// where there are too few jobs.
type clusterKey struct{ provider, kubernetes, leaves string }

// Pack gives each cell to exactly one job, in the order of the cells. Each cell
// has a job of its own while there are no more cells than jobs. Beyond that,
// cells of one provider and Kubernetes version share jobs, so that the largest
// job is as small as can be. Which cells share a job, and its ID, do not depend
// on the order of the cells.
//
// Cells that leave different things behind share a job only where there are not
// jobs enough to keep them apart; in it they stand apart, with a fresh cluster
// between them.
//
// It fails with ErrTooManyJobs where there are more pairs of provider and
// Kubernetes version than jobs, and says what to do about it.
func Pack(cells []Cell, p Packing) ([]Job, error) {
	limit := p.MaxJobs
	if limit <= 0 || limit > MaxJobs {
		limit = MaxJobs
	}
	groups := grouped(cells, true)
	if len(groups) > limit {
		groups = grouped(cells, false)
	}
	if len(groups) > limit {
		return nil, fmt.Errorf("%w: %d pairs of provider and Kubernetes version need a job each, and there may be %d; "+
			"let the event select fewer of them with only, or raise budget.jobs (to at most %d)", ErrTooManyJobs, len(groups), limit, MaxJobs)
	}
	size := jobSize(groups, len(cells), limit)
	jobOf := make(map[string]int, len(cells)) // by cell: the number of its share
	shares := 0
	for _, ids := range groups {
		for _, share := range divide(ids, (len(ids)+size-1)/size) {
			for _, id := range share {
				jobOf[id] = shares
			}
			shares++
		}
	}
	return p.jobs(cells, jobOf)
}

// grouped gives the IDs of cells that can share a job, those next to each other
// that can share a cluster.
func grouped(cells []Cell, apart bool) map[clusterKey][]string {
	groups := map[clusterKey][]string{}
	leaves := map[string]string{}
	for _, c := range cells {
		key := clusterKey{c.At[Provider], c.At[Kubernetes], ""}
		if apart {
			key.leaves = c.Leaves
		}
		leaves[c.ID] = c.Leaves
		groups[key] = append(groups[key], c.ID)
	}
	for _, ids := range groups {
		slices.SortFunc(ids, func(a, b string) int {
			return cmp.Or(strings.Compare(leaves[a], leaves[b]), strings.Compare(a, b))
		})
	}
	return groups
}

// jobSize gives the least number of cells a job with which all groups fit into
// the limit.
func jobSize(groups map[clusterKey][]string, cells, limit int) int {
	return 1 + sort.Search(cells, func(smaller int) bool {
		jobs := 0
		for _, ids := range groups {
			jobs += (len(ids) + smaller) / (smaller + 1)
		}
		return jobs <= limit
	})
}

// divide cuts a list into parts whose lengths differ by at most one.
func divide[T any](list []T, parts int) [][]T {
	out := make([][]T, 0, parts)
	for i := range parts {
		out = append(out, list[i*len(list)/parts:(i+1)*len(list)/parts])
	}
	return out
}

// jobs makes the jobs, in the order of their first cells.
func (p Packing) jobs(cells []Cell, jobOf map[string]int) ([]Job, error) {
	var members [][]Cell
	place := map[int]int{}
	for _, c := range cells {
		i, ok := place[jobOf[c.ID]]
		if !ok {
			i = len(members)
			place[jobOf[c.ID]] = i
			members = append(members, nil)
		}
		members[i] = append(members[i], c)
	}
	out := make([]Job, 0, len(members))
	seen := map[string]bool{}
	for _, m := range members {
		job := Job{Provider: m[0].At[Provider]}
		m, job.Fresh = p.arrange(m)
		for _, c := range m {
			job.Cells = append(job.Cells, c.ID)
		}
		job.ID = JobID(p.Name, job.Cells)
		if seen[job.ID] {
			return nil, fmt.Errorf("two jobs share the ID %s; rename a value of an axis", job.ID)
		}
		seen[job.ID] = true
		job.Name = jobName(job.ID, m)
		if p.Settings != nil {
			s := p.Settings(job.Provider)
			job.RunsOn, job.Environment, job.TimeoutMinutes = slices.Clone(s.RunsOn), s.Environment, s.TimeoutMinutes
		}
		out = append(out, job)
	}
	return out, nil
}

// JobID gives the ID of the job of the plan called name that has these cells, in
// whatever order: a hash of them all.
func JobID(name string, cells []string) string {
	return shortHash(append([]string{name}, slices.Sorted(slices.Values(cells))...))
}

func shortHash(parts []string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part + "\x00"))
	}
	return idEncoding.EncodeToString(h.Sum(nil))[:idLength]
}

// jobName gives the name of a job: its ID, and the slug of its cell or what its
// cells share.
func jobName(id string, cells []Cell) string {
	name := id + " " + cells[0].Slug
	if len(cells) > 1 {
		name = id
		if shared := CellSlug(nil, Coordinate{Provider: cells[0].At[Provider], Kubernetes: cells[0].At[Kubernetes]}); shared != "" {
			name += " " + shared
		}
		name += ", " + strconv.Itoa(len(cells)) + " cells"
	}
	return name[:min(len(name), MaxJobName)] // a slug is ASCII
}
