package diagnosis

import "regexp"

// The cloud account may not have more, or the cloud has no more: the error codes
// of EC2, Compute Engine, Azure and DigitalOcean, as their tools print them.

var cloudCapacity = rule{
	name: "cloud-quota/capacity", class: CloudQuota, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "insufficientinstancecapacity"},
		{has: "zone_resource_pool_exhausted"},
		{has: "does not have enough resources available"},
		{has: "stockout", match: regexp.MustCompile(`STOCKOUT|stockout error`)},
		{has: "does not have sufficient capacity"},
		{has: "do not have sufficient * capacity"},
		{has: "does not currently have sufficient capacity"},
		{has: "unsupportedavailabilityzoneexception"},
		{has: "insufficient capacity"},
		{has: "insufficient * capacity"},
		{has: "overconstrainedallocationrequest"},
		{has: "overconstrainedzonalallocationrequest"},
		{has: "zonalallocationfailed"},
		{has: "code=\"allocationfailed\""},
		{has: "allocationfailed"},
		{has: "skunotavailable"},
		{has: "vmsizenotsupported"},
		{has: "unfulfillablecapacity"},
		{has: "requestlimitexceeded"},
		{has: "throttlingexception"},
		{has: "throttling: rate exceeded"},
		{has: "ratelimitexceeded"},
		{has: "rate_limit_exceeded"},
		{has: "subscriptionrequeststhrottled"},
		{has: "operationnotallowed * try again later"},
		{has: "spotmaxpricetoolow"},
		{has: "resource_unavailable", match: regexp.MustCompile(`(?i)placement|server`)},
	},
	fix: "Try again later, in another zone or region, or with another kind of machine.",
	over: map[Class]string{
		ClusterBootstrap: "the cluster is not made for want of it",
	},
	examples: []example{
		{layer: "cluster", log: "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient m6i.xlarge capacity in the Availability Zone you requested (us-east-1e)."},
		{layer: "cluster", log: "ERROR: (gcloud.container.clusters.create) Operation [<Operation>] finished with error: Google Compute Engine: The zone 'projects/p/zones/us-central1-a' does not have enough resources available to fulfill the request. (resource type:compute)."},
	},
}

// cloudLimit are codes of clouds, and no words of a program's own limits.
var cloudLimit = regexp.MustCompile(`\bLimitExceeded|(?:Addres|Gateway|Instance|Volume|Snapshot|Subnet|V[pP][cC]|Group|Role|Polic|Cluster|Node|Resource|Service|Quota|V[cC][pP][uU]|Bucket|Interface|Endpoint|Account|Entity|Key|Count|Balancer|Attachment|Route|Acl|Profile|Image|Spot)\w*LimitExceeded`)

var cloudQuota = rule{
	name: "cloud-quota/limit", class: CloudQuota, blame: BlameInfrastructure,
	signs: []sign{
		{has: "quota * exceeded", unless: []string{"pods \"", "requested:", "etcd"}},
		{has: "quotaexceeded"},
		{has: "quota_exceeded"},
		{has: "exceeded quota", unless: []string{"requested:", "forbidden: "}},
		{has: "remaining quota"},
		{has: "missingquota"},
		{has: "toomanybuckets"},
		{has: "toomanyhostedzones"},
		{has: "toomanysubnets"},
		{has: "notenoughquota"},
		{has: "vcpu limit"},
		{has: "vcpulimit"},
		{has: "quota_limit"},
		{has: "droplet limit"},
		{has: "insufficientfreeaddresses"},
		{has: "has no available ip"},
		{has: "not enough ip space"},
		{has: "subnetisfull"},
		{has: "ip_space_exhausted"},
		{has: "ip space exhausted", unless: []string{"pod is at risk"}},
		{has: "code_gce_quota"},
		{has: "quota exceeded", unless: []string{"etcd"}},
		{has: "insufficient regional quota"},
		{has: "insufficient quota"},
		{has: "insufficient * quota"},
		{has: "vcpuquota"},
		{has: "limitexceeded", match: cloudLimit, unless: []string{"requestlimitexceeded", "ratelimitexceeded", "backofflimitexceeded"}},
		{has: "servicequotaexceeded"},
		{has: "the maximum number of * has been reached"},
		{has: "you have requested more vcpu capacity"},
		{has: "exceeding approved * quota"},
		{has: "exceeding * cores quota"},
		{has: "resource_exhausted"},
		{has: "publicipcountlimitreached"},
		{has: "will exceed your droplet limit"},
		{has: "service limit increase"},
		{has: "request a quota increase"},
		{has: "resource_limit_exceeded"},
	},
	over: map[Class]string{
		ClusterBootstrap: "the cluster is not made for want of it",
	},
	examples: []example{
		{layer: "cluster", log: "Error: creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, api error VpcLimitExceeded: The maximum number of VPCs has been reached."},
		{layer: "cluster", log: "ERROR: (gcloud.container.clusters.create) ResponseError: code=403, message=Insufficient regional quota to satisfy request: resource \"CPUS\": request requires '12.0' and is short '4.0'. project has a quota of '24.0' with '8.0' available."},
		{layer: "cluster", log: "(ErrCode_InsufficientVCPUQuota) Insufficient vcpu quota requested 12, remaining 4 for family standardDSv3Family for region eastus."},
	},
}

var cloudQuotaOther = rule{
	name: "cloud-quota/other", class: CloudQuota, blame: BlameInfrastructure,
	layers: []string{"cluster", "runner"},
	signs: []sign{
		{has: "exceeds quota"},
		{has: "limits exceeded"},
		{has: "is exceeding the * limit"},
		{has: "cores quota"},
		{has: "exceed * quota"},
		{has: "quota * reached"},
		{has: "core quota"},
		{has: "maximum number of * reached"},
		{has: "reached * maximum number"},
		{has: "no more quota"},
		{has: "is more than the limit of"},
		{has: "exceed your * limit"},
		{has: "exceeded your * limit"},
		{has: "exceeded the limit"},
		{has: "limit has been reached"},
		{has: "limit was exceeded"},
		{has: "reached the limit"},
		{has: "increase * quota"},
		{has: "quota limit"},
		{has: "not enough quota"},
		{has: "out of quota"},
	},
	over: map[Class]string{
		ClusterBootstrap: "the cluster is not made for want of it",
	},
	examples: []example{
		{layer: "cluster", log: "Error: the account has reached the limit of 3 clusters"},
	},
}
