package github

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// RunRef names a run of a workflow.
type RunRef struct {
	Owner, Repo string
	ID          int64
	// Host is the host of the web address that the reference was read from, such
	// as github.com; empty where the reference says nothing of it. APIURL gives
	// the address of its API.
	Host string
}

// String is the short form that ParseRunRef reads.
func (r RunRef) String() string {
	return fmt.Sprintf("gh:%s/%s/runs/%d", r.Owner, r.Repo, r.ID)
}

// Repository is owner/name.
func (r RunRef) Repository() string { return r.Owner + "/" + r.Repo }

// Owners are user names (letters, digits, hyphens; an underscore before the
// short code of an enterprise's managed users); a repository's name may also
// have dots. Both become part of request paths, so nothing else is let through.
var (
	ownerPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_-])?$`)
	repoPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	shaPattern   = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
)

const refForms = "expected gh:OWNER/REPO/runs/ID or https://HOST/OWNER/REPO/actions/runs/ID"

// ParseRunRef reads gh:owner/repo/runs/ID, or the address of a run's page,
// https://host/owner/repo/actions/runs/ID, with whatever follows the ID: an
// attempt, a job, a query.
func ParseRunRef(s string) (RunRef, error) {
	ref, path := RunRef{}, ""
	if short, ok := strings.CutPrefix(s, "gh:"); ok {
		path = short
	} else {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			return RunRef{}, fmt.Errorf("%q names no run; %s", s, refForms)
		}
		owner, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		repo, rest, _ := strings.Cut(rest, "/")
		rest, isRun := strings.CutPrefix(rest, "actions/runs/")
		if !isRun {
			return RunRef{}, fmt.Errorf("%q is not the page of a run; %s", s, refForms)
		}
		id, _, _ := strings.Cut(rest, "/")
		ref.Host, path = u.Host, owner+"/"+repo+"/runs/"+id
	}
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[2] != "runs" {
		return RunRef{}, fmt.Errorf("%q names no run; %s", s, refForms)
	}
	id, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return RunRef{}, fmt.Errorf("%q names no run: %q is not a number; %s", s, parts[3], refForms)
	}
	ref.Owner, ref.Repo, ref.ID = parts[0], parts[1], id
	if err := ref.check(); err != nil {
		return RunRef{}, fmt.Errorf("%q names no run: %w; %s", s, err, refForms)
	}
	return ref, nil
}

func (r RunRef) check() error {
	if r.ID <= 0 {
		return fmt.Errorf("%d is no run's ID", r.ID)
	}
	return checkRepository(r.Owner, r.Repo)
}

func checkRepository(owner, repo string) error {
	if !ownerPattern.MatchString(owner) {
		return fmt.Errorf("%q is no owner's name", owner)
	}
	if !repoPattern.MatchString(repo) || repo == "." || repo == ".." {
		return fmt.Errorf("%q is no repository's name", repo)
	}
	return nil
}

// splitRepository takes owner/name apart.
func splitRepository(s string) (owner, repo string, err error) {
	owner, repo, _ = strings.Cut(s, "/")
	if err := checkRepository(owner, repo); err != nil {
		return "", "", fmt.Errorf("%q is no repository, expected owner/name: %w", s, err)
	}
	return owner, repo, nil
}

// DefaultAPIURL is where the API of github.com is.
const DefaultAPIURL = "https://api.github.com"

// APIURL gives the address of the API that belongs to the host of a web
// address: api.github.com for github.com, api.NAME.ghe.com for a tenant with
// data residency, https://HOST/api/v3 for a GitHub Enterprise Server
// (https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api).
// An empty host is github.com. A token is for one host: whoever takes a host
// from an address that somebody pasted must not send it a token made for
// another.
func APIURL(host string) string {
	switch {
	case host == "" || strings.EqualFold(host, "github.com") || strings.EqualFold(host, "www.github.com"):
		return DefaultAPIURL
	case strings.HasSuffix(strings.ToLower(host), ".ghe.com"):
		return "https://api." + host
	default:
		return "https://" + host + "/api/v3"
	}
}

// serverURL is the reverse of APIURL: the address that people open.
func serverURL(api *url.URL) string {
	server := url.URL{Scheme: api.Scheme, Host: api.Host}
	path := strings.TrimSuffix(api.Path, "/")
	if before, ok := strings.CutSuffix(path, "/api/v3"); ok {
		server.Path = before
	} else if host, ok := strings.CutPrefix(api.Host, "api."); ok {
		server.Host = host
	}
	return server.String()
}

// graphqlURL is where the same GitHub answers GraphQL: /api/graphql beside
// /api/v3, /graphql elsewhere.
func graphqlURL(api *url.URL) string {
	u := url.URL{Scheme: api.Scheme, Host: api.Host}
	path := strings.TrimSuffix(api.Path, "/")
	if before, ok := strings.CutSuffix(path, "/v3"); ok {
		path = before
	}
	u.Path = path + "/graphql"
	return u.String()
}
