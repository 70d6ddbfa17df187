package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// around measures the same work by the three commands and by chart-matrix, in
// pairs, as the machine's speed drifts. Nothing settles and nothing is
// uninstalled there, since the three commands do neither: what that takes is
// measured in a run of its own.
func (b *bench) around(ctx context.Context) error {
	config, err := b.write("around.yaml", fmt.Sprintf(
		"axes: {provider: kind, kubernetes: [%s], scenario: default}\nlayers: {install: {}}\nreadiness: {settle: 0s}\n", b.version))
	if err != nil {
		return err
	}
	fmt.Println("around: one cell, by the three commands (A) and by chart-matrix (B): A B, B A, and so on")
	var whole, rest []float64
	for pair := range b.runs {
		var a, inA, ours, inB time.Duration
		// Whoever is second in one pair is first in the next: a machine that
		// gets slower all the time favours neither.
		for turn := range 2 {
			if (pair+turn)%2 == 0 {
				a, inA, err = b.sideA(ctx)
			} else {
				ours, inB, err = b.sideB(ctx, config)
			}
			if err != nil {
				return err
			}
		}
		whole = append(whole, 100*(ours-a).Seconds()/a.Seconds())
		rest = append(rest, 100*((ours-inB)-(a-inA)).Seconds()/a.Seconds())
		fmt.Printf("    B against A: %+.1f%%, and %+.1f%% without what kind's own times differ by\n", whole[pair], rest[pair])
	}
	fmt.Printf("  added by chart-matrix, the medians of %d pairs: %+.1f%%, and %+.1f%% without what kind's own times differ by\n",
		len(whole), median(whole), median(rest))

	full, err := b.write("whole.yaml", fmt.Sprintf("axes: {provider: kind, kubernetes: [%s], scenario: default}\n", b.version))
	if err != nil {
		return err
	}
	var m memory
	ours, err := b.chartMatrix(ctx, &m, "--config", full, "--clusters", "1")
	if err != nil {
		return err
	}
	fmt.Printf("  with ten seconds to settle, tests and uninstall: %.1f s: %s\n", ours.wall.Seconds(), ours.steps())
	fmt.Printf("  memory of chart-matrix with its workers, at most: %s\n", m)
	return nil
}

// sideA gives how long the three commands take, and kind in them.
func (b *bench) sideA(ctx context.Context) (wall, kind time.Duration, err error) {
	wall, steps, err := b.threeCommands(ctx)
	if err == nil {
		kind, err = b.inKind()
	}
	if err != nil {
		return 0, 0, err
	}
	fmt.Printf("  A %6.1f s, %4.1f not in kind: %s\n", wall.Seconds(), (wall - kind).Seconds(), steps)
	return wall, kind, nil
}

// sideB gives how long chart-matrix takes, and kind in it.
func (b *bench) sideB(ctx context.Context, config string) (wall, kind time.Duration, err error) {
	ours, err := b.chartMatrix(ctx, nil, "--config", config, "--clusters", "1")
	if err == nil {
		kind, err = b.inKind()
	}
	if err != nil {
		return 0, 0, err
	}
	fmt.Printf("  B %6.1f s, %4.1f not in kind: %s\n", ours.wall.Seconds(), (ours.wall - kind).Seconds(), ours.steps())
	if ours.failed() {
		return 0, 0, fmt.Errorf("the chart is to pass here, and does not: %s", ours.verdicts())
	}
	return ours.wall, kind, nil
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// threeCommands does by hand what a cell is, and gives what each step took.
func (b *bench) threeCommands(ctx context.Context) (whole time.Duration, steps string, err error) {
	name := fmt.Sprintf("bench-%d", time.Now().UnixNano()%1e9)
	kubeconfig := filepath.Join(b.work, name)
	create := []string{"kind", "create", "cluster", "--name", name, "--kubeconfig", kubeconfig}
	if b.image != "" {
		create = append(create, "--image", b.image)
	}
	argvs := [][]string{
		create,
		{b.helm, "upgrade", "--install", "bench", b.chart, "--wait", "--namespace", "bench", "--create-namespace", "--kubeconfig", kubeconfig},
		{"kind", "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig},
	}
	if b.preload != "" {
		argvs = slices.Insert(argvs, 1, append([]string{"kind", "load", "docker-image", "--name", name}, strings.Split(b.preload, ",")...))
	}
	defer func() {
		if err != nil { // nothing of it stays
			_ = exec.CommandContext(context.WithoutCancel(ctx), "kind", "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig).Run()
		}
	}()
	var parts []string
	began := time.Now()
	for _, argv := range argvs {
		one := time.Now()
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		if argv[0] == "kind" {
			cmd.Path = filepath.Join(b.work, "bin", "kind")
			cmd.Err = nil
		}
		cmd.Env = b.env
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, "", fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
		}
		parts = append(parts, fmt.Sprintf("%s %s %.1f", filepath.Base(argv[0]), argv[1], time.Since(one).Seconds()))
	}
	return time.Since(began), strings.Join(parts, ", "), nil
}
