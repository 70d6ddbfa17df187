package diagnosis

// A process was killed for the memory it took, or gave up on it.

var oomKilled = rule{
	name: "oom/container", class: OOM, blame: BlameChart,
	signs: []sign{
		{has: "oomkilled", unless: []string{"oomkilled: false", "oomkilled\":false", "oomkilled=false"}},
		{has: "oomkilling"},
		{has: "memory cgroup out of memory"},
		{has: "out of memory: kill"},
		{has: "oom-kill:"},
		{has: "invoked oom-killer"},
		{has: "system oom encountered"},
		{has: "java.lang.outofmemoryerror"},
		{has: "javascript heap out of memory"},
		{has: "runtime: out of memory"},
		{has: "killed process * total-vm"},
		{has: "container * exceeded its memory limit"},
		{has: "low on resource: memory"},
		{has: "terminated with exit code 137"},
		{has: "exit code: 137"},
		{has: "exitcode: 137"},
		{has: "exited with code 137"},
	},
	over: map[Class]string{CrashLoop: "the kill is why it restarts"},
	examples: []example{
		{layer: "install", key: 4, log: "    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137"},
		{layer: "install", log: "Memory cgroup out of memory: Killed process 4242 (java) total-vm:4194304kB, anon-rss:524288kB"},
	},
}
