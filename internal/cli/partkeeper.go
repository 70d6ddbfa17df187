package cli

import (
	"slices"
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// keeper writes results as they come. Every write is of all of them, so after
// one the next waits: a long list of short cells is not written after each.
type keeper struct {
	save func([]result.Cell) error

	mu    sync.Mutex
	cells []result.Cell
	next  time.Time   // before which nothing more is written
	later *time.Timer // that writes then; nil for none
	// stopped: nothing is written any more, as somebody else does.
	stopped bool
}

// partKeeper keeps the part of one job.
type partKeeper struct {
	keeper
	dir  string
	part store.Part
}

func newPartKeeper(dir string, part store.Part) *partKeeper {
	k := &partKeeper{dir: dir, part: part}
	k.save = func(cells []result.Cell) error { return store.WritePart(dir, part, nil, cells) }
	return k
}

// writeShare is which part of the time writing may take, as one of so many, and
// maxUnwritten how long a result waits at most.
const (
	writeShare   = 20
	maxUnwritten = 5 * time.Second
)

// add keeps one more result, or a newer one of its cell. An error comes again
// with the last write, and is told there.
func (k *keeper) add(r result.Cell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(r)
	if wait := time.Until(k.next); wait <= 0 {
		_ = k.writeLocked()
	} else if k.later == nil {
		k.later = time.AfterFunc(wait, func() { _ = k.write() })
	}
}

// amend replaces the result of a cell of which more is known now.
func (k *keeper) amend(r result.Cell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(r)
	_ = k.writeLocked() // told with the last write
}

func (k *keeper) put(r result.Cell) {
	i := slices.IndexFunc(k.cells, func(c result.Cell) bool { return c.ID == r.ID })
	if i < 0 {
		k.cells = append(k.cells, r)
	} else {
		k.cells[i] = r
	}
}

// stop lets nothing more be written by itself.
func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	if k.later != nil {
		k.later.Stop()
	}
}

// write writes what there is.
func (k *keeper) write() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.writeLocked()
}

func (k *keeper) writeLocked() error {
	if k.later != nil {
		k.later.Stop() // one that has begun writes the same again
		k.later = nil
	}
	if k.stopped {
		return nil
	}
	began := time.Now()
	err := k.save(k.cells)
	k.next = time.Now().Add(min(writeShare*time.Since(began), maxUnwritten))
	return err
}
