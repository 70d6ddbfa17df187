package kind

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processes gives the command lines of this machine's processes.
func processes(ctx context.Context) map[int][]string {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(paths) == 0 {
		return psProcesses(ctx)
	}
	out := map[int][]string{}
	for _, path := range paths {
		line, err := os.ReadFile(path)
		pid, numErr := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || numErr != nil || len(line) == 0 {
			continue // it has ended, or is the kernel's
		}
		out[pid] = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	}
	return out
}
