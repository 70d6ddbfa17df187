package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"

	"github.com/Masterminds/semver/v3"
)

// released is what is read of a release in the answer of the API.
type released struct {
	TagName    string `json:"tag_name"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
	Body       string `json:"body"`
}

// table is the form of images.json.
type table struct {
	Releases []release `json:"releases"`
}

type release struct {
	Kind   string   `json:"kind"`
	Images []string `json:"images"`
}

// generate makes the table of the releases from the oldest one on: newest
// first, and in each the newest Kubernetes first. A release whose notes name no
// image is left out; an answer without any is an error, since then the notes
// have another form.
func generate(answer []byte, oldest string) ([]byte, error) {
	from, err := semver.NewVersion(oldest)
	if err != nil {
		return nil, fmt.Errorf("-oldest %q is not a version like v0.25.0", oldest)
	}
	var all []released
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, fmt.Errorf("not a list of releases: %w", err)
	}
	found := map[*semver.Version]release{}
	for _, r := range all {
		v, err := semver.NewVersion(r.TagName)
		if err != nil || r.Draft || r.Prerelease || v.Prerelease() != "" || v.LessThan(from) {
			continue
		}
		images, err := imagesIn(r.Body)
		if err != nil {
			return nil, fmt.Errorf("the notes of %s: %w", r.TagName, err)
		}
		if len(images) > 0 {
			found[v] = release{Kind: r.TagName, Images: images}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no release has notes that name an image like kindest/node:v1.34.4@sha256:…")
	}
	var t table
	for _, v := range newestFirst(found) {
		t.Releases = append(t.Releases, found[v])
	}
	return encode(t)
}

// keeps tells whether a new table has every release that the one in the file
// has, from the oldest one on: an answer without one is not whole. No file is
// no table.
func keeps(file string, text []byte, oldest string) error {
	old, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var had, has table
	if err == nil {
		err = errors.Join(json.Unmarshal(old, &had), json.Unmarshal(text, &has))
	}
	if err != nil {
		return fmt.Errorf("comparing with %s: %w", file, err)
	}
	from, err := semver.NewVersion(oldest)
	if err != nil {
		return err
	}
	for _, r := range had.Releases {
		v, err := semver.NewVersion(r.Kind)
		if err != nil {
			return fmt.Errorf("%s: release %q: %w", file, r.Kind, err)
		}
		if !v.LessThan(from) && !slices.ContainsFunc(has.Releases, func(other release) bool { return other.Kind == r.Kind }) {
			return fmt.Errorf("it does not have %s, which the table has; expected all releases with their notes", r.Kind)
		}
	}
	return nil
}

func encode(t table) ([]byte, error) {
	text, err := json.MarshalIndent(t, "", "  ")
	return append(text, '\n'), err
}

// imagePattern finds images with their digests; notes that name one without
// its digest say nothing that can be relied upon.
var imagePattern = regexp.MustCompile(`kindest/node:(v[0-9]+\.[0-9]+\.[0-9]+)@sha256:[0-9a-f]{64}\b`)

// imagesIn gives the images that the notes name, newest Kubernetes first. Notes
// name the default image twice; with two digests for one version they cannot be
// relied upon.
func imagesIn(notes string) ([]string, error) {
	found, digests := map[*semver.Version]string{}, map[string]string{}
	for _, m := range imagePattern.FindAllStringSubmatch(notes, -1) {
		v, err := semver.NewVersion(m[1])
		if err != nil {
			return nil, err
		}
		other, known := digests[m[1]]
		if known && other != m[0] {
			return nil, fmt.Errorf("%s has two digests: %s and %s", m[1], other, m[0])
		}
		if !known {
			found[v], digests[m[1]] = m[0], m[0]
		}
	}
	var out []string
	for _, v := range newestFirst(found) {
		out = append(out, found[v])
	}
	return out, nil
}

func newestFirst[T any](by map[*semver.Version]T) []*semver.Version {
	return slices.SortedFunc(maps.Keys(by), func(a, b *semver.Version) int { return b.Compare(a) })
}
