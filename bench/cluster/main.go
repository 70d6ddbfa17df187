// Command cluster measures what chart-matrix costs with real clusters, in one
// run on one machine:
//
//   - around: what it adds around `kind create cluster`, `helm upgrade --install
//     --wait` and `kind delete cluster`, the two in turn, and its memory;
//   - sharing: six scenarios in one cluster, against a cluster for each;
//   - two: the same six clusters, two at a time.
//
// It needs Docker, kind and helm, and takes a quarter of an hour:
//
//	go run ./bench/cluster
//
// The chart's images must be in this machine's Docker (-preload ""
// leaves them to the registry). -config measures a configuration of your own in
// the second and third part, which must be for kind and one Kubernetes version.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// imageVariable begins the names of variables with node images, as the
// end-to-end tests read them: KUBE_LAB_NODE_IMAGE_1_37.
const imageVariable = "KUBE_LAB_NODE_IMAGE_"

type options struct {
	chart, config, version, image, preload, helm string
	parts                                        string
	runs                                         int
}

func main() {
	if filepath.Base(os.Args[0]) == "kind" {
		os.Exit(playKind())
	}
	var o options
	flag.StringVar(&o.chart, "chart", "examples/minimal/chart", "the chart's folder")
	flag.StringVar(&o.config, "config", "", "a configuration to measure in place of the chart's six scenarios")
	flag.StringVar(&o.version, "version", "1.37", "the Kubernetes minor")
	flag.StringVar(&o.image, "image", "", "the node image; none: "+imageVariable+"1_37 for 1.37, or else kind's own")
	flag.StringVar(&o.preload, "preload", "chart-matrix.test/http-echo:1", "images that each cluster gets, with commas")
	flag.StringVar(&o.helm, "helm", "helm", "the helm program")
	flag.StringVar(&o.parts, "parts", "around,sharing,two", "what is measured")
	flag.IntVar(&o.runs, "runs", 2, "how many pairs of the first part")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	parts := strings.Split(o.parts, ",")
	for _, p := range parts {
		if !slices.Contains([]string{"around", "sharing", "two"}, p) {
			return fmt.Errorf("-parts: %q is none of around, sharing, two", p)
		}
	}
	if o.image == "" {
		o.image = os.Getenv(imageVariable + strings.ReplaceAll(o.version, ".", "_"))
	}
	work, err := os.MkdirTemp("", "bench-cluster-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	b := &bench{options: o, work: work, binary: filepath.Join(work, "chart-matrix")}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.binary, "./cmd/chart-matrix")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	if err := b.shim(); err != nil {
		return err
	}
	if slices.Contains(parts, "around") {
		if err := b.around(ctx); err != nil {
			return err
		}
	}
	if slices.Contains(parts, "sharing") || slices.Contains(parts, "two") {
		return b.sharing(ctx, slices.Contains(parts, "two"), slices.Contains(parts, "sharing"))
	}
	return nil
}

// bench is one run of this command.
type bench struct {
	options
	work, binary string
	count        int      // of result folders
	env          []string // of what is measured
	spans        string   // the file with the times of kind
}

// write writes a configuration into the work folder.
func (b *bench) write(name, more string) (string, error) {
	chart, err := filepath.Abs(b.chart)
	if err != nil {
		return "", err
	}
	if chart, err = filepath.Rel(b.work, chart); err != nil {
		return "", err
	}
	image := ""
	if b.image != "" {
		image = fmt.Sprintf("images: {%q: %q}, ", b.version, b.image)
	}
	text := fmt.Sprintf("chart: %s\nnamespace: bench\nrelease: bench\nproviders: {kind: {%spreload: [%s]}}\n%s", chart, image, b.preload, more)
	path := filepath.Join(b.work, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
