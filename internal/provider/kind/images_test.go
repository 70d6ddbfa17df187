package kind

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/posthog/chart-matrix/matrix"
)

// TestTable holds the built-in table against its own rules.
func TestTable(t *testing.T) {
	table, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	reference := regexp.MustCompile(`^kindest/node:v1\.[0-9]+\.[0-9]+@sha256:[0-9a-f]{64}$`)
	var releases []*semver.Version
	digests, minors := map[string]string{}, map[string]bool{}
	for _, r := range table.Releases {
		releases = append(releases, semver.MustParse(r.Kind))
		var found []matrix.Version
		for _, image := range r.Images {
			if !reference.MatchString(image) {
				t.Errorf("%s: %q has no digest", r.Kind, image)
			}
			_, digest, _ := strings.Cut(image, "@")
			if other, taken := digests[digest]; taken {
				t.Errorf("%s and %s have one digest", image, other)
			}
			digests[digest] = image
			v, _ := versionOf(image)
			found = append(found, v)
			minors[v.MinorString()] = true
		}
		if !slices.IsSortedFunc(found, func(a, b matrix.Version) int { return b.Compare(a) }) {
			t.Errorf("%s: %v is not sorted, newest first", r.Kind, found)
		}
	}
	if !slices.IsSortedFunc(releases, func(a, b *semver.Version) int { return b.Compare(a) }) {
		t.Errorf("%v is not sorted, newest first", releases)
	}
	for minor := 24; minor <= 37; minor++ {
		if v := (matrix.Version{Major: 1, Minor: minor}); !minors[v.MinorString()] {
			t.Errorf("no image of Kubernetes %s", v.MinorString())
		}
	}
}

func TestFind(t *testing.T) {
	images := table{Releases: []release{
		{Kind: "v0.33.0", Images: []string{"n:v1.37.0", "n:v1.34.11"}},
		{Kind: "v0.32.0", Images: []string{"n:v1.36.1", "n:v1.34.8"}},
		{Kind: "v0.31.0", Images: []string{"n:v1.34.3", "n:v1.31.14", "n:v1.31.2"}},
	}}
	for _, c := range []struct {
		want, installed string
		image           string
		err             string
	}{
		{"1.34", "v0.33.0", "n:v1.34.11", ""},
		{"1.34", "v0.32.1", "n:v1.34.8", ""},
		{"1.34", "v0.34.0-alpha+abc", "n:v1.34.11", ""},
		{"1.34", "v0.33.0-alpha", "n:v1.34.11", ""},
		{"1.34", "", "n:v1.34.11", ""},
		{"1.34.8", "v0.33.0", "n:v1.34.8", ""},
		{"1.31", "v0.33.0", "n:v1.31.14", ""},
		{"1.37", "v0.31.0", "", "kind has no Kubernetes 1.37; have 1.34.3, 1.31.14, 1.31.2; install kind v0.33.0 or later, or name an image of it in providers.kind.images"},
		{"1.34", "v0.30.0", "", "install kind v0.31.0 or later"},
		{"1.99", "v0.33.0", "", "kind has no Kubernetes 1.99; have 1.37.0, 1.36.1, 1.34.11, 1.34.8, 1.34.3, 1.31.14, 1.31.2; name an image of it in providers.kind.images"},
		{"1.34.9", "v0.33.0", "", "kind has no Kubernetes 1.34.9"},
	} {
		want, err := matrix.ParseVersion(c.want)
		if err != nil {
			t.Fatal(err)
		}
		var installed *semver.Version
		if c.installed != "" {
			installed = semver.MustParse(c.installed)
		}
		image, err := images.find(want, installed)
		if image != c.image || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s with kind %q: %q, %v; want %q, %q", c.want, c.installed, image, err, c.image, c.err)
		}
	}
}

func TestVersionOf(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	for image, want := range map[string]string{
		"kindest/node:v1.34.4":                             "1.34.4",
		"kindest/node:v1.34.4" + digest:                    "1.34.4",
		"registry:5000/kindest/node:v1.37.0-rc.1" + digest: "1.37.0-rc.1",
		"registry:5000/node":                               "",
		"node:latest":                                      "",
		"node:1.34.4":                                      "",
		"node" + digest:                                    "",
		"":                                                 "",
	} {
		v, ok := versionOf(image)
		if ok != (want != "") || ok && v.String() != want {
			t.Errorf("%q: %s, %t", image, v, ok)
		}
	}
}

func TestOverrideRefusesKeysThatAreNoVersions(t *testing.T) {
	if _, err := override(map[string]string{"newest": "x"}, matrix.Version{Major: 1, Minor: 34, Patch: -1}); err == nil || !strings.Contains(err.Error(), `providers.kind.images: "newest" is not a Kubernetes version`) {
		t.Errorf("got %v", err)
	}
}

func TestInstalledVersion(t *testing.T) {
	for output, want := range map[string]string{
		"kind v0.33.0 go1.26.8 linux/amd64\n":                      "0.33.0",
		"kind v0.34.0-alpha.12+0123456789abcd go1.26 darwin/arm64": "0.34.0-alpha.12+0123456789abcd",
		"kind (unknown)": "",
		"":               "",
	} {
		v, err := installedVersion(output)
		if (err == nil) != (want != "") || err == nil && v.String() != want {
			t.Errorf("%q: %v, %v", output, v, err)
		}
	}
}
