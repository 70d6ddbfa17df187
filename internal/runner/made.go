package runner

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
)

// RefSchema names the format of the notes in made/; it changes when a reader of
// the old format would misread the new one.
const RefSchema = "chart-matrix/made/v1"

// madeName is the folder of the notes below a result folder.
const madeName = "made"

// ProcessGroup is the kind of a program with all that it started.
const ProcessGroup = "process-group"

// Ref names one thing that a job makes, well enough for another process to
// remove it. It is on disk before the thing is made.
type Ref struct {
	Schema string `json:"schema"`
	Kind   string `json:"kind"`
	// Name is the thing's own. The processes of a group have it in their
	// environment, as markVariable.
	Name string    `json:"name"`
	Job  string    `json:"job"` // that makes it
	Made time.Time `json:"made"`
	// Expires is when nobody needs it any more, whatever happened.
	Expires time.Time `json:"expires"`
	// Group is the number of a process group, once it is started, and Start
	// tells its first process from a later one with the same number.
	Group int    `json:"group,omitempty"`
	Start string `json:"start,omitempty"`
	// Cluster is how its provider knows a cluster, and Dir the folder with what
	// belongs to it alone, such as its kubeconfig.
	Cluster *provider.Ref `json:"cluster,omitempty"`
	Dir     string        `json:"dir,omitempty"`
}

// markVariable is how processes are found again that have left their group.
const markVariable = "CHART_MATRIX_MADE"

// Made notes down what one job makes, before it is made.
type Made struct {
	// Dir is the result folder; empty keeps no notes.
	Dir string
	Job string
	// Expires is when the job is over.
	Expires time.Time
	Now     func() time.Time

	mu      sync.Mutex
	running map[string]Ref
	held    map[string]Ref // clusters that are there, or may be
	aborted bool
}

// errAborted is why nothing is started after Abort.
var errAborted = errors.New("the run was interrupted twice")

// removingKey marks a context in which things are removed.
type removingKey struct{}

// removing gives a context in which Exec runs programs though it cannot note
// them down: on a full disk, what was made is removed all the same.
func removing(ctx context.Context) context.Context {
	return context.WithValue(ctx, removingKey{}, true)
}

// Exec runs a program as command.Run does. Until it has ended, a note tells
// Remove, in another process, what to end.
func (m *Made) Exec(ctx context.Context, s command.Spec) (command.Result, error) {
	ref := Ref{
		Schema: RefSchema, Kind: ProcessGroup, Name: strings.ToLower(rand.Text()), Job: m.Job,
		Made: m.Now().UTC(), Expires: m.Expires.UTC(),
	}
	must := ctx.Value(removingKey{}) == nil
	if err := m.note(ref); err != nil && must {
		return command.Result{ExitCode: -1}, err
	}
	s.Env = append(s.Env, markVariable+"="+ref.Name)
	s.Started = func(group int) error {
		ref.Group, ref.Start = group, processStart(group)
		if err := m.start(ref); err != nil {
			return err
		}
		if err := m.note(ref); err != nil && must {
			return err
		}
		return nil
	}
	r, err := command.Run(ctx, s)
	m.mu.Lock()
	delete(m.running, ref.Name)
	m.mu.Unlock()
	if ctx.Err() != nil {
		// The group is gone; this ends what has left it. A note that stays
		// says what could not be ended.
		if endProcesses(context.WithoutCancel(ctx), ref, 0) != nil {
			return r, err
		}
	}
	m.forget(ref)
	return r, err
}

// Abort kills what runs, at once, and lets nothing more start.
func (m *Made) Abort() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.aborted = true
	for _, ref := range m.running {
		killGroup(ref.Group)
	}
	for _, ref := range m.running {
		left, err := processesOf(ref)
		if err != nil {
			continue // its note stays, and down says what is left
		}
		for _, p := range left { // what has left the group
			kill(p.pid)
		}
	}
}

func (m *Made) start(ref Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.aborted {
		return errAborted
	}
	if m.running == nil {
		m.running = map[string]Ref{}
	}
	m.running[ref.Name] = ref
	return nil
}

// note writes a note whole or not at all.
func (m *Made) note(ref Ref) error {
	if m.Dir == "" {
		return nil
	}
	folder := filepath.Join(m.Dir, madeName)
	var err error
	for range 100 { // another job may remove the empty folder in between
		if err = os.MkdirAll(folder, 0o755); err == nil {
			err = writeNote(filepath.Join(folder, ref.Name), ref)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("noting down what is about to run, so that it can be ended: %w", err)
	}
	return nil
}

// noteEnding ends the name of a whole note; half-written ones have another.
const noteEnding = ".json"

func writeNote(path string, ref Ref) error {
	data, err := json.MarshalIndent(ref, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o600); err != nil {
		_ = os.Remove(path + ".new") // it may not be there
		return err
	}
	return os.Rename(path+".new", path+noteEnding)
}

// forget removes the note of what is gone, and the folder with its last note. A
// note that cannot be removed is of no harm: its process is not found again.
func (m *Made) forget(ref Ref) {
	if m.Dir == "" {
		return
	}
	folder := filepath.Join(m.Dir, madeName)
	_ = os.Remove(filepath.Join(folder, ref.Name+noteEnding))
	_ = os.Remove(folder) // fails while it holds others
}
