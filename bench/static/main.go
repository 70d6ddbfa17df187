// Command static measures `chart-matrix check` against the shell loop that it
// replaces, in one run on one machine:
//
//	for every values file and every version:
//	  helm lint; helm template --kube-version | kubeconform
//
// The tools come from `go install`:
//
//	go install helm.sh/helm/v4/cmd/helm@v4.3.1
//	go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
//	go run ./bench/static -chart DIR -values 'DIR/ci/values/**'
//
// kubeconform is given no schemas unless -schemas names a location for them, so
// that the loop needs no network. It then only parses the documents, which
// flatters the loop.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

type options struct {
	chart, values, helm, kubeconform, schemas string
	minors                                    int
	runs                                      int
	loop                                      bool
}

func main() {
	var o options
	flag.StringVar(&o.chart, "chart", "examples/hogwatch/charts/hogwatch", "the chart's folder")
	flag.StringVar(&o.values, "values", "", "a folder whose *.yaml files, at any depth, are the sets of values; none: the defaults alone")
	flag.StringVar(&o.helm, "helm", "helm", "the helm program")
	flag.StringVar(&o.kubeconform, "kubeconform", "kubeconform", "the kubeconform program")
	flag.StringVar(&o.schemas, "schemas", "", "kubeconform's -schema-location; none: it only parses")
	flag.IntVar(&o.minors, "minors", 14, "how many Kubernetes minors, counted back from 1.37")
	flag.IntVar(&o.runs, "runs", 3, "how often chart-matrix runs; the median is shown")
	flag.BoolVar(&o.loop, "loop", true, "measure the shell loop, too")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench/static:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	work, err := os.MkdirTemp("", "bench-static-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if o.chart, err = filepath.Abs(o.chart); err != nil {
		return err
	}
	values, err := valuesFiles(o.values)
	if err != nil {
		return err
	}
	binary := filepath.Join(work, "chart-matrix")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/chart-matrix").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	fmt.Printf("%d sets of values x %d versions = %d cells\n", len(values), o.minors, len(values)*o.minors)
	ours, err := measureOurs(ctx, o, work, binary, values, o.minors)
	if err != nil {
		return err
	}
	fmt.Printf("chart-matrix check, %2d versions: %s\n", o.minors, ours)
	one, err := measureOurs(ctx, o, work, binary, values, 1)
	if err != nil {
		return err
	}
	fmt.Printf("chart-matrix check,  1 version:  %s  (%d versions cost %.2f times one)\n", one, o.minors, ours.cpu.Seconds()/one.cpu.Seconds())
	if !o.loop {
		return nil
	}
	theirs, err := measureLoop(ctx, o, values)
	if err != nil {
		return err
	}
	fmt.Printf("the shell loop:                  %s\n", theirs)
	fmt.Printf("CPU of the loop / CPU of chart-matrix: %.1f\n", theirs.cpu.Seconds()/ours.cpu.Seconds())
	return nil
}

// valuesFiles lists the sets of values; "" is the chart's own.
func valuesFiles(folder string) ([]string, error) {
	files := []string{""}
	if folder == "" {
		return files, nil
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(abs, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

func versions(n int) []string {
	var out []string
	for minor := 37 - n + 1; minor <= 37; minor++ {
		out = append(out, fmt.Sprintf("1.%d", minor))
	}
	return out
}

// measureOurs runs chart-matrix on a configuration that names every file as a
// scenario, and gives the median by CPU time.
func measureOurs(ctx context.Context, o options, work, binary string, values []string, minors int) (measure, error) {
	scenarios := map[string]any{}
	names := []string{"default"}
	for i, file := range values {
		if file == "" {
			continue
		}
		name := fmt.Sprintf("values-%d", i)
		names = append(names, name)
		rel, err := filepath.Rel(work, file)
		if err != nil {
			return measure{}, err
		}
		scenarios[name] = map[string]any{"values": []string{rel}}
	}
	chart, err := filepath.Rel(work, o.chart)
	if err != nil {
		return measure{}, err
	}
	data, err := yaml.Marshal(map[string]any{
		"chart":     chart,
		"axes":      map[string]any{"kubernetes": versions(minors), "scenario": names},
		"scenarios": scenarios,
	})
	if err != nil {
		return measure{}, err
	}
	config := filepath.Join(work, fmt.Sprintf("config-%d.yaml", minors))
	if err := os.WriteFile(config, data, 0o600); err != nil {
		return measure{}, err
	}
	var all []measure
	for range o.runs {
		m, err := timed(exec.CommandContext(ctx, binary, "check", "--config", config, "--layers", "lint,render,schema", "--format", "json", "--output", filepath.Join(work, "summary.json")))
		if err != nil {
			return measure{}, err
		}
		if m.exit > 1 {
			return measure{}, fmt.Errorf("chart-matrix check exits with %d:\n%s", m.exit, m.stderr)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b measure) int { return int(a.cpu - b.cpu) })
	return all[len(all)/2], nil
}

// measureLoop runs the loop once. What its programs say about the chart does
// not matter here, only that they could be started.
func measureLoop(ctx context.Context, o options, values []string) (measure, error) {
	var total measure
	started := time.Now()
	for _, file := range values {
		for _, version := range versions(o.minors) {
			var with []string
			if file != "" {
				with = []string{"--values", file}
			}
			lint := exec.CommandContext(ctx, o.helm, append([]string{"lint", o.chart, "--kube-version", version}, with...)...)
			template := exec.CommandContext(ctx, o.helm, append([]string{"template", "bench", o.chart, "--kube-version", version}, with...)...)
			check := exec.CommandContext(ctx, o.kubeconform, "-kubernetes-version", version+".0", "-ignore-missing-schemas", "-schema-location", schemaLocation(o))
			pipe, err := template.StdoutPipe()
			if err != nil {
				return total, err
			}
			check.Stdin = pipe
			for _, c := range []*exec.Cmd{lint, template, check} {
				if err := c.Start(); err != nil {
					return total, fmt.Errorf("%s: %w; see the top of bench/static/main.go for how to install it", c.Path, err)
				}
				if c == lint { // one after the other, as a script does
					if err := total.wait(c); err != nil {
						return total, err
					}
				}
			}
			if err := errors.Join(total.wait(check), total.wait(template)); err != nil {
				return total, err
			}
		}
	}
	total.wall = time.Since(started)
	return total, nil
}

func schemaLocation(o options) string {
	if o.schemas != "" {
		return o.schemas
	}
	return filepath.Join(os.TempDir(), "no-schemas-here", "{{.ResourceKind}}.json")
}
