package present

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// Class says in plain words what kind of failure a finding is: "an upgrade
// changes an immutable field". It is empty where nobody knows. A class that is
// not known here is given by its own name.
func Class(f findings.Finding) string {
	switch c := diagnosis.Class(f.Class); {
	case c == diagnosis.CrashLoop && f.Code == "container-config":
		return "a container cannot be made" // it never ran
	case c == diagnosis.CrashLoop && f.Code == "container-start":
		return "a container cannot be started"
	case c == diagnosis.Storage && f.Code == "volume-mount":
		return "a volume cannot be mounted"
	}
	switch diagnosis.Class(f.Class) {
	case "", diagnosis.Unclassified:
		return ""
	case diagnosis.TemplateInvalid:
		return "the template is invalid"
	case diagnosis.RenderMismatch:
		return "it does not render as expected"
	case diagnosis.ValuesSchema:
		return "the values do not fit the chart's schema"
	case diagnosis.APIRemoved:
		return "it uses an API that Kubernetes does not serve there"
	case diagnosis.AdmissionDenied:
		return "an admission rule refuses it"
	case diagnosis.UpgradeImmutable:
		return "an upgrade changes an immutable field"
	case diagnosis.ReleaseState:
		return "what an earlier release left is in the way"
	case diagnosis.RolloutTimeout:
		return "the rollout did not become ready in time"
	case diagnosis.HookFailed:
		return "a hook failed"
	case diagnosis.ImagePull:
		return "an image cannot be pulled"
	case diagnosis.CrashLoop:
		return "a container keeps crashing"
	case diagnosis.OOM:
		return "a container ran out of memory"
	case diagnosis.Scheduling:
		return "a pod finds no node"
	case diagnosis.Storage:
		return "a volume is not provided"
	case diagnosis.LoadBalancer:
		return "the load balancer does not serve"
	case diagnosis.CloudQuota:
		return "the cloud has no capacity or quota left"
	case diagnosis.CloudAuth:
		return "the cloud refuses the credentials"
	case diagnosis.ClusterBootstrap:
		return "the cluster did not come up"
	case diagnosis.NetworkFlake:
		return "the network failed"
	case diagnosis.RunnerLost:
		return "the runner was lost"
	case diagnosis.DiskFull:
		return "a disk is full"
	case diagnosis.LoadThreshold:
		return "a load test is over its threshold"
	case diagnosis.TestAssertion:
		return "a test's assertion failed"
	case diagnosis.APIServerUnavailable:
		return "the API server does not answer"
	}
	return Line(f.Class)
}

// Blame says in plain words whose fault a finding is.
func Blame(f findings.Finding) string {
	if f.Blame == "" || f.State == findings.NothingRan { // the configuration may well have it so
		return ""
	}
	switch f.Blame {
	case findings.BlameChart:
		return "the chart is to blame"
	case findings.BlameChartOrEnv:
		return "the chart or its environment is to blame"
	case findings.BlameInfrastructure:
		return "the infrastructure is to blame, not the chart"
	case findings.BlameRunner:
		return "CI is to blame, not the chart"
	}
	return "to blame: " + Line(string(f.Blame))
}

// Nature says what kind of failure a finding is, whom it blames and whether
// another try may help, in parts to be joined.
func Nature(f findings.Finding) []string {
	var parts []string
	if class := Class(f); class != "" && !strings.EqualFold(class, strings.TrimRight(Line(f.Title), ".")) {
		parts = append(parts, class)
	}
	if blame := Blame(f); blame != "" && f.State != findings.Advice && f.Status != result.Passed { // of what passes nobody is to blame
		parts = append(parts, blame)
	}
	if f.Retryable {
		parts = append(parts, "may pass when tried again")
	}
	return parts
}
