// Package layer holds the kinds of tests, one file each, cheap before dear.
//
// A layer answers a question. What the answer depends on is its key: cells
// with equal keys ask the same question, so it is asked once and all of them
// share the answer. That is why the static layers cost seconds for a whole matrix.
package layer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Layer is one kind of test.
type Layer interface {
	// Name is what users call it: "lint".
	Name() string
	// Requires names the layers that must have passed in a cell before this
	// one is asked there; else the cell is blocked.
	Requires() []string
	// Key digests all that the answer depends on. Equal keys, equal answers.
	Key(ctx context.Context, in Inputs) (string, error)
	// Run asks. A failed assertion says no; an error says that the question
	// could not be asked; a *Skip says why it was not, a *Block what came first.
	Run(ctx context.Context, in Inputs) ([]result.Assertion, error)
}

// Inputs are all that a layer may read of a cell.
type Inputs struct {
	Cell   matrix.Cell
	Values *chart.Values
	// KubeVersion is the version as the cell's provider reports it:
	// v1.33.4-eks-1a2b3c4.
	KubeVersion string
	// Minor is the minor of that version, "1.33".
	Minor     string
	Release   string
	Namespace string
	// Upgrade tells whether the release exists already.
	Upgrade bool
	// Helm is the one that works in clusters; zero is the one in this program.
	Helm Helm
}

// Helm is a Helm of the user's.
type Helm struct {
	Program string // a path, or a name on PATH; empty where PATH is searched for the version
	Version string // that it must have: 3, 3.19 or 3.19.2; empty is any
	Where   string // file:line:column of what asks for it
}

// Skip is the error of a layer that has nothing to ask, with the reason.
type Skip struct{ Reason string }

func (s *Skip) Error() string { return s.Reason }

// Block is the error of a layer that cannot be asked since something else is
// wrong first, with the reason. Its cell has not passed, nor has it failed.
type Block struct{ Reason string }

func (b *Block) Error() string { return b.Reason }

// newSkip makes a *Skip.
func newSkip(reason string) error { return &Skip{reason} }

// Names lists all layers that exist, in the order in which they run.
func Names() []string { return []string{LintName, RenderName, SchemaName, UnitName} }

// digest makes a key of its parts.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p) // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// verdict gives the status that the problems of an assertion amount to.
func verdict(problems []result.Problem) result.Status {
	for _, p := range problems {
		if p.Severity == result.Error {
			return result.Failed
		}
	}
	return result.Passed
}
