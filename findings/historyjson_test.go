package findings

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// TestHistoryIsKept: what was written says the same as what was remembered, but
// for the baseline's part, which is read from its results.
func TestHistoryIsKept(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 17))
		now, before := anyRun(t, r), anyRun(t, r)
		past := Remember(before)
		kept := &Past{}
		if err := json.Unmarshal([]byte(asJSON(t, past)), kept); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if asJSON(t, kept) != asJSON(t, past) {
			t.Fatalf("seed %d: it is not kept as it was", seed)
		}
		baseline := Remember(now)
		want := Explain(now, Options{Now: day, History: []*Past{baseline, past, past}})
		if got := Explain(now, Options{Now: day, History: []*Past{baseline, kept, kept}}); asJSON(t, got) != asJSON(t, want) {
			t.Errorf("seed %d: what was kept says something else", seed)
		}
	}
}

func TestHistoryThatContradictsItself(t *testing.T) {
	for _, text := range []string{
		`[]`, `{"cells":[{"at":["x"],"answers":[{}]}]}`, `{"axes":[{"name":"a"}],"cells":[{"at":["x"]}]}`,
		`{"failing":{"f":[0]}}`, `{"cells":[{"at":[],"answers":[{"status":"passed"}]}],"failing":{"f":[-1]}}`,
	} {
		if err := json.Unmarshal([]byte(text), &Past{}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
