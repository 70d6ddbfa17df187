package diagnosis

import "regexp"

// A Service or an Ingress gets no address, or its backend stays unhealthy
// (k8s.io/cloud-provider's service controller, aws-load-balancer-controller,
// ingress-gce, DigitalOcean's and Azure's controllers, MetalLB).

var pathType = rule{
	name: "load-balancer/path-type", class: LoadBalancer, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "implementationspecific path type is supported"},
		{has: "implementationspecific\" path type is supported"},
		{has: "unsupported path type"},
		{has: "path type * not supported"},
		{has: "pathtype * not supported"},
	},
	fix: "Let a value of the chart set the pathType: Ingress controllers differ in the path types that they take.",
	examples: []example{
		{layer: "install", log: "Warning  Translate  9s  loadbalancer-controller  Translation failed: invalid ingress spec: unsupported path type \"Prefix\" of path \"/*\""},
	},
}

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
		{has: "failed deploy model"},
		{has: "targetgroupnotfound"},
		{has: "error creating network load balancer", unless: []string{"accessdenied", "not authorized"}},
		{has: "could not create load balancer"},
		{has: "unable to create load balancer"},
		{has: "loadbalancer is not ready"},
		{has: "failed to sync load balancer"},
		{has: "error ensuring load balancer"},
		{has: "failed to assign an ip", unless: []string{"sandbox", "container"}},
		{has: "no ip address available"},
		{has: "error running load balancer syncing routine"},
		{has: "error syncing to gcp"},
		{has: "translation failed: invalid ingress"},
		{has: "load balancer * not ready"},
		{has: "load-balancer is not yet active"},
		{has: "load balancer is not yet active"},
		{has: "failed to allocate ip for"},
		{has: "no available ips"},
		{has: "allocationfailed * ip"},
		{has: "listener * certificatenotfound"},
		{has: "all backends are in unhealthy state"},
		{has: "backend * unhealthy"},
		{has: "failed to create load balancer"},
		{has: "error creating load balancer"},
		{has: "waiting for load balancer: "},
		{has: "unavailableloadbalancer"},
		{has: "updateloadbalancerfailed"},
		{has: ".ensureloadbalancer"},
		{has: "target.failedhealthchecks"},
		{has: "no address pool"},
		{has: "cannot assign load balancer"},
		{has: "failed to allocate lb ip"},
		{has: "no ip pool matches"},
		{has: "loadbalancernegnotready"},
		{has: "certificate found for host"},
		{has: "loadbalanceripnotallocated"},
		{has: "running backend syncing routine"},
		{has: "failednetworkreconcile"},
	},
	fix: "Look at the events of the Service or Ingress and at the cloud's own list of load balancers; subnets, tags, quotas and leftovers are what they lack most often.",
	over: map[Class]string{
		CloudQuota: "the quota shows as a Service without an address",
		CloudAuth:  "the missing right shows as a Service without an address",
	},
	examples: []example{
		{layer: "install", log: "Warning  SyncLoadBalancerFailed  4s (x3 over 19s)  service-controller  Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB"},
		{layer: "install", log: "Warning  FailedBuildModel  8s  ingress  Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet (0 match VPC and tags: [kubernetes.io/role/elb])"},
		{layer: "install", log: "Warning  SyncLoadBalancerFailed  4s  service-controller  Error syncing load balancer: failed to ensure load balancer: TooManyLoadBalancers: Exceeded quota of account 123456789012"},
		{layer: "install", log: "Warning  FailedDeployModel  8s  ingress  Failed deploy model due to AccessDenied: User: arn:aws:sts::123456789012:assumed-role/lbc is not authorized to perform: elasticloadbalancing:AddTags"},
	},
}

// A Service waits for its address in every installation, and where nothing gives
// addresses for ever; so that it waits says something only where nothing else does.
var loadBalancerWaits = rule{
	name: "load-balancer/waiting", class: LoadBalancer, blame: BlameInfrastructure,
	signs: []sign{
		{has: "loadbalancer * <pending>"},
		{has: "waiting for external ip"},
		{has: "waiting for * loadbalancer * address"},
		{has: "timed out waiting for * load balancer"},
		{has: "does not have load balancer ingress ip address"},
		{has: "does not have external ip address"},
		{has: "has no external ip"},
		{has: "has no loadbalancer status"},
		{has: "no address assigned"},
		{has: "ingress * to get an address"},
		{has: "to be assigned an external ip"},
		{has: "external-ip <pending>"},
		{has: "loadbalancer pending"},
		{has: "addressnotassigned"},
		{has: "no addresses have been assigned"},
		{has: "ingress * address is empty"},
		{has: "no external ip assigned"},
		{has: "external-ip * <pending>"},
	},
	fix:  "See whether the cluster has anything that gives Services addresses, and what the events of the Service or Ingress say.",
	over: map[Class]string{RolloutTimeout: "what is waited for is the address"},
	examples: []example{
		{layer: "install", key: 2, log: "NAME   TYPE           CLUSTER-IP     EXTERNAL-IP   PORT(S)        AGE\nweb    LoadBalancer   10.96.12.4     <pending>     80:30080/TCP   12m"},
		{layer: "install", key: 1, log: "web   LoadBalancer   10.96.12.4   <pending>   80:30080/TCP   12m\nError: INSTALLATION FAILED: timed out waiting for the condition"},
		{layer: "install", key: 1, log: "wait.go:299: Service does not have load balancer ingress IP address: shop/web\nError: INSTALLATION FAILED: timed out waiting for the condition"},
	},
}

// Whatever gives addresses, it says that it has none for a load balancer.
var loadBalancerLacks = rule{
	name: "load-balancer/other", class: LoadBalancer, blame: BlameInfrastructure,
	layers: releaseLayers,
	signs: []sign{
		{has: "load balancer", match: failing},
		{has: "loadbalancer", match: failing},
		{has: "load balancer", match: notGiven},
		{has: "loadbalancer", match: notGiven},
		{has: "elasticloadbalancing", match: failing},
	},
	fix:  "See what gives Services their addresses in this cluster: its log, its pools, its rights, its limits.",
	over: map[Class]string{RolloutTimeout: "what is waited for is the address"},
	examples: []example{
		{layer: "install", log: "Error: timeout waiting for the load balancer of shop/web"},
		{layer: "install", log: "the load balancer of shop/web was not provisioned"},
	},
}

// notGiven is what is said of something that was asked for and does not come.
var notGiven = regexp.MustCompile(`(?i)\bnot (?:yet )?(?:been )?(?:provisioned|created|assigned|active|programmed)\b`)
