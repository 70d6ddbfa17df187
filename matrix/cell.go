package matrix

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
)

// Cell is one point of the matrix that is planned to run.
type Cell struct {
	ID   string     `json:"id"`
	Slug string     `json:"slug"`
	At   Coordinate `json:"at"`
	// Skip names the layers that a rule takes out of this cell, by layer.
	Skip map[string]LayerSkip `json:"skip,omitempty"`
	// Leaves names the LastingSet of the plan that outlives this cell's release;
	// empty for nothing.
	Leaves string `json:"leaves,omitempty"`
}

// LayerSkip says why a layer does not run in a cell.
type LayerSkip struct {
	Rule    string `json:"rule"`
	Because string `json:"because"`
	// Blocked says that the layer would have been asked, if something else were
	// right: its question stays open.
	Blocked bool `json:"blocked,omitempty"`
}

// idEncoding is lower-case base32 without the padding; the alphabet has no
// digit that looks like a letter, since people read IDs aloud.
var idEncoding = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// idLength is 40 bits: among 10,000 cells two share an ID with a chance of
// 1 in 22,000, which Expand detects and refuses.
const idLength = 8

// CellID is a short hash of the coordinate. It does not depend on the order of
// the axes, so a cell keeps its ID when the configuration is rearranged.
func CellID(at Coordinate) string {
	names := make([]string, 0, len(at))
	for name := range at {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		// NUL separates; neither names nor values can hold one (internal/config refuses it).
		h.Write([]byte(name + "\x00" + at[name] + "\x00"))
	}
	return idEncoding.EncodeToString(h.Sum(nil))[:idLength]
}

// CellSlug is the readable name of a cell, for people, file names and job
// names: kind-1.34-ha-upgrade. Axes stand in the order provider, kubernetes,
// scenario, operation, then the user's as configured. It is made of a-z, 0-9,
// ".", "_" and "-", begins with neither "." nor "-", and has 1 to 200
// characters. Two cells may share a slug where values differ only in what it
// cannot hold; IDs tell them apart.
func CellSlug(axes []Axis, at Coordinate) string {
	parts := make([]string, 0, len(at))
	add := func(name string) {
		if s := slugify(at[name]); s != "" {
			parts = append(parts, s)
		}
	}
	first := []string{Provider, Kubernetes, Scenario, Operation}
	for _, name := range first {
		add(name)
	}
	for _, a := range axes {
		if !slices.Contains(first, a.Name) {
			add(a.Name)
		}
	}
	slug := strings.Join(parts, "-")
	if slug == "" {
		return CellID(at)
	}
	return strings.TrimRight(slug[:min(len(slug), maxSlug)], ".-")
}

// The bounds of one value within a slug and of all of it, in bytes, so that a
// slug with an ending is a file name (255 bytes on common file systems).
const (
	maxSlugPart = 40
	maxSlug     = 200
)

func slugify(value string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(value) {
		if b.Len() >= maxSlugPart {
			break
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		} else {
			hyphen = true
		}
	}
	// A name of dots alone would mean a folder, and a hyphen in front an option.
	out := b.String()
	return strings.Trim(out[:min(len(out), maxSlugPart)], ".-")
}
