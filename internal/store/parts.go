package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The bounds of texts in part.json, which are shown.
const (
	maxNameBytes    = 200
	maxVersionBytes = 100
)

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// checkPart looks for what no part can say.
func checkPart(p Part) error {
	switch {
	case p.Name == "" || len(p.Name) > maxNameBytes:
		return fmt.Errorf("its name has %d bytes; expected 1 to %d", len(p.Name), maxNameBytes)
	case p.Job != "" && !isID(p.Job):
		return fmt.Errorf("its job is %q; expected an ID, or nothing for the plan's part", shorten(p.Job))
	case p.Job != "" && p.FollowUp:
		return errors.New("it is the part of a job, and says that it holds the plan of a follow-up")
	case p.Attempt < 1 || p.Attempt > maxAttempts:
		return fmt.Errorf("its attempt is %d; expected 1 to %d", p.Attempt, maxAttempts)
	case !digestPattern.MatchString(p.Plan):
		return fmt.Errorf("its plan is %q; expected the digest of a plan", shorten(p.Plan))
	case len(p.Version) > maxVersionBytes:
		return fmt.Errorf("its version has %d bytes; expected at most %d", len(p.Version), maxVersionBytes)
	}
	return nil
}

// find reads the part.json of every part. Folders that are none, and are not
// named like one, are somebody else's.
func (c *collector) find() ([]place, error) {
	if _, err := c.root.Lstat(partName); !errors.Is(err, fs.ErrNotExist) {
		p, err := c.readPart(".")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", partName, err)
		}
		return []place{p}, nil
	}
	entries, err := c.list(".", maxParts)
	if err != nil {
		return nil, err
	}
	var found []place
	for _, e := range entries {
		ours := strings.HasPrefix(e.Name(), ArtifactPrefix)
		artifact, named := ParseArtifact(e.Name())
		if artifact.Part == ReportArtifact {
			continue // of an earlier attempt
		}
		if !e.IsDir() {
			if ours {
				c.unused(e.Name(), errors.New("expected a folder"))
			}
			continue
		}
		p, err := c.readPart(e.Name())
		if errors.Is(err, fs.ErrNotExist) && !ours {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no %s in it", partName)
		}
		switch {
		case err != nil:
		case named:
			err = sameAs(p.Part, artifact)
		case ours:
			err = errors.New("its name is not that of an artifact of a part")
		}
		if err != nil {
			c.unused(e.Name(), err)
			continue
		}
		found = append(found, p)
	}
	// Sorted by name within, so that twins come in the same order every time.
	slices.SortStableFunc(found, func(a, b place) int {
		return cmp.Or(strings.Compare(a.Job, b.Job), compareBool(a.FollowUp, b.FollowUp), cmp.Compare(a.Attempt, b.Attempt))
	})
	return found, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (c *collector) readPart(dir string) (place, error) {
	data, err := readFile(c.root, path.Join(dir, partName), maxPartBytes)
	if err != nil {
		return place{}, err
	}
	p, err := parsePart(data)
	return place{Part: p, dir: dir}, err
}

func parsePart(data []byte) (Part, error) {
	var p Part
	if err := decode(newDecoder(), data, &p, &p.Schema, PartSchema, maxPartValues); err != nil {
		return Part{}, err
	}
	if err := checkPart(p); err != nil {
		return Part{}, err
	}
	return p, nil
}

// sameAs tells whether a part is what the name of its artifact says. A run has
// every name once only, so that a job which calls itself another one is seen
// here, unless it takes the other one's artifact away as well.
func sameAs(p Part, a Artifact) error {
	job := a.Part
	up := job == FollowUpArtifact
	if job == PlanArtifact || up {
		job = ""
	}
	if p.Job != job || p.FollowUp != up || p.Attempt != a.Attempt {
		return fmt.Errorf("its %s says that it is the part of %s", partName, p)
	}
	return nil
}
