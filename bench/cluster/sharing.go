package main

import (
	"context"
	"fmt"
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

// sharing measures all cells in one cluster, with a cluster for each, and in one
// cluster again, as the machine's speed drifts; and then with two clusters at a
// time. The verdicts must be the same.
func (b *bench) sharing(ctx context.Context, two, shared bool) error {
	config := b.config
	if config == "" {
		var err error
		if config, err = b.write("six.yaml", fmt.Sprintf(scenarios, b.version)); err != nil {
			return err
		}
	}
	fmt.Println("sharing: the scenarios of one version")
	const one, each, atOnce = "one cluster", "a cluster for each", "a cluster for each, two at once"
	ways := []string{each}
	if shared {
		ways = []string{one, each, one}
	}
	if two {
		ways = append(ways, atOnce)
	}
	args := map[string][]string{one: {"--clusters", "1"}, each: {"--clusters", "1", "--cluster-per-cell"}, atOnce: {"--clusters", "2", "--cluster-per-cell"}}
	runs, first := map[string][]measured{}, ""
	for _, way := range ways {
		ours, err := b.chartMatrix(ctx, nil, append([]string{"--config", config}, args[way]...)...)
		if err != nil {
			return err
		}
		runs[way] = append(runs[way], ours)
		fmt.Printf("  %-32s %6.1f s: %s\n", way, ours.wall.Seconds(), ours.steps())
		verdicts := ours.verdicts()
		if first == "" {
			first = verdicts
			fmt.Printf("  verdicts: %s\n", verdicts)
		} else if verdicts != first {
			return fmt.Errorf("the verdicts differ with %s: %s", way, verdicts)
		}
	}
	apart := runs[each][0]
	if shared {
		fmt.Printf("  one cluster is %.2f times as fast as one for each\n", apart.wall.Seconds()/mean(runs[one], measured.seconds))
		ups := append([]measured{apart}, runs[one]...)
		boots, seconds := 0, 0.0
		for _, m := range ups {
			n, s := m.boots()
			boots, seconds = boots+n, seconds+s
		}
		boot := seconds / float64(max(1, boots))
		// What a run would have taken, had each of its clusters come up in the mean time.
		even := func(m measured) float64 {
			n, s := m.boots()
			return m.seconds() - s + float64(n)*boot
		}
		fmt.Printf("  and %.2f times, had each cluster come up in their mean time, %.1f s\n", even(apart)/mean(runs[one], even), boot)
	}
	if two {
		fmt.Printf("  two clusters at once are %.2f times as fast as one after the other\n", apart.wall.Seconds()/runs[atOnce][0].wall.Seconds())
	}
	return nil
}

func mean(of []measured, f func(measured) float64) float64 {
	sum := 0.0
	for _, m := range of {
		sum += f(m)
	}
	return sum / float64(len(of))
}
