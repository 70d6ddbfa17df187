package diagnosis

import "regexp"

// A container does not start, or does not stay up.

var containerConfig = rule{
	name: "crash-loop/cannot-start", class: CrashLoop, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "createcontainerconfigerror"},
		{has: "createcontainererror"},
		{has: "runcontainererror"},
		{has: "error: secret \"* not found"},
		{has: "error: configmap \"* not found"},
		{has: "couldn't find key * in secret"},
		{has: "couldn't find key * in configmap"},
		{has: "container has runasnonroot and image will run as root"},
		{has: "container has runasnonroot and image has non-numeric user"},
		{has: "failed to create containerd task"},
		{has: "failed to create shim task"},
		{has: "oci runtime create failed"},
		{has: "exec: \"* executable file not found in $path", unless: []string{"credential", "kubectl", "docker\"", "getting credentials"}},
		{has: "exec format error"},
		{has: "starterror"},
		{has: "containercannotrun"},
		{has: "failed to prepare subpath for volumemount"},
		{has: "failedpoststarthook"},
	},
	examples: []example{
		{layer: "install", log: "Warning  Failed  3s (x5 over 40s)  kubelet  Error: secret \"web-tls\" not found"},
		{layer: "install", log: "Warning  Failed  3s (x5 over 40s)  kubelet  Error: container has runAsNonRoot and image will run as root (pod: \"web-0_shop(uid)\", container: web)"},
	},
}

// What getaddrinfo and socket say where the kernel has IPv6 switched off, and
// where a host has an address of the other family alone.
var addressFamily = rule{
	name: "crash-loop/address-family", class: CrashLoop, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "listen [::]", match: regexp.MustCompile(`(?i)address family|failed|cannot`)},
		{has: "eafnosupport"},
		{has: "address family not supported by protocol"},
		{has: "address family for hostname not supported"},
	},
	fix: "Let it listen on 0.0.0.0 where the nodes have no IPv6, by a value of the chart; [::] needs IPv6 in the node's kernel.",
	examples: []example{
		{layer: "install", log: "Error: listen EAFNOSUPPORT: address family not supported :::8000"},
		{layer: "install", log: "<Error> Application: Listen [::]:9000 failed: Poco::Exception. DNS error: EAI: Address family for hostname not supported"},
	},
}

var crashLoop = rule{
	name: "crash-loop/restarts", class: CrashLoop, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "crashloopbackoff"},
		{has: "back-off restarting failed container"},
		{has: "back-off * restarting failed container"},
		{has: "is crash-looping"},
		{has: "is crashing"},
		{has: "failed liveness probe, will be restarted"},
		{has: "failed startup probe, will be restarted"},
		{has: "liveness probe failed"},
		{has: "terminated: error (exit code"},
		{has: "goroutine 1 [running]"},
		{has: "error   ", match: regexp.MustCompile(`^\s*(?:\S+\s+)?\S+\s+\d+/\d+\s+(?:Init:)?Error\s+\d`)},
		{has: "restarted * times", match: regexp.MustCompile(`(?i)\b(?:container|pod)\b`)},
		{has: "container * exited with code", match: regexp.MustCompile(`(?i)exited with code [1-9]`)},
	},
	over: map[Class]string{
		RolloutTimeout: "the rollout waits for what crashes",
	},
	examples: []example{
		{layer: "install", log: "Warning  BackOff  4s (x6 over 70s)  kubelet  Back-off restarting failed container web in pod web-6c9f5b7d8f-abcd2_shop(1b0f7c1e-8a2b-4a5e-9a55-1f2e3d4c5b6a)"},
		{layer: "install", key: 2, log: "NAME                   READY   STATUS             RESTARTS      AGE\nweb-6c9f5b7d8f-abcd2   0/1     CrashLoopBackOff   5 (20s ago)   4m"},
		{layer: "install", key: 1, log: "Warning  BackOff  4s (x6 over 70s)  kubelet  Back-off restarting failed container web in pod web-0_shop\nError: INSTALLATION FAILED: context deadline exceeded"},
	},
}

var crashLog = rule{
	name: "crash-loop/log", class: CrashLoop, blame: BlameChartOrEnv,
	layers: []string{"install", "upgrade"},
	signs: []sign{
		{has: "panic: "},
		{has: "fatal error: "},
		{has: "segmentation fault"},
		{has: "traceback (most recent call last)"},
		{has: "unhandled exception"},
		{has: "exec * no such file or directory", match: regexp.MustCompile(`fork/exec|\bexec:? (?:\\?"|/|failed)`)},
		{has: "exec user process caused"},
		{has: "exception in thread \""},
		{has: "error: cannot find module"},
		{has: "modulenotfounderror"},
		{has: "importerror:"},
		{has: "application failed to start"},
		{has: "application run failed"},
		{has: "[emerg]"},
		{has: "environment variable", match: regexp.MustCompile(`(?i)\b(?:missing|required|not set|must be set|is not defined|undefined)\b`)},
		{has: "terminated with exit code", unless: []string{"command terminated"}},
		{has: "exit code:", match: regexp.MustCompile(`^\s+Exit Code:\s+[1-9]`)},
		{has: "initdb: error:"},
		{has: "panicked at"},
		{has: "improperlyconfigured"},
		{has: "can't reach database server at"},
		{has: "unable to load in-cluster configuration"},
		{has: "missing script: "},
		{has: "bad interpreter:"},
		{has: "failed to parse flags"},
		{has: "flag provided but not defined: -"},
		{has: "level=fatal msg="},
		{has: "\"level\":\"fatal\""},
		{has: "sh: ", match: regexp.MustCompile(`\bsh: (?:line )?\d+: \S*/\S+: not found`)},
		{has: ".go:", match: regexp.MustCompile(`^F\d{4} [\d:.]+\s+\d+ \S+\.go:\d+\]`)},
		{has: "error while loading shared libraries"},
		{has: "failed to load command:"},
		{has: "worker failed to boot"},
		{has: "fatal python error"},
		{has: "classnotfoundexception"},
		{has: "noclassdeffounderror"},
		{has: "can only run as pid 1"},
		{has: "operationalerror"},
		{has: "password authentication failed"},
		{has: "command terminated with exit code 126"},
		{has: "command terminated with exit code 127"},
		{has: "database connection failed"},
		{has: "node.js v", match: regexp.MustCompile(`^\s*Node\.js v\d`)},
		{has: "error: ", match: regexp.MustCompile(`^(?:Uncaught )?(?:Reference|Type|Syntax|Range)Error: `)},
		{has: "caused by: ", match: regexp.MustCompile(`^\s*Caused by: (?:[a-z][\w$]*\.)+\w+(?:Exception|Error)`)},
		{has: "eaddrinuse"},
		{has: "loaderror", match: regexp.MustCompile(`\(LoadError\)|\bLoadError:`)},
		{has: "connection refused", match: regexp.MustCompile(`:(?:3306|5432|5672|6379|8123|9092|11211|27017)\b.*refused|refused.*\bport (?:3306|5432|6379|27017)\b`), unless: []string{"probe failed", "probe errored", "retry", "attempt", "waiting for"}},
		{has: "nosuchmethoderror"},
		{has: "bind: permission denied"},
		{has: "could not start application"},
		{has: ".java:", match: regexp.MustCompile(`^\s+at [\w.$/]+\.main\(\w+\.java:\d+\)`)},
	},
	examples: []example{
		{layer: "install", log: "panic: runtime error: invalid memory address or nil pointer dereference"},
	},
}
