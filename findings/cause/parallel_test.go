package cause

import (
	"reflect"
	"runtime"
	"testing"
)

// TestProcessorsChangeNothing explains a matrix that is large enough to be shared
// among processors, with one and with many of them.
func TestProcessorsChangeNothing(t *testing.T) {
	m, tests := large([]int{9, 4, 4, 2}, 60)
	explain := func(processors int) Explanation {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		e, err := Explain(m, tests, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	one, many := explain(1), explain(5)
	if len(one.Causes) == 0 || !reflect.DeepEqual(one, many) {
		t.Errorf("one processor:\n%+v\nfive:\n%+v", one, many)
	}
}

func TestShareTakesEachNumberOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, 2, 3, 4, 7, 1000} {
		for _, steps := range []int{0, worthSharing, 100 * worthSharing} {
			taken := make([]int, n)
			share(n, steps, func(from, to int) {
				for i := from; i < to; i++ {
					taken[i]++
				}
			})
			for i, times := range taken {
				if times != 1 {
					t.Errorf("%d of %d was taken %d times", i, n, times)
				}
			}
		}
	}
}
