package cli

import (
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// partKeeper writes a job's results as they come. Every write is of the whole
// part, so after one the next waits: a long list of short cells is not written
// after each of them.
type partKeeper struct {
	dir  string
	part store.Part

	mu    sync.Mutex
	cells []result.Cell
	next  time.Time   // before which nothing more is written
	later *time.Timer // that writes then; nil for none
}

// writeShare is which part of the time writing may take, as one of so many, and
// maxUnwritten how long a result waits at most.
const (
	writeShare   = 20
	maxUnwritten = 5 * time.Second
)

// add keeps one more result. An error comes again with the last write, and is
// told there.
func (k *partKeeper) add(r result.Cell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cells = append(k.cells, r)
	if wait := time.Until(k.next); wait <= 0 {
		_ = k.writeLocked()
	} else if k.later == nil {
		k.later = time.AfterFunc(wait, func() { _ = k.write() })
	}
}

// amend replaces the result of a cell of which more is known now.
func (k *partKeeper) amend(r result.Cell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.cells {
		if k.cells[i].ID == r.ID {
			k.cells[i] = r
		}
	}
	_ = k.writeLocked() // told with the last write
}

// write writes what there is.
func (k *partKeeper) write() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.writeLocked()
}

func (k *partKeeper) writeLocked() error {
	if k.later != nil {
		k.later.Stop() // one that has begun writes the same again
		k.later = nil
	}
	began := time.Now()
	err := store.WritePart(k.dir, k.part, nil, k.cells)
	k.next = time.Now().Add(min(writeShare*time.Since(began), maxUnwritten))
	return err
}
