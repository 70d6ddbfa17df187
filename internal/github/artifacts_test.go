package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/internal/store"
)

func archive(text string) []byte { return githubtest.Zip(map[string]string{"part.json": text}) }

func TestArtifactsOfManyPages(t *testing.T) {
	run := githubtest.Run{ID: 7}
	for i := range 256 {
		run.Artifacts = append(run.Artifacts, githubtest.Artifact{Name: fmt.Sprintf("chart-matrix.posthog.%s.1", jobID(i)), Data: archive("{}")})
	}
	run.Artifacts = append(run.Artifacts,
		githubtest.Artifact{Name: "chart-matrix.other.plan.1"},
		githubtest.Artifact{Name: "chart-matrix.posthog.plan.1", Expired: true, Digest: githubtest.NoDigest},
		githubtest.Artifact{ID: 1, Name: "chart-matrix.posthog.plan.1"},
	)
	_, c, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{run, {ID: 8, Artifacts: []githubtest.Artifact{{Name: "chart-matrix.posthog.plan.1"}}}}})
	got, err := c.Artifacts(t.Context(), charts, "chart-matrix.posthog.")
	if err != nil || len(got) != 258 || c.Calls() != 3 {
		t.Fatalf("%d artifacts in %d calls, %v", len(got), c.Calls(), err)
	}
	byName := map[string][]Artifact{}
	for i, a := range got {
		byName[a.Name] = append(byName[a.Name], a)
		if i > 0 && a.Name < got[i-1].Name {
			t.Errorf("%s comes after %s", a.Name, got[i-1].Name)
		}
	}
	plans := byName["chart-matrix.posthog.plan.1"]
	if len(plans) != 2 || !plans[0].Expired || plans[0].Digest != "" || plans[1].ID != 1 {
		t.Errorf("%+v", plans)
	}
	cell := byName["chart-matrix.posthog."+jobID(5)+".1"][0]
	if cell.Size == 0 || cell.Digest == "" || cell.Created.IsZero() ||
		cell.URL != fmt.Sprintf("%s/acme/charts/actions/runs/7/artifacts/%d", c.server, cell.ID) {
		t.Errorf("%+v", cell)
	}
}

