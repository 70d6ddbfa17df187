//go:build unix

package command

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// ownGroup puts the program into a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup asks the whole group to end, and kills it when the grace is over.
func endGroup(cmd *exec.Cmd, grace time.Duration) error {
	pid := cmd.Process.Pid
	if err := signalGroup(pid, syscall.SIGTERM); err != nil {
		return err
	}
	// The timer may fire after the group is gone, which is no error; a group
	// number is not reused while one of its members lives.
	time.AfterFunc(grace, func() { _ = signalGroup(pid, syscall.SIGKILL) })
	return nil
}

// killGroup ends what the program left running behind it.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = signalGroup(cmd.Process.Pid, syscall.SIGKILL)
	}
}

func signalGroup(pid int, sig syscall.Signal) error {
	err := syscall.Kill(-pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
