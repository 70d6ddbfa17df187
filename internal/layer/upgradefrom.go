package layer

import (
	"context"

	"github.com/posthog/chart-matrix/internal/chart"
)

// OlderRenderer is the chart that a release is upgraded from, and renders it.
type OlderRenderer struct {
	Chart    *chart.Chart
	Renderer *chart.Renderer
}

// Upgrading is what renderings say of an upgrade before anything is installed.
type Upgrading struct {
	// Same says that both charts render the same here, so that nothing would
	// be upgraded.
	Same bool
	// Broken is why the older chart cannot be installed; empty where it renders.
	Broken string
}

// LookAhead compares what a release would be upgraded from with what it would
// be upgraded to. The older chart has to render as it is installed; both are
// compared as an upgrade renders them, so that what a chart makes on install
// alone is no difference.
func LookAhead(ctx context.Context, older *OlderRenderer, newer *chart.Renderer, in Inputs) (Upgrading, error) {
	request, err := renderRequest(in)
	if err != nil {
		return Upgrading{}, err
	}
	request.Upgrade = false
	first, err := older.Renderer.Render(ctx, request)
	if err != nil {
		return Upgrading{}, err
	}
	if failure := first.Failure; failure != nil {
		return Upgrading{Broken: renderProblem(failure).Message}, nil
	}
	request.Upgrade = true
	seen, err := chart.Compare(ctx, older.Renderer, newer, request)
	return Upgrading{Same: seen.Same}, err
}
