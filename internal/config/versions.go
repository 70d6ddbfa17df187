package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// versions reads one entry of the kubernetes axis: a version, or an expression
// that stands for several. moving tells that the expression means other
// versions as time goes on.
func (d *decoder) versions(n *node) (values []string, moving bool) {
	switch {
	case n.text == "supported":
		if len(d.config.vocab.Supported) == 0 {
			d.at(n, "no Kubernetes version that this chart-matrix knows is supported today; update it, or name versions")
		}
		return d.config.vocab.Supported, true
	case n.text == "newest" || strings.HasPrefix(n.text, "newest "):
		known := d.config.vocab.Versions
		count := d.newest(n, len(known))
		return known[len(known)-count:], true
	case isVersionList(n.text):
		d.at(n, "several versions are a list; write %s", bracketed(n.text))
		return nil, false
	case matrix.IsVersionRange(n.text):
		return d.knownInRange(n), true
	}
	if v, ok := d.version(n); ok {
		return []string{v}, false
	}
	return nil, false
}

// newest reads the number of "newest 3", at most limit; 0 if it is wrong.
func (d *decoder) newest(n *node, limit int) int {
	count, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(n.text, "newest")))
	if err != nil || count < 1 {
		d.at(n, "expected newest and a number, such as newest 3, have %s", n.shown())
		return 0
	}
	if count > limit {
		d.at(n, "%s asks for more versions than there are; have %d", n.shown(), limit)
		return 0
	}
	return count
}

// isVersionList tells whether somebody wrote "1.30, 1.31" for [1.30, 1.31].
// Read as a range it would mean both at once.
func isVersionList(text string) bool {
	fields := versionFields(text)
	for _, f := range fields {
		if _, err := matrix.ParseVersion(f); err != nil {
			return false
		}
	}
	return len(fields) > 1
}

func bracketed(text string) string { return "[" + strings.Join(versionFields(text), ", ") + "]" }

func versionFields(text string) []string {
	if len(text) > maxName {
		return nil
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func (d *decoder) knownInRange(n *node) []string {
	r, err := matrix.ParseVersionRange(n.text)
	if err != nil {
		d.at(n, "%v", err)
		return nil
	}
	var values []string
	for _, known := range d.config.vocab.Versions {
		if v, err := matrix.ParseVersion(known); err == nil && r.Contains(v) {
			values = append(values, known)
		}
	}
	if len(values) == 0 {
		d.at(n, "no known Kubernetes version is %s; have %s", n.shown(), d.knownVersions())
	}
	return values
}

// version reads one version, which must belong to a known minor, and gives it
// in its usual form, without a leading v.
func (d *decoder) version(n *node) (string, bool) {
	v, err := matrix.ParseVersion(n.text)
	if err != nil {
		if near, ok := nearest(n.text, []string{"supported", "newest 3"}); ok {
			d.at(n, "unknown version %s; did you mean %s?", quote(n.text), near)
		} else {
			d.at(n, "%s is not a Kubernetes version; expected one like 1.31 or 1.31.4", quote(n.text))
		}
		return "", false
	}
	if slices.Contains(d.config.vocab.Versions, v.MinorString()) {
		return v.String(), true
	}
	// 1.30 loses its last digit wherever somebody takes it for a number.
	if tenfold := v.MinorString() + "0"; v.Patch < 0 && slices.Contains(d.config.vocab.Versions, tenfold) {
		d.at(n, "unknown version %s; did you mean %s?", v, tenfold)
	} else {
		d.at(n, "unknown version %s; have %s", v, d.knownVersions())
	}
	return "", false
}

func (d *decoder) knownVersions() string {
	known := d.config.vocab.Versions
	if len(known) == 0 {
		return "none"
	}
	return fmt.Sprintf("%s to %s", known[0], known[len(known)-1])
}

// byVersion reads a mapping of versions to text.
func (d *decoder) byVersion(n *node) map[string]string {
	if n == nil {
		return nil
	}
	out := map[string]string{}
	for _, e := range n.entries {
		if v, ok := d.version(e.key); ok {
			out[v] = e.value.text
		}
	}
	return out
}

// reportedVersions reads a mapping of minors to the versions that a provider
// reports for them.
func (d *decoder) reportedVersions(n *node) map[string]string {
	out := d.byVersion(n)
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		minor, err := matrix.ParseVersion(e.key.text)
		if err != nil {
			continue // reported
		}
		reported, err := matrix.ParseVersion(e.value.text)
		switch {
		case err != nil:
			d.at(e.value, "%v", err)
		case minor.MinorString() != reported.MinorString():
			d.at(e.value, "%s is not a version of %s; write one that is", quote(e.value.text), minor.MinorString())
		}
	}
	return out
}
