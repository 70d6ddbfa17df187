package k3s

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// Bounds of what a release server may send. A program had 75 MB in 2026.
const (
	maxProgramBytes = 400 << 20
	maxSumsBytes    = 64 << 10
	// stallAfter is how long a server may send nothing.
	stallAfter = 30 * time.Second
)

var sumPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// errStalled is why a request ends whose server sends nothing.
var errStalled = errors.New("the server sent nothing for too long")

// artifact gives the name of the program and of the list of checksums for an
// architecture, as install.sh of github.com/k3s-io/k3s has them.
func artifact(arch string) (program, sums string, err error) {
	switch arch {
	case "amd64":
		return "k3s", "sha256sum-amd64.txt", nil
	case "arm64":
		return "k3s-arm64", "sha256sum-arm64.txt", nil
	case "arm":
		return "k3s-armhf", "sha256sum-arm.txt", nil
	}
	return "", "", fmt.Errorf("%w: k3s has no release for %s; have amd64, arm64, arm", provider.ErrUnavailable, arch)
}

// program gives the path of the released program of a tag. It comes from the
// cache where it is there, and what is there is checked against its checksum
// every time.
func (p *Provider) program(ctx context.Context, tag string) (string, error) {
	name, sums, err := artifact(runtime.GOARCH)
	if err != nil {
		return "", err
	}
	known := filepath.Join(p.cache(), "releases", tag, sums)
	if data, err := os.ReadFile(known); err == nil {
		if sum := strings.TrimSpace(string(data)); sumPattern.MatchString(sum) {
			path := filepath.Join(p.cache(), sum, "k3s")
			if verify(path, sum) == nil {
				return path, nil
			}
		}
	}
	base := strings.TrimRight(or(p.Releases, DefaultReleases), "/") + "/" + tag + "/"
	list, err := p.get(ctx, base+sums, maxSumsBytes)
	if err != nil {
		return "", fmt.Errorf("fetching the checksums of k3s %s: %w", tag, err)
	}
	sum, err := sumOf(list, name)
	if err != nil {
		return "", fmt.Errorf("%s%s: %w", base, sums, err)
	}
	path := filepath.Join(p.cache(), sum, "k3s")
	if verify(path, sum) != nil {
		if err := p.download(ctx, base+name, sum, path); err != nil {
			return "", fmt.Errorf("fetching k3s %s: %w", tag, err)
		}
	}
	if err := writeWhole(known, []byte(sum+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("keeping the checksum of k3s %s: %w", tag, err)
	}
	return path, nil
}

// sumOf finds a file's checksum in what sha256sum prints: the digest, two
// characters and the name.
func sumOf(list []byte, name string) (string, error) {
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && strings.TrimPrefix(fields[1], "*") == name {
			if !sumPattern.MatchString(fields[0]) {
				return "", fmt.Errorf("the checksum of %s is %.80q; expected 64 hexadecimal digits", name, fields[0])
			}
			return fields[0], nil
		}
	}
	return "", fmt.Errorf("it has no checksum of %s", name)
}

// verify tells whether a file is there and is the one with that checksum.
func verify(path, sum string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	return compare(hash.Sum(nil), sum)
}

func compare(got []byte, want string) error {
	if have := hex.EncodeToString(got); have != want {
		return fmt.Errorf("its SHA-256 is %s; expected %s, as its release says; the download or the mirror is broken", have, want)
	}
	return nil
}

// download fetches a program to path, which has it whole and right or not at all.
func (p *Provider) download(ctx context.Context, from, sum, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".incoming-")
	if err != nil {
		return err
	}
	defer func() {
		_ = f.Close()           // it is closed by now, or of no use
		_ = os.Remove(f.Name()) // it has its new name by now, or is of no use
	}()
	hash := sha256.New()
	if err := p.copyFrom(ctx, from, io.MultiWriter(f, hash), maxProgramBytes); err != nil {
		return err
	}
	if err := compare(hash.Sum(nil), sum); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := errors.Join(f.Chmod(0o755), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// get fetches a small file.
func (p *Provider) get(ctx context.Context, from string, limit int64) ([]byte, error) {
	var b bytes.Buffer
	err := p.copyFrom(ctx, from, &b, limit)
	return b.Bytes(), err
}

// copyFrom fetches a file of at most limit bytes. An error that another try
// may not meet wraps provider.ErrTransient.
func (p *Provider) copyFrom(ctx context.Context, from string, to io.Writer, limit int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(p.stall(), func() { cancel(errStalled) })
	defer timer.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "chart-matrix")
	response, err := p.client().Do(request)
	if err != nil {
		return transient(ctx, from, err)
	}
	defer func() { _ = response.Body.Close() }() // what was read of it is judged on its own
	if response.StatusCode != http.StatusOK {
		err := fmt.Errorf("%s: the server answers %s", from, response.Status)
		switch {
		case response.StatusCode == http.StatusNotFound:
			return fmt.Errorf("%w; there is no such release, or the mirror lacks it", err)
		case response.StatusCode == http.StatusTooManyRequests, response.StatusCode >= 500:
			return fmt.Errorf("%w: %w", provider.ErrTransient, err)
		}
		return err
	}
	n, err := io.Copy(to, &watched{r: io.LimitReader(response.Body, limit+1), timer: timer, after: p.stall()})
	if err != nil {
		var local *fs.PathError
		if errors.As(err, &local) { // the disk, not the server
			return err
		}
		return transient(ctx, from, err)
	}
	if n > limit {
		return fmt.Errorf("%s: the file has more than %d bytes, which is no release of k3s", from, limit)
	}
	return nil
}

// transient says why a request ended: because the caller's time was over, or
// for a reason that may pass.
func transient(ctx context.Context, from string, err error) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errStalled):
		return fmt.Errorf("%s: %w: %w", from, provider.ErrTransient, cause)
	case cause != nil:
		return fmt.Errorf("%s: %w", from, cause)
	}
	return fmt.Errorf("%w: %w", provider.ErrTransient, err)
}

// watched puts a timer off whenever something arrives.
type watched struct {
	r     io.Reader
	timer *time.Timer
	after time.Duration
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.timer.Reset(w.after)
	}
	return n, err
}

func (p *Provider) stall() time.Duration {
	if p.host.stall > 0 {
		return p.host.stall
	}
	return stallAfter
}

// client follows redirects, as GitHub's releases need, but never to where
// what comes could be changed on its way.
func (p *Provider) client() *http.Client {
	client := http.Client{}
	if p.HTTP != nil {
		client = *p.HTTP
	}
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("it redirects more than ten times")
		}
		if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
			return fmt.Errorf("it redirects to %s://%s, which is not encrypted", next.URL.Scheme, next.URL.Host)
		}
		return nil
	}
	return &client
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".incoming-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it may not be there
	}
	return err
}
