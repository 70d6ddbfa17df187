package github

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment is that of a step on GitHub; payload "" is no file.
func environment(t *testing.T, event, payload string, more ...string) func(string) string {
	t.Helper()
	env := map[string]string{
		"GITHUB_EVENT_NAME": event, "GITHUB_REPOSITORY": "acme/charts", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2",
		"GITHUB_SHA": sha("c"), "GITHUB_REF": "refs/heads/main", "GITHUB_SERVER_URL": "https://ghe.corp/", "GITHUB_API_URL": "https://ghe.corp/api/v3",
	}
	if payload != "" {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(payload), 0o600); err != nil {
			t.Fatal(err)
		}
		env["GITHUB_EVENT_PATH"] = file
	}
	for _, set := range more {
		name, value, _ := strings.Cut(set, "=")
		env[name] = value
	}
	return func(name string) string { return env[name] }
}

// pull is the payload of a pull request.
func pull(head, headRepo string) string {
	repo := "null"
	if headRepo != "" {
		repo = fmt.Sprintf(`{"full_name": %q}`, headRepo)
	}
	return fmt.Sprintf(`{"action": "synchronize", "number": 3, "repository": {"full_name": "acme/charts", "default_branch": "trunk"},
		"pull_request": {"number": 3, "head": {"ref": "topic", "sha": %q, "repo": %s}, "base": {"ref": "main", "sha": %q, "repo": {"full_name": "acme/charts"}}}}`, head, repo, sha("b"))
}

func TestReadEvent(t *testing.T) {
	base := Event{
		Repository: "acme/charts", RunID: 7, Attempt: 2, SHA: sha("c"), HeadSHA: sha("c"), HeadBranch: "main", HeadRepository: "acme/charts",
		ServerURL: "https://ghe.corp", APIURL: "https://ghe.corp/api/v3",
	}
	with := func(name string, change func(*Event)) Event {
		e := base
		e.Name = name
		change(&e)
		return e
	}
	inPull := func(name string, change func(*Event)) Event {
		return with(name, func(e *Event) {
			e.Action, e.DefaultBranch, e.PullRequest = "synchronize", "trunk", 3
			e.HeadSHA, e.HeadBranch, e.BaseSHA, e.BaseBranch = sha("a"), "topic", sha("b"), "main"
			change(e)
		})
	}
	nothing := func(*Event) {}
	for name, c := range map[string]struct {
		event, payload string
		more           []string
		want           Event
	}{
		"pull request": {event: "pull_request", payload: pull(sha("a"), "acme/charts"), more: []string{"GITHUB_REF=refs/pull/3/merge"}, want: inPull("pull_request", nothing)},
		"fork": {event: "pull_request", payload: pull(sha("a"), "mallory/charts"), more: []string{"GITHUB_REF=refs/pull/3/merge"}, want: inPull("pull_request", func(e *Event) {
			e.HeadRepository, e.Fork, e.ReadOnly = "mallory/charts", true, true
		})},
		"renamed since": {event: "pull_request", payload: strings.ReplaceAll(pull(sha("a"), "acme/charts"), "acme/charts", "acme/helm"), want: inPull("pull_request", nothing)},
		"fork that is gone": {event: "pull_request", payload: pull(sha("a"), ""), more: []string{"GITHUB_REF=refs/pull/3/merge"}, want: inPull("pull_request", func(e *Event) {
			e.HeadRepository, e.Fork, e.ReadOnly = "", true, true
		})},
		"fork, with the base's rights": {event: "pull_request_target", payload: pull(sha("a"), "mallory/charts"), want: inPull("pull_request_target", func(e *Event) {
			e.HeadRepository, e.Fork = "mallory/charts", true
		})},
		"Dependabot": {event: "pull_request", payload: pull(sha("a"), "acme/charts"), more: []string{"GITHUB_ACTOR=dependabot[bot]"}, want: inPull("pull_request", func(e *Event) { e.ReadOnly = true })},
		"merge group": {
			event: "merge_group",
			payload: fmt.Sprintf(`{"action": "checks_requested", "merge_group": {"head_sha": %q, "head_ref": "refs/heads/gh-readonly-queue/main/pr-3-b", "base_sha": %q, "base_ref": "refs/heads/main"}}`,
				sha("a"), sha("b")),
			want: with("merge_group", func(e *Event) {
				e.Action, e.HeadSHA, e.BaseSHA, e.HeadBranch, e.BaseBranch = "checks_requested", sha("a"), sha("b"), "gh-readonly-queue/main/pr-3-b", "main"
			}),
		},
		"push": {event: "push", payload: fmt.Sprintf(`{"before": %q, "after": %q}`, sha("b"), sha("a")), want: with("push", func(e *Event) { e.HeadSHA, e.BaseSHA = sha("a"), sha("b") })},
		"push of a new branch": {
			event: "push", payload: fmt.Sprintf(`{"before": %q, "after": %q}`, sha("0"), sha("a")),
			want: with("push", func(e *Event) { e.HeadSHA = sha("a") }),
		},
		"schedule":          {event: "schedule", payload: `{"schedule": "0 3 * * *"}`, want: with("schedule", nothing)},
		"schedule, no file": {event: "schedule", want: with("schedule", nothing)},
		"workflow_dispatch": {event: "workflow_dispatch", payload: `{"inputs": null, "ref": "refs/heads/main"}`, want: with("workflow_dispatch", nothing)},
		"workflow_run": {event: "workflow_run", payload: `{"action": "completed", "workflow_run": {"id": 99, "pull_requests": []}}`, want: with("workflow_run", func(e *Event) {
			e.Action, e.Trigger = "completed", RunRef{Owner: "acme", Repo: "charts", ID: 99}
		})},
		"github.com": {event: "schedule", more: []string{"GITHUB_SERVER_URL=", "GITHUB_API_URL=", "GITHUB_RUN_ATTEMPT="}, want: with("schedule", func(e *Event) {
			e.ServerURL, e.APIURL, e.Attempt = "https://github.com", DefaultAPIURL, 1
		})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadEvent(environment(t, c.event, c.payload, c.more...))
			if err != nil || got != c.want {
				t.Errorf("%v\n%+v, want\n%+v", err, got, c.want)
			}
		})
	}
}

