package cause

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkExplain explains a large run: a thousand cells and as many tests,
// flakes both ways, four causes, and one cell that broke down.
func BenchmarkExplain(b *testing.B) {
	for _, c := range []struct {
		name  string
		sizes []int
		tests int
	}{
		{"1000 cells x 1000 tests", []int{10, 5, 5, 4}, 1000},
		{"10000 cells x 100 tests, 6 axes", []int{12, 6, 6, 5, 3, 2}, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, tests := large(c.sizes, c.tests)
			b.ReportAllocs()
			for b.Loop() {
				e, err := Explain(m, tests, Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(e.Causes)), "causes")
			}
		})
	}
}

// BenchmarkManyCauses explains what go run ./bench/findings makes: a thousand
// cells, twelve causes of one test each, and one test that fails by chance.
func BenchmarkManyCauses(b *testing.B) {
	m, tests := many()
	b.ReportAllocs()
	for b.Loop() {
		e, err := Explain(m, tests, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(e.Causes)), "causes")
	}
}

func many() (Matrix, []Test) {
	sizes := []int{10, 5, 10, 2}
	m, _ := large(sizes, 0)
	var tests []Test
	for t := range 13 {
		x := Test{Name: fmt.Sprintf("test%02d", t)}
		for i, c := range m.Cells {
			o := Passed
			switch {
			case t == 0 && c[0] >= 5 && c[1] == 2 && c[3] == 0, t > 0 && t < 12 && c[2] == (t-1)%10 && c[0] >= (t-1)%9, t == 12 && i%50 == 17:
				o = Failed
			}
			x.Outcomes = append(x.Outcomes, o)
		}
		tests = append(tests, x)
	}
	return m, tests
}

func large(sizes []int, n int) (Matrix, []Test) {
	var m Matrix
	product := 1
	for i, n := range sizes {
		a := Axis{Name: fmt.Sprint("axis", i), Ordered: i == 0}
		for v := range n {
			a.Values = append(a.Values, fmt.Sprintf("%02d", v))
		}
		m.Axes = append(m.Axes, a)
		product *= n
	}
	for i := range product {
		m.Cells = append(m.Cells, coordinates(sizes, i))
	}
	r := rand.New(rand.NewPCG(1, 7))
	var tests []Test
	for t := range n {
		x := Test{Name: fmt.Sprintf("test%04d", t)}
		for i, c := range m.Cells {
			o := Passed
			switch {
			case t%10 == 0 && c[0] > 6 && c[1] == 2, t%17 == 0 && c[2] == 1 && c[3] == 1, t < n/3 && c[1] == 0 && c[3] == 1 && c[2] > 2:
				if r.Float64() > 0.02 {
					o = Failed
				}
			case r.Float64() < 0.01, i == product/3 && r.Float64() < 0.7:
				o = Failed
			}
			x.Outcomes = append(x.Outcomes, o)
		}
		tests = append(tests, x)
	}
	return m, tests
}
