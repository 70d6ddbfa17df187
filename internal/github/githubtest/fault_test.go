package githubtest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const commenting = "POST " + repo + "/issues/3/comments"

func TestFaults(t *testing.T) {
	body := `{"body":"` + strings.Repeat("x", 1000) + `"}`
	reset := time.Unix(1_900_000_000, 0)
	for name, c := range map[string]struct {
		fault    Fault
		check    func(reply, error) bool
		comments int // that are there after it
	}{
		"an error of the gateway": {ServerError(502), func(r reply, err error) bool {
			return r.status == 502 && strings.HasPrefix(r.body, "<html>")
		}, 1},
		"it took effect": {Fault{Status: 502, After: true}, func(r reply, err error) bool { return r.status == 502 }, 2},
		"primary limit": {PrimaryLimit(reset), func(r reply, err error) bool {
			return r.status == 403 && r.header.Get("X-RateLimit-Remaining") == "0" && r.header.Get("X-RateLimit-Reset") == "1900000000"
		}, 1},
		"secondary limit": {SecondaryLimit(90 * time.Second), func(r reply, err error) bool {
			return r.status == 403 && r.header.Get("Retry-After") == "90" && strings.Contains(r.body, "secondary rate limit")
		}, 1},
		"a conflict": {Fault{Status: 409, Message: "Conflict"}, func(r reply, err error) bool {
			return r.status == 409 && strings.Contains(r.body, `"message":"Conflict"`)
		}, 1},
		"a reset": {Fault{Reset: true}, func(r reply, err error) bool { return errors.Is(err, syscall.ECONNRESET) }, 1},
		"a reset that comes too late": {Fault{Reset: true, After: true}, func(r reply, err error) bool {
			return errors.Is(err, syscall.ECONNRESET)
		}, 2},
		"a cut": {Fault{Cut: 100}, func(r reply, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && r.status == 201 && len(r.body) == 100
		}, 2},
		"slowness": {Fault{Delay: time.Millisecond}, func(r reply, err error) bool { return r.status == 201 && err == nil }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(t, world(), Options{})
			s.Fail("POST /repos/*/*/issues/*/comments", 1, c.fault)
			if got := ask(t, s, WriteToken, "GET "+repo+"/issues/3/comments", ""); got.status != 200 {
				t.Errorf("another request is struck: %d", got.status)
			}
			if got, err := try(s, WriteToken, commenting, body); !c.check(got, err) {
				t.Errorf("%v %+v", err, got)
			}
			if n := len(s.State().Repository("acme/charts").Comments); n != c.comments {
				t.Errorf("%d comments, expected %d", n, c.comments)
			}
			if got := ask(t, s, WriteToken, commenting, body); got.status != 201 {
				t.Errorf("the fault stays: %d", got.status)
			}
		})
	}
}

func TestFaultsTakeTurns(t *testing.T) {
	s := New(t, world(), Options{})
	s.Fail(commenting, 2, ServerError(500))
	s.Fail("", -1, ServerError(503))
	for i, want := range []int{500, 500, 503, 503} {
		if got := ask(t, s, WriteToken, commenting, `{"body":"x"}`); got.status != want {
			t.Errorf("request %d: %d, expected %d", i+1, got.status, want)
		}
	}
}

// TestChangeInBetween plays another report that comments between two requests.
func TestChangeInBetween(t *testing.T) {
	s := New(t, world(), Options{})
	s.On(commenting, 1, func(state *State) {
		r := state.Repository("acme/charts")
		r.Comments = append(r.Comments, Comment{Number: 3, Body: "first"})
	})
	ask(t, s, WriteToken, commenting, `{"body":"second"}`)
	comments := s.State().Repository("acme/charts").Comments
	if len(comments) != 3 || comments[1].Body != "first" || comments[2].Body != "second" || comments[1].ID == comments[2].ID {
		t.Errorf("%+v", comments)
	}
}

