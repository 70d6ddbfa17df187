package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

const (
	comments  = "/repos/acme/charts/issues/3/comments"
	oneOfThem = "/repos/acme/charts/issues/comments/*"
)

func conversation(comments ...githubtest.Comment) githubtest.Repository {
	for i := range comments {
		if comments[i].Number == 0 {
			comments[i].Number = 3
		}
	}
	return githubtest.Repository{PullRequests: []githubtest.PullRequest{{Number: 3}, {Number: 4}}, Comments: comments}
}

func request(run int64, text string) CommentRequest {
	return CommentRequest{
		PullRequest: PullRequest{Repository: "acme/charts", Number: 3},
		Marker:      "chart-matrix:posthog", Run: run, Attempt: 1, Body: text,
	}
}

var bot = githubtest.User{Login: githubtest.ActionsBot, Type: "Bot"}

func byBot(id, run int64, attempt int) githubtest.Comment {
	return githubtest.Comment{ID: id, Author: bot, Body: MarkerLine("chart-matrix:posthog", run, attempt) + "\nearlier"}
}

// bodies are the comments on the pull request, as "author: body".
func bodies(s *githubtest.Server) []string {
	var out []string
	for _, c := range s.State().Repository("acme/charts").Comments {
		if c.Number == 3 {
			out = append(out, c.Author.Login+": "+c.Body)
		}
	}
	return out
}

func TestCommentIsCreatedThenEdited(t *testing.T) {
	s, c, _ := fake(t, conversation())
	first, err := c.Comment(t.Context(), request(10, "one"))
	if err != nil || !strings.Contains(first, "/pull/3#issuecomment-") {
		t.Fatal(first, err)
	}
	second, err := c.Comment(t.Context(), request(11, MarkerLine("chart-matrix:posthog", 11, 1)+"\ntwo"))
	if err != nil || second != first {
		t.Fatal(second, err)
	}
	if got := fmt.Sprint(bodies(s)); got != "[github-actions[bot]: <!-- chart-matrix:posthog run=11 attempt=1 -->\ntwo]" {
		t.Error(got)
	}
	if c.Calls() != 6 {
		t.Errorf("%d calls", c.Calls())
	}
}

func TestWhoseCommentsCount(t *testing.T) {
	mark := MarkerLine("chart-matrix:posthog", 5, 1)
	others := []githubtest.Comment{
		{Author: githubtest.User{Login: "human"}, Body: mark + "\nlook at this"},
		{Author: githubtest.User{Login: "human"}, Body: "> " + mark + "\n\nwhy?"},
		{Author: bot, Body: "as said:\n" + mark},
		{Author: bot, Body: "<!-- chart-matrix:posthog -->\nwithout a run"},
		{Author: bot, Body: MarkerLine("chart-matrix:posthog2", 99, 1) + "\nanother chart"},
		{Author: bot, Body: MarkerLine("chart-matrix:post", 99, 1) + "\nanother chart"},
		{Author: bot, Number: 4, Body: mark + "\nanother pull request"},
	}
	var many []githubtest.Comment
	for i := range 250 {
		many = append(many, others[i%len(others)])
	}
	many = append(many, byBot(999, 5, 1))
	s, c, _ := fakeWithViewer(t, conversation(many...), githubtest.WriteToken, githubtest.ActionsBot)
	before := bodies(s)
	if _, err := c.Comment(t.Context(), request(10, "mine")); err != nil {
		t.Fatal(err)
	}
	after := bodies(s)
	if len(after) != len(before) || !strings.HasSuffix(after[len(after)-1], "\nmine") {
		t.Fatalf("%d comments, the last is %q", len(after), after[len(after)-1])
	}
	for i := range before[:len(before)-1] {
		if before[i] != after[i] {
			t.Errorf("changed: %q", after[i])
		}
	}
}

