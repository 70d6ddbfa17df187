// Package chart loads a Helm chart once, resolves the values of a scenario and
// renders or lints the chart for many Kubernetes versions. It is the only
// package that imports the Helm SDK.
//
// # Three steps
//
// [Open] reads a folder or a .tgz into a [Chart] that nothing changes
// afterwards. A [Resolver] merges values files and sets in Helm's order into
// [Values]. A [Renderer] answers [Request] with a [Rendering].
//
// # No and cannot say
//
// A chart that refuses (a template fails, a schema is violated, the Kubernetes
// version is out of range, a limit is exceeded) gives a [Rendering] with a
// [Failure]. A returned error means that the question could not be asked.
//
// # Hostile templates
//
// A render inside the Helm engine cannot be cancelled. It therefore happens in
// child processes that run this same program: main calls [RunWorkerIfAsked]
// before anything else. A child watches its own heap and time; the parent ends
// one that does not.
//
// # Releases
//
// A [Target] installs, upgrades, tests and removes a release in a cluster. Each
// operation is a child process, too: Helm's actions go on in the background
// when their context ends. What Helm waits for is its "hookOnly" strategy, with
// two differences: deleted hooks are waited for, and a hook whose image cannot be
// pulled is given up before its time is over. Whether the release is ready
// afterwards is for others to find out. A [Release] with Refusals is a "no"; an
// error that wraps [ErrCluster] is the cluster's.
//
// # Reuse between versions
//
// While a chart renders, every question that its templates ask about the
// cluster is recorded: an API version that is looked up, a comparison with the
// Kubernetes version, a piece cut out of it. The render holds for another
// version exactly when all the questions have the same answers there. See
// recorder.go for how.
package chart
