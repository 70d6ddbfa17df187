package runner

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// clusterBytes is what one cluster of one node is taken to need: about half a
// gigabyte for itself, and room for a chart.
const clusterBytes = 1536 << 20

// ClustersAtOnce is how many clusters this machine has room for: as many as
// fit into the memory that is free now, and no more than two for each processor,
// as each takes one while it starts. It is at least one.
func ClustersAtOnce() int {
	most := 2 * runtime.NumCPU()
	if free, ok := availableMemory(); ok {
		most = min(most, int(free/clusterBytes))
	}
	return max(most, 1)
}

// availableMemory gives how many bytes programs can have before the machine
// swaps (MemAvailable in proc_meminfo(5)); false where the system does not say.
func availableMemory() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10, err == nil
		}
	}
	return 0, false
}