// fakeWithViewer answers GraphQL, too, which GitHub's description of its REST
// API does not have. An empty login is one that GitHub does not tell.
func fakeWithViewer(t *testing.T, repo githubtest.Repository, token, login string) (*githubtest.Server, *Client, *clock) {
	t.Helper()
	s, _, clock := fake(t, repo)
	s.Update(func(state *githubtest.State) {
		write := map[string]string{"issues": "write", "pull_requests": "write", "metadata": "read"}
		state.Tokens = map[string]githubtest.Token{"ghs_app": {User: githubtest.User{Login: "acme-ci[bot]", Type: "Bot"}, Permissions: write}}
	})
	target, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/graphql" {
			proxy.ServeHTTP(w, r)
			return
		}
		query, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(query), "viewer{login}") || r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s, %v", query, err)
		}
		if login == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprintf(w, `{"data": {"viewer": {"login": %q}}}`, login)
	}))
	t.Cleanup(front.Close)
	return s, newClient(t, front.URL, token, clock), clock
}

func TestWhoWeAre(t *testing.T) {
	app := githubtest.User{Login: "acme-ci[bot]", Type: "Bot"}
	other := githubtest.User{Login: "other[bot]", Type: "Bot"}
	person := githubtest.User{Login: "octocat"}
	by := func(u githubtest.User) githubtest.Comment {
		c := byBot(0, 5, 1)
		c.Author = u
		return c
	}
	for name, c := range map[string]struct {
		token, viewer string
		there         []githubtest.Comment
		want          []string // of authors
		edited        string
	}{
		"a person":                 {token: githubtest.UserToken, there: []githubtest.Comment{by(other), by(person), by(bot)}, want: []string{"other[bot]", "octocat", "github-actions[bot]"}, edited: "octocat"},
		"a person, new":            {token: githubtest.UserToken, there: []githubtest.Comment{by(bot)}, want: []string{"github-actions[bot]", "octocat"}, edited: "octocat"},
		"an app":                   {token: "ghs_app", viewer: "acme-ci[bot]", there: []githubtest.Comment{by(other), by(app)}, want: []string{"other[bot]", "acme-ci[bot]"}, edited: "acme-ci[bot]"},
		"an app that is not told":  {token: "ghs_app", there: []githubtest.Comment{by(app), by(other)}, want: []string{"acme-ci[bot]", "other[bot]"}, edited: "acme-ci[bot]"},
		"an app after the job's":   {token: "ghs_app", viewer: "acme-ci[bot]", there: []githubtest.Comment{by(bot)}, want: []string{"github-actions[bot]"}, edited: "github-actions[bot]"},
		"the job's token, and app": {token: githubtest.WriteToken, viewer: githubtest.ActionsBot, there: []githubtest.Comment{by(app), by(bot)}, want: []string{"acme-ci[bot]", "github-actions[bot]"}, edited: "github-actions[bot]"},
	} {
		t.Run(name, func(t *testing.T) {
			s, client, _ := fakeWithViewer(t, conversation(c.there...), c.token, c.viewer)
			if _, err := client.Comment(t.Context(), request(10, "new")); err != nil {
				t.Fatal(err)
			}
			got := bodies(s)
			if len(got) != len(c.want) {
				t.Fatalf("%q", got)
			}
			for i, author := range c.want {
				if !strings.HasPrefix(got[i], author+": ") || strings.HasSuffix(got[i], "\nnew") != (author == c.edited) {
					t.Errorf("%q", got[i])
				}
			}
		})
	}
}

func TestWhoWeAreCannotBeAsked(t *testing.T) {
	there := byBot(0, 5, 1)
	there.Author = githubtest.User{Login: "octocat"}
	s, _, clock := fake(t, conversation(there))
	s.Fail("GET /user", 1, githubtest.Fault{Status: 401, Message: "Bad credentials"})
	_, err := newClient(t, s.URL(), githubtest.UserToken, clock).Comment(t.Context(), request(10, "x"))
	contains(t, err, "401", "Bad credentials")

	// A token of the old form does not tell that it is an app's.
	s, c, _ := fakeWithViewer(t, conversation(there), "v1.app", "acme-ci[bot]")
	s.Update(func(state *githubtest.State) { state.Tokens["v1.app"] = state.Tokens["ghs_app"] })
	s.Fail("GET /user", 1, githubtest.Fault{Status: 403, Message: "Resource not accessible by integration"})
	if _, err := c.Comment(t.Context(), request(10, "x")); err != nil || len(bodies(s)) != 2 {
		t.Errorf("%v, %q", err, bodies(s))
	}
}

