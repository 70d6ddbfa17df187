package cause

import (
	"runtime"
	"sync"
)

// worthSharing is the number of small steps from which on they are shared among
// processors.
const worthSharing = 1 << 16

// share divides the numbers below n among the processors, where all of them take
// so many small steps. The work of each part must be its own, so that the outcome
// does not depend on how many parts there are.
func share(n, steps int, work func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), n, steps/worthSharing+1)
	if parts < 2 {
		work(0, n)
		return
	}
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() { work(p*n/parts, (p+1)*n/parts) })
	}
	wg.Wait()
}
