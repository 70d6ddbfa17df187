package kind

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// imagesJSON is the table of node images with their digests, by the release of
// kind that they were built for, newest first. The source is the notes of each
// release, https://github.com/kubernetes-sigs/kind/releases. It is refreshed by
//
//	go run ./internal/provider/kind/gen
//
//go:embed images.json
var imagesJSON []byte

// table is the form of images.json.
type table struct {
	Releases []release `json:"releases"`
}

// release is one of kind, and the node images that were built for it.
type release struct {
	Kind   string   `json:"kind"` // v0.33.0
	Images []string `json:"images"`
}

func embedded() (table, error) {
	var t table
	if err := json.Unmarshal(imagesJSON, &t); err != nil {
		return table{}, fmt.Errorf("images.json: %w", err)
	}
	return t, nil
}

// tagPattern finds the Kubernetes version in a reference of a node image, as
// kind's own and most others name it: registry:5000/kindest/node:v1.34.4@sha256:…
var tagPattern = regexp.MustCompile(`:(v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]*)(?:@sha256:[0-9a-f]{64})?$`)

// versionOf gives the version that the tag of an image names, if it does.
func versionOf(image string) (matrix.Version, bool) {
	m := tagPattern.FindStringSubmatch(image)
	if m == nil {
		return matrix.Version{}, false
	}
	v, err := matrix.ParseVersion(m[1])
	return v, err == nil
}

// find gives the image of a version, for an installed release of kind: of the
// releases up to the installed one, the newest that has it, since an image is
// promised to work with the release that it was built for and, as a rule, with
// later ones, and never with earlier ones. A minor alone gives its newest
// patch there. An installed version that is nil is later than all.
func (t table) find(want matrix.Version, installed *semver.Version) (string, error) {
	var have []matrix.Version
	var later []string
	for _, r := range t.Releases {
		built, err := semver.NewVersion(r.Kind)
		if err != nil {
			return "", fmt.Errorf("images.json: release %q: %w", r.Kind, err)
		}
		tooNew := installed != nil && core(installed).LessThan(built)
		best, found := "", matrix.Version{}
		for _, image := range r.Images {
			v, ok := versionOf(image)
			if !ok {
				return "", fmt.Errorf("images.json: %q names no version", image)
			}
			if !tooNew {
				have = append(have, v)
			}
			if meets(v, want) && (best == "" || v.Compare(found) > 0) {
				best, found = image, v
			}
		}
		switch {
		case best == "":
		case tooNew:
			later = append(later, r.Kind)
		default:
			return best, nil
		}
	}
	next := "name an image of it in providers.kind.images"
	if len(later) > 0 {
		next = fmt.Sprintf("install kind %s or later, or %s", later[len(later)-1], next)
	}
	return "", provider.UnknownVersion(Name, want, versions(have), next)
}

// core leaves a pre-release's suffix away: v0.34.0-alpha knows what v0.33.0 does,
// and the images for v0.34.0 come out with it.
func core(v *semver.Version) *semver.Version {
	return semver.New(v.Major(), v.Minor(), v.Patch(), "", "")
}

// meets tells whether a version is the wanted one, or a patch of the wanted minor.
func meets(v, want matrix.Version) bool {
	return v.MinorString() == want.MinorString() && (want.Patch < 0 || v.Compare(want) == 0)
}

// versions lists versions, newest first, each once.
func versions(all []matrix.Version) string {
	slices.SortFunc(all, func(a, b matrix.Version) int { return b.Compare(a) })
	var out []string
	for _, v := range all {
		out = append(out, v.String())
	}
	return strings.Join(slices.Compact(out), ", ")
}

// override finds the image that a user named: of the exact version first, of
// its minor next, unless its tag names another patch than the wanted one. Keys
// are versions as users write them.
func override(images map[string]string, want matrix.Version) (string, error) {
	var minor string
	for _, key := range slices.Sorted(maps.Keys(images)) {
		v, err := matrix.ParseVersion(key)
		if err != nil {
			return "", fmt.Errorf("providers.kind.images: %w", err)
		}
		switch {
		case v.Compare(want) == 0:
			return images[key], nil
		case v.Patch < 0 && v.MinorString() == want.MinorString():
			minor = images[key]
		}
	}
	if v, ok := versionOf(minor); minor != "" && ok && !meets(v, want) {
		return "", nil
	}
	return minor, nil
}

// installedVersion reads what `kind version` prints: "kind v0.33.0 go1.26 linux/amd64".
func installedVersion(output string) (*semver.Version, error) {
	for _, word := range strings.Fields(output) {
		if v, err := semver.NewVersion(word); err == nil && strings.HasPrefix(word, "v") {
			return v, nil
		}
	}
	return nil, errors.New("kind version names no version")
}
