// Package github is the only one that speaks with GitHub: its REST API, the
// environment of a workflow's step, and the files and commands by which a step
// answers. Nothing here renders or judges.
//
// Everything that comes back is bounded and checked, since artifacts, names and
// event payloads may be written by anyone who can open a pull request. Requests
// are repeated where that is safe; docs of New say when.
package github