func TestMarkers(t *testing.T) {
	for name, want := range map[string]string{
		"chart-matrix:posthog": "chart-matrix:posthog run=7 attempt=1", "chart-matrix:a--b---c": "chart-matrix:a-:-b-:-:-c run=7 attempt=1",
	} {
		text, line := MarkerText(name, 7, 0), MarkerLine(name, 7, 0)
		if text != want || line != "<!-- "+want+" -->" {
			t.Errorf("%q, %q", text, line)
		}
	}
}

func TestOlderReportsLeaveNewerAlone(t *testing.T) {
	for name, c := range map[string]struct {
		run     int64
		attempt int
		there   githubtest.Comment
		stays   bool
	}{
		"older run":      {run: 10, attempt: 9, there: byBot(1, 11, 1), stays: true},
		"older attempt":  {run: 10, attempt: 1, there: byBot(1, 10, 2), stays: true},
		"the same again": {run: 10, attempt: 2, there: byBot(1, 10, 2)},
		"newer attempt":  {run: 10, attempt: 10, there: byBot(1, 10, 9)},
		"newer run":      {run: 100, attempt: 1, there: byBot(1, 99, 5)},
		"Windows lines":  {run: 100, attempt: 1, there: githubtest.Comment{Author: bot, Body: MarkerLine("chart-matrix:posthog", 99, 1) + "\r\nearlier"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, client, _ := fake(t, conversation(c.there))
			r := request(c.run, "late")
			r.Attempt = c.attempt
			link, err := client.Comment(t.Context(), r)
			got := bodies(s)
			if c.stays != errors.Is(err, ErrOutdated) || !c.stays && err != nil || link == "" || len(got) != 1 || c.stays != strings.HasSuffix(got[0], "earlier") {
				t.Errorf("%q, %q, %v", got, link, err)
			}
		})
	}
}

func TestDuplicatesAreDeleted(t *testing.T) {
	s, c, _ := fake(t, conversation(byBot(1, 5, 1), byBot(2, 7, 1), byBot(3, 7, 1), byBot(4, 6, 1)))
	s.Fail("DELETE "+oneOfThem, 1, githubtest.Fault{Status: 404, Message: "Not Found"}) // another report was faster
	link, err := c.Comment(t.Context(), request(10, "new"))
	if err != nil || !strings.HasSuffix(link, "-1") {
		t.Fatal(link, err)
	}
	if got := bodies(s); len(got) != 2 || !strings.HasSuffix(got[0], "new") {
		t.Errorf("%q", got)
	}
}

// Another report comes in between, at each of the requests.
func TestRacesStepByStep(t *testing.T) {
	newer := byBot(50, 20, 1)
	newer.Number = 3
	older := byBot(40, 5, 1)
	older.Number = 3
	add := func(comment githubtest.Comment) func(*githubtest.State) {
		return func(s *githubtest.State) {
			r := s.Repository("acme/charts")
			r.Comments = append(r.Comments, comment)
		}
	}
	set := func(id int64, body string) func(*githubtest.State) {
		return func(s *githubtest.State) {
			for i, c := range s.Repository("acme/charts").Comments {
				if c.ID == id {
					s.Repository("acme/charts").Comments[i].Body = body
				}
			}
		}
	}
	wipe := func(s *githubtest.State) { s.Repository("acme/charts").Comments = nil }
	for name, c := range map[string]struct {
		there    []githubtest.Comment
		before   string
		change   func(*githubtest.State)
		outdated bool
	}{
		"newer is made before ours":          {before: "POST " + comments, change: add(newer), outdated: true},
		"older is made before ours":          {before: "POST " + comments, change: add(older)},
		"deleted before the edit":            {there: []githubtest.Comment{older}, before: "PATCH " + oneOfThem, change: wipe},
		"deleted after the edit":             {there: []githubtest.Comment{older}, before: "GET " + oneOfThem, change: wipe},
		"older overwrites our edit":          {there: []githubtest.Comment{older}, before: "GET " + oneOfThem, change: set(40, MarkerLine("chart-matrix:posthog", 6, 1)+"\nlate")},
		"newer overwrites our edit":          {there: []githubtest.Comment{older}, before: "GET " + oneOfThem, change: set(40, newer.Body), outdated: true},
		"somebody takes the marker out":      {there: []githubtest.Comment{older}, before: "GET " + oneOfThem, change: set(40, "edited by hand")},
		"deleted between making and looking": {before: "GET " + comments, change: func(*githubtest.State) {}},
	} {
		t.Run(name, func(t *testing.T) {
			s, client, _ := fake(t, conversation(c.there...))
			s.On(c.before, 1, c.change)
			_, err := client.Comment(t.Context(), request(10, "ours"))
			if errors.Is(err, ErrOutdated) != c.outdated || !c.outdated && err != nil {
				t.Fatal(err)
			}
			marked := 0
			for _, body := range bodies(s) {
				if strings.Contains(body, "<!-- chart-matrix") {
					marked++
					if c.outdated != strings.HasSuffix(body, "earlier") {
						t.Errorf("%q", body)
					}
				}
			}
			if marked != 1 {
				t.Errorf("%q", bodies(s))
			}
		})
	}
}

