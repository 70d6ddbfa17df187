package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sync"
	"time"
)

// Limits bound what Watch writes. The zero value means the defaults.
type Limits struct {
	Total    int              // bytes in the folder; 0 means 5 MB
	PerLog   int              // bytes of the log of one run of a container; 0 means 64 kB
	Patterns []*regexp.Regexp // what the user wants to be taken out too
}

func (l Limits) total() int {
	if l.Total <= 0 {
		return 5 << 20
	}
	return l.Total
}

func (l Limits) perLog() int {
	if l.PerLog <= 0 {
		return 64 << 10
	}
	return l.PerLog
}

// The parts of the whole that each kind of evidence may take, in percent. Of
// events and states the beginning is kept as well as the end.
const (
	partEvents  = 15
	partStates  = 10
	partLogs    = 50
	partObjects = 20
	// The other five are for nodes, versions, notes and partFollowed.
)

// The files of the evidence.
const (
	eventsFile   = "events.log"
	statesFile   = "pods.log"
	nodesFile    = "nodes.yaml"
	versionsFile = "versions.txt"
	logsFolder   = "logs"
	objectFolder = "objects"
)

// flushEvery is the time after which what was seen is on the disk.
const flushEvery = 2 * time.Second

// Evidence is what is written down about a namespace while a cell runs in it.
//
//	events.log    the events, in the order in which they came
//	pods.log      the states of pods and containers, as they changed
//	logs/         POD.CONTAINER.log, and .previous.log of the run before
//	objects/      KIND-NAME.yaml, as Collect found them
//	nodes.yaml    the conditions of the nodes
//	versions.txt  of the API server and the nodes
//	k3s.log       and the like: what Follow was told of
//
// Where a file had to be cut, it says so. A file of the form events.later.log
// holds the end of one whose beginning filled its space.
type Evidence struct {
	cluster   *Cluster
	namespace string
	limits    Limits
	root      *os.Root
	cancel    context.CancelFunc
	watchers  sync.WaitGroup
	events    *journal
	states    *journal
	logs      *logs

	mu       sync.Mutex
	problems []error
	closed   bool
	followed []followedFile
}

// Watch begins to write evidence of a namespace into a folder, which is made
// where it is not there. It goes on until Close, or until the context ends;
// what is on the disk by then stays. What cannot be read or written is told by Close:
// evidence that fails must not change what it is about.
func (c *Cluster) Watch(ctx context.Context, namespace, dir string, limits Limits) *Evidence {
	ctx, cancel := context.WithCancel(ctx)
	e := &Evidence{cluster: c, namespace: namespace, limits: limits, cancel: cancel}
	c.Redactor.AddPatterns(limits.Patterns...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		e.problem(err)
		return e
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		e.problem(err)
		return e
	}
	e.root = root
	for _, folder := range []string{logsFolder, objectFolder} {
		if err := root.Mkdir(folder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			e.problem(err)
		}
	}
	total := limits.total()
	e.events = newJournal(e, eventsFile, total*partEvents/100)
	e.states = newJournal(e, statesFile, total*partStates/100)
	e.logs = newLogs(e, total*partLogs/100)
	e.watchers.Go(func() {
		c.learn(ctx, namespace) // before anything is written down
		e.watchers.Go(func() { e.watchSecrets(ctx) })
		e.watchers.Go(func() { e.watchEvents(ctx) })
		e.watchers.Go(func() { e.watchPods(ctx) })
		e.writeCluster(ctx)
	})
	e.watchers.Go(func() { e.flushing(ctx) })
	return e
}

// flushing writes what was seen every few seconds.
func (e *Evidence) flushing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(flushEvery):
			e.flush()
		}
	}
}

func (e *Evidence) flush() {
	e.events.flush()
	e.states.flush()
	e.logs.flush(false)
}

// Close ends the watch and writes what is left to be written. Of a cell that
// passed only events, states, nodes and versions stay. Everything is looked
// through once more for secrets that became known late. The error names
// everything that could not be written or read; the evidence is of use without it.
func (e *Evidence) Close(passed bool) error {
	e.mu.Lock()
	was := e.closed
	e.closed = true
	e.mu.Unlock()
	if was {
		return nil
	}
	e.cancel()
	e.watchers.Wait()
	if e.root == nil {
		return e.err()
	}
	e.logs.wait()
	e.flush()
	e.logs.flush(true)
	if passed {
		e.problem(e.root.RemoveAll(logsFolder))
		e.problem(e.root.RemoveAll(objectFolder))
	} else {
		e.writeFollowed()
	}
	e.problem(e.redactAgain())
	e.problem(e.root.Close())
	return e.err()
}

func (e *Evidence) err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.problems) == 0 {
		return nil
	}
	return fmt.Errorf("the evidence of namespace %s is not complete: %w", e.namespace, errors.Join(e.problems...))
}

// maxProblems is how many faults are remembered; a full disk gives one for each write.
const maxProblems = 5

func (e *Evidence) problem(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, known := range e.problems {
		if known.Error() == err.Error() {
			return
		}
	}
	if len(e.problems) < maxProblems {
		e.problems = append(e.problems, err)
	}
}
