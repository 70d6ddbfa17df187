package githubtest

import (
	"hash/fnv"
	"net/http"
	"strings"
	"time"
)

// actionsBotID is the ID of github-actions[bot], the same everywhere on github.com.
const actionsBotID = 41898282

// getUser answers for people alone: a job's token is nobody.
func getUser(c *call) (any, *refusal) {
	if c.token.isBot() {
		return nil, refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	out := c.userJSON(c.token.User.Login, c.token.User.Type)
	out["user_view_type"] = "public"
	return out, nil
}

func getRepository(c *call) (any, *refusal) {
	out := c.repositoryJSON(c.repo.FullName())
	out["default_branch"] = c.repo.DefaultBranch
	if parent := c.state.Repository(c.repo.ForkOf); parent != nil {
		out["parent"] = c.repositoryJSON(parent.FullName())
		out["source"] = c.repositoryJSON(parent.FullName())
	}
	return out, nil
}

// repositoryJSON is a repository as it appears within others. One that the state
// does not have, such as somebody's fork, is made up.
func (c *call) repositoryJSON(fullName string) object {
	owner, name, _ := strings.Cut(fullName, "/")
	repo := c.state.Repository(fullName)
	if repo == nil {
		repo = &Repository{ID: int64(hash(fullName)), Owner: owner, Name: name, DefaultBranch: "main", ForkOf: c.repo.FullName()}
	}
	visibility := "public"
	if repo.Private {
		visibility = "private"
	}
	return object{
		"id": repo.ID, "name": repo.Name, "full_name": repo.FullName(), "private": repo.Private, "fork": repo.ForkOf != "",
		"owner": c.userJSON(repo.Owner, "User"), "default_branch": repo.DefaultBranch, "visibility": visibility,
		"url": c.URL() + "/repos/" + fullName, "html_url": c.web() + "/" + fullName,
	}
}

func (c *call) userJSON(login, kind string) object {
	id := int64(hash(login))
	if login == ActionsBot {
		id = actionsBotID
	}
	if kind == "" {
		kind = "User"
	}
	return object{
		"id": id, "login": login, "type": kind, "site_admin": false,
		"url": c.URL() + "/users/" + login, "html_url": c.web() + "/" + strings.TrimSuffix(login, "[bot]"),
	}
}

// hash is a number for a name, always the same.
func hash(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(name)))
	return h.Sum32() >> 1
}

// stamp is a time as GitHub writes it; null for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNull is a text; null for none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
