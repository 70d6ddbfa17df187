package diagnosis

// fixes says what to do about each class, where it has an answer of its own.
var fixes = map[Class]string{
	TemplateInvalid:      "Mend the template, or the file of the chart, that is named; `chart-matrix check` shows the line.",
	RenderMismatch:       "Compare what the test expects with what `helm template` gives for the same values; mend one of them.",
	ValuesSchema:         "Give the values that the chart's values.schema.json asks for, or mend the schema.",
	APIRemoved:           "Use the API that replaces it, by the version of the cluster: `.Capabilities.APIVersions.Has`.",
	AdmissionDenied:      "Give the object what the policy asks for, or the namespace an exception from it.",
	UpgradeImmutable:     "Keep the field as it was, or delete the object before the upgrade (`--cascade=orphan` keeps its pods) and say so in the chart's notes.",
	ReleaseState:         "Remove or adopt what stands there: `helm uninstall`, `helm rollback`, or `--take-ownership`.",
	RolloutTimeout:       "See in the pods' events and logs what is not ready, and why; only then give it more time.",
	HookFailed:           "Read the log of the hook's pod; it is kept when the hook is not deleted on failure.",
	ImagePull:            "See whether the image can be pulled by that name from the node.",
	CrashLoop:            "Read the last lines of the container's previous log (`kubectl logs --previous`).",
	OOM:                  "Raise the container's memory limit, or make it take less.",
	Scheduling:           "Ask for less, tolerate the taint, or give the cluster a node that fits.",
	Storage:              "Name a storage class that the cluster has, with a size and an access mode that it offers.",
	LoadBalancer:         "Look at the events of the Service or Ingress.",
	CloudQuota:           "Remove what is left over, ask for a higher quota, or use less.",
	CloudAuth:            "Give the job's identity the right that is named.",
	ClusterBootstrap:     "Look at the log of the cluster's creation; try again once.",
	NetworkFlake:         "Run it again.",
	RunnerLost:           "Run it again.",
	DiskFull:             "Make room.",
	LoadThreshold:        "Compare with the run before; where it is the machine that is slow, give the threshold room.",
	TestAssertion:        "Read the test: it says what it wanted and what it got.",
	APIServerUnavailable: "Try again.",
}
