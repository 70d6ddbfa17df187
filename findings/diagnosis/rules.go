package diagnosis

// rules gives every rule, the strongest first. Where several match, the first
// wins; so the order is the whole of the precedence:
//
//   - First what ends an operation and says why itself: the chart cannot be read,
//     the cluster refuses. Nothing else in the log can be truer.
//   - Then causes outside of the chart: no room, no quota, no right, no machine.
//   - Then causes within the cluster: memory, image, volume, node.
//   - Then what may follow from those: the API that does not answer, the test
//     that says no, the container that restarts, the connection that breaks.
//   - Last what always follows from something: the hook that failed, the
//     rollout that did not end, the job that was canceled.
func rules() []*rule {
	return []*rule{
		&renderMismatch, &valuesSchema, &renderTest,
		&upgradeImmutable,
		&releaseBusy, &webhookDown, &admissionDenied, &apiUsedInside, &apiGone, &apiMissing,
		&chartUnreadable, &templateBroken,
		&manifestInvalid, &releaseState,
		&diskRunner, &diskNode, &runnerLost,
		&imageRateLimit,
		&pathType, &loadBalancer, &storageInUse, &storageRefused, &storageBroken,
		&cloudCapacity, &cloudQuota, &cloudExpired, &cloudAuth, &cloudQuotaOther, &cloudExpiredOther, &cloudAuthOther,
		&oomKilled, &oomRefused,
		&loadThreshold, &loadLimit, &testAssertion, &renderUnit,
		&imageMissing, &imageRefused, &imageUntrusted, &imageUnreachable, &registryUnreachable, &imagePull,
		&storageClaim, &scheduling,
		&notPermitted,
		&containerConfig, &addressFamily, &crashLoop,
		&testRequest, &networkProxy, &bootstrapMachine, &networkDownload, &bootstrap, &bootstrapStep,
		&apiServerDown,
		&hookFailed, &crashLog, &admissionWarned, &storageWaits, &loadBalancerWaits, &loadBalancerLacks, &rolloutTimeout,
		&networkFlake, &networkOutside,
		&renderSuite, &apiDeprecated, &bootstrapOther, &apiDiscovery, &runnerGone, &runnerCanceled, &notReady,
	}
}
