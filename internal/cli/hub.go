package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/posthog/chart-matrix/internal/github"
)

// inActions tells whether this is a step of GitHub Actions.
func (e Env) inActions() bool { return e.Getenv("GITHUB_ACTIONS") == "true" }

// hub gives a client for the GitHub that a run is on. It says what it waits for
// on standard error, unless it shall be quiet.
func (e Env) hub(ref github.RunRef, quiet bool) (*github.Client, error) {
	address, token := e.hubOf(ref.Host)
	log := func(line string) { fmt.Fprintln(e.Stderr, inert("chart-matrix: "+line)) }
	if quiet {
		log = nil
	}
	return github.New(github.Options{
		APIURL: address, Token: token, HTTP: e.HTTP, Now: e.Now, Sleep: e.Sleep,
		UserAgent: "chart-matrix/" + buildVersion(), Log: log,
	})
}

// hubOf gives the address of a host's API and the token for it. The host comes
// from an address that somebody pasted: a token that was made for this
// environment's GitHub goes there alone. The names of the variables are those
// that `gh` reads (https://cli.github.com/manual/gh_help_environment).
func (e Env) hubOf(host string) (address, token string) {
	home := "github.com"
	if u, err := url.Parse(e.Getenv("GITHUB_SERVER_URL")); err == nil && u.Host != "" {
		home = u.Host
	}
	switch {
	case host == "" || strings.EqualFold(host, home):
		return first(e.Getenv("GITHUB_API_URL"), github.APIURL(home)), first(e.Getenv("GH_TOKEN"), e.Getenv("GITHUB_TOKEN"))
	case strings.EqualFold(host, "github.com"):
		return github.APIURL(host), e.Getenv("GH_TOKEN")
	default:
		return github.APIURL(host), first(e.Getenv("GH_ENTERPRISE_TOKEN"), e.Getenv("GITHUB_ENTERPRISE_TOKEN"))
	}
}
