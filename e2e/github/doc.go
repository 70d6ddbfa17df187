// Package github holds the end-to-end test of everything that happens on
// GitHub, without GitHub: nektos/act runs the reusable workflow and the action in
// host mode, without Docker, package githubtest answers for the API, and the few
// lines of JavaScript in actions/ stand in for upload-artifact and
// download-artifact. It needs Node.js and npm:
//
//	make e2e-github
//
// What act shows and what it does not (v0.2.89):
//
//   - It runs a called workflow of another repository from a folder
//     (--local-repository), and its action with it, so what is tested are the very
//     files that are released. It does not know the form "$/PATH", an action of
//     the workflow's own repository and commit; the test writes
//     "posthog/chart-matrix/PATH@v1" in its place and changes nothing else.
//   - actions/checkout is skipped: act copies the caller's folder, with its .git.
//   - Steps of a composite action see ACTIONS_RUNTIME_TOKEN and the action's
//     inputs as INPUT_*, the token among them. On GitHub they see neither. The
//     program that the test puts into the tool cache takes ACTIONS_* away before
//     it becomes chart-matrix.
//   - A failed cell does not keep the report from running, but the caller's own
//     jobs after the called workflow never run, not even with always(). act's exit
//     code therefore says little, and the test reads files, outputs and requests.
//   - strategy.max-parallel is taken literally: act logs that it cannot parse the
//     expression and runs as many jobs as it has processors. Jobs that run at once
//     write to one map without a lock, so the test runs one at a time.
//   - Permissions, concurrency, timeouts, environments, the limits of outputs and
//     the 256 jobs of a matrix are not modelled.
//   - Two artifacts of one name overwrite each other in silence; the stand-in
//     refuses the second, as GitHub does.
package github
