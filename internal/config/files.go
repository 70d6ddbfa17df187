package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// disk looks at the files that a configuration names.
type disk struct{ dir string }

// problem says what is wrong with a path, "" if nothing is. It speaks of the
// path as it was written. folder is what it must be: a folder, or a file.
func (k *disk) problem(path, written string, folder bool) string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if near, ok := k.neighbour(path, written); ok {
			return "there is no " + quote(written) + "; did you mean " + near + "?"
		}
		return "there is no " + quote(written) + "; paths are relative to the configuration's folder"
	case err != nil:
		return quote(written) + " cannot be read: " + reason(err)
	case info.IsDir() && !folder:
		return quote(written) + " is a folder; expected a file"
	case !info.IsDir() && folder:
		return quote(written) + " is a file; expected a folder"
	}
	return ""
}

// neighbour finds a file of nearly that name in the same folder.
func (k *disk) neighbour(path, written string) (string, bool) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return "", false
	}
	var names []string
	for _, e := range entries {
		if checkText(e.Name(), maxName, false) == "" {
			names = append(names, e.Name())
		}
	}
	near, ok := nearest(filepath.Base(path), names)
	return filepath.Join(filepath.Dir(written), near), ok
}

func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// ciSuffix ends the name of a values file that chart-testing tests a chart with
// (https://github.com/helm/chart-testing/blob/main/doc/ct_install.md).
const ciSuffix = "-values.yaml"

// ciScenarios gives the chart's ci/*-values.yaml by the name of their scenario,
// and the names in order. An archive has none, since it is not opened here.
// Files whose names cannot be a scenario's are told apart in odd.
func (k *disk) ciScenarios(chart string) (names []string, files map[string]string, odd []string) {
	files = map[string]string{}
	entries, err := os.ReadDir(filepath.Join(chart, "ci"))
	if err != nil {
		return nil, files, nil
	}
	for _, e := range entries { // sorted by name
		name, ok := strings.CutSuffix(e.Name(), ciSuffix)
		if !ok || name == "" || e.IsDir() {
			continue
		}
		if wrong := checkText(name, maxName, false); wrong != "" {
			odd = append(odd, fmt.Sprintf("%q makes no scenario: its name %s", "ci/"+e.Name(), wrong))
			continue
		}
		names = append(names, name)
		files[name] = filepath.Join(chart, "ci", e.Name())
	}
	return names, files, odd
}

// join makes a path of the configuration one that can be opened.
func (d *decoder) join(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.config.Dir, path)
}

// chart reads the chart's path.
func (d *decoder) chart(n *node) string {
	if n == nil {
		return d.config.Dir
	}
	path := d.join(n.text)
	if d.disk == nil {
		return path
	}
	// Both a folder and an archive are fine.
	if _, err := os.Stat(path); err != nil {
		d.at(n, "%s", d.disk.problem(path, n.text, true))
	}
	return path
}

// paths reads a list of files.
func (d *decoder) paths(n *node) []string {
	var out []string
	for _, item := range n.scalars() {
		out = append(out, d.path(item, false))
	}
	return out
}

// path reads one file or folder; "" for nil.
func (d *decoder) path(n *node, folder bool) string {
	if n == nil {
		return ""
	}
	path := d.join(n.text)
	if d.disk != nil && !d.full() {
		if message := d.disk.problem(path, n.text, folder); message != "" {
			d.at(n, "%s", message)
		}
	}
	return path
}
