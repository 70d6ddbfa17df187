package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/posthog/chart-matrix/matrix"
)

// FromKind says how an upgrade's older chart is looked for.
type FromKind string

// The kinds of From.
const (
	FromBase    FromKind = "base"    // the commit that a change starts from
	FromRelease FromKind = "release" // the last release, or one of those before it
	FromVersion FromKind = "version" // the newest release in a range
	FromRef     FromKind = "ref"     // a branch, tag or commit of git
)

// From says what an upgrade starts from.
type From struct {
	Kind FromKind
	Text string // as people know it: "release~1", "1.2.x from https://…", a git ref
	// Back is how many releases before the last one are left out.
	Back int
	// Version is one version or a range of them.
	Version string
	// Repository is where releases are published; empty means tags of git.
	Repository string
	Chart      string // the chart's name there; empty is its own
	// Where is its place in the file, file:line:column; empty where it is not there.
	Where string
}

// Helm says which Helm works in clusters.
type Helm struct {
	// Binary is a program, by its path or by a name that PATH knows; empty where
	// the version has to be looked for.
	Binary  string
	Version string // "3.19", "4"; empty is any
	Where   string // file:line:column
}

// BuiltInHelm is the value of the axis helm that means the Helm in this program.
const BuiltInHelm = "built-in"

// HelmAxis is the axis whose values are versions of Helm.
const HelmAxis = "helm"

// baseName is that of the operation that an upgrade starts from where nothing is said.
const baseName = string(FromBase)

// Forms of what an upgrade may start from. A hash of git's has no dot, and a
// version begins with a digit or says how it compares.
var (
	releaseBack   = regexp.MustCompile(`^release(?:~([1-9][0-9]?))?$`)
	hashForm      = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
	versionStart  = regexp.MustCompile(`^[0-9~^<>=!]`)
	addressForm   = regexp.MustCompile(`^(https?|oci)://[^\s/?#]+(/[^\s?#]*)?$`)
	helmForm      = regexp.MustCompile(`^v?(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,3})){0,2}$`)
	operationForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

// where is a node's place in the file.
func (d *decoder) where(n *node) string {
	return fmt.Sprintf("%s:%d:%d", d.file, n.line, n.column)
}

// from reads what an upgrade starts from; nil is the base.
func (d *decoder) from(n *node) From {
	if n == nil {
		return From{Kind: FromBase, Text: baseName}
	}
	f := From{Where: d.where(n)}
	if n.kind == mapNode {
		f.Kind, f.Text = FromRelease, "release"
		if v := n.get("version"); v != nil {
			f.Kind, f.Text, f.Version = FromVersion, v.text, d.versionRange(v)
		}
		if r := n.get("repository"); r != nil {
			f.Repository = r.text
			f.Text += " from " + r.text
		}
		f.Chart = n.get("chart").string()
		return f
	}
	f.Text = n.text
	switch m := releaseBack.FindStringSubmatch(n.text); {
	case n.text == baseName:
		f.Kind = FromBase
	case m != nil:
		f.Kind = FromRelease
		f.Back, _ = strconv.Atoi(m[1]) // empty is none
	case !hashForm.MatchString(n.text) && versionStart.MatchString(n.text):
		f.Kind, f.Version = FromVersion, d.versionRange(n)
	default:
		f.Kind = FromRef
	}
	return f
}

// versionRange checks a range of a chart's versions.
func (d *decoder) versionRange(n *node) string {
	if _, err := semver.NewConstraint(n.text); err != nil {
		d.at(n, "%s is neither a version of a chart nor a range of them; write 1.2.3, 1.2.x or \">=1.2 <2\"", quote(n.text))
	}
	return n.text
}

// operations reads install, upgrade, and further upgrades by names of the file's own.
func (d *decoder) operations(n *node) {
	d.config.Operations = map[string]Operation{}
	for _, name := range operationNames {
		d.config.Operations[name] = d.operation(name, n.get(name))
	}
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if slices.Contains(operationNames, e.key.text) {
			continue
		}
		if !operationForm.MatchString(e.key.text) {
			d.at(e.key, "expected a name of letters, digits, dots, hyphens and underscores for an upgrade, have %s", quote(e.key.text))
			continue
		}
		d.config.Operations[e.key.text] = d.operation(e.key.text, e.value)
	}
}

