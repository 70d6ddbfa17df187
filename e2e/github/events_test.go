//go:build e2e

package github

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/posthog/chart-matrix/internal/github"
)

// TestEventsOfGitHub reads every payload that GitHub publishes as an example, of
// whatever event, and compares what is read with what the payload says.
func TestEventsOfGitHub(t *testing.T) {
	needNode(t)
	var index []struct {
		Name     string
		Examples []json.RawMessage
	}
	must(t, json.Unmarshal([]byte(read(t, filepath.Join(octokit(t), "webhooks-examples", "api.github.com", "index.json"))), &index))
	seen := map[string]int{}
	for _, event := range index {
		for _, example := range event.Examples {
			seen[event.Name]++
			var p payload
			must(t, json.Unmarshal(example, &p))
			got, err := readEvent(t, event.Name, example, p)
			if err != nil {
				t.Errorf("%s %s: %v", event.Name, p.Action, err)
				continue
			}
			if want := p.event(event.Name); got != want {
				t.Errorf("%s %s:\n%+v, expected\n%+v", event.Name, p.Action, got, want)
			}
		}
	}
	for _, name := range []string{"pull_request", "merge_group", "push", "workflow_run", "workflow_dispatch"} {
		if seen[name] == 0 {
			t.Errorf("no example of %s; there are %v", name, seen)
		}
	}
}

// payload is what the test knows of a payload; a second reading, as plain as
// can be.
type payload struct {
	Action        string
	Before, After string
	Repository    struct {
		FullName string `json:"full_name"`
	}
	PullRequest struct {
		Number     int
		Head, Base struct {
			SHA  string
			Repo *struct {
				FullName string `json:"full_name"`
			}
		}
	} `json:"pull_request"`
	MergeGroup struct {
		HeadSHA string `json:"head_sha"`
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
	WorkflowRun struct{ ID int64 } `json:"workflow_run"`
}

// readOf is what counts of an event.
type readOf struct {
	number     int
	head, base string
	fork       bool
	trigger    int64
}

const someSHA = "00112233445566778899aabbccddeeff00112233"

// event is what must be read of the payload.
func (p payload) event(name string) readOf {
	out := readOf{head: someSHA}
	known := func(sha string) bool { return strings.Trim(sha, "0") != "" }
	switch name {
	case "pull_request", "pull_request_target":
		pr := p.PullRequest
		out = readOf{number: pr.Number, head: pr.Head.SHA, base: pr.Base.SHA}
		out.fork = pr.Head.Repo == nil || pr.Base.Repo == nil || pr.Head.Repo.FullName != pr.Base.Repo.FullName
	case "merge_group":
		out.head, out.base = p.MergeGroup.HeadSHA, p.MergeGroup.BaseSHA
	case "push":
		if known(p.After) {
			out.head = p.After
		}
		if known(p.Before) {
			out.base = p.Before
		}
	case "workflow_run":
		out.trigger = p.WorkflowRun.ID
	}
	return out
}

func readEvent(t *testing.T, name string, data []byte, p payload) (readOf, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "event.json")
	must(t, os.WriteFile(file, data, 0o600))
	repository := p.Repository.FullName
	if repository == "" {
		repository = "octo-org/octo-repo"
	}
	e, err := github.ReadEvent(func(variable string) string {
		return map[string]string{
			"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": file, "GITHUB_REPOSITORY": repository, "GITHUB_SHA": someSHA,
			"GITHUB_RUN_ID": "1", "GITHUB_ACTIONS": "true",
		}[variable]
	})
	return readOf{number: e.PullRequest, head: e.HeadSHA, base: e.BaseSHA, fork: e.Fork, trigger: e.Trigger.ID}, err
}

// TestOurEventsAreLikeGitHubs holds the payloads that internal/github is tested
// with against GitHub's schemas: among them those that GitHub has no example of.
func TestOurEventsAreLikeGitHubs(t *testing.T) {
	needNode(t)
	schema := filepath.Join(octokit(t), "webhooks-schemas", "schema.json")
	compiler := jsonschema.NewCompiler()
	// The library looks at what is between two slashes for itself, and refuses
	// {/sha}, which RFC 6570 allows.
	compiler.RegisterFormat(&jsonschema.Format{Name: "uri-template", Validate: func(any) error { return nil }})
	folder := filepath.Join(root(t), "internal", "github", "testdata", "events")
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	must(t, err)
	if len(files) < 6 {
		t.Fatalf("%d payloads in %s", len(files), folder)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, file)))
			must(t, err)
			definition := definitionOf(name)
			if definition == "repository" { // of an event that GitHub has no schema of
				value = value.(map[string]any)["repository"]
			}
			compiled, err := compiler.Compile(schema + "#/definitions/" + definition)
			must(t, err)
			if err := compiled.Validate(value); err != nil {
				t.Error(err)
			}
		})
	}
}

// definitionOf names the schema of a payload, which is called after its event.
func definitionOf(name string) string {
	for _, event := range []string{"pull_request", "merge_group", "workflow_run"} {
		if strings.HasPrefix(name, event) {
			return event + "_event"
		}
	}
	for _, event := range []string{"push", "workflow_dispatch"} {
		if strings.HasPrefix(name, event) {
			return event + "$event"
		}
	}
	return "repository"
}

// octokit is the folder with the packages of events/package.json.
func octokit(t *testing.T) string {
	t.Helper()
	return filepath.Join(npmFolder(t, "events", "events"), "node_modules", "@octokit")
}
