package githubtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMisfitsFailTheTest shows that a request which does not fit GitHub's
// description fails the test that sends it, and says why.
func TestMisfitsFailTheTest(t *testing.T) {
	note := `{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}`
	sha := strings.Repeat("a", 40)
	for name, c := range map[string]struct {
		request, body string
		status        int
		why           string
	}{
		"no such operation":    {"GET /repos/acme/charts/stargazers", "", 404, "no such operation in openapi.json"},
		"no such method":       {"PUT " + repo + "/issues/comments/31", `{"body":"x"}`, 404, "no such operation"},
		"a path too long":      {"GET " + repo + "/actions/runs/7/jobs/1", "", 404, "no such operation"},
		"an empty segment":     {"GET /repos//charts", "", 404, "no such operation"},
		"a run that is a word": {"GET " + repo + "/actions/runs/last", "", 422, "run_id"},
		"an unknown parameter": {"GET " + repo + "/pulls?per_pages=100", "", 422, `query parameter "per_pages" is unknown; known are [base direction`},
		"a page that is none":  {"GET " + repo + "/pulls?page=two", "", 422, "page"},
		"a status that is none": {
			"GET " + repo + "/actions/runs?status=done", "", 422, "value is not one of the allowed values"},
		"a filter that is none":  {"GET " + repo + "/actions/runs/7/jobs?filter=newest", "", 422, "filter"},
		"no body":                {"POST " + repo + "/issues/3/comments", "", 422, "value is required"},
		"half a body":            {"POST " + repo + "/issues/3/comments", `{"body":`, 422, "failed to decode"},
		"a body of another type": {"POST " + repo + "/issues/3/comments", `{"body":7}`, 422, "must be a string"},
		"a body without body":    {"PATCH " + repo + "/issues/comments/31", `{}`, 422, `"body" is missing`},
		"an unknown property":    {"POST " + repo + "/issues/3/comments", `{"body":"x","bdoy":1}`, 422, `body has an unknown property "bdoy"; known are [body]`},
		"a body where none is":   {"DELETE " + repo + "/issues/comments/31", `{}`, 422, "a body of 2 bytes, expected none"},
		"a check without commit": {"POST " + repo + "/check-runs", `{"name":"x"}`, 422, `"head_sha" is missing`},
		"a conclusion that is none": {
			"POST " + repo + "/check-runs", `{"name":"x","head_sha":"` + sha + `","conclusion":"red"}`, 422, "conclusion"},
		"51 annotations": {
			"POST " + repo + "/check-runs",
			`{"name":"x","head_sha":"` + sha + `","output":{"title":"t","summary":"s","annotations":[` + strings.Repeat(note+",", 50) + note + `]}}`,
			422, "maximum number of items is 50"},
		"an annotation with a typo": {
			"POST " + repo + "/check-runs",
			`{"name":"x","head_sha":"` + sha + `","output":{"title":"t","summary":"s","annotations":[` + strings.Replace(note, "message", "massage", 1) + `]}}`,
			422, "massage"},
		"a summary that is too long": {
			"POST " + repo + "/check-runs",
			`{"name":"x","head_sha":"` + sha + `","output":{"title":"t","summary":"` + strings.Repeat("s", 65536) + `"}}`,
			422, "maximum string length is 65535"},
		"completed without conclusion, later": {
			"PATCH " + repo + "/check-runs/1", `{"status":"completed"}`, 422, "anyOf"},
	} {
		t.Run(name, func(t *testing.T) {
			failing := &recorder{TB: t}
			s := New(failing, world(), Options{})
			got := ask(t, s, WriteToken, c.request, c.body)
			if got.status != c.status {
				t.Errorf("status %d, expected %d: %s", got.status, c.status, got.body)
			}
			method, path, _ := strings.Cut(c.request, " ")
			path, _, _ = strings.Cut(path, "?")
			if len(failing.failures) != 1 {
				t.Fatalf("%d failures of the test, expected one: %q", len(failing.failures), failing.failures)
			}
			for _, part := range []string{method + " " + path, c.why} {
				if !strings.Contains(failing.failures[0], part) {
					t.Errorf("the failure does not say %q:\n%s", part, failing.failures[0])
				}
			}
			if n := len(s.Misfits()); n != 1 {
				t.Errorf("%d misfits, expected one", n)
			}
			before := s.State().Repository("acme/charts")
			if len(before.Comments) != 1 || len(before.CheckRuns) != 0 {
				t.Error("the request took effect")
			}
		})
	}
}

