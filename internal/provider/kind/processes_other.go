//go:build !linux

package kind

import "context"

// processes gives the command lines of this machine's processes.
func processes(ctx context.Context) map[int][]string { return psProcesses(ctx) }
