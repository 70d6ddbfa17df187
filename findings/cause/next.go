package cause

import (
	"math"
	"slices"
)

// least is the information, in bits, below which a cell is not worth running.
const least = 0.05

// sureEnough is the confidence at which nothing needs to be decided.
const sureEnough = 0.97

// next picks cells whose results would tell the hypotheses apart: each time the
// one that tells most, in expectation, for its cost (the greedy choice is within
// 63% of the best one: Nemhauser, Wolsey and Fisher, 1978).
func (r *report) next(told snapshot, i int, all []hypothesis) [][]int {
	const considered = 64
	all = all[:min(len(all), considered)]
	if len(all) == 0 || all[0].probability >= sureEnough || r.options.MaxNext == 0 {
		return nil
	}
	rest := 1.0
	for _, h := range all {
		rest -= h.probability
	}
	parts := [][]float64{make([]float64, len(all)+1)} // probabilities, by hypothesis; the last one is chance
	for j, h := range all {
		parts[0][j] = h.probability
	}
	parts[0][len(all)] = max(0, rest)
	units := r.record.sets[told[i][0]].units

	var out [][]int
	candidates := r.candidates(all)
	for len(out) < r.options.MaxNext {
		best, most, bestRatio := []int(nil), 0.0, 0.0
		for _, c := range candidates {
			gain := information(parts, all, c)
			if gain < least {
				continue
			}
			if r.hidden(told, i, units, c) {
				continue
			}
			ratio := gain
			if r.matrix.Cost != nil {
				if cost := r.matrix.Cost(r.p.cell(c)); cost > 0 {
					ratio = gain / cost
				}
			}
			if ratio > bestRatio+1e-12 {
				best, most, bestRatio = c, gain, ratio
			}
		}
		if most == 0 {
			break
		}
		out = append(out, r.p.cell(best))
		parts = split(parts, all, best)
	}
	return out
}

// candidates lists cells that some hypotheses select and others do not.
func (r *report) candidates(all []hypothesis) [][]int {
	if r.product != nil {
		return r.product
	}
	// Too many to try: the cells that ran, and each of the failing ones changed
	// just so that one hypothesis holds or does not.
	out := slices.Clone(r.p.cells)
	for _, h := range all[:min(len(all), 16)] {
		var first []int
		r.groups[h.group].mask.each(func(c int) {
			if first == nil {
				first = r.p.cells[c]
			}
		})
		for a := range r.p.axes {
			for v := range r.p.axes[a].Values {
				c := slices.Clone(first)
				c[a] = v
				if r.matrix.Feasible == nil || r.matrix.Feasible(r.p.cell(c)) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// hidden tells whether other causes make all the tests fail in the cell anyhow.
func (r *report) hidden(told snapshot, i int, units set, cell []int) bool {
	hidden := true
	units.each(func(u int) {
		covered := false
		for j, d := range told {
			if j != i && r.record.sets[d[0]].units.has(u) && r.classesOf(d[1])[0].holds(cell) {
				covered = true
			}
		}
		hidden = hidden && covered
	})
	return hidden
}

// information is the expected number of bits that the cell's result adds.
func information(parts [][]float64, all []hypothesis, cell []int) float64 {
	out := 0.0
	for _, p := range parts {
		in, sum := 0.0, 0.0
		for j, x := range p {
			sum += x
			if j < len(all) && x > 0 && all[j].holds(cell) {
				in += x
			}
		}
		if sum > 0 {
			out += sum * entropy(in/sum)
		}
	}
	return out
}

func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}

// split divides every part by what the hypotheses say of the cell.
func split(parts [][]float64, all []hypothesis, cell []int) [][]float64 {
	var out [][]float64
	for _, p := range parts {
		in, not := make([]float64, len(p)), make([]float64, len(p))
		for j, x := range p {
			if j < len(all) && all[j].holds(cell) {
				in[j] = x
			} else {
				not[j] = x
			}
		}
		out = append(out, in, not)
	}
	return out
}