// TestRefusals are what GitHub refuses although its description allows it: no
// fault of the test, which may well be about that.
func TestRefusals(t *testing.T) {
	s := New(t, world(), Options{})
	sha := strings.Repeat("a", 40)
	comment := func(n int) string { return `{"body":"` + strings.Repeat("😀", n) + `"}` }
	check := func(rest string) string { return `{"name":"x","head_sha":"` + sha + `",` + rest + `}` }
	annotated := func(fields string) string {
		return check(`"output":{"title":"t","summary":"s","annotations":[{"path":"a","annotation_level":"notice",` + fields + `}]}`)
	}
	for name, c := range map[string]struct {
		token, request, body string
		status               int
		message              string // empty: it is allowed
	}{
		"the longest comment":      {WriteToken, "POST " + repo + "/issues/3/comments", comment(65536), 201, ""},
		"one character more":       {WriteToken, "POST " + repo + "/issues/3/comments", comment(65537), 422, "Body is too long (maximum is 65536 characters)"},
		"the same in an edit":      {WriteToken, "PATCH " + repo + "/issues/comments/31", comment(65537), 422, "Body is too long"},
		"a comment of nothing":     {WriteToken, "POST " + repo + "/issues/3/comments", `{"body":" \n"}`, 422, "Body cannot be blank"},
		"done without conclusion":  {WriteToken, "POST " + repo + "/check-runs", check(`"status":"completed"`), 422, "conclusion is required"},
		"conclusion while running": {WriteToken, "POST " + repo + "/check-runs", check(`"status":"in_progress","conclusion":"success"`), 422, "must be completed"},
		"columns over two lines":   {WriteToken, "POST " + repo + "/check-runs", annotated(`"start_line":1,"end_line":2,"start_column":3,"message":"m"`), 422, "start_column"},
		"lines backwards":          {WriteToken, "POST " + repo + "/check-runs", annotated(`"start_line":2,"end_line":1,"message":"m"`), 422, "end_line"},
		"line 0":                   {WriteToken, "POST " + repo + "/check-runs", annotated(`"start_line":0,"end_line":0,"message":"m"`), 422, "end_line"},
		"a long title": {WriteToken, "POST " + repo + "/check-runs",
			annotated(`"start_line":1,"end_line":1,"message":"m","title":"` + strings.Repeat("x", 256) + `"`), 422, "title"},
		"a long message": {WriteToken, "POST " + repo + "/check-runs",
			annotated(`"start_line":1,"end_line":1,"message":"` + strings.Repeat("x", 64<<10+1) + `"`), 422, "message"},
		"an annotation as it should be": {WriteToken, "POST " + repo + "/check-runs", annotated(`"start_line":1,"end_line":1,"message":"m"`), 201, ""},

		"a wrong token":                 {"ghs_wrong", "GET " + repo, "", 401, "Bad credentials"},
		"no token, public":              {"", "GET " + repo + "/actions/runs", "", 200, ""},
		"no token, private":             {"", "GET /repos/acme/secret", "", 404, "Not Found"},
		"no token, writing":             {"", "POST " + repo + "/issues/3/comments", comment(1), 401, "Requires authentication"},
		"no token, an archive":          {"", "GET " + repo + "/actions/artifacts/71/zip", "", 401, "Requires authentication"},
		"no token, /user":               {"", "GET /user", "", 401, "Requires authentication"},
		"a fork's token reads":          {ReadToken, "GET " + repo + "/issues/3/comments", "", 200, ""},
		"a fork's token comments":       {ReadToken, "POST " + repo + "/issues/3/comments", comment(1), 403, "Resource not accessible by integration"},
		"a fork's token edits":          {ReadToken, "PATCH " + repo + "/issues/comments/31", comment(1), 403, "Resource not accessible by integration"},
		"a fork's token deletes":        {ReadToken, "DELETE " + repo + "/issues/comments/31", "", 403, "Resource not accessible by integration"},
		"a fork's token checks":         {ReadToken, "POST " + repo + "/check-runs", check(`"status":"queued"`), 403, "Resource not accessible by integration"},
		"a job's token is nobody":       {WriteToken, "GET /user", "", 403, "Resource not accessible by integration"},
		"a person makes no check":       {UserToken, "POST " + repo + "/check-runs", check(`"status":"queued"`), 403, "You must authenticate via a GitHub App."},
		"one of two permissions":        {"pulls", "POST " + repo + "/issues/3/comments", comment(1), 201, ""},
		"the other permission":          {"pulls", "POST " + repo + "/check-runs", check(`"status":"queued"`), 403, "Resource not accessible by integration"},
		"private, another's token":      {"pulls", "GET /repos/acme/secret/pulls", "", 404, "Not Found"},
		"private, without permission":   {"secret", "GET /repos/acme/secret/pulls", "", 403, "Resource not accessible by integration"},
		"private, with permission":      {"secret", "GET /repos/acme/secret/actions/runs", "", 200, ""},
		"another public one, to change": {"secret", "POST " + repo + "/check-runs", check(`"status":"queued"`), 403, "Resource not accessible by integration"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Update(func(state *State) {
				bot := User{Login: ActionsBot, Type: "Bot"}
				state.Tokens = map[string]Token{
					"pulls":  {User: bot, Permissions: map[string]string{"pull_requests": "write"}, Repository: "acme/charts"},
					"secret": {User: bot, Permissions: map[string]string{"actions": "read", "checks": "write"}, Repository: "acme/secret"},
				}
			})
			got := ask(t, s, c.token, c.request, c.body)
			if got.status != c.status || !strings.Contains(got.body, c.message) {
				t.Errorf("%d %.300s\nexpected %d %s", got.status, got.body, c.status, c.message)
			}
			if c.status == 403 && c.message == "Resource not accessible by integration" && !strings.Contains(c.request, "/user") &&
				!strings.Contains(got.header.Get("X-Accepted-GitHub-Permissions"), "=") {
				t.Errorf("no X-Accepted-GitHub-Permissions in %v", got.header)
			}
		})
	}
}

