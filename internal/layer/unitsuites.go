package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/shell"
)

// parseUnitCommand reads the user's command. One plain call of helm-unittest is
// taken apart, so that its suites can be divided; anything else goes to a shell
// as it is.
func parseUnitCommand(text, chartPath string) unitTool {
	env := func(name string) string {
		if name == "CHART" {
			return chartPath
		}
		return os.Getenv(name)
	}
	text = strings.TrimSpace(text) // a block of YAML ends with a newline
	argv, err := shell.Fields(text, env)
	plain := err == nil && !strings.ContainsAny(text, "\n;|&<>`") && !strings.Contains(text, "$(")
	isHelm := plain && len(argv) > 1 && filepath.Base(argv[0]) == "helm" && argv[1] == "unittest"
	isPlugin := plain && len(argv) > 0 && filepath.Base(argv[0]) == "untt"
	if !isHelm && !isPlugin {
		return unitTool{argv: []string{"bash", "-e", "-c", text}}
	}
	rest, files := takeFileFlags(argv)
	return unitTool{argv: rest, known: true, files: files}
}

// takeFileFlags takes --file and -f out of the arguments, in all their
// spellings, since the suites behind them are divided among several calls; and
// the flags for reports, which are ours.
func takeFileFlags(argv []string) (rest, files []string) {
	for i := 0; i < len(argv); i++ {
		flag, value, joined := strings.Cut(argv[i], "=")
		switch flag {
		case "--file", "-f", "--output-file", "-o", "--output-type", "-t":
			if !joined && i+1 < len(argv) {
				i++
				value = argv[i]
			}
			if flag == "--file" || flag == "-f" {
				files = append(files, strings.Split(value, ",")...)
			}
		default:
			rest = append(rest, argv[i])
		}
	}
	return rest, files
}

// matching lists the suite files that the patterns name, relative to the chart.
func (u *Unit) matching(patterns []string) ([]string, error) {
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(u.Chart.Path, p))
		if err != nil {
			return nil, fmt.Errorf("unit: the pattern %q: %w", p, err)
		}
		files = append(files, found...)
	}
	return u.relative(files)
}

// relative gives the files relative to the chart, as helm-unittest wants them,
// sorted and without repetition.
func (u *Unit) relative(files []string) ([]string, error) {
	out := make([]string, 0, len(files))
	for _, f := range files {
		rel, err := filepath.Rel(u.Chart.Path, f)
		if err != nil {
			return nil, fmt.Errorf("unit: %w", err)
		}
		out = append(out, rel)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// shard deals the files out in turn to at most n groups, so that neighbours,
// which tend to be of one size, are spread.
func shard(files []string, n int) [][]string {
	groups := make([][]string, min(n, len(files)))
	for i, f := range files {
		g := i % len(groups)
		groups[g] = append(groups[g], f)
	}
	return groups
}
