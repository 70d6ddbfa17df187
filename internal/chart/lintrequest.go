package chart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// LintRequest asks what `helm lint` says with these values.
type LintRequest struct {
	Values    *Values
	Namespace string
	// KubeVersion and APIVersions are as in [Request]. Without a version
	// Helm's built-in one is taken, as `helm lint` does without --kube-version.
	KubeVersion string
	APIVersions []string
}

// Lint runs Helm's lint rules, those that do not depend on values once only.
// What `required` and `fail` complain about is information here, as in Helm.
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
	static, err := r.lintOnce(ctx, "lint", wireRequest{Lint: true, LintStatic: true, APIDigest: digestList(nil)}, nil, nil)
	if err != nil {
		return nil, err
	}
	apis := sortedAPIs(req.APIVersions)
	wire := wireRequest{
		Lint: true, Plain: true, ValuesDigest: req.Values.Digest, Release: lintRelease, Namespace: req.Namespace,
		KubeVersion: req.KubeVersion, APIDigest: digestList(apis),
	}
	key := fmt.Sprintf("lint\x00%s\x00%s\x00%s\x00%s", wire.ValuesDigest, req.Namespace, req.KubeVersion, wire.APIDigest)
	own, err := r.lintOnce(ctx, key, wire, req.Values, apis)
	if err != nil {
		return nil, err
	}
	return slices.Concat(static, own), nil
}

func (r *Renderer) lintOnce(ctx context.Context, key string, wire wireRequest, v *Values, apis []string) ([]LintMessage, error) {
	state := r.state(key)
	if err := state.take(ctx); err != nil {
		return nil, err
	}
	defer state.give()
	if known, ok := state.lints[key]; ok {
		return known, nil
	}
	i, err := r.acquire(ctx, -1, true)
	if err != nil {
		return nil, err
	}
	reply, _, err := r.ask(ctx, i, wire, v, apis)
	if err != nil {
		return nil, err
	}
	if reply.Err != "" {
		return nil, errors.New(reply.Err)
	}
	out := reply.Lint
	if f := reply.Failure; f != nil { // a limit was exceeded
		file := "templates/"
		if _, inChart, ok := strings.Cut(f.Template, "/"); ok {
			file = inChart
		}
		out = append(out, LintMessage{Severity: LintError, File: file, Line: f.Line, Message: f.Message})
	}
	state.lints = map[string][]LintMessage{key: out}
	return out, nil
}
