package result

import (
	"encoding/json"
	"testing"
	"time"
)

func TestWorst(t *testing.T) {
	all := Statuses()
	if Worst() != Skipped {
		t.Error("nothing that ran has passed")
	}
	for i, a := range all {
		if !a.Valid() || Worst(a) != a {
			t.Errorf("%s: valid %t, worst of itself %s", a, a.Valid(), Worst(a))
		}
		for j, b := range all {
			if got, want := Worst(a, b), all[max(i, j)]; got != want {
				t.Errorf("Worst(%s, %s) is %s, want %s", a, b, got, want)
			}
		}
		if Worst(a, "splendid") != a || Worst("", a) != a {
			t.Errorf("an unknown status beside %s counts", a)
		}
	}
	for _, s := range []Status{"", "Passed", "splendid"} {
		if s.Valid() {
			t.Errorf("%q is valid", s)
		}
	}
}

// TestStatusesAreOrdered writes the order down: a gate and a reader rely on it.
func TestStatusesAreOrdered(t *testing.T) {
	data, err := json.Marshal(Statuses())
	if err != nil || string(data) != `["skipped","passed","blocked","lost","errored","failed"]` {
		t.Errorf("got %s, %v", data, err)
	}
}

// TestEmptyFieldsAreLeftOut: what is not known is not written.
func TestEmptyFieldsAreLeftOut(t *testing.T) {
	data, err := json.Marshal(Cell{
		Schema: CellSchema, ID: "a", Slug: "b", At: map[string]string{"x": "y"}, Attempt: 1, Status: Failed,
		Steps: []Step{{Layer: "lint", Status: Failed, Assertions: []Assertion{{Name: "n", Status: Failed, Problems: []Problem{{Severity: Error, Code: "c", Message: "m"}}}}}},
	})
	want := `{"schema":"chart-matrix/cell/v1","id":"a","slug":"b","at":{"x":"y"},"attempt":1,"status":"failed",` +
		`"steps":[{"layer":"lint","status":"failed","assertions":[{"name":"n","status":"failed","problems":[{"severity":"error","code":"c","message":"m"}]}],"seconds":0}],"seconds":0}`
	if err != nil || string(data) != want {
		t.Errorf("got  %s, %v\nwant %s", data, err, want)
	}
	var back Cell
	if err := json.Unmarshal(data, &back); err != nil || !back.Started.Equal(time.Time{}) {
		t.Errorf("%+v, %v", back, err)
	}
}
