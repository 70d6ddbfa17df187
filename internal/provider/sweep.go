package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/go-multierror"
)

// Sweeping is what Sweep found, each list sorted by provider and name.
type Sweeping struct {
	// Expired is what was removed, or would be in a dry sweep.
	Expired []Ref
	// Failed has expired and could not be removed; the error says why.
	Failed []Ref
	// Kept is ours and in use still, as far as its expiry tells.
	Kept []Ref
	// Skipped names the providers that cannot be used here, and why. What they
	// hold is not known.
	Skipped []Skip
}

// Skip is a provider that Sweep could not ask.
type Skip struct {
	Provider string
	Because  error // wraps ErrUnavailable
}

// Sweep removes every cluster of ours that has expired, whoever made it, and
// lists all else; a dry one removes nothing. It goes on after errors and gives
// all of them, and ends early only with its context. What expires at the very
// moment now has expired.
func Sweep(ctx context.Context, providers []Provider, now time.Time, dry bool) (Sweeping, error) {
	var s Sweeping
	var errs *multierror.Error
	for _, p := range providers {
		refs, err := p.List(ctx)
		if errors.Is(err, ErrUnavailable) {
			s.Skipped = append(s.Skipped, Skip{Provider: p.Name(), Because: err})
			continue
		}
		if err != nil {
			// What was listed before the error is still swept.
			errs = multierror.Append(errs, fmt.Errorf("list the clusters of %s: %w", p.Name(), err))
		}
		for _, ref := range refs {
			switch {
			case ref.Expires.After(now):
				s.Kept = append(s.Kept, ref)
			case dry:
				s.Expired = append(s.Expired, ref)
			default:
				if err := p.Down(ctx, ref); err != nil {
					s.Failed = append(s.Failed, ref)
					errs = multierror.Append(errs, fmt.Errorf("remove %s of %s, expired at %s: %w",
						ref.Name, ref.Provider, ref.Expires.Format(time.RFC3339), err))
					continue
				}
				s.Expired = append(s.Expired, ref)
			}
		}
	}
	for _, list := range [][]Ref{s.Expired, s.Failed, s.Kept} {
		slices.SortFunc(list, CompareRefs)
	}
	slices.SortStableFunc(s.Skipped, func(a, b Skip) int { return cmp.Compare(a.Provider, b.Provider) })
	return s, errs.ErrorOrNil()
}

// CompareRefs orders Refs by provider and name.
func CompareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name))
}
