package cluster

import (
	"cmp"
	"context"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The bounds of what is followed at once. Containers beyond maxFollowed have
// their logs read when the evidence is collected; beyond maxRuns there are none.
const (
	maxFollowed = 100
	maxRuns     = 400
	minLog      = 2 << 10
	sickWeight  = 4 // the share of a log of a container that is not well
)

// logs follows the containers of a namespace, and keeps the ends of their logs.
type logs struct {
	e     *Evidence
	limit int

	writing   sync.Mutex // one flush at a time
	mu        sync.Mutex
	of        map[string]*containerLog // by pod and container
	runs      int
	followed  int
	followers sync.WaitGroup
}

// containerLog is the log of now and that of the run before.
type containerLog struct {
	pod, container string
	now, before    *run
	sick           bool
}

// run is one run of a container.
type run struct {
	id       string
	tail     *tail
	wrote    int    // bytes on the disk
	name     string // of the file that they are in
	followed bool
}

func newLogs(e *Evidence, limit int) *logs {
	return &logs{e: e, limit: limit, of: map[string]*containerLog{}}
}

// see looks at the containers of a pod, and follows those that have begun to run.
func (l *logs) see(ctx context.Context, p *corev1.Pod) {
	for _, group := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range group {
			if cs := &group[i]; cs.ContainerID != "" {
				l.seeContainer(ctx, p.Name, cs)
			}
		}
	}
}

func (l *logs) seeContainer(ctx context.Context, pod string, cs *corev1.ContainerStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := pod + "/" + cs.Name
	c := l.of[k]
	if c == nil {
		if l.runs >= maxRuns {
			return
		}
		c = &containerLog{pod: pod, container: cs.Name}
		l.of[k] = c
	}
	t := cs.State.Terminated
	c.sick = cs.RestartCount > 0 || t != nil && t.ExitCode != 0 || t == nil && !cs.Ready
	if c.now != nil && c.now.id == cs.ContainerID {
		return
	}
	first := c.now == nil
	c.before, c.now = c.now, l.newRun(cs.ContainerID)
	l.follow(ctx, c, c.now)
	if first && cs.RestartCount > 0 {
		c.before = l.newRun("")
		before := c.before
		l.followers.Go(func() { l.read(ctx, c, before, true) })
	}
}

// newRun makes room for a log: the more there are, the less each gets.
func (l *logs) newRun(id string) *run {
	l.runs++
	return &run{id: id, tail: newTail(max(minLog, min(l.e.limits.perLog(), l.limit/l.runs)))}
}

func (l *logs) follow(ctx context.Context, c *containerLog, r *run) {
	if l.followed >= maxFollowed {
		return
	}
	l.followed++
	r.followed = true
	l.followers.Go(func() {
		l.stream(ctx, c, r)
		l.mu.Lock()
		l.followed--
		l.mu.Unlock()
	})
}

// stream copies a log as it is written. A connection that breaks is opened
// again a few times, from where it was.
func (l *logs) stream(ctx context.Context, c *containerLog, r *run) {
	options := &corev1.PodLogOptions{Container: c.container, Follow: true}
	for range 5 {
		body, err := l.e.cluster.kube.CoreV1().Pods(l.e.namespace).GetLogs(c.pod, options).Stream(ctx)
		if err == nil {
			_, err = io.Copy(r.tail, body)
			_ = body.Close() // it was only read
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		since := metav1.Now()
		options.SinceTime = &since
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchPause):
		}
	}
}

// read reads the end of a log once.
func (l *logs) read(ctx context.Context, c *containerLog, r *run, previous bool) {
	limit, lines := int64(4*r.tail.keep), int64(1000)
	body, err := l.e.cluster.kube.CoreV1().Pods(l.e.namespace).GetLogs(c.pod, &corev1.PodLogOptions{
		Container: c.container, Previous: previous, TailLines: &lines, LimitBytes: &limit,
	}).Stream(ctx)
	if err != nil {
		return // it is gone by now
	}
	_, _ = io.Copy(r.tail, body) // what came is kept
	_ = body.Close()
}

// catchUp reads the logs that could not be followed.
func (l *logs) catchUp(ctx context.Context) {
	l.mu.Lock()
	var todo []*containerLog
	for _, k := range slices.Sorted(maps.Keys(l.of)) {
		if c := l.of[k]; c.now != nil && !c.now.followed {
			todo = append(todo, c)
		}
	}
	l.mu.Unlock()
	for _, c := range todo {
		l.mu.Lock()
		c.now = &run{id: c.now.id, tail: newTail(c.now.tail.keep)}
		r := c.now
		l.mu.Unlock()
		l.read(ctx, c, r, false)
	}
}

func (l *logs) wait() { l.followers.Wait() }

// flush writes the logs that have grown; all of them, where final. Together
// they keep within their limit: each has its share, those of containers that
// are not well a larger one.
func (l *logs) flush(final bool) {
	type file struct {
		name  string
		run   *run
		share int
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	var files []file
	weight := 0
	for _, k := range slices.Sorted(maps.Keys(l.of)) {
		c := l.of[k]
		share := 1
		if c.sick {
			share = sickWeight
		}
		for _, f := range []file{{"log", c.now, share}, {"previous.log", c.before, share}} {
			if f.run != nil {
				f.name = path.Join(logsFolder, fileName(c.pod, c.container, f.name))
				files = append(files, f)
				weight += share
			}
		}
	}
	l.mu.Unlock()
	left := l.limit
	// Who needs less than its share leaves the rest to those behind it.
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(a.run.tail.size()*b.share, b.run.tail.size()*a.share) })
	for _, f := range files {
		allowed := min(l.e.limits.perLog(), left*f.share/max(weight, 1))
		weight -= f.share
		if !final && !f.run.tail.changed() && f.run.wrote <= allowed && f.run.name == f.name {
			left -= f.run.wrote
			continue
		}
		text := f.run.tail.text(allowed, l.e.cluster.Redactor)
		f.run.wrote, f.run.name = len(text), f.name
		if text != "" {
			l.e.problem(l.e.write(f.name, text))
		}
		left -= len(text)
	}
}

// logName names the file of a container's log; without the folder of the evidence.
func logName(pod, container string, previous bool) string {
	last := "log"
	if previous {
		last = "previous.log"
	}
	return strings.Join([]string{logsFolder, fileName(pod, container, last)}, "/")
}
