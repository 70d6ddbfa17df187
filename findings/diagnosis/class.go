package diagnosis

// Class is a kind of failure.
type Class string

// The classes. What each means, who is to blame and what to do stands in
// docs/failures.md, which a test holds against the rules.
const (
	TemplateInvalid      Class = "template-invalid"
	RenderMismatch       Class = "render-mismatch"
	ValuesSchema         Class = "values-schema"
	APIRemoved           Class = "api-removed"
	AdmissionDenied      Class = "admission-denied"
	UpgradeImmutable     Class = "upgrade-immutable"
	ReleaseState         Class = "release-state"
	RolloutTimeout       Class = "rollout-timeout"
	HookFailed           Class = "hook-failed"
	ImagePull            Class = "image-pull"
	CrashLoop            Class = "crash-loop"
	OOM                  Class = "oom"
	Scheduling           Class = "scheduling"
	Storage              Class = "storage"
	LoadBalancer         Class = "load-balancer"
	CloudQuota           Class = "cloud-quota"
	CloudAuth            Class = "cloud-auth"
	ClusterBootstrap     Class = "cluster-bootstrap"
	NetworkFlake         Class = "network-flake"
	RunnerLost           Class = "runner-lost"
	DiskFull             Class = "disk-full"
	LoadThreshold        Class = "load-threshold"
	TestAssertion        Class = "test-assertion"
	APIServerUnavailable Class = "apiserver-unavailable"
	Unclassified         Class = "unclassified"
)

// Blame says whose fault a failure is.
type Blame string

// The blames.
const (
	BlameChart          Blame = "chart"
	BlameChartOrEnv     Blame = "chart-or-env" // the chart and where it is installed do not fit; either may give way
	BlameInfrastructure Blame = "infrastructure"
	BlameRunner         Blame = "ci-runner"
)

// blameUnknown says who is to blame for what no rule knows, by the layer that
// failed alone.
func blameUnknown(layer string) Blame {
	switch layer {
	case "lint", "render", "schema", "unit":
		return BlameChart
	case "cluster":
		return BlameInfrastructure
	case "runner":
		return BlameRunner
	}
	return BlameChartOrEnv
}
