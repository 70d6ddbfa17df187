package github

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v50/github"
)

// maxArtifactPages bounds the artifacts of a run, all attempts together.
const maxArtifactPages = 110

// Artifact is a file that a run left.
type Artifact struct {
	ID   int64
	Name string
	// Size is in bytes, as GitHub keeps it: of the archive.
	Size    int64
	Expired bool
	// Digest is "sha256:" and the hexadecimal digest of what Download gets; empty
	// for artifacts that GitHub knows none of.
	Digest  string
	Created time.Time
	// URL is where people download it.
	URL string
}

// The answer about artifacts. The library's own type has no digest, which is
// newer.
type artifactPage struct {
	Artifacts []struct {
		ID        int64               `json:"id"`
		Name      string              `json:"name"`
		Size      int64               `json:"size_in_bytes"`
		Expired   bool                `json:"expired"`
		Digest    string              `json:"digest"`
		CreatedAt *gogithub.Timestamp `json:"created_at"`
		Run       *struct {
			ID         int64  `json:"id"`
			HeadBranch string `json:"head_branch"`
		} `json:"workflow_run"`
	} `json:"artifacts"`
}

// Artifacts lists what a run left under names that begin with prefix, by name;
// of one name, the newest first.
func (c *Client) Artifacts(ctx context.Context, ref RunRef, prefix string) ([]Artifact, error) {
	return c.artifacts(ctx, ref, prefix, "")
}

// artifacts lists those of a prefix or, with one request, those of one name.
func (c *Client) artifacts(ctx context.Context, ref RunRef, prefix, name string) ([]Artifact, error) {
	what := call{doing: fmt.Sprintf("list the artifacts of the run %d", ref.ID), repository: ref.Repository(), permission: "actions: read"}
	if err := ref.check(); err != nil {
		return nil, c.fail(what, err)
	}
	var out []Artifact
	seen := make(map[int64]bool)
	err := eachPage(what, maxArtifactPages, func(page gogithub.ListOptions) (*gogithub.Response, error) {
		got := new(artifactPage)
		resp, err := c.get(ctx, fmt.Sprintf("repos/%s/%s/actions/runs/%d/artifacts", ref.Owner, ref.Repo, ref.ID), artifactQuery(page, name), got)
		if err != nil {
			return nil, c.fail(what, err)
		}
		for _, a := range got.Artifacts {
			if seen[a.ID] || !strings.HasPrefix(a.Name, prefix) || name != "" && a.Name != name {
				continue
			}
			seen[a.ID] = true
			artifact := Artifact{
				ID: a.ID, Name: a.Name, Size: a.Size, Expired: a.Expired, Digest: a.Digest,
				URL: fmt.Sprintf("%s/%s/actions/runs/%d/artifacts/%d", c.server, ref.Repository(), ref.ID, a.ID),
			}
			if a.CreatedAt != nil {
				artifact.Created = a.CreatedAt.UTC()
			}
			out = append(out, artifact)
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Artifact) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(b.ID, a.ID))
	})
	return out, nil
}

func artifactQuery(page gogithub.ListOptions, name string) url.Values {
	q := url.Values{"per_page": {strconv.Itoa(page.PerPage)}, "page": {strconv.Itoa(page.Page)}}
	if name != "" {
		q.Set("name", name)
	}
	return q
}

// get asks for what the library has no type for.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) (*gogithub.Response, error) {
	req, err := c.api.NewRequest("GET", path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	return c.api.Do(ctx, req, into)
}
