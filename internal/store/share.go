package store

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// share runs a worker on every processor. Each number below n goes to one of
// them, in order; share returns when all is done.
func share(n int, worker func(numbers iter.Seq[int])) {
	var next atomic.Int64
	numbers := func(yield func(int) bool) {
		for i := int(next.Add(1)) - 1; i < n && yield(i); i = int(next.Add(1)) - 1 {
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() { worker(numbers) })
	}
	wg.Wait()
}
