package chart

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// lintRelease is the release name that Helm's template rule renders with.
const lintRelease = "test-release"

// LintRequest asks what `helm lint` says with these values.
type LintRequest struct {
	Values *Values
	// Release is the name of the release; "" means Helm's "test-release".
	Release   string
	Namespace string
	// KubeVersion and APIVersions are as in [Request]. Without a version
	// Helm's built-in one is taken, as `helm lint` does without --kube-version.
	KubeVersion string
	APIVersions []string
}

// Lint runs Helm's lint rules, those that do not depend on values once only.
// What `required` and `fail` complain about is information here, as in Helm.
//
// The rules look at a render of the chart. [Renderer.Render] answers an equal
// question from that render, and other versions reuse it.
func (r *Renderer) Lint(ctx context.Context, req LintRequest) ([]LintMessage, error) {
	out, err := r.lint(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("cannot lint %s: %w", r.chart.Name, err)
	}
	return out, nil
}

func (r *Renderer) lint(ctx context.Context, req LintRequest) ([]LintMessage, error) {
	if req.Values == nil {
		return nil, errors.New("the request has no values")
	}
	if req.Release == "" {
		req.Release = lintRelease
	}
	apis := sortedAPIs(req.APIVersions)
	wire := wireRequest{
		Lint: true, ValuesDigest: req.Values.Digest, Release: req.Release, Namespace: req.Namespace,
		KubeVersion: req.KubeVersion, APIDigest: digestList(apis),
	}
	own, err := r.lintWith(ctx, wire.stateKey(), wire.answerKey(), wire, req.Values, apis)
	if err != nil {
		return nil, err
	}
	// Asked last, as all the others would wait for it.
	static, err := r.lintWith(ctx, "lint", "", wireRequest{Lint: true, LintStatic: true, APIDigest: digestList(nil)}, nil, nil)
	if err != nil {
		return nil, err
	}
	return slices.Concat(static, own), nil
}

// lintWith asks once, and remembers the messages and the render that comes
// with them.
func (r *Renderer) lintWith(ctx context.Context, key, answer string, wire wireRequest, v *Values, apis []string) ([]LintMessage, error) {
	state := r.state(key)
	if err := state.take(ctx); err != nil {
		return nil, err
	}
	defer state.give()
	if known, ok := state.lints[answer]; ok {
		return known, nil
	}
	i, err := r.acquire(ctx, state.slot, true)
	if err != nil {
		return nil, err
	}
	wire.Fresh = len(state.runs) == 0
	wire.Timeout = r.patience(state)
	reply, serial, err := r.ask(ctx, i, wire, v, apis)
	if err != nil {
		return nil, err
	}
	if reply.Err != "" {
		return nil, errors.New(reply.Err)
	}
	out := reply.Lint
	switch f := reply.Failure; {
	case f != nil && out == nil: // a limit was exceeded
		state.late = state.late || reply.late()
		m := LintMessage{Severity: LintError, File: templatesFolder, Line: f.Line, Message: f.Message}
		if f.Template != "" {
			m.File = inChart(f.Template)
		}
		out = append(out, m)
	case wire.KubeVersion != "":
		if _, err := r.settle(ctx, state, i, answer, reply, serial, nil, wire, v, apis); err != nil {
			return nil, err
		}
	}
	state.lints[answer] = out
	return out, nil
}
