package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// ofCluster is a problem as the cluster's watcher tells it; {n} is the name of
// what it is about, {i} its number.
func ofCluster(code, name string, i int, message string, lines ...string) result.Problem {
	fill := strings.NewReplacer("{n}", name, "{i}", fmt.Sprint(i)).Replace
	p := result.Problem{
		Severity: result.Error, Code: code, Message: fill("Deployment/{n}: " + message), Location: result.Location{Object: "Deployment/" + name},
	}
	for _, l := range lines {
		p.Excerpt = append(p.Excerpt, fill(l))
	}
	return p
}

// TestOneReasonOfManyObjects: what a whole release lacks is one finding, however
// its containers, pods and images are called and whatever each of them asks for.
func TestOneReasonOfManyObjects(t *testing.T) {
	for _, c := range []struct{ name, code, message, line, title string }{
		{
			"a secret", "container-config", `container {n} cannot be made: secret "creds" not found`, `Failed: Error: secret "creds" not found`,
			`Deployment/api and 2 more: a container cannot be made: secret "creds" not found`,
		},
		{
			"a quota", "rollout", "exceeded its progress deadline",
			`FailedCreate: pods "{n}-7c9d8f7b6-x{i}k2p" is forbidden: exceeded quota: small, requested: cpu={i}00m, used: cpu=3{i}, limited: cpu=4`,
			"Deployment/api and 2 more: exceeded its progress deadline",
		},
		{
			"a policy", "pod-refused", `its pods are refused: pods "{n}-7c9d8f7b6-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (container "{n}")`, "",
			`Deployment/api and 2 more: its pods are refused: pods "api-7c9d8f7b6-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (container "api")`,
		},
		{
			"a registry", "image-pull", "container app: image quay.io/{n}/{n}-server:1.{i} cannot be pulled: toomanyrequests: retry after 5s", `Failed to pull "quay.io/{n}/{n}-server:1.{i}": toomanyrequests`,
			"Deployment/api and 2 more: images such as quay.io/api/api-server:1.3 cannot be pulled: toomanyrequests: retry after 5s",
		},
		{
			"a variable", "crash-loop", "container {n} ended with exit code 1", "{n}: KeyError: 'SECRET_KEY' in thread {i}",
			"Deployment/api and 2 more: a container ended with exit code 1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := func(names ...string) Summary {
				return Explain(rollouts(t, func(int) (out []result.Problem) {
					for i, n := range names {
						out = append(out, ofCluster(c.code, n, i+1, c.message, c.line))
					}
					return out
				}), Options{Now: day})
			}
			all, one := run("web", "worker", "api"), run("worker")
			if len(all.Findings) != 1 || all.Findings[0].Title != c.title {
				t.Errorf("got %q, want %q", titles(all), c.title)
			}
			if all.Findings[0].Fingerprint != one.Findings[0].Fingerprint {
				t.Error("another fingerprint with fewer objects")
			}
		})
	}
}

func titles(s Summary) (out []string) {
	for _, f := range s.Findings {
		out = append(out, f.Title)
	}
	slices.Sort(out)
	return out
}

// TestOtherReasonsStayApart: names that are no object's own tell failures apart.
func TestOtherReasonsStayApart(t *testing.T) {
	for _, c := range []struct {
		name     string
		problems []result.Problem
		want     []string
	}{
		{
			"two secrets of one container",
			[]result.Problem{
				ofCluster("container-config", "web", 1, `container web cannot be made: secret "web-tls" not found`),
				ofCluster("container-config", "web", 1, `container web cannot be made: secret "web-creds" not found`),
			},
			[]string{`Deployment/web: container web cannot be made: secret "web-creds" not found`, `Deployment/web: container web cannot be made: secret "web-tls" not found`},
		},
		{
			"two images that are not there",
			[]result.Problem{
				ofCluster("image-pull", "web", 1, "container a: image quay.io/one:1 cannot be pulled: manifest unknown"),
				ofCluster("image-pull", "worker", 2, "container b: image quay.io/two:1 cannot be pulled: manifest unknown"),
			},
			[]string{"Deployment/web: container a: image quay.io/one:1 cannot be pulled: manifest unknown", "Deployment/worker: container b: image quay.io/two:1 cannot be pulled: manifest unknown"},
		},
		{
			"two programs, both started again",
			[]result.Problem{
				ofCluster("crash-loop", "web", 1, "container web ended with exit code 1", "panic: no key", "started again 3 times"),
				ofCluster("crash-loop", "worker", 2, "container worker ended with exit code 1", "fatal: no memory", "started again 5 times"),
			},
			[]string{"Deployment/web: container web ended with exit code 1", "Deployment/worker: container worker ended with exit code 1"},
		},
		{
			"what says nothing, and what waits for it",
			[]result.Problem{
				ofCluster("crash-loop", "db", 1, "container db ended with exit code 1", "started again 3 times"),
				ofCluster("crash-loop", "web", 2, "container web ended with exit code 1", "dial tcp: lookup db: no such host", "started again 3 times"),
			},
			[]string{"Deployment/db: container db ended with exit code 1"}, // the other one follows
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := titles(Explain(rollouts(t, func(int) []result.Problem { return c.problems }), Options{Now: day}))
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestAnotherObjectIsNew: that web did not start before makes it no old news that
// worker does not.
func TestAnotherObjectIsNew(t *testing.T) {
	run := func(names ...string) *result.Run {
		return rollouts(t, func(int) (out []result.Problem) {
			for i, n := range names {
				out = append(out, ofCluster("crash-loop", n, i, "container {n} ended with exit code 1", "panic: {n}"))
			}
			return out
		})
	}
	var crowd []string
	for i := range maxObjects + 1 {
		crowd = append(crowd, fmt.Sprintf("web-%c", 'a'+i))
	}
	for _, c := range []struct {
		name        string
		before, now []string
		want        State
	}{
		{"another", []string{"web"}, []string{"worker"}, New},
		{"the same", []string{"web"}, []string{"web"}, PreExisting},
		{"one more of the same reason", []string{"web"}, []string{"web", "worker"}, PreExisting},
		{"one of many", crowd, crowd[:1], PreExisting},
		{"many of one", crowd[:1], crowd, PreExisting},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Explain(run(c.now...), Options{Now: day, History: []*Past{Remember(run(c.before...))}})
			if len(s.Findings) != 1 || s.Findings[0].State != c.want {
				t.Errorf("got %q, %v; want %s", titles(s), s.Findings[0].State, c.want)
			}
		})
	}
}
