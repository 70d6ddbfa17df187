package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newRepo makes a repository with one commit of the files and gives its folder
// and the commit's hash. Nothing of the machine's own configuration is used.
func newRepo(t *testing.T, files map[string]string) (dir, hash string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	for k, v := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": t.TempDir(),
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
	} {
		t.Setenv(k, v)
	}
	dir = t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	return dir, commitFiles(t, dir, files)
}

func commitFiles(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--allow-empty", "-m", "files")
	return git(t, dir, "rev-parse", "HEAD")
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// tree gives what is in a folder, .git apart.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == ".git" {
			return errors.Join(err, skip(p))
		}
		full := filepath.Join(dir, p)
		switch {
		case d.IsDir():
		case d.Type()&fs.ModeSymlink != 0:
			out[p], err = os.Readlink(full)
			out[p] = "-> " + out[p]
		default:
			var data []byte
			data, err = os.ReadFile(full)
			out[p] = string(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func skip(p string) error {
	if p == ".git" {
		return fs.SkipDir
	}
	return nil
}

func TestExportLeavesNoTrace(t *testing.T) {
	dir, _ := newRepo(t, map[string]string{"charts/web/Chart.yaml": "old", "gone": "x", "run.sh": "#!"})
	if err := os.Symlink("charts/web", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := os.Chmod(filepath.Join(dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := commitFiles(t, dir, nil)
	git(t, dir, "rm", "--quiet", "gone")
	commitFiles(t, dir, map[string]string{"charts/web/Chart.yaml": "new"})
	// Work in progress: staged, changed and unknown files.
	if err := os.WriteFile(filepath.Join(dir, "staged"), []byte("s"), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "staged")
	if err := os.WriteFile(filepath.Join(dir, "charts/web/Chart.yaml"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, status := tree(t, filepath.Join(dir, ".git")), git(t, dir, "status", "--porcelain")
	before["index"] = "" // status above may refresh it
	for _, ref := range []string{old, old[:12], "HEAD~1", "main~1"} {
		into := filepath.Join(t.TempDir(), "base")
		if err := Export(t.Context(), filepath.Join(dir, "charts", "web"), ref, into); err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		got := tree(t, into)
		if len(got) != 4 || got["charts/web/Chart.yaml"] != "old" || got["gone"] != "x" || got["link"] != "-> charts/web" {
			t.Errorf("%s: got %v", ref, got)
		}
		if info, err := os.Stat(filepath.Join(into, "run.sh")); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("%s: run.sh is not executable: %v", ref, err)
		}
	}
	after := tree(t, filepath.Join(dir, ".git"))
	after["index"] = ""
	if len(after) != len(before) {
		t.Errorf("%d files in .git, %d before", len(after), len(before))
	}
	for name, text := range before {
		if after[name] != text {
			t.Errorf(".git/%s changed", name)
		}
	}
	if again := git(t, dir, "status", "--porcelain"); again != status {
		t.Errorf("status\n%s\nbefore\n%s", again, status)
	}
}

// TestExportRunsNothing sets everything up that a configuration and attributes
// can start: hooks, filters that must succeed, a file monitor, a sparse checkout.
func TestExportRunsNothing(t *testing.T) {
	dir, _ := newRepo(t, map[string]string{"a.txt": "text\n", "charts/big.tgz": "version https://git-lfs.github.com/spec/v1\n"})
	witness := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch '"+witness+"'\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hash := commitFiles(t, dir, map[string]string{".gitattributes": "*.tgz filter=lfs diff=lfs -text\n*.txt filter=od=d.x export-ignore\n"})
	for _, name := range []string{"post-checkout", "post-index-change", "reference-transaction"} {
		if err := os.Symlink(script, filepath.Join(dir, ".git", "hooks", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range [][2]string{
		{"filter.lfs.smudge", script}, {"filter.lfs.process", script}, {"filter.lfs.required", "true"},
		{"filter.od=d.x.smudge", script}, {"filter.od=d.x.required", "true"},
		{"core.fsmonitor", script}, {"core.splitIndex", "true"}, {"core.sparseCheckout", "true"}, {"core.autocrlf", "true"},
	} {
		git(t, dir, "config", s[0], s[1])
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "sparse-checkout"), []byte("/charts/\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	if err := Export(t.Context(), dir, hash, into); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, into); got["a.txt"] != "text\n" || !strings.HasPrefix(got["charts/big.tgz"], "version https://git-lfs") {
		t.Errorf("got %v", got)
	}
	if _, err := os.Stat(witness); err == nil {
		t.Error("a program of the configuration ran")
	}
	if shared, _ := filepath.Glob(filepath.Join(dir, ".git", "sharedindex.*")); len(shared) > 0 {
		t.Errorf("left %v behind", shared)
	}
}

func TestExportLeavesSubmodulesEmpty(t *testing.T) {
	inner, pinned := newRepo(t, map[string]string{"inside": "x"})
	_ = inner
	dir, _ := newRepo(t, map[string]string{"a": "b"})
	git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+pinned+",vendor/lib")
	git(t, dir, "commit", "--quiet", "-m", "submodule")
	into := t.TempDir()
	if err := Export(t.Context(), dir, "HEAD", into); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(into, "vendor", "lib")); err != nil || !info.IsDir() {
		t.Errorf("no folder for the submodule: %v", err)
	}
	if got := tree(t, into); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestExportFetchesIntoAShallowCheckout(t *testing.T) {
	origin, old := newRepo(t, map[string]string{"a": "old"})
	commitFiles(t, origin, map[string]string{"a": "newer"})
	commitFiles(t, origin, map[string]string{"a": "newest"})
	git(t, origin, "config", "uploadpack.allowAnySHA1InWant", "true") // as GitHub
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, origin, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(origin), clone)
	refs := git(t, clone, "for-each-ref")

	into := filepath.Join(t.TempDir(), "base")
	if err := Export(t.Context(), clone, old, into); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, into); got["a"] != "old" {
		t.Errorf("got %v", got)
	}
	if now := git(t, clone, "for-each-ref"); now != refs {
		t.Errorf("references changed:\n%s\nbefore\n%s", now, refs)
	}
	if _, err := os.Stat(filepath.Join(clone, ".git", "FETCH_HEAD")); err == nil {
		t.Error("FETCH_HEAD was written")
	}

	// One that nobody has, and a network that is down.
	absent := strings.Repeat("ab", 20)
	err := Export(t.Context(), clone, absent, filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, ErrFetch) || !strings.Contains(err.Error(), "fetch-depth: 0") {
		t.Errorf("got %v", err)
	}
	if err := os.RemoveAll(origin); err != nil {
		t.Fatal(err)
	}
	into = filepath.Join(t.TempDir(), "none")
	if err := Export(t.Context(), clone, absent, into); !errors.Is(err, ErrFetch) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(into); err == nil {
		t.Error("a folder was made for nothing")
	}
}

func TestExportRefuses(t *testing.T) {
	dir, hash := newRepo(t, map[string]string{"a": "b"})
	for _, c := range []struct {
		name, dir, ref string
		is             error
		says           string
	}{
		{"unknown branch", dir, "nope", ErrUnknownCommit, "git fetch origin nope"},
		{"unknown hash, and not shallow", dir, strings.Repeat("0", 40), ErrUnknownCommit, "git fetch origin 0000"},
		{"an option", dir, "--upload-pack=x", nil, "expected a commit's hash"},
		{"nothing", dir, "", nil, "expected a commit's hash"},
		{"a path", dir, "HEAD:a", nil, "expected a commit's hash"},
		{"a line", dir, "main\nx", nil, "expected a commit's hash"},
		{"a blob", dir, git(t, dir, "rev-parse", "HEAD:a"), ErrUnknownCommit, "no such commit"},
		{"no repository", t.TempDir(), hash, ErrNotRepository, "not in a git repository"},
		{"no folder", filepath.Join(dir, "absent"), hash, fs.ErrNotExist, "absent"},
	} {
		into := filepath.Join(t.TempDir(), "into")
		err := Export(t.Context(), c.dir, c.ref, into)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if _, err := os.Stat(into); err == nil {
			t.Errorf("%s: left a folder behind", c.name)
		}
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Export(t.Context(), dir, hash, full); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Export(ctx, dir, hash, filepath.Join(t.TempDir(), "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestExportNamesAMissingGit(t *testing.T) {
	dir, hash := newRepo(t, map[string]string{"a": "b"})
	t.Setenv("PATH", "")
	if err := Export(t.Context(), dir, hash, t.TempDir()); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("got %v", err)
	}
}

// TestExportFromALinkedWorktree, whose .git is a file, and within a hook, whose
// environment names another index.
func TestExportFromALinkedWorktree(t *testing.T) {
	dir, hash := newRepo(t, map[string]string{"a": "b"})
	linked := filepath.Join(t.TempDir(), "linked")
	git(t, dir, "worktree", "add", "--quiet", linked)
	if err := Export(t.Context(), linked, hash, t.TempDir()); err != nil {
		t.Error(err)
	}
	t.Setenv("GIT_DIR", ".git")
	t.Setenv("GIT_INDEX_FILE", ".git/index")
	into := t.TempDir()
	if err := Export(t.Context(), dir, hash, into); err != nil {
		t.Error(err)
	}
	if got := tree(t, into); got["a"] != "b" {
		t.Errorf("got %v", got)
	}
}

func TestPrefix(t *testing.T) {
	dir, _ := newRepo(t, map[string]string{"charts/web/Chart.yaml": "x"})
	for in, want := range map[string]string{"": ".", "charts": "charts", "charts/web": "charts/web"} {
		if got, err := Prefix(filepath.Join(dir, in)); err != nil || got != want {
			t.Errorf("Prefix(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := Prefix(t.TempDir()); !errors.Is(err, ErrNotRepository) {
		t.Errorf("got %v", err)
	}
}
