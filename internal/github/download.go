package github

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
	"strings"
	"time"

	gogithub "github.com/google/go-github/v50/github"

	"github.com/posthog/chart-matrix/internal/store"
)

// MaxDownload is how large an artifact may be, in bytes, to be downloaded. A
// report of 256 jobs takes some 100 MB unpacked.
const MaxDownload = 512 << 20

const (
	downloadTries = 3
	stallTimeout  = 30 * time.Second // without a byte
)

// Download unpacks an artifact of the run into dir. The archive is bounded by
// MaxDownload while it arrives and lies beside nothing of the user's; where the
// artifact has a digest it must match. What is in it is for store.Unzip to judge.
//
// The API answers with an address elsewhere, which is followed without the
// token. A download that breaks off, or stands still for half a minute, begins
// anew; so does the address, which is good for a short time only.
func (c *Client) Download(ctx context.Context, run Run, a Artifact, dir string) (err error) {
	ref := run.Ref
	what := call{doing: fmt.Sprintf("download the artifact %q of the run %d", a.Name, ref.ID), repository: ref.Repository(), permission: "actions: read"}
	if err := ref.check(); err != nil {
		return c.fail(what, err)
	}
	if a.Expired {
		return c.fail(what, ErrExpired)
	}
	if a.Size > c.maxDownload {
		return c.fail(what, c.tooLarge(a.Size))
	}
	file, err := os.CreateTemp("", "chart-matrix-artifact-*.zip")
	if err != nil {
		return c.fail(what, fmt.Errorf("no room to download to: %w", err))
	}
	defer func() {
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}()
	var size int64
	for try := 1; ; try++ {
		if size, err = c.fetch(ctx, ref, a, file); err == nil {
			break
		}
		if !errors.Is(err, errBroken) || try == downloadTries || ctx.Err() != nil {
			return c.fail(what, err)
		}
		pause := backoff(try)
		c.log(fmt.Sprintf("the download of %q broke off; beginning anew in %s", a.Name, pause.Round(100*time.Millisecond)))
		if err := c.transport.sleep(ctx, pause); err != nil {
			return c.fail(what, err)
		}
	}
	return c.fail(what, store.Unzip(file, size, dir))
}

func (c *Client) tooLarge(size int64) error {
	return fmt.Errorf("it has %d bytes, and at most %d are downloaded", size, c.maxDownload)
}

// fetch writes an archive to a file, from its beginning.
func (c *Client) fetch(ctx context.Context, ref RunRef, a Artifact, file *os.File) (int64, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if err := file.Truncate(0); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, streamed{}, true))
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() { cancel(fmt.Errorf("%w: nothing arrived for %s", errBroken, c.stall)) })
	defer watch.Stop()
	req, err := c.api.NewRequest("GET", fmt.Sprintf("repos/%s/%s/actions/artifacts/%d/zip", ref.Owner, ref.Repo, a.ID), nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return 0, broken(ctx, err, c.api.BaseURL.String())
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	switch {
	case resp.StatusCode == http.StatusGone:
		return 0, ErrExpired
	case resp.StatusCode >= http.StatusInternalServerError:
		return 0, fmt.Errorf("%w: its store answered %s", errBroken, resp.Status)
	case resp.StatusCode != http.StatusOK:
		if c.transport.toAPI(resp.Request.URL) { // whose answers are in memory
			if err := gogithub.CheckResponse(resp); err != nil {
				return 0, err
			}
		}
		return 0, fmt.Errorf("its store, %s, answered %s", resp.Request.URL.Host, resp.Status)
	case resp.ContentLength > c.maxDownload:
		return 0, c.tooLarge(resp.ContentLength)
	}
	digest := sha256.New()
	body := &progress{Reader: io.LimitReader(resp.Body, c.maxDownload+1), arrived: func() { watch.Reset(c.stall) }}
	size, err := io.Copy(io.MultiWriter(failing{file}, digest), body)
	var disk *diskError
	switch {
	case errors.As(err, &disk):
		return 0, err
	case err != nil:
		return 0, broken(ctx, err, c.api.BaseURL.String())
	case size > c.maxDownload:
		return 0, c.tooLarge(size)
	}
	if want, ok := strings.CutPrefix(a.Digest, "sha256:"); ok {
		if got := hex.EncodeToString(digest.Sum(nil)); !strings.EqualFold(got, want) {
			return 0, fmt.Errorf("its digest is sha256:%s, and GitHub's list says sha256:%s; it is not used", got, oneLine(want))
		}
	}
	return size, nil
}

// broken tells what ended a download: the caller, or the connection.
func broken(ctx context.Context, err error, api string) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errBroken):
		return cause
	case cause != nil:
		return cause
	}
	var address *url.Error
	if errors.As(err, &address) && strings.HasPrefix(address.URL, api) {
		return err // the transport has tried again already
	}
	return fmt.Errorf("%w: %w", errBroken, err)
}

// progress says when something arrived.
type progress struct {
	io.Reader
	arrived func()
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		p.arrived()
	}
	return n, err
}

// failing marks the errors of the disk, which another download does not mend.
type failing struct{ io.Writer }

type diskError struct{ error }

func (d *diskError) Unwrap() error { return d.error }

func (f failing) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	if err != nil {
		err = &diskError{err}
	}
	return n, err
}
