package diagnosis

// about says of each class what it means, and what to do about it where a rule
// has no better advice. Its order is that of a release's life: from the chart to
// the machine below.
var about = []struct {
	class        Class
	meaning, fix string
}{
	{TemplateInvalid, "The chart, one of its templates or the object that comes of it cannot be read.", "Mend the template, or the file of the chart, that is named; `chart-matrix check` shows the line."},
	{RenderMismatch, "The chart renders, but not what its unit tests expect.", "Compare what the test expects with what `helm template` gives for the same values; mend one of them."},
	{ValuesSchema, "The values do not keep to the chart's `values.schema.json`.", "Give the values that the chart's values.schema.json asks for, or mend the schema."},
	{APIRemoved, "The cluster does not serve an API that the chart uses, or a program in it.", "Use the API that replaces it, by the version of the cluster: `.Capabilities.APIVersions.Has`."},
	{AdmissionDenied, "The cluster understands the object and refuses it: a webhook, a policy, pod security, the quota of a namespace, a right that is missing.", "Give the object what the policy asks for, or the namespace an exception from it."},
	{UpgradeImmutable, "The upgrade changes a field that Kubernetes does not let change.", "Keep the field as it was, or delete the object before the upgrade (`--cascade=orphan` keeps its pods) and say so in the chart's notes."},
	{ReleaseState, "What an earlier or a concurrent operation left stands in the way.", "Remove or adopt what stands there: `helm uninstall`, `helm rollback`, or `--take-ownership`."},
	{RolloutTimeout, "What was installed does not become ready in time, and nothing says why.", "See in the pods' events and logs what is not ready, and why; only then give it more time."},
	{HookFailed, "A hook of the chart did not succeed.", "Read the log of the hook's pod; it is kept when the hook is not deleted on failure."},
	{ImagePull, "An image does not come to the node.", "See whether the image can be pulled by that name from a node, and with which secret."},
	{CrashLoop, "A container does not start, or does not stay up.", "Read the last lines of the container's previous log (`kubectl logs --previous`)."},
	{OOM, "A process was killed for the memory that it took, or gave up for want of it.", "Raise the container's memory limit, or make it take less."},
	{Scheduling, "No node takes the pod.", "Ask for less, tolerate the taint, or give the cluster a node that fits."},
	{Storage, "A volume is not made, not attached, not mounted, or broken.", "Name a storage class that the cluster has, with a size and an access mode that it offers."},
	{LoadBalancer, "A Service or an Ingress gets no address, or no healthy backend.", "Look at the events of the Service or Ingress and at the cloud's own list of load balancers: subnets, tags, quotas and leftovers are what they lack most often."},
	{CloudQuota, "The account may not have more of something, or the cloud has no more of it.", "Remove what is left over, ask for a higher quota, or use less."},
	{CloudAuth, "The cloud does not know who asks, or does not let them.", "Give the job's identity the right that is named."},
	{ClusterBootstrap, "The cluster does not come up.", "Read the log of the cluster's creation from its first error; run it once more."},
	{NetworkFlake, "Something outside of the cluster cannot be reached, or stops half-way.", "Run it again."},
	{RunnerLost, "The machine that ran the job went away, or somebody or a time limit stopped it.", "Run the job again."},
	{DiskFull, "No room is left: on the machine of the job, on a node, on a volume.", "Free space, or take more of it."},
	{LoadThreshold, "k6 measured more, or less, than its script allows.", "Compare with the run before; where it is the machine that is slow, give the threshold room."},
	{TestAssertion, "A test asked the running release and got another answer than it wanted.", "Read the test: it says what it wanted and what it got."},
	{APIServerUnavailable, "The API server, what stands behind it, or a webhook that it asks does not answer.", "Try again; where it stays, look at the control plane: its load, its disk, its certificates."},
}

// Classes gives every class but Unclassified, in the order of a release's life.
func Classes() []Class {
	out := make([]Class, 0, len(about))
	for _, a := range about {
		out = append(out, a.class)
	}
	return out
}

// Meaning says in one sentence what a class is; empty for one that is none.
func (c Class) Meaning() string {
	for _, a := range about {
		if a.class == c {
			return a.meaning
		}
	}
	return ""
}

// Fix says what to do about a failure of the class; empty for one that is none.
func (c Class) Fix() string {
	for _, a := range about {
		if a.class == c {
			return a.fix
		}
	}
	return ""
}
