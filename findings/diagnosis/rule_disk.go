package diagnosis

import "regexp"

// No room: on the machine that runs the job, or on a node or volume.

var diskRunner = rule{
	name: "disk-full/runner", class: DiskFull, blame: BlameRunner,
	layers: []string{"cluster", "runner", "lint", "render", "schema", "unit"},
	signs: []sign{
		{has: "no space left on device", unless: []string{"inotify", "watch"}},
		{has: "you are running out of disk space"},
		{has: "not enough space on the disk"},
		{has: "not enough free space"},
		{has: "enospc", unless: []string{"inotify", "watchers"}},
		{has: "disk quota exceeded"},
		{has: "disk is full"},
		{has: "you don't have enough free space"},
		{has: "docker is out of disk space"},
		{has: "rsrc_docker_storage"},
		{has: "disk space", match: outOf},
	},
	fix: "Free space before the job, or take a machine with more.",
	over: map[Class]string{
		RunnerLost:       "the job ended for want of room",
		ClusterBootstrap: "the cluster has no room to be made in",
	},
	examples: []example{
		{layer: "runner", log: "System.IO.IOException: No space left on device : '/home/runner/runners/2.320.0/_diag/Worker_20260102-100000-utc.log'"},
		{layer: "cluster", key: 1, log: "failed to load image: ctr: failed to ingest: write /var/lib/containerd/ingest/data: no space left on device\nERROR: failed to create cluster: command \"docker exec\" failed with error: exit status 1"},
		{layer: "runner", key: 1, log: "You are running out of disk space. The runner will stop working when the machine runs out of disk space. Free space left: 12 MB\n##[error]The operation was canceled."},
	},
}

var diskNode = rule{
	name: "disk-full/node", class: DiskFull, blame: BlameInfrastructure,
	signs: []sign{
		{has: "no space left on device", unless: []string{"inotify", "watch"}},
		{has: "low on resource: ephemeral-storage"},
		{has: "had condition: [diskpressure]"},
		{has: "nodehasdiskpressure"},
		{has: "kubelethasdiskpressure"},
		{has: "diskpressure", match: regexp.MustCompile(`\bDiskPressure[\s:=|]+True\b`)},
		{has: "diskpressure", unless: []string{"diskpressure false", "diskpressure  ", "nodehasnodiskpressure", "no disk pressure"}},
		{has: "disk-pressure", unless: []string{"op=exists", "key:", "key\":"}},
		{has: "freediskspacefailed"},
		{has: "imagegcfailed"},
		{has: "evictionthresholdmet"},
		{has: "attempting to reclaim ephemeral-storage"},
		{has: "ephemeral local storage usage exceeds"},
		{has: "disk quota exceeded"},
		{has: "usage of emptydir volume"},
		{has: "enospc", unless: []string{"inotify", "watchers"}},
		{has: "flood stage disk watermark"},
		{has: "not_enough_space"},
		{has: "disk free space insufficient"},
		{has: "check that the disk is not full"},
		{has: "disk is full"},
		{has: "flood-stage watermark"},
		{has: "reclaim ephemeral-storage"},
		{has: "disk space", match: outOf},
		{has: "ephemeral storage limit"},
	},
	fix: "Give the nodes or the volume more room, or remove what fills them.",
	over: map[Class]string{
		ImagePull:  "the image has no room",
		Scheduling: "the node takes no pods for want of room",
		CrashLoop:  "the process has no room to write",
	},
	examples: []example{
		{layer: "install", log: "Warning  Evicted  12s  kubelet  The node was low on resource: ephemeral-storage. Threshold quantity: 10120387530, available: 8812Ki."},
		{layer: "install", log: "Warning  Failed  12s  kubelet  Failed to pull image \"example/web:1\": failed to extract layer: write /var/lib/containerd/tmpmounts/1: no space left on device"},
		{layer: "install", log: "Warning  FailedScheduling  12s  default-scheduler  0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }."},
		{layer: "install", key: 1, log: "PANIC:  could not write to file \"pg_wal/xlogtemp.29\": No space left on device\nWarning  BackOff  4s  kubelet  Back-off restarting failed container db in pod db-0"},
	},
}

// outOf is said of room that is gone.
var outOf = regexp.MustCompile(`(?i)\b(?:out of|low on|insufficient|not enough|no) (?:free |local |available )?disk space|disk space (?:is )?(?:too low|insufficient|exhausted|below|low)\b`)
