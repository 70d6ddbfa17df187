//go:build !unix

package kind

import "os"

// killGroupOf kills a process. One that has ended, or is another user's, is left.
func killGroupOf(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
