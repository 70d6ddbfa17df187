package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

func TestLiveLog(t *testing.T) {
	var out strings.Builder
	l := newLiveLog(&out)
	l.begin("%s", "a ::warning::cell")
	for _, chunk := range []string{"::err", "or::x\n\x1b[31mred\x1b[0m\n  ##[group]g\r\n", strings.Repeat("s", maxLiveLine+1), "ecret\nno end"} {
		if n, err := l.Write([]byte(chunk)); n != len(chunk) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	l.end(result.Cell{ID: "abcdefgh", Status: result.Failed, Seconds: 1.25, Steps: []result.Step{{Layer: "command", Status: result.Errored, Reason: "::stop-commands::x"}}})
	want := "a ::warning::cell\n  | ::error::x\n  | red\n  |   ##\u200b[group]g\n  | [a line of over 16 KiB]\n  | no end\n" +
		"abcdefgh failed in 1.2 s; command errored: ::stop-commands::x\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

func TestLiveLogOfALongOutput(t *testing.T) {
	for _, status := range []result.Status{result.Passed, result.Failed} {
		var out strings.Builder
		l := newLiveLog(&out)
		for range 2 { // each cell counts for itself
			l.begin("cell")
			for i := range 10_000 {
				_, _ = fmt.Fprintln(l, i) // never fails
			}
			l.end(result.Cell{Status: status})
		}
		lines := strings.Count(out.String(), "\n")
		wantLines, last := 2*(maxLiveLines+3), false
		if status == result.Failed {
			wantLines, last = wantLines+2*maxLastLines, true
		}
		if lines != wantLines || strings.Contains(out.String(), "  | 9999\n") != last {
			t.Errorf("%s: %d lines, want %d", status, lines, wantLines)
		}
	}
}
