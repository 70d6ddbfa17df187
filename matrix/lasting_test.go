package matrix

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func crd(name, digest string) Lasting {
	return Lasting{Object: "CustomResourceDefinition/" + name, Digest: digest, Because: "crds/ are not uninstalled"}
}

func TestNewLastingSet(t *testing.T) {
	a := NewLastingSet([]Lasting{crd("b", "1"), crd("a", "1"), crd("a", "1")})
	b := NewLastingSet([]Lasting{crd("a", "1"), crd("b", "1")})
	if a.ID != b.ID || len(a.ID) != idLength || len(a.Objects) != 2 || a.Objects[0].Object != "CustomResourceDefinition/a" {
		t.Errorf("%+v, %+v", a, b)
	}
	if c := NewLastingSet([]Lasting{crd("a", "1"), crd("b", "2")}); c.ID == a.ID {
		t.Error("another content, and the same ID")
	}
	if none := NewLastingSet(nil); none.ID != "" {
		t.Errorf("%+v", none)
	}
}

func TestKeptApart(t *testing.T) {
	none, one := LastingSet{}, NewLastingSet([]Lasting{crd("a", "1")})
	other, two := NewLastingSet([]Lasting{crd("a", "2")}), NewLastingSet([]Lasting{crd("a", "2"), crd("b", "1")})
	for _, test := range []struct {
		a, b LastingSet
		want string
	}{
		{one, none, "CustomResourceDefinition/a outlives the cell before it (crds/ are not uninstalled), and this cell does not bring it"},
		{one, other, "CustomResourceDefinition/a outlives the cell before it (crds/ are not uninstalled), and is another one here"},
		{none, one, "CustomResourceDefinition/a comes with this cell and not with the one before it, and outlives it (crds/ are not uninstalled)"},
		{one, two, "CustomResourceDefinition/a outlives the cell before it (crds/ are not uninstalled), and is another one here; and 1 more like it"},
	} {
		if got := keptApart(test.a, test.b); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestPackKeepsConflictsApart packs random plans whose cells leave different
// things behind: no two cells that conflict have one cluster, and no cluster is
// made without need.
func TestPackKeepsConflictsApart(t *testing.T) {
	sets := []LastingSet{{}, NewLastingSet([]Lasting{crd("a", "1")}), NewLastingSet([]Lasting{crd("a", "2")})}
	forRandomSpecs(t, func(t *testing.T, _ Spec, p *Plan, r *rand.Rand) {
		kinds := map[clusterKey]int{}
		byID := map[string]Cell{}
		for i := range p.Cells {
			c := &p.Cells[i]
			c.Leaves = sets[r.IntN(len(sets))].ID
			byID[c.ID] = *c
			kinds[clusterKey{c.At[Provider], c.At[Kubernetes], c.Leaves}]++
		}
		packing := Packing{MaxJobs: 1 + r.IntN(40), Lasting: sets}
		jobs, err := Pack(p.Cells, packing)
		if errors.Is(err, ErrTooManyJobs) {
			return
		}
		if err != nil || len(jobs) > packing.MaxJobs {
			t.Fatal(len(jobs), err)
		}
		seen := 0
		for _, j := range jobs {
			seen += len(j.Cells)
			fresh := map[string]string{}
			for _, f := range j.Fresh {
				fresh[f.Cell] = f.Because
			}
			if len(fresh) > 0 && len(kinds) <= packing.MaxJobs {
				t.Errorf("job %+v mixes what has room apart: %d kinds in %d jobs", j, len(kinds), packing.MaxJobs)
			}
			clusters := map[string]bool{}
			for i, id := range j.Cells {
				because, starts := fresh[id]
				if i > 0 && starts == (byID[id].Leaves == byID[j.Cells[i-1]].Leaves) {
					t.Errorf("cell %s of %+v: fresh cluster %t", id, j, starts)
				}
				if starts && !strings.Contains(because, "CustomResourceDefinition/a") || i == 0 && starts {
					t.Errorf("%q", because)
				}
				if (i == 0 || starts) && clusters[byID[id].Leaves] {
					t.Errorf("job %+v makes two clusters for what could share one", j)
				}
				clusters[byID[id].Leaves] = true
			}
		}
		if seen != len(p.Cells) {
			t.Errorf("%d cells of %d", seen, len(p.Cells))
		}
		shuffled := slices.Clone(p.Cells)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again, err := Pack(shuffled, packing); err != nil || !maps.Equal(membersOf(jobs), membersOf(again)) {
			t.Errorf("in another order: %v, %v", again, err)
		}
	})
}

func TestPackSaysWhatIsFresh(t *testing.T) {
	cells := cellsOn(4, "kind")
	set := NewLastingSet([]Lasting{crd("a", "1")})
	for i := range cells {
		cells[i].At[Kubernetes] = "1.34"
	}
	cells[1].Leaves = set.ID
	jobs, err := Pack(cells, Packing{MaxJobs: 1, Lasting: []LastingSet{set}})
	if err != nil || len(jobs) != 1 || len(jobs[0].Fresh) != 1 || jobs[0].Fresh[0].Cell != cells[1].ID {
		t.Fatalf("%+v, %v", jobs, err)
	}
	if got, want := fmt.Sprint(jobs[0].Cells), fmt.Sprint([]string{cells[0].ID, cells[2].ID, cells[3].ID, cells[1].ID}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if jobs, err = Pack(cells, Packing{MaxJobs: 2, Lasting: []LastingSet{set}}); err != nil || len(jobs) != 2 || len(jobs[0].Fresh)+len(jobs[1].Fresh) > 0 {
		t.Errorf("%+v, %v", jobs, err)
	}
}