// Payloads as GitHub sends them, see testdata/events/README.md.
func TestReadEventOfGitHub(t *testing.T) {
	const head, base = "ec26c3e57ca3a959ca5aad62de7213c562f8c821", "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
	hello, octo := "Codertocat/Hello-World", "octo-org/octo-repo"
	for file, c := range map[string]struct {
		repository string
		want       func(Event) bool
	}{
		"pull_request": {hello, func(e Event) bool {
			return e.PullRequest == 2 && e.HeadSHA == head && e.BaseSHA == base && e.HeadBranch == "changes" && e.BaseBranch == "master" &&
				e.HeadRepository == hello && !e.Fork && !e.ReadOnly && e.DefaultBranch == "master"
		}},
		"pull_request_fork": {hello, func(e Event) bool {
			return e.PullRequest == 2 && e.HeadRepository == "mallory/Hello-World" && e.Fork && e.ReadOnly
		}},
		"pull_request_gone": {hello, func(e Event) bool {
			return e.PullRequest == 2 && e.HeadRepository == "" && e.Fork && e.ReadOnly
		}},
		"push":            {hello, func(e Event) bool { return e.HeadSHA == sha("b") && e.BaseSHA == sha("a") && e.PullRequest == 0 }},
		"push_new_branch": {hello, func(e Event) bool { return e.HeadSHA == sha("b") && e.BaseSHA == "" }},
		"merge_group": {octo, func(e Event) bool {
			return strings.HasPrefix(e.HeadSHA, "2ffea6db") && strings.HasPrefix(e.BaseSHA, "380387fb") && e.BaseBranch == "main" && e.PullRequest == 0
		}},
		"workflow_run":      {octo, func(e Event) bool { return e.Trigger == RunRef{Owner: "octo-org", Repo: "octo-repo", ID: 289782451} }},
		"workflow_dispatch": {octo, func(e Event) bool { return e.DefaultBranch == "master" && e.HeadSHA == sha("c") && e.BaseSHA == "" }},
		"schedule":          {octo, func(e Event) bool { return e.DefaultBranch == "master" && e.HeadSHA == sha("c") && e.BaseSHA == "" }},
	} {
		t.Run(file, func(t *testing.T) {
			event, _, _ := strings.Cut(file, "_fork")
			event, _, _ = strings.Cut(event, "_gone")
			event, _, _ = strings.Cut(event, "_new_branch")
			path := filepath.Join("testdata", "events", file+".json")
			e, err := ReadEvent(environment(t, event, "", "GITHUB_REPOSITORY="+c.repository, "GITHUB_EVENT_PATH="+path))
			if err != nil || !c.want(e) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestReadEventRefuses(t *testing.T) {
	long := `{"action": "` + strings.Repeat("x", maxPayload) + `"}`
	for name, c := range map[string]struct {
		event, payload string
		more           []string
		want           string
	}{
		"at home":             {want: "GITHUB_EVENT_NAME is not set"},
		"no repository":       {event: "push", more: []string{"GITHUB_REPOSITORY=charts"}, want: "GITHUB_REPOSITORY"},
		"no run":              {event: "push", more: []string{"GITHUB_RUN_ID="}, want: "GITHUB_RUN_ID"},
		"no attempt":          {event: "push", more: []string{"GITHUB_RUN_ATTEMPT=-1"}, want: "GITHUB_RUN_ATTEMPT"},
		"no commit":           {event: "push", more: []string{"GITHUB_SHA=--upload-pack=x"}, want: "GITHUB_SHA"},
		"no payload":          {event: "pull_request", want: "GITHUB_EVENT_PATH is not set"},
		"a missing file":      {event: "push", more: []string{"GITHUB_EVENT_PATH=/missing/event.json"}, want: "/missing/event.json"},
		"a device":            {event: "push", more: []string{"GITHUB_EVENT_PATH=/dev/zero"}, want: "not a regular file"},
		"not JSON":            {event: "push", payload: "<html>", want: "event.json (GITHUB_EVENT_PATH): it is not JSON"},
		"two values":          {event: "push", payload: "{}{}", want: "not JSON"},
		"cut":                 {event: "push", payload: `{"before": "aa`, want: "not JSON"},
		"another type":        {event: "push", payload: `{"before": 1}`, want: "its field before is a JSON number"},
		"too large":           {event: "push", payload: long, want: "more than 33554432 bytes"},
		"no pull request":     {event: "pull_request", payload: "{}", want: "pull_request.number is missing"},
		"a negative number":   {event: "pull_request", payload: `{"pull_request": {"number": -3}}`, want: "pull_request.number is missing"},
		"two numbers":         {event: "pull_request", payload: strings.Replace(pull(sha("a"), "acme/charts"), `"number": 3`, `"number": 4`, 1), want: "#4 and #3"},
		"no head":             {event: "pull_request", payload: pull("", "acme/charts"), want: "head.sha"},
		"an option as commit": {event: "pull_request", payload: pull("--output=x", "acme/charts"), want: "no commit"},
		"a strange head":      {event: "pull_request", payload: pull(sha("a"), "acme/charts/../x"), want: "head.repo.full_name"},
		"no merge group":      {event: "merge_group", payload: "{}", want: "merge_group.head_sha"},
		"no trigger":          {event: "workflow_run", payload: "{}", want: "workflow_run.id"},
		"a bad base":          {event: "push", payload: `{"before": "HEAD; rm"}`, want: "no commit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadEvent(environment(t, c.event, c.payload, c.more...))
			contains(t, err, c.want)
		})
	}
}

func FuzzReadEvent(f *testing.F) {
	f.Add("pull_request", pull(sha("a"), "mallory/charts"))
	f.Add("merge_group", `{"merge_group": {"head_sha": "aa"}}`)
	f.Add("push", `{"before": "00", "after": "00"}`)
	f.Add("workflow_run", `{"workflow_run": {"id": 1}}`)
	f.Fuzz(func(t *testing.T, event, payload string) {
		p, err := parsePayload([]byte(payload))
		if err != nil {
			return
		}
		e := Event{Name: event, Repository: "acme/charts", SHA: sha("c"), HeadSHA: sha("c"), HeadRepository: "acme/charts"}
		if e.take(p, RunRef{Owner: "acme", Repo: "charts"}) != nil {
			return
		}
		for _, s := range []string{e.HeadSHA, e.BaseSHA} {
			if s != "" && !shaPattern.MatchString(s) {
				t.Errorf("%q is a commit", s)
			}
		}
		if e.PullRequest < 0 || fromPullRequest(event) != (e.PullRequest > 0) || e.Fork && e.PullRequest == 0 {
			t.Errorf("%+v", e)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	})
}
