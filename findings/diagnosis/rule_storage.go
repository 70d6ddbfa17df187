package diagnosis

import "regexp"

// A volume is not made, not attached, not mounted, or is broken
// (k8s.io/kubernetes/pkg/controller/volume, pkg/kubelet/volumemanager, CSI).

var storageInUse = rule{
	name: "storage/in-use", class: Storage, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "multi-attach error"},
		{has: "already exclusively attached"},
		{has: "attach * resource_in_use_by_another_resource"},
		{has: "attach * is already attached to"},
		{has: "attach * already being used by"},
		{has: "volumeinuse"},
		{has: "already attached to another node"},
	},
	fix: "Let one pod at a time have the volume (strategy Recreate, or a StatefulSet), or take an access mode that allows more.",
	examples: []example{
		{layer: "install", log: "Warning  FailedAttachVolume  20s  attachdetach-controller  Multi-Attach error for volume \"pvc-1b0f7c1e\" Volume is already exclusively attached to one node and can't be attached to another"},
	},
}

var storageRefused = rule{
	name: "storage/object-missing", class: Storage, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "attach failed * forbidden"},
		{has: "attach failed * failed to load secret"},
		{has: "mountvolume.setup failed * configmap * not found"},
		{has: "mountvolume.setup failed * secret * not found"},
		{has: "mountvolume.setup failed * not registered"},
		{has: "mountvolume.setup failed * references non-existent"},
		{has: "hostpath type check failed"},
		{has: "mountvolume * path * does not exist"},
		{has: "failed to provision volume", match: regexp.MustCompile(`(?i)not authorized|unauthorized|access ?denied|permission|credential`)},
		{has: "attach failed", match: regexp.MustCompile(`(?i)not authorized|unauthorized|access ?denied|invalidvolume\.(?:notfound|zonemismatch)|resourcenotfound|volume not found|does not exist`)},
		{has: "volumesnapshot * not found"},
		{has: "failed to get secret", match: regexp.MustCompile(`(?i)mount|attach|volume`)},
		{has: "failed to provision volume * forbidden"},
		{has: "failed to provision volume * invalidargument"},
		{has: "failed to provision volume * bucket", match: regexp.MustCompile(`(?i)not ?found|cannot access`)},
		{has: "failed to provision volume * invalid * parameter"},
		{has: "mount.nfs: access denied"},
		{has: "mount.nfs: failed to resolve"},
		{has: "driver name * in the list of registered csi drivers"},
	},
	fix: "Make the Secret, ConfigMap, driver or right that the volume names, in the chart or before it.",
	examples: []example{
		{layer: "install", log: "Warning  FailedMount  14s (x7 over 46s)  kubelet  MountVolume.SetUp failed for volume \"config\" : configmap \"web-config\" not found"},
		{layer: "install", log: "Warning  ProvisioningFailed  8s  ebs.csi.aws.com  failed to provision volume with StorageClass \"gp3\": rpc error: code = InvalidArgument desc = Could not parse invalid iops"},
	},
}

var storageBroken = rule{
	name: "storage/volume", class: Storage, blame: BlameInfrastructure,
	layers: releaseLayers,
	signs: []sign{
		{has: "'fsck' found errors"},
		{has: "run fsck manually"},
		{has: "attachvolume.attach failed"},
		{has: "failedattachvolume"},
		{has: "mountvolume.mountdevice failed"},
		{has: "mountvolume.setup failed", unless: []string{"configmap ", "secret ", "configmap\"", "not registered", "object \"", "kube-api-access"}},
		{has: "mountvolume.waitforattach failed"},
		{has: "unable to attach or mount volumes"},
		{has: "unable to mount volumes for pod"},
		{has: "failed to provision volume * code = internal"},
		{has: "failed to provision volume * code = resourceexhausted"},
		{has: "failed to provision volume * code = unavailable"},
		{has: "failed to provision volume * code = aborted"},
		{has: "failed to provision volume * code = unknown"},
		{has: "failed to provision volume * deadline"},
		{has: "failed to provision volume * error 5"},
		{has: "failed to provision volume", match: regexp.MustCompile(`no such host|i/o timeout|connection (?:refused|reset|timed out)|no route to host|unreachable`)},
		{has: "volume * not scheduled"},
		{has: "failed to attach volume"},
		{has: "failed to provision volume", match: regexp.MustCompile(`(?i)quota|limitexceeded|throttl|rate exceeded`)},
		{has: "mount failed: exit status"},
		{has: "mount.nfs:"},
		{has: "iscsiadm: ", match: failing},
		{has: "login retries * exceeded"},
		{has: "wrong fs type, bad option, bad superblock"},
		{has: "input/output error"},
		{has: "structure needs cleaning"},
		{has: "csi driver * not found"},
		{has: "rbd: map failed"},
		{has: "mount error("},
		{has: "volumefaileddelete"},
		{has: "failedmapvolume"},
		{has: "mapvolume.setupdevice failed"},
		{has: "mapvolume.mapblockvolume failed"},
		{has: "stale file handle"},
		{has: "is not ready for workloads"},
		{has: "volume * is faulted"},
		{has: "failed to create volume: "},
		{has: "volumeresizefailed * code = internal"},
		{has: "attach volume failed"},
	},
	over: map[Class]string{
		RolloutTimeout: "the rollout waits for the volume",
		NetworkFlake:   "what cannot be reached is what keeps the volume",
	},
	examples: []example{
		{layer: "install", log: "Warning  FailedAttachVolume  20s  attachdetach-controller  AttachVolume.Attach failed for volume \"pvc-1b0f7c1e\" : rpc error: code = Internal desc = Could not attach volume \"vol-0a1b\" to node \"i-0c2d\": timed out"},
		{layer: "install", log: "Warning  FailedMount  20s (x5 over 1m)  kubelet  MountVolume.MountDevice failed for volume \"pvc-1b0f7c1e\" : rpc error: code = Internal desc = exit status 32: mount: wrong fs type, bad option, bad superblock on /dev/sdb"},
		{layer: "install", key: 1, log: "Warning  FailedMount  20s (x5 over 1m)  kubelet  MountVolume.SetUp failed for volume \"pvc-1b0f7c1e\" : rpc error: code = Internal desc = Get \"http://storage-manager:9500/v1\": dial tcp 10.96.3.4:9500: i/o timeout\nError: INSTALLATION FAILED: timed out waiting for the condition"},
	},
}