// unusedOperations reports upgrades that no cell asks for: a name that was
// misspelt, most often.
func (d *decoder) unusedOperations(n *node) {
	a := d.axes[matrix.Operation]
	if n == nil || a.doubtful {
		return
	}
	for _, e := range n.entries {
		if slices.Contains(operationNames, e.key.text) || a.has[e.key.text] || !operationForm.MatchString(e.key.text) {
			continue
		}
		near := ""
		if name, ok := nearest(e.key.text, operationNames); ok {
			near = "; did you mean " + name + "?"
		}
		d.at(e.key, "no cell has the operation %s; name it under axes: operation: [install, %s]%s", quote(e.key.text), e.key.text, near)
	}
}

func (d *decoder) operation(name string, n *node) Operation {
	o := Operation{Settings: d.settings(n)}
	if IsUpgrade(name) {
		o.From, o.Rollback = d.from(n.get("from")), isTrue(n.get("rollback"))
	}
	return o
}

// IsUpgrade tells whether an operation upgrades: all but install do.
func IsUpgrade(operation string) bool { return operation != "install" }

// useRepository gives upgrades from releases the repository of the whole file.
func (c *Config) useRepository() {
	for name, o := range c.Operations {
		if (o.From.Kind == FromRelease || o.From.Kind == FromVersion) && o.From.Repository == "" {
			o.From.Repository = c.Repository
			c.Operations[name] = o
		}
	}
}

// operationList names the operations, install and upgrade first.
func (c *Config) operationList() []string {
	names := slices.Clone(operationNames)
	var more []string
	for name := range c.Operations {
		if !slices.Contains(names, name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	return append(names, more...)
}

// helm reads which Helm is meant.
func (d *decoder) helm(n *node) {
	c := d.config
	c.helmBinaries = map[string]Helm{}
	if n == nil {
		return
	}
	c.helm = Helm{Binary: d.program(n.get("binary")), Version: n.get("version").string(), Where: d.where(n)}
	if binaries := n.get("binaries"); binaries != nil {
		for _, e := range binaries.entries {
			if !helmForm.MatchString(e.key.text) {
				d.at(e.key, "expected a version of Helm like 3.19, have %s", quote(e.key.text))
			}
			c.helmBinaries[e.key.text] = Helm{Binary: d.program(e.value), Version: e.key.text, Where: d.where(e.value)}
		}
	}
}

// program gives a program's path; a bare name stays one, for PATH. It need not
// be there yet: a step of the job may bring it.
func (d *decoder) program(n *node) string {
	text := n.string()
	if !strings.Contains(text, "/") || filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(d.config.Dir, filepath.FromSlash(text))
}

// HelmAt gives the Helm of a coordinate; ok is false for the one in this program.
func (c *Config) HelmAt(axisValue string) (h Helm, ok bool) {
	switch axisValue {
	case BuiltInHelm:
		return Helm{}, false
	case "":
		return c.helm, c.helm.Binary != "" || c.helm.Version != ""
	}
	if h, ok := c.helmBinaries[axisValue]; ok {
		return h, true
	}
	h = Helm{Version: axisValue, Where: c.helm.Where}
	if c.helm.Binary != "" && c.helm.Version == axisValue {
		h.Binary = c.helm.Binary
	}
	return h, true
}

// helmValue tells whether a value may stand on the axis helm, and reports it if not.
func (d *decoder) helmValue(n *node) bool {
	if n.text == BuiltInHelm || helmForm.MatchString(n.text) {
		return true
	}
	d.at(n, "the axis helm holds versions of Helm, like 3.19, or %s; have %s. An axis of another meaning needs another name", BuiltInHelm, quote(n.text))
	return false
}
