package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/provider"
)

// ClusterKind is the kind of a cluster.
const ClusterKind = "cluster"

// dirPrefix begins the name of every cluster's folder. Remove deletes no other.
const dirPrefix = "chart-matrix-"

// newCluster names a cluster of the provider, makes its folder and notes both
// down. From then on it is there as far as anybody can know, until goneCluster.
func (m *Made) newCluster(p provider.Provider) (Ref, error) {
	named := provider.NewRef(p.Name(), m.Job, m.Expires)
	if d, ok := p.(interface{ Detail() map[string]string }); ok {
		named.Detail = d.Detail()
	}
	// Not below the result folder, which others get to see: it holds the keys
	// of the cluster.
	dir := filepath.Join(os.TempDir(), dirPrefix+named.Name)
	ref := Ref{
		Schema: RefSchema, Kind: ClusterKind, Name: named.Name, Job: m.Job,
		Made: m.Now().UTC(), Expires: named.Expires, Cluster: &named, Dir: dir,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.aborted {
		return ref, errAborted
	}
	if err := m.note(ref); err != nil {
		return ref, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		m.forget(ref)
		return ref, fmt.Errorf("a folder for the cluster's files: %w; TMPDIR names where it goes", err)
	}
	if m.held == nil {
		m.held = map[string]Ref{}
	}
	m.held[ref.Name] = ref
	return ref, nil
}

// goneCluster forgets a cluster that is no longer there, and removes its folder.
func (m *Made) goneCluster(ref Ref) error {
	err := removeDir(ref)
	m.mu.Lock()
	delete(m.held, ref.Name)
	m.mu.Unlock()
	if err == nil {
		m.forget(ref)
	}
	return err
}

// Left gives the clusters that were made, or begun, and not removed, by name.
func (m *Made) Left() []Ref {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := make([]Ref, 0, len(m.held))
	for _, ref := range m.held {
		left = append(left, ref)
	}
	slices.SortFunc(left, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return left
}

// RemoveDir removes the folder that a cluster of that name had on this machine,
// for those who know nothing but the name. Where there is none it succeeds.
func RemoveDir(name string) error {
	return removeDir(Ref{Name: name, Dir: filepath.Join(os.TempDir(), dirPrefix+name)})
}

// removeDir removes a cluster's folder, and none that is named otherwise.
func removeDir(ref Ref) error {
	if ref.Dir == "" {
		return nil
	}
	if filepath.Base(ref.Dir) != dirPrefix+ref.Name {
		return fmt.Errorf("its folder is said to be %q; expected one named %s%s, so it is left alone", ref.Dir, dirPrefix, ref.Name)
	}
	return os.RemoveAll(ref.Dir)
}

// cluster removes the cluster that a note names, whole or half-made.
func (r *remover) cluster(ctx context.Context, ref Ref) error {
	if ref.Cluster == nil || ref.Cluster.Name != ref.Name {
		return errors.New("it names a cluster and does not say which; expected a note that chart-matrix wrote")
	}
	i := slices.IndexFunc(r.providers, func(p provider.Provider) bool { return p.Name() == ref.Cluster.Provider })
	if i < 0 {
		return fmt.Errorf("it names a cluster of %q, which this version of chart-matrix cannot remove; use the version that made it", ref.Cluster.Provider)
	}
	if err := r.providers[i].Down(ctx, *ref.Cluster); err != nil {
		return fmt.Errorf("removing the cluster %s: %w", ref.Name, err)
	}
	return removeDir(ref)
}
