// Package git reads commits of the repository that a chart lies in. It runs the
// user's own git, which knows the credentials, and leaves no trace in the
// checkout: the index, the work tree, the branches and the list of worktrees stay
// as they are.
package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/posthog/chart-matrix/internal/command"
)

// What can be wrong with a repository, besides git itself.
var (
	ErrNotRepository = errors.New("not in a git repository")
	ErrUnknownCommit = errors.New("no such commit")
	ErrFetch         = errors.New("the commit could not be fetched")
)

// repository is a checkout, by the folder that holds its .git.
type repository struct {
	top string
	// env is added to that of every git, which then asks nothing of a terminal,
	// speaks English, and runs none of the programs that a configuration may name.
	env []string
}

// open finds the repository that holds the folder dir.
func open(dir string) (*repository, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, err
	} else if !info.IsDir() {
		abs = filepath.Dir(abs)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	for top := abs; ; top = filepath.Dir(top) {
		// A file in linked worktrees and in submodules, a folder elsewhere.
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return &repository{top: top, env: []string{
				"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C", "LANGUAGE=",
			}}, nil
		}
		if top == filepath.Dir(top) {
			return nil, fmt.Errorf("%s: %w; check the chart out with its history, or leave the commit out", dir, ErrNotRepository)
		}
	}
}

// run runs git in the repository and gives what it prints; another exit code
// than 0 is an *exitError.
func (r *repository) run(ctx context.Context, args ...string) (string, error) {
	return r.list(ctx, 0, args...)
}

// list is run for what prints much: as many bytes of it are kept; 0 is the
// default of command.
func (r *repository) list(ctx context.Context, bytes int, args ...string) (string, error) {
	res, err := command.Run(ctx, command.Spec{Argv: append([]string{"git"}, args...), Dir: r.top, Env: r.env, KeepBytes: bytes})
	if errors.Is(err, command.ErrNotFound) {
		return "", fmt.Errorf("%w; install git, or leave the commit out", err)
	}
	if err != nil {
		return "", err
	}
	if res.ExitCode != 0 {
		return "", &exitError{command: args[0], code: res.ExitCode, stderr: strings.TrimSpace(res.Stderr)}
	}
	return strings.TrimSpace(res.Stdout), nil
}

// exitError is a git that ran and refused.
type exitError struct {
	command string
	code    int
	stderr  string
}

func (e *exitError) Error() string {
	msg := fmt.Sprintf("git %s exits with %d", e.command, e.code)
	if e.stderr != "" {
		msg += ": " + e.stderr
	}
	return msg
}

// Prefix gives the folder dir as a path inside its repository, with slashes and
// none at the end; "." is the repository's top.
func Prefix(dir string) (string, error) {
	r, err := open(dir)
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	rel, err := filepath.Rel(r.top, abs)
	if err != nil {
		return "", err
	}
	return filepath.ToSlash(rel), nil
}

// commit gives the full hash of the commit that ref names.
func (r *repository) commit(ctx context.Context, ref string) (string, error) {
	if err := checkRef(ref); err != nil {
		return "", err
	}
	// The suffix asks for the commit itself: the hash of one that is not here
	// would be taken at its word otherwise.
	hash, err := r.run(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	var exit *exitError
	if errors.As(err, &exit) && (exit.code == 1 || isHash(ref)) {
		return "", fmt.Errorf("%s: %w in %s", ref, ErrUnknownCommit, r.top)
	}
	return hash, err
}

// checkRef refuses what no reference or hash can be
// (https://git-scm.com/docs/git-check-ref-format), above all options.
func checkRef(ref string) error {
	bad := func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`:?*[\`, c) }
	if ref == "" || ref[0] == '-' || strings.ContainsFunc(ref, bad) {
		return fmt.Errorf("%q: expected a commit's hash, or the name of a branch or tag", ref)
	}
	return nil
}

// isHash tells a full hash: 40 digits of SHA-1, or 64 of SHA-256.
func isHash(ref string) bool {
	return (len(ref) == 40 || len(ref) == 64) && strings.Trim(ref, "0123456789abcdefABCDEF") == ""
}