// Reports that run at the same time end with one comment.
func TestRacesAtOnce(t *testing.T) {
	for _, reports := range []int64{2, 5} {
		for range 10 {
			s, c, _ := fake(t, conversation())
			var all sync.WaitGroup
			for run := range reports {
				all.Go(func() {
					_, err := c.Comment(t.Context(), request(run+1, fmt.Sprint("report ", run+1)))
					if err != nil && (run+1 == reports || !errors.Is(err, ErrOutdated)) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			got := bodies(s)
			// Of two that make comments neither can overwrite the other's; of more,
			// one that edits late may come last.
			if len(got) != 1 || reports == 2 && !strings.HasSuffix(got[0], "report 2") {
				t.Fatalf("%d reports left %q", reports, got)
			}
		}
	}
}

func TestNeverTwoCommentsOfOneReport(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"502 before": githubtest.ServerError(502), "502 after": {Status: 502, After: true},
		"reset before": {Reset: true}, "reset after": {Reset: true, After: true}, "truncated": {Cut: 20},
		"limited": githubtest.SecondaryLimit(0), "503 before": githubtest.ServerError(503),
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _ := fake(t, conversation())
			s.Fail("POST "+comments, 1, fault)
			link, err := c.Comment(t.Context(), request(10, "ours"))
			if got := bodies(s); err != nil || link == "" || len(got) != 1 {
				t.Errorf("%q, %q, %v", got, link, err)
			}
		})
	}
	s, c, _ := fake(t, conversation())
	s.Fail("POST "+comments, -1, githubtest.ServerError(502))
	_, err := c.Comment(t.Context(), request(10, "ours"))
	contains(t, err, "comment on the pull request #3", "502 Bad Gateway")
	if got := s.Count("POST " + comments); got != commentRounds {
		t.Errorf("%d requests", got)
	}
}

func TestReadOnly(t *testing.T) {
	for name, c := range map[string]struct {
		there   []githubtest.Comment
		token   string
		arrange func(*githubtest.State)
		says    string
	}{
		"a fork's token":         {token: githubtest.ReadToken, says: "permissions: {pull-requests: write}"},
		"a fork's token, edit":   {token: githubtest.ReadToken, there: []githubtest.Comment{byBot(1, 5, 1)}, says: "permissions: {pull-requests: write}"},
		"a locked conversation":  {token: githubtest.WriteToken, arrange: func(s *githubtest.State) { s.Repository("acme/charts").PullRequest(3).Locked = true }, says: "the conversation is locked"},
		"no such pull request":   {token: githubtest.WriteToken, arrange: func(s *githubtest.State) { s.Repository("acme/charts").PullRequests = nil }, says: "404"},
		"no such pull request 2": {token: githubtest.UserToken, arrange: func(s *githubtest.State) { s.Repository("acme/charts").PullRequests = nil }, says: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, clock := fake(t, conversation(c.there...))
			if c.arrange != nil {
				s.Update(c.arrange)
			}
			_, err := newClient(t, s.URL(), c.token, clock).Comment(t.Context(), request(10, "x"))
			contains(t, err, c.says)
			if !errors.Is(err, ErrReadOnly) {
				t.Errorf("%v is not ErrReadOnly", err)
			}
		})
	}
}

