package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"
)

// MaxValuesFile is the largest values file that is read, in bytes. A Helm
// release must fit into a Secret of 1 MiB, so no real file comes near it.
const MaxValuesFile = 16 << 20

// ValueLayer is what one source (the config's top level, a provider, a
// scenario, ...) adds to the values.
type ValueLayer struct {
	Source    string   // shown to people: "provider eks"
	Axis      string   // "provider"; empty for a source that is no axis
	Files     []string // paths of values files, later wins
	Set       []string // as helm --set
	SetString []string // as helm --set-string
}

// what names the layer in an error. Those that every cell has are called
// "values" themselves.
func (l ValueLayer) what() string {
	if l.Source == "values" {
		return l.Source
	}
	return "values of " + l.Source
}

// Values is the outcome of merging layers. It must not be modified.
type Values struct {
	Map       map[string]any // overrides only; the chart's own defaults lie below them
	Digest    string         // SHA-256 of the map with its types, hex
	Overrides []Override     // keys that more than one layer sets, sorted by path
	Conflicts []Override     // those that two axes set to different things

	encoded []byte
}

// Resolver merges layers. It reads and parses each values file once, and may
// be used from several goroutines.
type Resolver struct {
	mu    sync.Mutex
	files map[string]parsedFile
}

type parsedFile struct {
	values map[string]any
	err    error
}

// NewResolver returns a resolver that has read nothing yet.
func NewResolver() *Resolver {
	return &Resolver{files: map[string]parsedFile{}}
}

// Resolve merges the layers in Helm's order: every file first, in the order of
// the layers, and then every set in the same order; later wins. All errors of
// all layers are returned together, joined.
func (r *Resolver) Resolve(layers []ValueLayer) (*Values, error) {
	merged := map[string]any{}
	var log overrideLog
	var errs []error
	for _, l := range layers {
		for _, path := range l.Files {
			m, err := r.file(path)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", l.what(), err))
				continue
			}
			merged = loader.MergeMaps(merged, m)
			log.add(l, path, m)
		}
	}
	merged = copyMap(merged) // MergeMaps shares tables with the parsed files; sets write into them
	for _, l := range layers {
		for _, s := range l.Set {
			errs = append(errs, log.set(l, "--set", s, merged, strvals.ParseInto))
		}
		for _, s := range l.SetString {
			errs = append(errs, log.set(l, "--set-string", s, merged, strvals.ParseIntoString))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	encoded, err := encodeValue(nil, merged, 0)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(encoded)
	v := &Values{Map: merged, Digest: hex.EncodeToString(sum[:]), encoded: encoded}
	v.Overrides, v.Conflicts = log.report()
	return v, nil
}

func (r *Resolver) file(path string) (map[string]any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.files[path]
	if !ok {
		p.values, p.err = readValuesFile(path)
		r.files[path] = p
	}
	return p.values, p.err
}

func readValuesFile(path string) (map[string]any, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such values file", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxValuesFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read the values file: %w", path, err)
	}
	if len(data) > MaxValuesFile {
		return nil, fmt.Errorf("%s: the values file is larger than %d MiB; a Helm release must fit into 1 MiB", path, MaxValuesFile>>20)
	}
	if err := checkValuesFile(path, data); err != nil {
		return nil, err
	}
	m, err := loader.LoadValues(bytes.NewReader(data))
	if err != nil {
		return nil, yamlError(path, err)
	}
	return m, nil
}

// checkValuesFile finds what Helm's own reader reports without a position or
// lets pass in silence: a list or text at the top, and a key that stands twice.
func checkValuesFile(path string, data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return yamlError(path, err)
		}
		if len(doc.Content) == 0 {
			continue
		}
		top := doc.Content[0]
		if top.Kind != yaml.MappingNode && top.Tag != "!!null" {
			return fmt.Errorf("%s:%d:%d: expected a map of keys to values, found %s", path, top.Line, top.Column, nodeKind(top))
		}
		if err := checkDuplicates(path, top); err != nil {
			return err
		}
	}
}

func nodeKind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return "the single value " + strconv.Quote(shorten(n.Value, 40))
	}
	return "an alias"
}

func checkDuplicates(path string, n *yaml.Node) error {
	seen := map[string]int{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind == yaml.ScalarNode && c.Tag != "!!merge" {
			if line, ok := seen[c.Value]; ok {
				return fmt.Errorf("%s:%d:%d: key %q is already set in line %d; keep one of the two", path, c.Line, c.Column, c.Value, line)
			}
			seen[c.Value] = c.Line
		}
		if err := checkDuplicates(path, c); err != nil {
			return err
		}
	}
	return nil
}

var yamlLine = regexp.MustCompile(`line (\d+):? ?`)

// yamlError moves the line of a YAML error to the place where editors look.
func yamlError(path string, err error) error {
	msg := err.Error()
	if i := strings.LastIndex(msg, "yaml: "); i >= 0 {
		msg = msg[i+len("yaml: "):]
	}
	if m := yamlLine.FindStringSubmatchIndex(msg); m != nil {
		return fmt.Errorf("%s:%s: not valid YAML: %s", path, msg[m[2]:m[3]], msg[:m[0]]+msg[m[1]:])
	}
	return fmt.Errorf("%s: not valid YAML: %s", path, msg)
}

func copyMap(m map[string]any) map[string]any {
	return copyAny(m).(map[string]any)
}

func copyAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyAny(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyAny(e)
		}
		return out
	}
	return v
}

// shorten cuts s to at most n bytes without cutting a character in two.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
