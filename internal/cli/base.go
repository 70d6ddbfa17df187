package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/posthog/chart-matrix/internal/git"
	"github.com/posthog/chart-matrix/matrix"
)

// compareWith sets what the plan changes against that of another commit. A
// commit that cannot be planned leaves a note.
func compareWith(ctx context.Context, env Env, plan *matrix.Plan, ref, path string, target targetFlags, flags planFlags) {
	base, err := planAt(ctx, env, ref, path, target, flags)
	if err != nil {
		message, _, _ := strings.Cut(err.Error(), "\n")
		plan.Notes = append(plan.Notes, fmt.Sprintf("the plan of %s could not be made, so what this change does to the matrix is not known: %s", ref, message))
		return
	}
	plan.Changes = matrix.Diff(base, plan)
}

// planAt plans a commit with the same flags. Its chart is not opened: the
// configuration alone decides which cells there are.
func planAt(ctx context.Context, env Env, ref, path string, target targetFlags, flags planFlags) (plan *matrix.Plan, err error) {
	tree, err := os.MkdirTemp("", "chart-matrix-base-")
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = os.RemoveAll(tree) // temporary, the system clears it too
		if err != nil {
			// Nobody can look at the folder, so it is not named.
			err = errors.New(strings.ReplaceAll(err.Error(), tree+string(filepath.Separator), ""))
		}
	}()
	if path == "" && target.config == "" {
		path = "."
	}
	here := path
	if target.config != "" {
		here = filepath.Dir(target.config)
	}
	if err := git.Export(ctx, folderOf(here), ref, tree); err != nil {
		return nil, err
	}
	there := func(path string) (string, error) {
		if path == "" {
			return "", nil
		}
		folder := folderOf(path)
		prefix, err := git.Prefix(folder)
		if err != nil {
			return "", err
		}
		name, err := filepath.Rel(folder, path)
		return filepath.Join(tree, filepath.FromSlash(prefix), name), err
	}
	if path, err = there(path); err != nil {
		return nil, err
	}
	if target.config, err = there(target.config); err != nil {
		return nil, err
	}
	c, err := loadConfig(env, path, target)
	if err != nil {
		return nil, err
	}
	return (&project{config: c}).expand(flags)
}

// folderOf gives a folder itself, and the folder that a file is in.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}