func TestCloseEndsSlowRequests(t *testing.T) {
	s, err := Start(world(), Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Fail("", 1, Fault{Delay: time.Hour})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = try(s, WriteToken, "GET "+repo, "")
	}()
	for s.Count("") == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	<-done
}

func TestArchives(t *testing.T) {
	s := New(t, world(), Options{})
	request := func(token string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, s.URL()+repo+"/actions/artifacts/71/zip", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	get := func(client *http.Client) (int, string, error) {
		answer, err := client.Do(request(ReadToken))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		return answer.StatusCode, string(data), err
	}
	want := string(s.State().Repository("acme/charts").Run(7).Artifacts[0].Data)
	if status, data, err := get(http.DefaultClient); status != 200 || data != want || err != nil {
		t.Errorf("%d %v %d bytes, expected %d", status, err, len(data), len(want))
	}
	s.Fail("GET /blob/71", 1, Fault{Cut: 10})
	if _, data, err := get(http.DefaultClient); !errors.Is(err, io.ErrUnexpectedEOF) || data != want[:10] {
		t.Errorf("cut: %v %d bytes", err, len(data))
	}
	s.Fail("GET /blob/71", 1, ServerError(503))
	if status, _, _ := get(http.DefaultClient); status != 503 {
		t.Errorf("an error of the storage: %d", status)
	}
	if n := s.Count("GET /blob/*"); n != 3 {
		t.Errorf("%d requests to the storage, expected 3", n)
	}
	unsigned, err := http.Get(s.blobURL() + "/blob/71")
	if err != nil {
		t.Fatal(err)
	}
	unsigned.Body.Close()
	if unsigned.StatusCode != 403 {
		t.Errorf("without a signature: %d", unsigned.StatusCode)
	}
}

// TestTokenForTheStorage shows that a client which gives the token away fails.
func TestTokenForTheStorage(t *testing.T) {
	failing := &recorder{TB: t}
	s := New(failing, world(), Options{})
	location := ask(t, s, ReadToken, "GET "+repo+"/actions/artifacts/71/zip", "").header.Get("Location")
	r, err := http.NewRequest(http.MethodGet, location, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+ReadToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 401 || len(failing.failures) != 1 || !strings.Contains(failing.failures[0], "the token was sent to localhost") {
		t.Errorf("%d %q", answer.StatusCode, failing.failures)
	}
}

func TestEnterprise(t *testing.T) {
	failing := &recorder{TB: t}
	s := New(failing, world(), Options{Enterprise: true})
	if !strings.HasSuffix(s.URL(), "/api/v3") {
		t.Errorf("URL %s", s.URL())
	}
	got := ask(t, s, WriteToken, "GET "+repo+"/actions/runs/7?exclude_pull_requests=true", "")
	if got.status != 200 || !strings.HasPrefix(got.json(t, "url").(string), s.URL()) || got.header.Get("X-GitHub-Enterprise-Version") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if s.Requests()[0].Path != repo+"/actions/runs/7" || len(failing.failures) > 0 {
		t.Errorf("%+v %q", s.Requests()[0], failing.failures)
	}
	answer, err := http.Get(strings.TrimSuffix(s.URL(), "/api/v3") + repo)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 404 || len(failing.failures) != 1 || !strings.Contains(failing.failures[0], "expected it under /api/v3") {
		t.Errorf("%d %q", answer.StatusCode, failing.failures)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := New(t, world(), Options{})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if got, err := try(s, WriteToken, commenting, fmt.Sprintf(`{"body":"%d"}`, i)); err != nil || got.status != 201 {
				t.Errorf("%v %+v", err, got)
			}
			s.State()
			s.Requests()
		})
	}
	all.Wait()
	seen := map[int64]bool{}
	for _, comment := range s.State().Repository("acme/charts").Comments {
		seen[comment.ID] = true
	}
	if len(seen) != 41 || s.Count("POST *") != 0 || s.Count(commenting) != 40 {
		t.Errorf("%d comments, %d requests", len(seen), s.Count(commenting))
	}
}
