package json

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
	"github.com/posthog/chart-matrix/reporters/internal/golden"
)

func TestGoldenAndBack(t *testing.T) {
	for _, f := range fixture.All() {
		t.Run(f.Name, func(t *testing.T) {
			var b, again bytes.Buffer
			if err := New().Render(&b, f.Summary); err != nil {
				t.Fatal(err)
			}
			if kept := f.Name != "large" && f.Name != "many-jobs" && f.Name != "cancelled" && f.Name != "rerun"; kept {
				golden.Check(t, f.Name+".json", b.Bytes())
			}
			var back findings.Summary
			if err := json.Unmarshal(b.Bytes(), &back); err != nil {
				t.Fatal(err)
			}
			if err := New().Render(&again, back); err != nil {
				t.Fatal(err)
			}
			// Bytes that are not UTF-8 become U+FFFD on the way out, and are not so again.
			if f.Name != "hostile" && !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Error("reading the JSON back and writing it again changes it")
			}
			if f.Name == "two-findings" {
				want := f.Summary
				want.Cells = nil
				if !reflect.DeepEqual(want, back) {
					t.Error("the summary that comes back differs")
				}
			}
			if strings.Contains(b.String(), "##[") {
				t.Error("the JSON holds a workflow command")
			}
		})
	}
}
