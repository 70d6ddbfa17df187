package diagnosis

import "regexp"

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
		{has: "oom-killed"},
		{has: "oom killed"},
		{has: "(out of memory)"},
		{has: "perhaps out of memory"},
		{has: "memory usage exceeded"},
		{has: "exceeded * memory limit of"},
	},
	over: map[Class]string{CrashLoop: "the kill is why it restarts"},
	examples: []example{
		{layer: "install", key: 4, log: "    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137"},
		{layer: "install", log: "Memory cgroup out of memory: Killed process 4242 (java) total-vm:4194304kB, anon-rss:524288kB"},
	},
}

// A process that asked for memory and got none says so itself; on the machine
// that runs the job it is that machine which has too little.
var oomRefused = rule{
	name: "oom/refused", class: OOM, blame: BlameChart,
	layers: releaseLayers,
	signs: []sign{
		{has: "outofmemoryerror", unless: []string{"onoutofmemoryerror"}},
		{has: "outofmemoryexception"},
		{has: "cannot allocate memory"},
		{has: "std::bad_alloc"},
		{has: "memoryerror", match: regexp.MustCompile(`\b(?:Mem|NoMem)oryError\b`)},
		{has: "memory allocation of * bytes failed"},
		{has: "memory_limit_exceeded"},
		{has: "memory limit * exceeded"},
		{has: "allowed memory size of * exhausted"},
		{has: "out of memory: cannot allocate"},
		{has: "fatal process out of memory"},
		{has: "insufficient memory for the java runtime"},
		{has: "mmap failed: out of memory"},
		{has: "error:  out of memory"},
		{has: "oom command not allowed"},
		{has: "heap out of memory"},
		{has: "worker_out_of_memory"},
	},
	over: map[Class]string{CrashLoop: "what it lacked is why it ended"},
	examples: []example{
		{layer: "install", log: "fatal error: runtime: cannot allocate memory"},
		{layer: "install", log: "MemoryError: Unable to allocate 4.00 GiB for an array"},
	},
}