// onlyArtifact is a fake of one artifact, and that artifact as it is listed.
func onlyArtifact(t *testing.T, a githubtest.Artifact) (*githubtest.Server, *Client, *clock, Artifact) {
	t.Helper()
	a.ID, a.Name = 71, "chart-matrix.posthog.plan.1"
	s, c, clock := fake(t, githubtest.Repository{Runs: []githubtest.Run{{ID: 7, Artifacts: []githubtest.Artifact{a}}}})
	listed, err := c.Artifacts(t.Context(), charts, "")
	if err != nil || len(listed) != 1 {
		t.Fatalf("%+v, %v", listed, err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Cleanup(func() {
		left, err := filepath.Glob(filepath.Join(os.TempDir(), "chart-matrix-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return s, c, clock, listed[0]
}

func download(t *testing.T, c *Client, a Artifact) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	err := c.Download(t.Context(), Run{Ref: charts}, a, dir)
	data, readErr := os.ReadFile(filepath.Join(dir, "part.json"))
	if (err == nil) != (readErr == nil) || err != nil && !errors.Is(readErr, fs.ErrNotExist) {
		t.Errorf("download: %v; reading: %v", err, readErr)
	}
	return string(data), err
}

func TestDownload(t *testing.T) {
	blob := "GET /blob/71"
	for name, arrange := range map[string]func(*githubtest.Server, *Client){
		"at once": func(*githubtest.Server, *Client) {},
		"API 502": func(s *githubtest.Server, _ *Client) {
			s.Fail("GET /repos/*/*/actions/artifacts/*/zip", 2, githubtest.ServerError(502))
		},
		"API limited": func(s *githubtest.Server, _ *Client) {
			s.Fail("GET /repos/*/*/actions/artifacts/*/zip", 1, githubtest.SecondaryLimit(time.Second))
		},
		"store 503":       func(s *githubtest.Server, _ *Client) { s.Fail(blob, 2, githubtest.ServerError(503)) },
		"store truncates": func(s *githubtest.Server, _ *Client) { s.Fail(blob, 2, githubtest.Fault{Cut: 30}) },
		"store resets":    func(s *githubtest.Server, _ *Client) { s.Fail(blob, 2, githubtest.Fault{Reset: true}) },
		"store hangs": func(s *githubtest.Server, c *Client) {
			c.stall = 100 * time.Millisecond
			s.Fail(blob, 1, githubtest.Fault{Delay: time.Minute})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _, a := onlyArtifact(t, githubtest.Artifact{Data: archive("hello")})
			arrange(s, c)
			if got, err := download(t, c, a); err != nil || got != "hello" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestDownloadRefused(t *testing.T) {
	blob := "GET /blob/71"
	for name, c := range map[string]struct {
		artifact githubtest.Artifact
		arrange  func(*githubtest.Server, *Artifact)
		want     []string
	}{
		"expired":            {artifact: githubtest.Artifact{Expired: true}, want: []string{"expired"}},
		"expired meanwhile":  {artifact: githubtest.Artifact{Expired: true}, arrange: func(_ *githubtest.Server, a *Artifact) { a.Expired = false }, want: []string{"expired"}},
		"deleted":            {arrange: func(_ *githubtest.Server, a *Artifact) { a.ID = 72 }, want: []string{"404", "actions: read"}},
		"another digest":     {artifact: githubtest.Artifact{Data: archive("x"), Digest: "sha256:00"}, want: []string{"its digest is sha256:", "sha256:00", "not used"}},
		"too large":          {artifact: githubtest.Artifact{Size: MaxDownload + 1}, want: []string{fmt.Sprint(MaxDownload + 1), "at most"}},
		"no archive":         {artifact: githubtest.Artifact{Data: []byte("<html>")}, want: []string{"unpacking"}},
		"store says no":      {artifact: githubtest.Artifact{Data: archive("x")}, arrange: func(s *githubtest.Server, _ *Artifact) { s.Fail(blob, -1, githubtest.ServerError(403)) }, want: []string{"its store", "403"}},
		"store always fails": {artifact: githubtest.Artifact{Data: archive("x")}, arrange: func(s *githubtest.Server, _ *Artifact) { s.Fail(blob, -1, githubtest.ServerError(500)) }, want: []string{"500"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, client, _, a := onlyArtifact(t, c.artifact)
			if c.arrange != nil {
				c.arrange(s, &a)
			}
			_, err := download(t, client, a)
			contains(t, err, append(c.want, "cannot download the artifact", "acme/charts")...)
			if (name == "expired" || name == "expired meanwhile") != errors.Is(err, ErrExpired) {
				t.Errorf("%v", err)
			}
			if client.Calls() > 1+downloadTries {
				t.Errorf("%d calls", client.Calls())
			}
		})
	}
}

// A server may send the archive itself; its length may be unknown.
func TestDownloadFromTheAPI(t *testing.T) {
	data := archive(strings.Repeat("x", 5000) + fmt.Sprint(rand.Perm(5000)))
	c := served(t, func(w http.ResponseWriter, _ *http.Request) {
		for part := range slices.Chunk(data, 1000) {
			_, _ = w.Write(part)
			_ = http.NewResponseController(w).Flush()
		}
	})
	c.transport.maxAnswer = 100 // for answers in memory
	dir := filepath.Join(t.TempDir(), "out")
	if err := c.Download(t.Context(), Run{Ref: charts}, Artifact{ID: 1, Name: "a"}, dir); err != nil {
		t.Error(err)
	}
	c.maxDownload = int64(len(data)) - 1
	err := c.Download(t.Context(), Run{Ref: charts}, Artifact{ID: 1, Name: "a"}, dir+"2")
	contains(t, err, fmt.Sprintf("at most %d are downloaded", c.maxDownload))
	if _, err := os.Stat(dir + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestDownloadIsCancelled(t *testing.T) {
	s, c, _, a := onlyArtifact(t, githubtest.Artifact{Data: archive("x")})
	s.Fail("GET /blob/71", -1, githubtest.Fault{Delay: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	err := c.Download(ctx, Run{Ref: charts}, a, filepath.Join(t.TempDir(), "out"))
	if !errors.Is(err, context.Canceled) || c.Calls() != 2 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}

func TestDownloadToWhereSomethingIs(t *testing.T) {
	_, c, _, a := onlyArtifact(t, githubtest.Artifact{Data: archive("x")})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Download(t.Context(), Run{Ref: charts}, a, dir); !errors.Is(err, store.ErrOccupied) {
		t.Error(err)
	}
}

func TestDownloadWithoutRoom(t *testing.T) {
	_, c, _, a := onlyArtifact(t, githubtest.Artifact{Data: archive("x")})
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	_, err := download(t, c, a)
	contains(t, err, "no room to download to")
	t.Setenv("TMPDIR", t.TempDir())
}
