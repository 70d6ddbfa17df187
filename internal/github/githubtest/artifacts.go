package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kept is how long artifacts are kept by default: 90 days.
const kept = 90 * 24 * time.Hour

// stored is an artifact and the run that made it.
type stored struct {
	run      *Run
	artifact Artifact
}

func listRunArtifacts(c *call) (any, *refusal) {
	run, no := c.run()
	if no != nil {
		return nil, no
	}
	return c.listStored(func(s stored) bool { return s.run.ID == run.ID })
}

func listArtifacts(c *call) (any, *refusal) { return c.listStored(func(stored) bool { return true }) }

// listStored lists artifacts newest first, unless the query asks otherwise.
func (c *call) listStored(keep func(stored) bool) (any, *refusal) {
	var found []stored
	for _, s := range c.stored() {
		if keep(s) && c.query("name", s.artifact.Name) == s.artifact.Name {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b stored) int { return int(b.artifact.ID - a.artifact.ID) })
	if c.query("direction", "desc") == "asc" {
		slices.Reverse(found)
	}
	return object{"total_count": len(found), "artifacts": paged(c, found, (*call).artifactJSON)}, nil
}

func (c *call) stored() []stored {
	var out []stored
	for i := range c.repo.Runs {
		for _, artifact := range c.repo.Runs[i].Artifacts {
			out = append(out, stored{&c.repo.Runs[i], artifact})
		}
	}
	return out
}

func (c *call) findStored() (stored, *refusal) {
	id := c.number("artifact_id")
	all := c.stored()
	i := slices.IndexFunc(all, func(s stored) bool { return s.artifact.ID == id })
	if i < 0 {
		return stored{}, notFound()
	}
	return all[i], nil
}

func getArtifact(c *call) (any, *refusal) {
	s, no := c.findStored()
	if no != nil {
		return nil, no
	}
	return c.artifactJSON(s), nil
}

func (c *call) artifactJSON(s stored) object {
	self := c.path(fmt.Sprint("/actions/artifacts/", s.artifact.ID))
	digest := any(s.artifact.Digest)
	if s.artifact.Digest == NoDigest {
		digest = nil
	}
	return object{
		"id": s.artifact.ID, "name": s.artifact.Name, "size_in_bytes": s.artifact.Size, "digest": digest,
		"url": self, "archive_download_url": self + "/zip", "expired": s.artifact.Expired,
		"created_at": stamp(s.artifact.Created), "updated_at": stamp(s.artifact.Created), "expires_at": stamp(s.artifact.Created.Add(kept)),
		"workflow_run": object{
			"id": s.run.ID, "head_branch": s.run.HeadBranch, "head_sha": s.run.HeadSHA,
			"repository_id": c.repo.ID, "head_repository_id": c.repositoryJSON(s.run.HeadRepository)["id"],
		},
	}
}

// downloadArtifact sends the client on to the storage, with a signed address. The
// public may not: downloads always ask for a token.
func downloadArtifact(c *call) (any, *refusal) {
	if c.token.isAnonymous() {
		return nil, refuse(http.StatusUnauthorized, "Requires authentication")
	}
	s, no := c.findStored()
	if no != nil {
		return nil, no
	}
	if c.values["archive_format"] != "zip" {
		return nil, notFound()
	}
	if s.artifact.Expired {
		return nil, refuse(http.StatusGone, "Artifact has expired")
	}
	c.status = http.StatusFound
	c.setHeader("Location", fmt.Sprintf("%s%s%d?sig=%s", c.blobURL(), blobPath, s.artifact.ID, signature(s.artifact.ID)))
	return nil, nil
}

const blobPath = "/blob/"

func signature(id int64) string { return madeSHA(fmt.Sprint("signature", id)) }

// serveBlob is the storage that holds archives. It takes the address's signature
// and no token: GitHub's storage refuses a request that has one, and a client
// that sends it has given it away.
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.strike(r.Method, r.URL.Path)
	out := s.blob(r)
	s.mu.Unlock()
	if fault != nil && fault.Status != 0 {
		out = faulty(fault, http.Header{})
	}
	s.send(w, r, sent{path: r.URL.Path}, out, fault)
}

func (s *Server) blob(r *http.Request) answer {
	id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, blobPath), 10, 64)
	header := http.Header{"Content-Type": {"application/xml"}}
	if r.Header.Get("Authorization") != "" {
		s.misfit("githubtest: the token was sent to " + r.Host + ", the storage of artifacts; follow the redirection without it")
		return answer{http.StatusUnauthorized, header, []byte("<Error><Code>InvalidAuthenticationInfo</Code></Error>")}
	}
	if err != nil || r.Method != http.MethodGet || r.URL.Query().Get("sig") != signature(id) {
		return answer{http.StatusForbidden, header, []byte("<Error><Code>AuthenticationFailed</Code></Error>")}
	}
	for _, repo := range s.state.Repositories {
		for _, run := range repo.Runs {
			for _, artifact := range run.Artifacts {
				if artifact.ID == id {
					return answer{http.StatusOK, http.Header{"Content-Type": {"zip"}}, artifact.Data}
				}
			}
		}
	}
	return answer{http.StatusNotFound, header, []byte("<Error><Code>BlobNotFound</Code></Error>")}
}
