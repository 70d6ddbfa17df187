package diagnosis

// A Service or an Ingress gets no address, or its backend stays unhealthy
// (k8s.io/cloud-provider's service controller, aws-load-balancer-controller,
// ingress-gce, DigitalOcean's and Azure's controllers, MetalLB).

var loadBalancer = rule{
	name: "load-balancer", class: LoadBalancer, blame: BlameInfrastructure,
	signs: []sign{
		{has: "syncloadbalancerfailed"},
		{has: "error syncing load balancer"},
		{has: "failed to ensure load balancer"},
		{has: "ensureloadbalancerfailed"},
		{has: "creatingloadbalancerfailed"},
		{has: "failedbuildmodel"},
		{has: "faileddeploymodel"},
		{has: "toomanyloadbalancers"},
		{has: "unable to discover at least one subnet"},
		{has: "couldn't auto-discover subnets"},
		{has: "unable to resolve at least one subnet"},
		{has: "could not find any suitable subnets for creating the elb"},
		{has: "failed build model"},
		{has: "error running load balancer syncing routine"},
		{has: "error syncing to gcp"},
		{has: "translation failed: invalid ingress"},
		{has: "load balancer * not ready"},
		{has: "load-balancer is not yet active"},
		{has: "load balancer is not yet active"},
		{has: "timed out waiting for * load balancer"},
		{has: "waiting for * loadbalancer * address"},
		{has: "loadbalancer * <pending>"},
		{has: "failed to allocate ip for"},
		{has: "no available ips"},
		{has: "allocationfailed * ip"},
		{has: "listener * certificatenotfound"},
		{has: "all backends are in unhealthy state"},
		{has: "backend * unhealthy"},
		{has: "failed to create load balancer"},
		{has: "error creating load balancer"},
	},
	over: map[Class]string{
		CloudQuota:           "the quota shows as a Service without an address",
		CloudAuth:            "the missing right shows as a Service without an address",
		RolloutTimeout:       "what is waited for is the address",
		APIServerUnavailable: "",
	},
	fix: "Look at the events of the Service or Ingress and at the cloud's own list of load balancers; subnets, tags, quotas and leftovers are what they lack most often.",
	examples: []example{
		{layer: "install", log: "Warning  SyncLoadBalancerFailed  4s (x3 over 19s)  service-controller  Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB"},
		{layer: "install", log: "Warning  FailedBuildModel  8s  ingress  Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet (0 match VPC and tags: [kubernetes.io/role/elb])"},
		{layer: "install", key: 2, log: "NAME   TYPE           CLUSTER-IP     EXTERNAL-IP   PORT(S)        AGE\nweb    LoadBalancer   10.96.12.4     <pending>     80:30080/TCP   12m"},
	},
}