var storageClaim = rule{
	name: "storage/claim", class: Storage, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "unbound immediate persistentvolumeclaim"},
		{has: "storageclass.storage.k8s.io \"* not found"},
		{has: "storageclass * not found"},
		{has: "persistentvolumeclaim \"* not found"},
		{has: "provisioningfailed"},
		{has: "failed to provision volume"},
		{has: "no persistent volumes available for this claim"},
		{has: "volume node affinity conflict"},
		{has: "didn't find available persistent volumes to bind"},
		{has: "exceed max volume count"},
		{has: "only dynamically provisioned pvc can be resized"},
		{has: "does not allow volume expansion"},
		{has: "volumeresizefailed"},
		{has: "error expanding volume"},
		{has: "failedbinding"},
		{has: "failedmount", unless: []string{"failed to sync", "kube-api-access"}},
		{has: "read-only file system"},
		{has: "error while provisioning volume"},
		{has: "cannot bind to requested volume"},
		{has: "persistentvolumeclaim * is being deleted"},
		{has: "unbound persistentvolumeclaim"},
		{has: "already bound to a different claim"},
		{has: "did not have enough free storage"},
	},
	over: map[Class]string{
		Scheduling:      "no node fits because the claim has no volume there",
		AdmissionDenied: "the cluster refuses a size that the storage class cannot give",
	},
	examples: []example{
		{layer: "install", log: "Warning  FailedScheduling  2m  default-scheduler  0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{layer: "install", log: "Warning  ProvisioningFailed  2s (x4 over 20s)  persistentvolume-controller  storageclass.storage.k8s.io \"fast\" not found"},
		{layer: "upgrade", log: "persistentvolumeclaims \"data-db-0\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"},
	},
}

// A claim waits for its first pod in every installation, too; so that it waits
// says something only where nothing else does.
var storageWaits = rule{
	name: "storage/unbound", class: Storage, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "persistentvolumeclaim is not bound"},
		{has: "persistentvolumeclaim * not bound"},
		{has: "persistentvolumeclaim * pending"},
		{has: "pvc * pending", unless: []string{"no longer", "0 pending"}},
		{has: "pvc * not bound"},
		{has: "waiting for a volume to be created", unless: []string{"externalprovisioning"}},
		{has: "pending", match: regexp.MustCompile(`(?:^|["\s])(?:persistentvolumeclaim/)?[a-z0-9][a-z0-9.-]*\s+Pending\s{4,}(?:[a-z]\S*\s+)?(?:<unset>\s+)?(?:\d+[smhd])+(?:["\s\\]|$)`)},
	},
	fix:  "See in the claim's events why it has no volume: its storage class, its access mode, the zone.",
	over: map[Class]string{RolloutTimeout: "what is waited for is the volume"},
	examples: []example{
		{layer: "install", key: 1, log: "wait.go:104: PersistentVolumeClaim is not bound: shop/data-db-0\nError: INSTALLATION FAILED: timed out waiting for the condition"},
		{layer: "install", key: 1, log: "data-db-0   Pending                                      fast           9m\nError: INSTALLATION FAILED: timed out waiting for the condition"},
	},
}
