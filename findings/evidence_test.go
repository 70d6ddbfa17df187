package findings

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// leftBy is evidence by the try that left it.
type leftBy map[leftIn][]diagnosis.Source

type leftIn struct {
	cell         string
	attempt, try int
}

func (l leftBy) Sources(cell string, attempt, try int) []diagnosis.Source {
	return l[leftIn{cell, attempt, try}]
}

func logOf(name string, lines ...string) []diagnosis.Source {
	return []diagnosis.Source{{Name: name, Text: strings.Join(lines, "\n") + "\n"}}
}

// failsInstall makes a job layer of a cell end badly, with an exit code alone.
func failsInstall(message string) result.Step {
	return result.Step{Layer: "install", Status: result.Failed, Assertions: []result.Assertion{{
		Name: "installs", Status: result.Failed,
		Problems: []result.Problem{{Severity: result.Error, Code: "command", Message: message}},
	}}}
}

// TestEvidenceIsOfTheTryThatFailed: the logs of the last try, which passed, show
// nothing of why the one before it did not.
func TestEvidenceIsOfTheTryThatFailed(t *testing.T) {
	const boring = "level=info msg=\"all is well\" port=8080"
	pull := `Warning Failed Pod/web-0: Failed to pull image "docker.io/library/redis:7": toomanyrequests: You have reached your unauthenticated pull rate limit.`
	kept := func(id string) leftBy {
		return leftBy{
			{id, 1, 1}: logOf("events.log", boring, pull),
			{id, 1, 2}: logOf("events.log", boring, "panic: this is another failure"),
			{id, 2, 1}: logOf("events.log", boring, "panic: this is another attempt"),
		}
	}
	check := func(t *testing.T, p *matrix.Plan, cells []result.Cell, words string) {
		t.Helper()
		s := Explain(result.Join(p, cells, nil), Options{Now: day, Evidence: kept(cells[0].ID)})
		i := slices.IndexFunc(s.Findings, func(f Finding) bool { return f.State == Flaky && strings.Contains(f.Title, "with 1") })
		if i < 0 {
			t.Fatalf("%+v", s.Findings)
		}
		f := s.Findings[i]
		want := EvidenceLine{Cell: cells[0].ID, Try: words, Source: "events.log", Line: 2, Text: pull}
		if f.Class != string(diagnosis.ImagePull) || len(f.Evidence) == 0 || f.Evidence[0] != want {
			t.Errorf("class %q, evidence %+v, want %+v", f.Class, f.Evidence, want)
		}
	}
	failed, passed := failsInstall("helm exits with 1"), step("passed passed")
	t.Run("a try of the job", func(t *testing.T) {
		p, cells := tried(t, "failed skipped", "passed passed")
		cells[0].Retried[0].Steps[3] = failed
		check(t, p, cells, "try 1 of 2")
	})
	t.Run("an attempt at the run", func(t *testing.T) {
		p, cells := tried(t, "failed skipped", "passed passed")
		cells[0].Retried[0].Steps[3] = failed
		first := cells[0].Tries()[0]
		cells[0].Retried, cells[0].Attempt, cells[0].Steps[3] = nil, 2, passed
		check(t, p, append([]result.Cell{cells[0], first}, cells[1:]...), "try 1 of 2")
	})
	t.Run("of three tries, the second differs", func(t *testing.T) {
		p, cells := tried(t, "failed skipped", "failed skipped", "passed passed")
		cells[0].Retried[0].Steps[3] = failed
		cells[0].Retried[1].Steps[3] = failsInstall("helm exits with 3")
		check(t, p, cells, "try 1 of 3")
	})
}

// TestWhatLayersQuoteIsOfTheTryThatFailed: the layer's own lines name their try.
func TestWhatLayersQuoteIsOfTheTryThatFailed(t *testing.T) {
	p, cells := tried(t, "failed skipped", "passed passed")
	s := failsInstall("the container app crashes")
	s.Assertions[0].Problems[0].Code = "crash-loop"
	s.Assertions[0].Problems[0].Excerpt, s.Assertions[0].Problems[0].Source = []string{"panic: no DSN"}, "logs/web-0.app.log:4"
	cells[0].Retried[0].Steps[3] = s
	sum := Explain(result.Join(p, cells, nil), Options{Now: day})
	want := EvidenceLine{Cell: cells[0].ID, Try: "try 1 of 2", Source: "logs/web-0.app.log", Line: 4, Text: "panic: no DSN"}
	if len(sum.Findings) != 1 || len(sum.Findings[0].Evidence) != 1 || sum.Findings[0].Evidence[0] != want {
		t.Errorf("%+v", sum.Findings)
	}
}

