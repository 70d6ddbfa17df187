//go:build !unix

package command

import (
	"os/exec"
	"time"
)

// Where there are no process groups the program alone is ended.
func ownGroup(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd, _ time.Duration) error { return cmd.Process.Kill() }

func killGroup(*exec.Cmd) {}
