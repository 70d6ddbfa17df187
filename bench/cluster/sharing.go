package main

import (
	"context"
	"fmt"
	"time"
)

// scenarios are six of the minimal example; the API server refuses the last.
const scenarios = `axes:
  provider: kind
  kubernetes: [%s]
  scenario:
    default: {}
    none: {set: {replicas: 0}}
    two: {set: {replicas: 2}}
    three: {set: {replicas: 3}}
    four: {set: {replicas: 4}}
    refused: {set: {replicas: -1}}
`

// sharing measures all cells in one cluster, with a cluster for each, and so
// with two clusters at a time. The verdicts must be the same.
func (b *bench) sharing(ctx context.Context, two, shared bool) error {
	config := b.config
	if config == "" {
		var err error
		if config, err = b.write("six.yaml", fmt.Sprintf(scenarios, b.version)); err != nil {
			return err
		}
	}
	fmt.Println("sharing: the scenarios of one version")
	type way struct {
		name string
		wall time.Duration
		args []string
	}
	ways := []way{{"a cluster for each", 0, []string{"--clusters", "1", "--cluster-per-cell"}}}
	if shared {
		ways = append([]way{{"one cluster", 0, []string{"--clusters", "1"}}}, ways...)
	}
	if two {
		ways = append(ways, way{"a cluster for each, two at once", 0, []string{"--clusters", "2", "--cluster-per-cell"}})
	}
	walls, first := map[string]time.Duration{}, ""
	for _, w := range ways {
		ours, err := b.chartMatrix(ctx, nil, append([]string{"--config", config}, w.args...)...)
		if err != nil {
			return err
		}
		walls[w.name] = ours.wall
		fmt.Printf("  %-32s %6.1f s: %s\n", w.name, ours.wall.Seconds(), ours.steps())
		verdicts := ours.verdicts()
		if first == "" {
			first = verdicts
			fmt.Printf("  verdicts: %s\n", verdicts)
		} else if verdicts != first {
			return fmt.Errorf("the verdicts differ with %s: %s", w.name, verdicts)
		}
	}
	each := walls["a cluster for each"].Seconds()
	if shared {
		fmt.Printf("  one cluster is %.2f times as fast as one for each\n", each/walls["one cluster"].Seconds())
	}
	if two {
		fmt.Printf("  two clusters at once are %.2f times as fast as one after the other\n", each/walls["a cluster for each, two at once"].Seconds())
	}
	return nil
}