// TestWhatCouldNotBeAsked: errored cells are told of with class, blame and the
// lines that show it, as far as what was kept of them has any.
func TestWhatCouldNotBeAsked(t *testing.T) {
	const boring = "Creating cluster \"cm-x\" ..."
	for _, c := range []struct {
		name, layer, reason string
		files               []diagnosis.Source
		class               diagnosis.Class
		blame               Blame
		line                string // among the quoted ones; "" where there is none
		source              string
	}{
		{
			"a cluster that does not boot", "cluster", "no kind cluster: kind create cluster: exit code 1",
			logOf("provider.log", boring, "ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec cm-x-control-plane kubeadm init\" failed with error: exit status 1"),
			diagnosis.ClusterBootstrap, BlameInfrastructure, "failed to init node with kubeadm", "provider.log",
		},
		{
			"the quota of a cloud", "cluster", "no eks cluster: eksctl exits with 1",
			logOf("provider.log", boring, "2026-01-02 10:00:00 [✖]  creating CloudFormation stack: operation error EC2: CreateVpc, https response error StatusCode: 400, api error VpcLimitExceeded: The maximum number of VPCs has been reached."),
			diagnosis.CloudQuota, BlameInfrastructure, "VpcLimitExceeded", "provider.log",
		},
		{
			"credentials of a cloud", "cluster", "no eks cluster: eksctl exits with 1",
			logOf("provider.log", boring, "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: GetCallerIdentity, api error ExpiredToken: The security token included in the request is expired"),
			diagnosis.CloudAuth, BlameInfrastructure, "ExpiredToken", "provider.log",
		},
		{
			"the node image", "cluster", "no kind cluster: kind create cluster: exit code 1",
			logOf("provider.log", boring, "Error response from daemon: manifest for kindest/node:v1.99.0 not found: manifest unknown: manifest unknown"),
			diagnosis.ImagePull, BlameInfrastructure, "manifest unknown", "provider.log",
		},
		{
			"a full disk", "cluster", "no kind cluster: kind create cluster: exit code 1",
			logOf("provider.log", boring, "ERROR: failed to create cluster: docker run: write /var/lib/docker/overlay2/x/diff/etc/hosts: no space left on device"),
			diagnosis.DiskFull, BlameRunner, "no space left on device", "provider.log",
		},
		{
			"what was said is shown by the log", "install", "installs: Kubernetes cluster unreachable: Get \"https://127.0.0.1:41234/version\": dial tcp 127.0.0.1:41234: connect: connection refused",
			logOf("k3s.log", boring, "E0102 10:00:00.000000 1 client.go:1] dial tcp 127.0.0.1:41234: connect: connection refused"),
			diagnosis.APIServerUnavailable, BlameInfrastructure, "", "",
		},
		{
			"pods that crash are not why kubectl could not be run", "command", "kubectl: executable file not found in $PATH",
			logOf("logs/web-0.app.log", "panic: no DSN", "goroutine 1 [running]:"),
			"", BlameRunner, "", "",
		},
		{
			"the disk, of which the layer knows nothing", "test", "reading the log of Pod/smoke: unexpected EOF",
			logOf("k3s.log", boring, "level=fatal msg=\"write /var/lib/rancher/k3s/server/db/state.db: no space left on device\""),
			diagnosis.DiskFull, BlameInfrastructure, "no space left on device", "k3s.log",
		},
		{
			"what the message repeats of a log", "cluster", "no kind cluster: kind create cluster: exit code 1\nERROR: failed to create cluster: docker run: no space left on device",
			logOf("provider.log", boring, "ERROR: failed to create cluster: docker run: no space left on device"),
			diagnosis.DiskFull, BlameRunner, "no space left on device", "provider.log",
		},
		{"a signal", "install", "the run was interrupted", nil, diagnosis.RunnerLost, BlameRunner, "", ""},
		{
			"the time of the job", "install", "stopped 3 minutes before the job's 30 minutes were over; raise providers.kind.timeout-minutes, or the number of jobs",
			nil, diagnosis.RunnerLost, BlameRunner, "", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, axesOf(fourteen[:2], "kind", "default", "install"))
			p.Layers, p.JobLayers = append(p.Layers, c.layer), []string{c.layer}
			run := runOf(p, nil)
			failing := &run.Cells[1]
			last := len(failing.Steps) - 1
			failing.Steps[last] = result.Step{Layer: c.layer, Status: result.Errored, Reason: c.reason}
			failing.Status = result.Errored
			kept := leftBy{{failing.ID, 1, 1}: c.files, {run.Cells[0].ID, 1, 1}: logOf("provider.log", boring)}
			failing.Attempt, run.Cells[0].Attempt = 1, 1
			s := Explain(result.Join(p, run.Cells, nil), Options{Now: day, Evidence: kept})
			if len(s.Findings) != 1 {
				t.Fatalf("%+v", s.Findings)
			}
			f := s.Findings[0]
			if f.Class != string(c.class) || f.Blame != c.blame || f.Kind != KindMachinery {
				t.Errorf("class %q, blame %s, kind %s; want %q, %s", f.Class, f.Blame, f.Kind, c.class, c.blame)
			}
			if c.class != "" && f.Hint == "" {
				t.Error("it does not say what to do")
			}
			shown := slices.ContainsFunc(f.Evidence, func(e EvidenceLine) bool { return e.Source == c.source && strings.Contains(e.Text, c.line) })
			if shown != (c.line != "") {
				t.Errorf("evidence %+v, want %q", f.Evidence, c.line)
			}
		})
	}
}

// TestTwoReasonsForNoAnswer: where no cell has an answer, each reason is held
// against the cells of the other, and neither is said to be everywhere.
func TestTwoReasonsForNoAnswer(t *testing.T) {
	p := planOf(t, axesOf(fourteen[:2], "kind", "default ha", "install"))
	p.Layers, p.JobLayers = append(p.Layers, "cluster"), []string{"cluster"}
	run := runOf(p, nil)
	for i := range run.Cells {
		why := "no kind cluster: the disk is full"
		if run.Cells[i].At[matrix.Kubernetes] == fourteen[0] {
			why = "no kind cluster: the registry has no such node image"
		}
		breakUp(&run.Cells[i], "cluster", why)
	}
	s := Explain(result.Join(p, run.Cells, nil), Options{Now: day})
	for _, f := range s.Findings {
		if !strings.HasPrefix(f.Where, "on Kubernetes ") && !strings.HasPrefix(f.Where, "only on Kubernetes ") || f.Support.Others != 2 {
			t.Errorf("%s: %s, %+v", f.Title, f.Where, f.Support)
		}
	}
	if len(s.Findings) != 2 {
		t.Errorf("%d findings", len(s.Findings))
	}
}
