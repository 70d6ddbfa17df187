package k3s

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// noteSchema names the format of a cluster's note.
const noteSchema = "chart-matrix/k3s/v1"

const (
	noteEnding   = ".json"
	maxNoteBytes = 4 << 20
	maxNotes     = 10_000
)

// note is what other processes know of a cluster here. It is in the state
// folder before anything else of the cluster is, and goes last. Its name is the
// cluster's, which says whose it is and until when.
type note struct {
	Schema  string    `json:"schema"`
	Name    string    `json:"name"`
	Version string    `json:"version"` // the release's tag
	Binary  string    `json:"binary"`
	Port    int       `json:"port"` // of the API server
	Made    time.Time `json:"made"`
	Dir     string    `json:"dir"` // that of the request
	// PID is k3s's process number, once it runs, and Start tells it from a
	// later process with that number.
	PID    int    `json:"pid,omitempty"`
	Start  string `json:"start,omitempty"`
	Before before `json:"before"`
}

// before is what was on the machine before the cluster, and is not its own.
type before struct {
	Paths   []string `json:"paths,omitempty"`   // of sharedPaths
	Mounts  []string `json:"mounts,omitempty"`  // beneath those
	Netns   []string `json:"netns,omitempty"`   // cni-* in /run/netns
	Cgroups []string `json:"cgroups,omitempty"` // kubepods, in each hierarchy
	Sets    []string `json:"sets,omitempty"`    // of ipset
	Chains4 []string `json:"chains4,omitempty"` // of the port mapper: table/chain
	Chains6 []string `json:"chains6,omitempty"`
	Sockets []string `json:"sockets,omitempty"` // of containerd's shims
	InPods  bool     `json:"inPods,omitempty"`  // a process was in the control group of a pod
}

// folder is where a cluster has its data.
func (p *Provider) folder(name string) string { return filepath.Join(p.state(), name) }

func (p *Provider) notePath(name string) string {
	return filepath.Join(p.state(), name+noteEnding)
}

// reserve writes the first note of a cluster. It wraps provider.ErrExists where
// there is one of that name.
func (p *Provider) reserve(n note) error {
	if _, err := os.Lstat(p.folder(n.Name)); err == nil {
		return fmt.Errorf("%w: %s has a folder of %s", provider.ErrExists, p.state(), n.Name)
	}
	data, err := n.encode()
	if err != nil {
		return err
	}
	whole := p.notePath(n.Name) + ".new"
	if err := writeWhole(whole, data, 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(whole) }() // a second name of the note
	err = os.Link(whole, p.notePath(n.Name))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: k3s cluster %s", provider.ErrExists, n.Name)
	}
	return err
}

func (p *Provider) update(n note) error {
	data, err := n.encode()
	if err != nil {
		return err
	}
	return writeWhole(p.notePath(n.Name), data, 0o600)
}

func (n note) encode() ([]byte, error) {
	data, err := json.MarshalIndent(n, "", "  ")
	return append(data, '\n'), err
}

// read gives a cluster's note; fs.ErrNotExist where there is none.
func (p *Provider) read(name string) (note, error) {
	path := p.notePath(name)
	info, err := os.Lstat(path)
	if err != nil {
		return note{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxNoteBytes {
		return note{}, fmt.Errorf("%s: expected a note of at most %d MiB", path, maxNoteBytes>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return note{}, err
	}
	var n note
	if err := json.Unmarshal(data, &n); err != nil {
		return note{}, fmt.Errorf("%s: expected a note in JSON: %w", path, err)
	}
	if n.Schema != noteSchema || n.Name != name {
		return note{}, fmt.Errorf("%s: it is a note of %q in the format %q; expected %q and %q", path, n.Name, n.Schema, name, noteSchema)
	}
	return n, nil
}

// names gives the clusters that there is anything of, sorted.
func (p *Provider) names() ([]string, error) {
	f, err := os.Open(p.state())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	if len(entries) > maxNotes {
		return nil, fmt.Errorf("%s holds more than %d files; expected notes of k3s clusters", p.state(), maxNotes)
	}
	var names []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), noteEnding)
		if _, _, ok := provider.ParseName(name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
