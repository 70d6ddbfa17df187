//go:build unix

package kind

import "syscall"

// killGroupOf kills a process, with its group where it leads one. One that has
// ended, or is another user's, is left.
func killGroupOf(pid int) {
	target := pid
	if group, err := syscall.Getpgid(pid); err == nil && group == pid {
		target = -pid
	}
	_ = syscall.Kill(target, syscall.SIGKILL)
}
