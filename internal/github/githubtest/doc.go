// Package githubtest is a stateful fake of GitHub's REST API for tests. It keeps
// repositories, workflow runs with their jobs and artifacts, pull requests,
// comments and check runs, and answers the operations that chart-matrix uses as
// GitHub does: pages and Link headers, permissions, rate limits, refusals.
//
// Every request and every answer is checked against GitHub's own OpenAPI
// description (openapi.json, see README.md); one that does not fit fails the
// test. What the description does not say is modelled by hand, each rule with
// its source where it stands.
//
//	s := githubtest.New(t, githubtest.State{Repositories: []githubtest.Repository{{
//		Owner: "acme", Name: "charts",
//		Runs:  []githubtest.Run{{ID: 7, Event: "pull_request"}},
//	}}}, githubtest.Options{})
//	client := …(s.URL(), githubtest.WriteToken)
//	s.Fail("POST /repos/*/*/issues/*/comments", 1, githubtest.SecondaryLimit(time.Minute))
//	…
//	comments := s.State().Repository("acme/charts").Comments
//
// The package is for tests alone: nothing that is released may import it.
package githubtest