func TestRateLimit(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	state := world()
	state.Tokens = map[string]Token{"few": {User: User{Login: "few", Type: "Bot"}, Permissions: map[string]string{"actions": "read"}, Limit: 2}}
	s := New(t, state, Options{Now: func() time.Time { return now }})
	for i, want := range []string{"1", "0", "0"} {
		got := ask(t, s, "few", "GET "+repo+"/actions/runs", "")
		status := 200
		if i == 2 {
			status = 403
		}
		if got.status != status || got.header.Get("X-RateLimit-Remaining") != want || got.header.Get("X-RateLimit-Reset") != itoa(now.Add(time.Hour).Unix()) {
			t.Errorf("request %d: %d %v", i+1, got.status, got.header)
		}
	}
	now = now.Add(time.Hour)
	if got := ask(t, s, "few", "GET "+repo+"/actions/runs", ""); got.status != 200 {
		t.Errorf("an hour later: %d %s", got.status, got.body)
	}
	if got := ask(t, s, WriteToken, "GET "+repo, ""); got.header.Get("X-RateLimit-Limit") != "1000" {
		t.Errorf("a job's token: %v", got.header)
	}
}

func TestPages(t *testing.T) {
	state := world()
	for i := range 250 {
		state.Repositories[0].Comments = append(state.Repositories[0].Comments, Comment{Number: 4, Body: fmt.Sprint(i)})
	}
	s := New(t, state, Options{})
	for _, c := range []struct {
		query, first string
		n            int
		link         string
	}{
		{"", "0", 30, `page=2>; rel="next", <…page=9>; rel="last"`},
		{"?per_page=100", "0", 100, `page=2&per_page=100>; rel="next", <…page=3&per_page=100>; rel="last"`},
		{"?per_page=1000&page=2", "100", 100, `page=1&per_page=1000>; rel="prev", <…page=3&per_page=1000>; rel="next", <…page=3&per_page=1000>; rel="last", <…page=1&per_page=1000>; rel="first"`},
		{"?per_page=100&page=3", "200", 50, `page=2&per_page=100>; rel="prev", <…page=1&per_page=100>; rel="first"`},
		{"?per_page=100&page=9", "", 0, `page=3&per_page=100>; rel="prev", <…page=1&per_page=100>; rel="first"`},
		{"?page=-1&per_page=0", "0", 30, `page=2&per_page=0>; rel="next", <…page=9&per_page=0>; rel="last"`},
	} {
		got := ask(t, s, WriteToken, "GET "+repo+"/issues/4/comments"+c.query, "")
		link := strings.ReplaceAll(got.header.Get("Link"), s.URL()+repo+"/issues/4/comments?", "…")
		if link != "<…"+c.link {
			t.Errorf("%s: Link: %s\nexpected %s", c.query, link, c.link)
		}
		if n := strings.Count(got.body, `"issue_url"`); n != c.n {
			t.Errorf("%s: %d comments, expected %d", c.query, n, c.n)
		}
		if c.n > 0 && got.json(t, "0.body") != c.first {
			t.Errorf("%s: it begins with %v", c.query, got.json(t, "0.body"))
		}
	}
	if got := ask(t, s, WriteToken, "GET "+repo+"/issues/3/comments", ""); got.header.Get("Link") != "" {
		t.Errorf("a single page has a link: %v", got.header)
	}
}
