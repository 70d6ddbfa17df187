package chart

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/repo/v1"
)

// readIndex reads the index of a Helm repository.
func (p *Published) readIndex(ctx context.Context) error {
	data, err := p.get(ctx, p.Address+"/index.yaml", maxIndex)
	if err != nil {
		return err
	}
	// Helm reads an index from a file alone.
	file, err := os.CreateTemp("", "chart-matrix-index-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // temporary, the system clears it too
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	index, err := repo.LoadIndexFile(file.Name())
	if err != nil {
		return fmt.Errorf("expected an index.yaml as `helm repo index` writes it: %w", errors.New(strings.ReplaceAll(err.Error(), file.Name(), "index.yaml")))
	}
	p.entries = map[string]*repo.ChartVersion{}
	for _, e := range index.Entries[p.Name] {
		v, err := semver.NewVersion(e.Version)
		if err != nil || len(e.URLs) == 0 || e.Removed {
			continue
		}
		if _, twice := p.entries[e.Version]; !twice {
			p.versions = append(p.versions, v)
			p.entries[e.Version] = e
		}
	}
	newestFirst(p.versions)
	return nil
}

// download gets a version out of a Helm repository.
func (p *Published) download(ctx context.Context, kept *archives, version string) (string, error) {
	e := p.entries[version]
	if e == nil {
		return "", errors.New("the repository has no such version")
	}
	digest := strings.ToLower(strings.TrimPrefix(e.Digest, "sha256:"))
	if digest != "" {
		if path, ok := kept.find(digest); ok {
			return path, nil
		}
	}
	address, err := repo.ResolveReferenceURL(p.Address, e.URLs[0])
	if err != nil {
		return "", fmt.Errorf("the index gives the address %q: %w", e.URLs[0], err)
	}
	data, err := p.get(ctx, address, maxArchive)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	have := hex.EncodeToString(sum[:])
	if digest != "" && have != digest {
		return "", fmt.Errorf("%s is not what the index says: expected SHA-256 %s, have %s", address, digest, have)
	}
	return kept.keep(have, data)
}

// get reads what an address has, with the login that the user's Helm has for
// the repository. It goes to no other host.
func (p *Published) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return nil, fmt.Errorf("expected an address like https://example.com/charts or oci://example.com/charts, have %s", address)
	}
	req.Header.Set("User-Agent", "chart-matrix")
	if home, err := url.Parse(p.Address); err == nil && home.Host == req.URL.Host && home.Scheme == req.URL.Scheme {
		user, password, err := login(p.Address)
		if err != nil {
			return nil, err
		}
		if user != "" || password != "" {
			req.SetBasicAuth(user, password)
		}
	}
	res, err := httpClient(ctx, limit).Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, res.Status)
	}
	return io.ReadAll(res.Body)
}

// boundedTransport ends requests with a context, as Helm's clients take none,
// and bounds answers.
type boundedTransport struct {
	ctx   context.Context //nolint:containedctx // Helm's clients take none
	base  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (t *boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(req.WithContext(t.ctx))
	if err != nil {
		return nil, err
	}
	res.Body = &boundedBody{ReadCloser: res.Body, left: t.limit, limit: t.limit}
	return res, nil
}

type boundedBody struct {
	io.ReadCloser
	left, limit int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the answer has more than %d MB", b.limit>>20)
	}
	return n, err
}

// archives are downloaded charts in a folder of the cache. A file's name is the
// key under which it was asked for, and the SHA-256 of what is in it.
type archives struct{ dir string }

// archiveKey is what may be a part of a file's name: digests.
var archiveKey = regexp.MustCompile(`^(oci-)?[0-9a-f]{64,128}$`)

// find gives the path of an archive that is there and whole.
func (a *archives) find(key string) (string, bool) {
	if !archiveKey.MatchString(key) {
		return "", false
	}
	found, _ := filepath.Glob(filepath.Join(a.dir, key+"-*.tgz")) // the pattern is right
	for _, path := range found {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if sum := sha256.Sum256(data); filepath.Base(path) == key+"-"+hex.EncodeToString(sum[:])+".tgz" {
			return path, true
		}
	}
	return "", false
}

// keep writes an archive and gives its path. Others may do the same.
func (a *archives) keep(key string, data []byte) (string, error) {
	if !archiveKey.MatchString(key) {
		return "", fmt.Errorf("%q is no digest", key)
	}
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	path := filepath.Join(a.dir, key+"-"+hex.EncodeToString(sum[:])+".tgz")
	tmp, err := os.CreateTemp(a.dir, "new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone under its own name
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(tmp.Name(), path)
}
