package reporters

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
)

func TestEveryFormatRendersEverySummary(t *testing.T) {
	summaries := append(fixture.All(), fixture.Named{Name: "zero", Summary: findings.Summary{}})
	for _, name := range Names() {
		r, err := New(name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range summaries {
			var b bytes.Buffer
			if err := r.Render(&b, f.Summary); err != nil || b.Len() == 0 {
				t.Errorf("%s of %s: %d bytes, %v", name, f.Name, b.Len(), err)
			}
			if !strings.HasSuffix(b.String(), "\n") {
				t.Errorf("%s of %s does not end its last line", name, f.Name)
			}
		}
	}
}

func TestRenderersAreSafeForConcurrentUse(t *testing.T) {
	s := fixture.EveryState()
	for _, f := range Formats() {
		r := f.New(Options{})
		texts := make([]string, 4)
		var group sync.WaitGroup
		for i := range texts {
			group.Go(func() {
				var b bytes.Buffer
				if err := r.Render(&b, s); err != nil {
					t.Error(err)
				}
				texts[i] = b.String()
			})
		}
		group.Wait()
		for _, text := range texts[1:] {
			if text != texts[0] {
				t.Errorf("%s differs between goroutines", f.Name)
			}
		}
	}
}

func TestUnknownFormatListsTheKnown(t *testing.T) {
	_, err := New("pdf", Options{})
	if err == nil || err.Error() != `unknown format "pdf"; have terminal, markdown, html, junit, json` {
		t.Errorf("got %v", err)
	}
}