func TestCommentThatIsTooLong(t *testing.T) {
	s, c, _ := fake(t, conversation())
	line := MarkerLine("chart-matrix:posthog", 10, 1) + "\n"
	if _, err := c.Comment(t.Context(), request(10, strings.Repeat("é", MaxComment-len(line)))); err != nil {
		t.Error(err)
	}
	_, err := c.Comment(t.Context(), request(10, strings.Repeat("x", MaxComment-len(line)+1)))
	contains(t, err, "422", "Body is too long", "it has 65537 bytes with its marker")
	if got := len(bodies(s)); got != 1 {
		t.Errorf("%d comments", got)
	}
}

func TestCommentRequestsThatCannotBe(t *testing.T) {
	_, c, _ := fake(t, conversation())
	for _, change := range []func(*CommentRequest){
		func(r *CommentRequest) { r.Marker = "" },
		func(r *CommentRequest) { r.Marker = "a --> <script>" },
		func(r *CommentRequest) { r.PullRequest.Number = 0 },
		func(r *CommentRequest) { r.PullRequest.Repository = "acme" },
		func(r *CommentRequest) { r.Run = 0 },
	} {
		r := request(1, "x")
		change(&r)
		if _, err := c.Comment(t.Context(), r); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Comment(ctx, request(1, "x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzMark(f *testing.F) {
	f.Add("chart-matrix:posthog", int64(12), 3, "<!-- chart-matrix:posthog run=12 attempt=3 -->\r\nbody")
	f.Add("a----b--c", int64(1), 1, "")
	f.Add("x", int64(1), 1, "<!-- chart-matrix:posthog run=99999999999999999999 attempt=3 -->")
	f.Fuzz(func(t *testing.T, name string, run int64, attempt int, body string) {
		parseMark(body)
		if !markerPattern.MatchString(name) || run <= 0 || run > 1e17 || attempt > 999_999 {
			return
		}
		line := MarkerLine(name, run, attempt)
		if got, ok := parseMark(line + "\n" + body); !ok || got != newMark(name, run, attempt) || strings.Contains(line[4:len(line)-3], "--") {
			t.Errorf("%q is read as %+v, %v", line, got, ok)
		}
	})
}

func TestMarkersOfAChart(t *testing.T) {
	about := func(marker, chart string) string { return MarkerLine(marker, 5, 1) + "\n" + chartLine(chart) + "text" }
	var repo githubtest.Repository
	for range 150 {
		repo.Comments = append(repo.Comments, githubtest.Comment{Author: githubtest.User{Login: "human"}, Body: about("chart-matrix:human", "charts/web")})
	}
	for _, body := range []string{
		about("chart-matrix:web", "charts/web"), about("chart-matrix:a--b", "./charts/web/"), about("chart-matrix:web", "charts/web"),
		about("chart-matrix:api", "charts/api"), about("chart-matrix:none", ""), "> " + about("chart-matrix:quoted", "charts/web"),
		strings.ReplaceAll(about("chart-matrix:edited", "charts/web"), "\n", "\r\n"),
	} {
		repo.Comments = append(repo.Comments, githubtest.Comment{Author: bot, Body: body})
	}
	_, c, _ := fakeWithViewer(t, conversation(repo.Comments...), githubtest.WriteToken, githubtest.ActionsBot)
	for chart, want := range map[string]string{
		"charts/web": "[chart-matrix:a-:-b chart-matrix:edited chart-matrix:web]", "charts/api": "[chart-matrix:api]", ".": "[]", "": "[]",
		"--> @everyone": "[]",
	} {
		got, err := c.Markers(t.Context(), request(1, "").PullRequest, chart)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: got %v, %v; want %s", chart, got, err, want)
		}
	}
	if n := len(chartLine("x")); n != ChartLineBytes {
		t.Errorf("the line has %d bytes", n)
	}
}
