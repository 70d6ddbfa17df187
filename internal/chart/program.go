package chart

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/command"
)

// Program is a Helm of the user's own.
type Program struct {
	Path    string
	Version string // v3.19.2
}

// ErrNoProgram says that the Helm that is asked for is not here.
var ErrNoProgram = errors.New("no such Helm")

// FindProgram finds a Helm: the program, by its path or a name that PATH knows,
// or, where that is empty, the first on PATH of the wanted version. The version
// may be that of a series: 3 or 3.19. The error says what was found instead.
func FindProgram(ctx context.Context, program, version string) (*Program, error) {
	names := []string{program}
	if program == "" {
		names = programNames(version)
	}
	var found []string
	for _, name := range names {
		have, err := programVersion(ctx, name)
		switch {
		case errors.Is(err, command.ErrNotFound):
			continue
		case err != nil && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			found = append(found, fmt.Sprintf("%s cannot say its version: %v", name, err))
		case version == "" || ofSeries(have, version):
			return &Program{Path: name, Version: have}, nil
		default:
			found = append(found, fmt.Sprintf("%s is %s", name, have))
		}
	}
	wanted := "Helm"
	if version != "" {
		wanted += " " + version
	}
	what := "there is no " + strings.Join(names, ", ")
	if len(names) > 1 {
		what = "PATH has none of " + strings.Join(names, ", ")
	}
	if len(found) > 0 {
		what = strings.Join(found, "; ")
	}
	return nil, fmt.Errorf("%w: %s is asked for, and %s; install it, or name it: helm: {binaries: {%s: PATH}}",
		ErrNoProgram, wanted, what, strings.TrimPrefix(version, "v"))
}

// programNames gives the names under which a version may be on PATH, the most
// exact first: helm-3.19.2, helm-3.19, helm-3, helm3, helm.
func programNames(version string) []string {
	var names []string
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	for n := len(parts); n > 0 && version != ""; n-- {
		names = append(names, "helm-"+strings.Join(parts[:n], "."))
	}
	if version != "" {
		names = append(names, "helm"+parts[0])
	}
	return append(names, "helm")
}

// saysVersion is what `helm version` prints with our template.
var saysVersion = regexp.MustCompile(`v\d+\.\d+\S*`)

func programVersion(ctx context.Context, program string) (string, error) {
	r, err := command.Run(ctx, command.Spec{Argv: []string{program, "version", "--template", "{{.Version}}"}})
	if err != nil {
		return "", err
	}
	if version := saysVersion.FindString(r.Stdout); r.ExitCode == 0 && version != "" {
		return version, nil
	}
	return "", fmt.Errorf("`helm version` exits with %d: %s", r.ExitCode, shorten(firstLine(r.Stderr+r.Stdout), maxMessage))
}

// ofSeries tells whether a version belongs to a series: v3.19.2 to 3, 3.19 and v3.19.2.
func ofSeries(version, series string) bool {
	parts := func(text string) []string { return strings.Split(strings.TrimPrefix(text, "v"), ".") }
	version, _, _ = strings.Cut(version, "+") // the build
	have, want := parts(version), parts(series)
	return len(want) <= len(have) && slices.Equal(have[:len(want)], want)
}
