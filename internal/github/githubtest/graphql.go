package githubtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
)

// graphqlPath is where GraphQL is asked, as the fake records it. GitHub
// Enterprise Server has it at /api/graphql, beside /api/v3.
const graphqlPath = "/graphql"

// whoAmI is the one query that is answered: GraphQL has no part in the
// description of the REST API, and this is what REST does not tell an App.
var whoAmI = regexp.MustCompile(`^\s*(query\s*)?\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$`)

// graphql answers a query. The caller holds s.mu.
func (s *Server) graphql(r *http.Request, body []byte, header http.Header) (answer, *Fault, string) {
	var sent struct{ Query string }
	if err := json.Unmarshal(body, &sent); err != nil || r.Method != http.MethodPost || !whoAmI.MatchString(sent.Query) {
		s.misfit(misfit("the query", r.Method, graphqlPath, errors.Join(err, errors.New("expected a POST of query{viewer{login}}; graphql.go answers no other: "+string(body)))))
		return refused(refuse(http.StatusBadRequest, "Problems parsing JSON"), header), nil, ""
	}
	token, no := s.token(r)
	if no == nil && token.isAnonymous() {
		no = refuse(http.StatusUnauthorized, "This endpoint requires you to be authenticated.")
	}
	fault := s.strike(r.Method, graphqlPath)
	switch {
	case no != nil:
		return refused(no, header), fault, ""
	case fault != nil && (fault.Status != 0 || fault.Reset):
		return faulty(fault, header), fault, token.User.Login
	}
	value := object{"data": object{"viewer": object{"login": token.User.Login}}}
	return encoded(http.StatusOK, value, header), fault, token.User.Login
}
