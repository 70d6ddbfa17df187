package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// moduleCache finds modules with the go command, which downloads what its own
// cache lacks.
type moduleCache struct {
	offline bool // use what is cached, ask no proxy
}

// dir returns the folder of a module's source.
func (c moduleCache) dir(ctx context.Context, path, version string) (string, error) {
	var answer struct{ Dir, Error string }
	err := c.ask(ctx, &answer, "mod", "download", "-json", path+"@"+version)
	if answer.Error != "" {
		return "", fmt.Errorf("%s@%s: %s", path, version, answer.Error)
	}
	if err != nil {
		return "", err
	}
	return answer.Dir, nil
}

// published returns the time that the module proxy gives for a version.
func (c moduleCache) published(ctx context.Context, path, version string) (time.Time, error) {
	var answer struct{ Time time.Time }
	if err := c.ask(ctx, &answer, "list", "-m", "-json", path+"@"+version); err != nil {
		return time.Time{}, err
	}
	if answer.Time.IsZero() {
		return time.Time{}, fmt.Errorf("%s@%s: no publication time", path, version)
	}
	return answer.Time, nil
}

// ask runs the go command outside of any module, so that no go.mod changes.
func (c moduleCache) ask(ctx context.Context, answer any, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if c.offline {
		cmd.Env = append(cmd.Env, "GOPROXY=off")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, runErr := cmd.Output()
	// A failed download still prints its JSON, with the reason in it.
	if len(out) > 0 {
		if err := json.Unmarshal(out, answer); err != nil {
			return fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
		}
	}
	if runErr != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), runErr, strings.TrimSpace(stderr.String()))
	}
	return nil
}
