package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// fetchTime bounds how long the network may take; one commit of a large
// repository takes seconds.
const fetchTime = 3 * time.Minute

// Export writes the files of a commit into the folder into, which has to be
// empty or absent. The commit is one of the repository that holds repoDir: a full
// hash, or the name of a branch or tag. A full hash that a shallow checkout lacks
// is fetched from origin, that commit alone.
//
// Files come as they were committed: of the attributes only those on line ends
// and encodings act, no filter runs (what Git LFS keeps elsewhere stays a
// pointer), and submodules stay empty. On an error nothing is left in the folder.
//
// The error wraps ErrNotRepository, ErrUnknownCommit or ErrFetch where it is one
// of these.
func Export(ctx context.Context, repoDir, ref, into string) (err error) {
	r, err := open(repoDir)
	if err != nil {
		return err
	}
	hash, err := r.have(ctx, ref)
	if err != nil {
		return err
	}
	into, err = emptyFolder(into)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIn(into))
		}
	}()
	return r.checkOut(ctx, hash, into)
}

// have gives the hash of a commit and sees to it that it is here.
func (r *repository) have(ctx context.Context, ref string) (string, error) {
	hash, err := r.commit(ctx, ref)
	if !errors.Is(err, ErrUnknownCommit) {
		return hash, err
	}
	shallow, shallowErr := r.run(ctx, "rev-parse", "--is-shallow-repository")
	if shallowErr != nil {
		return "", errors.Join(err, shallowErr)
	}
	if shallow != "true" || !isHash(ref) {
		return "", fmt.Errorf("%w; fetch it first: git fetch origin %s", err, ref)
	}
	if err := r.fetch(ctx, ref); err != nil {
		return "", err
	}
	return r.commit(ctx, ref)
}

// fetch gets one commit without its history. Only for a shallow repository: a
// whole one would become shallow by it.
func (r *repository) fetch(ctx context.Context, hash string) error {
	limited, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	_, err := r.run(limited, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--refmap=",
		"--no-recurse-submodules", "--no-auto-maintenance", "origin", hash)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return err
	default:
		return fmt.Errorf("%s: %w from origin: %w\nthe checkout is shallow; fetch-depth: 0 at actions/checkout makes it whole", hash, ErrFetch, err)
	}
}

// checkOut writes a commit's files by an index of their own.
func (r *repository) checkOut(ctx context.Context, hash, into string) error {
	own, err := os.MkdirTemp("", "chart-matrix-index-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(own) }() // a temporary file
	gitDir, err := r.run(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return err
	}
	settings, err := r.plainSettings(ctx)
	if err != nil {
		return err
	}
	apart := *r
	apart.env = append(append(apart.env[:len(apart.env):len(apart.env)], settings...),
		"GIT_DIR="+gitDir, "GIT_WORK_TREE="+into, "GIT_INDEX_FILE="+filepath.Join(own, "index"))
	apart.top = into
	if _, err := apart.run(ctx, "read-tree", "--no-sparse-checkout", hash); err != nil {
		return err
	}
	_, err = apart.run(ctx, "checkout-index", "--all", "--quiet")
	return err
}

// plainSettings are settings, as environment, that keep a checkout to what was
// committed: no filters, no hooks, no sparse checkout, no files beside the index.
func (r *repository) plainSettings(ctx context.Context) ([]string, error) {
	settings := [][2]string{
		{"core.hooksPath", os.DevNull}, {"core.fsmonitor", "false"}, {"core.splitIndex", "false"},
		{"core.sparseCheckout", "false"}, {"core.autocrlf", "false"},
	}
	names, err := r.run(ctx, "config", "--null", "--name-only", "--get-regexp", `^filter\..*\.(smudge|process|required)$`)
	var exit *exitError
	if err != nil && (!errors.As(err, &exit) || exit.code != 1) { // 1: there is none
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimRight(names, "\x00"), "\x00") {
		switch {
		case name == "":
		case strings.HasSuffix(name, ".required"):
			settings = append(settings, [2]string{name, "false"})
		default:
			settings = append(settings, [2]string{name, ""})
		}
	}
	// https://git-scm.com/docs/git-config#ENVIRONMENT; the names of filters may
	// hold anything, which -c would misread.
	env := []string{"GIT_CONFIG_COUNT=" + strconv.Itoa(len(settings))}
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s[1]))
	}
	return env, nil
}

// emptyFolder makes sure that there is an empty folder, and gives its absolute path.
func emptyFolder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(abs)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty; a commit is written into an empty folder only", dir)
	}
	return abs, nil
}

// removeIn removes what is in a folder.
func removeIn(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}
