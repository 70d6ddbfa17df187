package githubtest

import (
	"net/http"
	"slices"
	"strings"
)

// Tokens that every fake knows.
const (
	// WriteToken is a job's own token with every permission of a push or of a
	// pull request from the same repository.
	WriteToken = "ghs_write"
	// ReadToken is a job's own token on a fork's pull request or Dependabot's:
	// it reads, and every write is refused.
	ReadToken = "ghs_read"
	// UserToken is a person's, who may write.
	UserToken = "ghp_person"
)

// ActionsBot is the author of what a job's own token writes.
const ActionsBot = "github-actions[bot]"

// Token is what a credential may do.
type Token struct {
	User User `json:"user"`
	// Permissions are as in a workflow's permissions block, with underscores:
	// pull_requests: write.
	Permissions map[string]string `json:"permissions"`
	// Repository, when set, is the only one that is not public that it sees.
	Repository string `json:"repository,omitempty"`
	// Limit is how many requests an hour it has; default: 1,000 for a bot, which is
	// that of a job's token for a repository, 5,000 for a person.
	// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
	Limit int `json:"limit,omitempty"`
}

// token finds the credential of a request. Without one the request is anonymous.
func (s *Server) token(r *http.Request) (Token, *refusal) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Token{Limit: 60}, nil
	}
	kind, secret, _ := strings.Cut(header, " ")
	token, ok := s.tokens()[secret]
	if !ok || !equalFold(kind, "bearer") && !equalFold(kind, "token") {
		return Token{}, refuse(http.StatusUnauthorized, "Bad credentials")
	}
	if token.Limit == 0 {
		token.Limit = 5000
		if token.isBot() {
			token.Limit = 1000
		}
	}
	return token, nil
}

func (s *Server) tokens() map[string]Token {
	write, read := map[string]string{}, map[string]string{}
	for _, p := range []string{"actions", "checks", "contents", "issues", "metadata", "pull_requests"} {
		write[p], read[p] = "write", "read"
	}
	out := map[string]Token{
		WriteToken: {User: User{Login: ActionsBot, Type: "Bot"}, Permissions: write},
		ReadToken:  {User: User{Login: ActionsBot, Type: "Bot"}, Permissions: read},
		UserToken:  {User: User{Login: "octocat", Type: "User"}, Permissions: write},
	}
	for secret, token := range s.state.Tokens {
		out[secret] = token
	}
	return out
}

func (t Token) isBot() bool       { return t.User.Type == "Bot" }
func (t Token) isAnonymous() bool { return t.User.Login == "" }

// need is the permission that an operation asks for: one of the names is enough.
type need struct {
	write bool
	names []string
}

func reads(names ...string) need  { return need{names: names} }
func writes(names ...string) need { return need{write: true, names: names} }

// String is the need as GitHub's header X-Accepted-GitHub-Permissions has it.
func (n need) String() string {
	level := "read"
	if n.write {
		level = "write"
	}
	return strings.Join(n.names, "="+level+"; ") + "=" + level
}

// allow says whether a token may do what it asks. What is public may be read by
// anyone; what is private and not its own does not exist for it.
func (t Token) allow(n need, repo *Repository) *refusal {
	granted := slices.ContainsFunc(n.names, func(name string) bool {
		return t.Permissions[name] == "write" || !n.write && t.Permissions[name] == "read"
	})
	own := t.Repository == "" || repo == nil || equalFold(t.Repository, repo.FullName())
	if repo != nil && repo.Private && (t.isAnonymous() || !own) {
		return refuse(http.StatusNotFound, "Not Found")
	}
	if granted && own || !n.write && repo != nil && !repo.Private {
		return nil
	}
	if t.isAnonymous() {
		return refuse(http.StatusUnauthorized, "Requires authentication")
	}
	message := "Resource not accessible by personal access token"
	if t.isBot() {
		message = "Resource not accessible by integration"
	}
	refused := refuse(http.StatusForbidden, message)
	refused.header.Set("X-Accepted-GitHub-Permissions", n.String())
	return refused
}
