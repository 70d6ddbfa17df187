package store

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// FuzzParseResult: what is believed is sound, joins, and reads again.
func FuzzParseResult(f *testing.F) {
	plan := aPlan(f)
	good := resultsOf(plan)[0]
	data, err := json.Marshal(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":"chart-matrix/cell/v1","id":"` + good.ID + `","status":"lost"}`))
	f.Add([]byte(`{"schema":"chart-matrix/cell/v1","steps":[[]]}`))
	f.Add([]byte(strings.Repeat("[", 20_000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := newDecoder().parseResult(data, good.ID)
		if err != nil {
			return
		}
		if !c.Status.Valid() || c.ID != good.ID || c.Seconds < 0 {
			t.Errorf("believed %+v", c)
		}
		if run := result.Join(plan, []result.Cell{c}, nil); len(run.Cells) != len(plan.Cells) {
			t.Errorf("joined to %d cells", len(run.Cells))
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newDecoder().parseResult(again, good.ID); err != nil {
			t.Errorf("reads once and not twice: %v", err)
		}
	})
}

// FuzzParsePlan: what is believed is sound, and reads again.
func FuzzParsePlan(f *testing.F) {
	data, err := json.Marshal(aPlan(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":"chart-matrix/plan/v1"}`))
	f.Add([]byte(`{"schema":"chart-matrix/plan/v1","axes":[{"name":"a","values":["b"]}],"cells":null,"expect":[{"until":"x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := parsePlan(data)
		if (plan == nil) != (err != nil) {
			t.Fatalf("plan %v, error %v", plan, err)
		}
		if err != nil {
			return
		}
		for _, c := range plan.Cells {
			if c.ID != matrix.CellID(c.At) {
				t.Errorf("believed %+v", c)
			}
		}
		_ = intact(plan)
		again, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsePlan(again); err != nil {
			t.Errorf("reads once and not twice: %v", err)
		}
	})
}
