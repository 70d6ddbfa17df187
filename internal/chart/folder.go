package chart

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/ignore"
)

// readFolder reads the files of an unpacked chart as Helm does: .helmignore
// counts, a byte order mark goes. It differs in one thing. Helm follows a
// symbolic link wherever it leads; here a link must stay inside the chart, as
// a chart from a pull request is not trusted with the files of the machine.
func readFolder(dir string) ([]*archive.BufferedFile, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	rules := ignore.Empty()
	if r, err := ignore.ParseFile(filepath.Join(root, ignore.HelmIgnore)); err == nil {
		rules = r
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ignore.HelmIgnore), err)
	}
	rules.AddDefaults()
	w := folderWalk{shown: dir, root: root, rules: rules, left: archive.MaxDecompressedChartSize}
	if err := w.walk("", root, nil); err != nil {
		return nil, err
	}
	return w.files, nil
}

type folderWalk struct {
	shown string // the folder as the user wrote it
	root  string // the same without symbolic links
	rules *ignore.Rules
	left  int64 // bytes that may still be read
	files []*archive.BufferedFile
}

// walk reads the folder real, which is seen in the chart as name. The chain
// holds the real folders above, to notice a link to one of them.
func (w *folderWalk) walk(name, real string, chain []string) error {
	if slices.Contains(chain, real) {
		return fmt.Errorf("%s: the symbolic link leads to a folder that holds it; remove it", filepath.Join(w.shown, name))
	}
	chain = append(slices.Clip(chain), real)
	entries, err := os.ReadDir(real)
	if err != nil {
		return err
	}
	for _, e := range entries {
		// A chart may be the top of its repository. Helm reads the repository
		// into it, which is large and another one in every checkout.
		if name == "" && e.Name() == ".git" {
			continue
		}
		n := filepath.ToSlash(filepath.Join(name, e.Name()))
		p := filepath.Join(real, e.Name())
		if e.IsDir() && isResults(p) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if w.rules.Ignore(n, info) {
				continue
			}
			if p, info, err = w.follow(n, p); err != nil {
				return err
			}
		}
		if w.rules.Ignore(n, info) {
			continue
		}
		switch {
		case info.IsDir():
			err = w.walk(n, p, chain)
		case info.Mode().IsRegular():
			err = w.read(n, p, info)
		default:
			err = fmt.Errorf("%s: not a regular file (%s); remove it or name it in .helmignore", filepath.Join(w.shown, n), info.Mode().Type())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isResults tells a folder in which chart-matrix keeps results, which may lie in
// a chart that is the top of its repository: they are about the chart and no
// part of it. Its own name is enough, as a run that was killed has no plan yet.
func isResults(dir string) bool {
	if filepath.Base(dir) == "chart-matrix-results" {
		return true
	}
	for _, name := range []string{"plan.json", "part.json"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		var start [64]byte
		n, _ := io.ReadFull(f, start[:]) // a shorter file is none of ours
		_ = f.Close()                    // it was only read
		if bytes.Contains(start[:n], []byte(`"schema": "chart-matrix/`)) {
			return true
		}
	}
	return false
}

// follow resolves the symbolic link at p, which must lead to something inside
// the chart.
func (w *folderWalk) follow(n, p string) (string, fs.FileInfo, error) {
	target, err := filepath.EvalSymlinks(p)
	if err != nil {
		return "", nil, fmt.Errorf("%s: broken symbolic link: %w", filepath.Join(w.shown, n), err)
	}
	if rel, err := filepath.Rel(w.root, target); err != nil || !filepath.IsLocal(rel) {
		return "", nil, fmt.Errorf("%s: the symbolic link leads out of the chart, to %s; copy the file into the chart or name it in .helmignore", filepath.Join(w.shown, n), target)
	}
	info, err := os.Stat(target)
	return target, info, err
}

func (w *folderWalk) read(n, p string, info fs.FileInfo) error {
	if info.Size() > w.left {
		return fmt.Errorf("%s: the chart is larger than %d MiB; name what it does not need in .helmignore", filepath.Join(w.shown, n), archive.MaxDecompressedChartSize>>20)
	}
	data, err := os.ReadFile(p)
	if err != nil {
		return err
	}
	w.left -= int64(len(data))
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	w.files = append(w.files, &archive.BufferedFile{Name: n, ModTime: info.ModTime(), Data: data})
	return nil
}

// UnitTests returns the suites of the helm-unittest plugin, sorted: *_test.yaml
// anywhere under tests/, as the plugin finds them by default, and any other
// YAML file there that says `suite:`. An archive has none, as they are not on
// disk.
func (c *Chart) UnitTests() []string {
	if !c.isDir {
		return nil
	}
	return slices.DeleteFunc(yamlFiles(filepath.Join(c.Path, "tests")), func(path string) bool {
		if strings.HasSuffix(strings.TrimSuffix(path, filepath.Ext(path)), "_test") {
			return false
		}
		data, err := os.ReadFile(path)
		return err != nil || !bytes.Contains(append([]byte("\n"), data...), []byte("\nsuite:"))
	})
}

// maxTestDepth is how many folders deep suites are looked for.
const maxTestDepth = 8

// yamlFiles lists the YAML files under a folder, sorted.
func yamlFiles(top string) []string {
	var out []string
	// A folder that cannot be read holds no files for us; Open has read the rest.
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read holds no files for us
		}
		rel, _ := filepath.Rel(top, path)
		if d.IsDir() {
			if strings.Count(filepath.ToSlash(rel), "/")+1 >= maxTestDepth && rel != "." {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(path)
		if (ext == ".yaml" || ext == ".yml") && d.Type().IsRegular() {
			out = append(out, path)
		}
		return nil
	})
	slices.Sort(out)
	return out
}
