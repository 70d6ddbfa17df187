package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Tag is a tag and the commit that it names.
type Tag struct{ Name, Commit string }

// maxTags bounds a list of tags, in bytes: some hundred thousand of them.
const maxTags = 16 << 20

// Tags lists the tags of the repository that holds repoDir, sorted by name. A
// shallow checkout mostly lacks them; there, origin is asked, unless offline.
func Tags(ctx context.Context, repoDir string, offline bool) ([]Tag, error) {
	r, err := open(repoDir)
	if err != nil {
		return nil, err
	}
	shallow, err := r.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, err
	}
	if shallow == "true" && !offline {
		return r.tagsOfOrigin(ctx)
	}
	out, err := r.list(ctx, maxTags, "for-each-ref", "--sort=refname", "--format=%(objectname) %(*objectname) %(refname:strip=2)", "refs/tags")
	if err != nil {
		return nil, err
	}
	var tags []Tag
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		// An annotated tag has the commit in the second place.
		tags = append(tags, Tag{Name: fields[len(fields)-1], Commit: fields[len(fields)-2]})
	}
	return tags, nil
}

func (r *repository) tagsOfOrigin(ctx context.Context) ([]Tag, error) {
	limited, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	out, err := r.list(limited, maxTags, "ls-remote", "--quiet", "--tags", "origin")
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the tags of origin: %w", errors.Join(ErrFetch, err))
	}
	var tags []Tag
	for line := range strings.Lines(out) {
		hash, ref, ok := strings.Cut(strings.TrimSpace(line), "\t")
		name, tag := strings.CutPrefix(ref, "refs/tags/")
		if !ok || !tag {
			continue
		}
		// The commit of an annotated tag comes right behind it.
		if plain, peeled := strings.CutSuffix(name, "^{}"); peeled {
			if n := len(tags); n > 0 && tags[n-1].Name == plain {
				tags[n-1].Commit = hash
			}
			continue
		}
		tags = append(tags, Tag{Name: name, Commit: hash})
	}
	return tags, nil
}
