package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	in := `{"id":"a","layer":"install","log":"starting\nError: INSTALLATION FAILED: cannot re-use a name that is still in use\n","sibling":"starting\n"}` + "\n" +
		`{"id":"b","layer":"cluster","log":""}` + "\n"
	want := `{"id":"a","class":"release-state","blame":"chart-or-env","retryable":false,"rule":"release-state/left-over",` +
		`"lines":["Error: INSTALLATION FAILED: cannot re-use a name that is still in use"]}` + "\n" +
		`{"id":"b","class":"unclassified","blame":"infrastructure","retryable":false,"lines":[]}` + "\n"
	var out strings.Builder
	if err := run(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	err := run(strings.NewReader(in+"nothing"), &out)
	if err == nil || !strings.Contains(err.Error(), "failure 3 of the input") {
		t.Errorf("of a broken line: got %v", err)
	}
}
