package junit

import (
	"reflect"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

func TestParse(t *testing.T) {
	const report = `<?xml version="1.0"?>
<testsuites>
  <properties><property name="a" value="b"/></properties>
  <testsuite name="web" file="tests/web_test.yaml" tests="4">
    <testcase name="has a port" classname="web" time="0.25"/>
    <testcase name="has a probe" time="x"><failure message="Failed" type="">expected 1
got 2</failure></testcase>
    <testcase name="breaks"><error message="boom"></error></testcase>
    <testcase name="later"><skipped message="not today"/></testcase>
    <testsuite name="inner"><testcase name="deep" time="-1"/></testsuite>
  </testsuite>
</testsuites>`
	got, err := Parse(strings.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	const file = "tests/web_test.yaml"
	want := []Case{
		{Suite: "web", File: file, Name: "has a port", Status: result.Passed, Seconds: 0.25},
		{Suite: "web", File: file, Name: "has a probe", Status: result.Failed, Message: "Failed\nexpected 1\ngot 2"},
		{Suite: "web", File: file, Name: "breaks", Status: result.Errored, Message: "boom"},
		{Suite: "web", File: file, Name: "later", Status: result.Skipped, Message: "not today"},
		{Suite: "inner", File: file, Name: "deep", Status: result.Passed},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ report, want string }{
		"nothing":      {"", "found nothing"},
		"another root": {"<html></html>", "found <html>"},
		"cut short":    {"<testsuite><testcase name='a'>", "unexpected EOF"},
		"nested":       {strings.Repeat("<testsuite>", 100) + strings.Repeat("</testsuite>", 100), "nested"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(c.report))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("<testsuites><testsuite name='a'><testcase name='b'><failure/></testcase></testsuite></testsuites>")
	f.Add("<testsuite><testcase/></testsuite>")
	f.Fuzz(func(t *testing.T, report string) {
		cases, err := Parse(strings.NewReader(report))
		if err != nil && cases != nil {
			t.Error("both cases and an error")
		}
		for _, c := range cases {
			if !c.Status.Valid() {
				t.Errorf("invalid status %q", c.Status)
			}
		}
	})
}
