package findings

import (
	"fmt"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// stuck is a rollout that did not end, with the lines that say why.
func stuck(object string, lines ...string) result.Problem {
	return result.Problem{
		Severity: result.Error, Code: "rollout", Message: "exceeded its progress deadline", Location: result.Location{Object: object}, Excerpt: lines,
	}
}

// TestObjectsWithOneMessage: the same message about several objects is one finding
// where it has one reason, and as many as there are reasons where they fail together.
func TestObjectsWithOneMessage(t *testing.T) {
	const (
		secret = `Error: secret "web-tls" not found`
		memory = "fatal: the cache needs 4096 MB and has 512 MB"
	)
	in := func(odd bool, problems ...result.Problem) func(i int) []result.Problem {
		return func(i int) []result.Problem {
			if odd && i%2 == 0 {
				return nil
			}
			return problems
		}
	}
	for _, c := range []struct {
		name   string
		happen func(cell int) []result.Problem
		want   []string
	}{
		{
			"two reasons", in(false, stuck("Deployment/web", secret), stuck("Deployment/worker", memory)),
			[]string{"Deployment/web: exceeded its progress deadline", "Deployment/worker: exceeded its progress deadline"},
		},
		{
			"one reason", in(false, stuck("Deployment/web", "2026-11-23T10:00:00Z "+secret), stuck("Deployment/worker", "2026-11-23T10:00:07Z "+secret)),
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"one reason, which names each", in(false,
				stuck("Deployment/web", `pods "web-7f6d5c9b8-abcd2" is forbidden: exceeded quota: small`),
				stuck("Deployment/worker", `pods "worker-6c9f5b7d8f-xyzw3" is forbidden: exceeded quota: small`)),
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"one reason beside a line that is not it", in(false, stuck("Deployment/web", secret, "goodbye"), stuck("Deployment/worker", "shutting down", secret)),
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"both wait for the same", in(false,
				stuck("Deployment/web", "dial tcp: lookup db: no such host"), stuck("Deployment/worker", "could not connect to server: Connection refused")),
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"nobody knows why", in(false, stuck("Deployment/web"), stuck("Deployment/worker")),
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"three, two of which are one", in(false, stuck("Deployment/web", secret), stuck("Deployment/worker", memory), stuck("Deployment/api", secret)),
			[]string{"Deployment/api and 1 more: exceeded its progress deadline", "Deployment/worker: exceeded its progress deadline"},
		},
		{
			"never together", func(i int) []result.Problem {
				if i%2 == 0 {
					return []result.Problem{stuck("Deployment/web", secret)}
				}
				return []result.Problem{stuck("Deployment/web-ha", memory)}
			},
			[]string{"Deployment/web and 1 more: exceeded its progress deadline"},
		},
		{
			"as many reasons as objects", func(int) []result.Problem {
				var all []result.Problem
				for n := range 2 * maxObjects {
					all = append(all, stuck(fmt.Sprintf("Deployment/web-%d", n), fmt.Sprintf("panic: %c", 'a'+n%26)))
				}
				return all
			},
			[]string{fmt.Sprintf("Deployment/web-0 and %d more: exceeded its progress deadline", 2*maxObjects-1)},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Explain(rollouts(t, c.happen), Options{Now: day})
			var got []string
			seen := map[string]bool{}
			for _, f := range s.Findings {
				got = append(got, f.Title)
				if seen[f.Fingerprint] {
					t.Errorf("two findings have the fingerprint %s", f.Fingerprint)
				}
				seen[f.Fingerprint] = true
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// rollouts is a run of four cells with the layer install, and what fails in each.
func rollouts(t *testing.T, happen func(cell int) []result.Problem) *result.Run {
	t.Helper()
	p := planOf(t, axesOf(fourteen[:4], "kind", "default", "install"))
	p.Layers, p.JobLayers = append(p.Layers, "install"), []string{"install"}
	run := runOf(p, nil)
	for i := range run.Cells {
		for _, problem := range happen(i) {
			fail(&run.Cells[i], "install", problem)
		}
	}
	return result.Join(p, run.Cells, nil)
}

// TestObjectsAreKnownAgain: whether a failure is told apart by its object, which
// the others decide, makes it neither new nor known.
func TestObjectsAreKnownAgain(t *testing.T) {
	web, worker := stuck("Deployment/web", `Error: secret "web-tls" not found`), stuck("Deployment/worker", "fatal: the cache needs more memory")
	run := func(problems ...result.Problem) *result.Run {
		return rollouts(t, func(int) []result.Problem { return problems })
	}
	for _, c := range []struct {
		name        string
		before, now *result.Run
		want        []string
	}{
		{"one, then both", run(web), run(web, worker), []string{"new Deployment/worker", "pre-existing Deployment/web"}},
		{"both twice", run(web, worker), run(web, worker), []string{"pre-existing Deployment/web", "pre-existing Deployment/worker"}},
		{"both, then one", run(web, worker), run(worker), []string{"pre-existing Deployment/worker"}},
		{"both, then none", run(web, worker), run(), []string{"fixed Deployment/web", "fixed Deployment/worker"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Explain(c.now, Options{Now: day, History: []*Past{Remember(c.before)}})
			var got []string
			for _, f := range s.Findings {
				got = append(got, string(f.State)+" "+f.Title[:len(f.Title)-len(": exceeded its progress deadline")])
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestPartsOfAFailureKeepTheirLines: each quotes its own.
func TestPartsOfAFailureKeepTheirLines(t *testing.T) {
	web, worker := stuck("Deployment/web", "panic: no key"), stuck("Deployment/worker", "fatal: no memory")
	s := Explain(rollouts(t, func(int) []result.Problem { return []result.Problem{worker, web} }), Options{Now: day})
	for _, f := range s.Findings {
		want := map[string]string{"Deployment/web": "panic: no key", "Deployment/worker": "fatal: no memory"}[f.Locations[0].Object]
		if len(f.Locations) != 1 || len(f.Evidence) != 1 || f.Evidence[0].Text != want || len(f.Cells) != 4 {
			t.Errorf("%+v", f)
		}
	}
	if len(s.Findings) != 2 {
		t.Errorf("%d findings", len(s.Findings))
	}
}
