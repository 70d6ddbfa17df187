package diagnosis

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
	},
	over: map[Class]string{ImagePull: "the image has no room", RunnerLost: "the machine ended for want of room", ClusterBootstrap: "the node has no room", NetworkFlake: ""},
	fix:  "Free space before the job, or take a machine with more.",
	examples: []example{
		{layer: "runner", log: "System.IO.IOException: No space left on device : '/home/runner/runners/2.320.0/_diag/Worker_20260102-100000-utc.log'"},
	},
}

var diskNode = rule{
	name: "disk-full/node", class: DiskFull, blame: BlameInfrastructure,
	signs: []sign{
		{has: "no space left on device", unless: []string{"inotify", "watch"}},
		{has: "low on resource: ephemeral-storage"},
		{has: "had condition: [diskpressure]"},
		{has: "nodehasdiskpressure"},
		{has: "diskpressure", unless: []string{"diskpressure false", "diskpressure  ", "nodehasnodiskpressure", "no disk pressure"}},
		{has: "disk-pressure"},
		{has: "freediskspacefailed"},
		{has: "imagegcfailed"},
		{has: "evictionthresholdmet"},
		{has: "attempting to reclaim ephemeral-storage"},
		{has: "ephemeral local storage usage exceeds"},
		{has: "disk quota exceeded"},
		{has: "usage of emptydir volume"},
		{has: "enospc", unless: []string{"inotify", "watchers"}},
	},
	over: map[Class]string{ImagePull: "the image has no room", CrashLoop: "the process has no room to write", Scheduling: "the node takes no pods for want of room", Storage: "the volume is well, and full"},
	fix:  "Give the nodes or the volume more room, or remove what fills them.",
	examples: []example{
		{layer: "install", log: "Warning  Evicted  12s  kubelet  The node was low on resource: ephemeral-storage. Threshold quantity: 10120387530, available: 8812Ki."},
		{layer: "install", log: "Warning  Failed  12s  kubelet  Failed to pull image \"example/web:1\": failed to extract layer: write /var/lib/containerd/tmpmounts/1: no space left on device"},
	},
}
