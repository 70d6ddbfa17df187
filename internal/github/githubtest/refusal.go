package githubtest

import (
	"net/http"
	"strconv"
)

// refusal is an answer that says no, as GitHub words it.
type refusal struct {
	status  int
	message string
	errors  []any
	header  http.Header
}

func refuse(status int, message string) *refusal {
	return &refusal{status: status, message: message, header: http.Header{}}
}

// invalid is GitHub's answer to a well-formed request that breaks a rule.
func invalid(resource, field, code, message string) *refusal {
	r := refuse(http.StatusUnprocessableEntity, "Validation Failed")
	r.errors = []any{object{"resource": resource, "field": field, "code": code, "message": message}}
	return r
}

func notFound() *refusal { return refuse(http.StatusNotFound, "Not Found") }

// body is the JSON that every error of GitHub has.
func (r *refusal) body() object {
	out := object{
		"message": r.message, "status": strconv.Itoa(r.status),
		"documentation_url": "https://docs.github.com/rest",
	}
	if len(r.errors) > 0 {
		out["errors"] = r.errors
	}
	return out
}
