package k3s

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// tagPattern is the form of k3s's tags: v1.33.4+k3s1, v1.34.0-rc2+k3s1. A tag
// becomes part of URLs and file names, so nothing else is let through.
var tagPattern = regexp.MustCompile(`^v1\.[0-9]{1,3}\.[0-9]{1,3}(-(alpha|beta|rc)\.?[0-9]{1,3})?\+k3s[0-9]{1,3}$`)

// channelPattern is the form of channel names: stable, latest, v1.33, v1.16-testing.
var channelPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

const maxChannelBytes = 1 << 20 // the answer had 20 KB in 2026

// Resolve gives the tag of the release that a version means: the one that
// Versions names for it; else the newest of a minor, as the channel server knows
// it; the first build, k3s1, of a patch; the very one where a build is named.
func (p *Provider) Resolve(ctx context.Context, v matrix.Version) (string, error) {
	if named := p.Versions[v.String()]; named != "" {
		exact, err := matrix.ParseVersion(named)
		if err != nil {
			return "", fmt.Errorf("providers.k3s.kubernetes-version: %w", err)
		}
		if exact.Patch < 0 || !isVersion("v"+exact.String(), v) {
			return "", fmt.Errorf("providers.k3s.kubernetes-version: %s is no release of Kubernetes %s; expected one like v%s.4+k3s1", named, v, v.MinorString())
		}
		v = exact
	}
	if v.Patch < 0 {
		return p.newest(ctx, "v"+v.MinorString(), v)
	}
	tag := "v" + v.String()
	if !strings.Contains(v.Suffix, "+") {
		tag += "+k3s1"
	}
	if !tagPattern.MatchString(tag) {
		return "", provider.UnknownVersion(Name, v, "releases such as v1.33.4+k3s1", "name one of https://github.com/k3s-io/k3s/releases, or a minor version alone")
	}
	return tag, nil
}

// Newest gives the tag of the newest release in a channel: stable, latest,
// testing or v1.33.
func (p *Provider) Newest(ctx context.Context, channel string) (string, error) {
	if !channelPattern.MatchString(channel) {
		return "", fmt.Errorf("%q is not the name of a channel of k3s; expected one like stable, latest or v1.33", channel)
	}
	return p.newest(ctx, channel, matrix.Version{})
}

// newest looks a channel up; v is what it is looked up for, if that is a version.
func (p *Provider) newest(ctx context.Context, channel string, v matrix.Version) (string, error) {
	base := or(p.Channels, DefaultChannels)
	if _, err := url.ParseRequestURI(base); err != nil {
		return "", fmt.Errorf("the channel server of k3s: %w", err)
	}
	data, err := p.get(ctx, base, maxChannelBytes)
	if err != nil {
		return "", fmt.Errorf("asking which release of k3s is the newest: %w", err)
	}
	var answer struct {
		Data []struct {
			Name   string `json:"name"`
			Latest string `json:"latest"`
		} `json:"data"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return "", fmt.Errorf("asking which release of k3s is the newest: %s: expected a list of channels in JSON: %w", base, err)
	}
	var have []string
	for _, c := range answer.Data {
		if c.Name == channel && c.Latest != "" {
			if !tagPattern.MatchString(c.Latest) {
				return "", fmt.Errorf("%s: the channel %s has the release %.60q; expected one like v1.33.4+k3s1", base, channel, c.Latest)
			}
			return c.Latest, nil
		}
		if channelPattern.MatchString(c.Name) && c.Latest != "" {
			have = append(have, c.Name)
		}
	}
	slices.Sort(have)
	if len(have) > 60 {
		have = have[:60]
	}
	if v == (matrix.Version{}) {
		return "", fmt.Errorf("k3s has no channel %s; have %s", channel, strings.Join(have, ", "))
	}
	return "", provider.UnknownVersion(Name, v, strings.Join(have, ", "), "name one of these, or an exact release such as v1.33.4+k3s1")
}

// programVersion reads what `k3s --version` prints.
func programVersion(printed string) (string, error) {
	first, _, _ := strings.Cut(printed, "\n")
	fields := strings.Fields(first)
	if len(fields) < 3 || fields[0] != "k3s" || fields[1] != "version" || !tagPattern.MatchString(fields[2]) {
		return "", fmt.Errorf("it says %.80q of its version; expected \"k3s version v1.33.4+k3s1\"", first)
	}
	return fields[2], nil
}

// isVersion tells whether a tag is a release of the version.
func isVersion(tag string, v matrix.Version) bool {
	have, err := matrix.ParseVersion(tag)
	if err != nil || have.Major != v.Major || have.Minor != v.Minor {
		return false
	}
	if v.Patch < 0 {
		return true
	}
	build, _, _ := strings.Cut(have.Suffix, "+")
	return have.Patch == v.Patch && (have.Suffix == v.Suffix || build == v.Suffix)
}
