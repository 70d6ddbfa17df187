package github

import (
	"net/url"
	"testing"
)

func TestParseRunRef(t *testing.T) {
	want := RunRef{Owner: "acme", Repo: "charts", ID: 123}
	on := func(host string) RunRef { r := want; r.Host = host; return r }
	for text, want := range map[string]RunRef{
		"gh:acme/charts/runs/123":                                           want,
		"https://github.com/acme/charts/actions/runs/123":                   on("github.com"),
		"https://github.com/acme/charts/actions/runs/123/attempts/2?pr=4#x": on("github.com"),
		"https://ghe.corp:8443/acme/charts/actions/runs/123/job/99":         on("ghe.corp:8443"),
		"gh:octo_corp/my.chart-s_/runs/1":                                   {Owner: "octo_corp", Repo: "my.chart-s_", ID: 1},
	} {
		got, err := ParseRunRef(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "gh:", "gh:acme/charts", "gh:acme/charts/runs/", "gh:acme/charts/runs/0", "gh:acme/charts/runs/-1",
		"gh:acme/charts/runs/12/3", "gh:acme/../runs/1", "gh:a b/c/runs/1", "gh:acme/charts%2f/runs/1", "gh:acme/charts/runs/99999999999999999999",
		"https://github.com/acme/charts", "https://github.com/acme/charts/pull/1", "https://user:pw@github.com/acme/charts/actions/runs/1",
		"ftp://github.com/acme/charts/actions/runs/1", "github.com/acme/charts/actions/runs/1", "https://github.com/acme/charts/actions/runs/x",
		"https://github.com//charts/actions/runs/1", "results/",
	} {
		got, err := ParseRunRef(text)
		if err == nil {
			t.Errorf("%q is read as %+v", text, got)
			continue
		}
		contains(t, err, "expected gh:OWNER/REPO/runs/ID")
	}
}

func FuzzParseRunRef(f *testing.F) {
	f.Add("gh:acme/charts/runs/123")
	f.Add("https://ghe.corp/acme/charts/actions/runs/123/attempts/1")
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := ParseRunRef(s)
		if err != nil {
			return
		}
		again, err := ParseRunRef(ref.String())
		ref.Host = ""
		if err != nil || again != ref {
			t.Errorf("%q is %+v, whose short form is read as %+v, %v", s, ref, again, err)
		}
		if path := "repos/" + ref.Repository(); (&url.URL{Path: path}).EscapedPath() != path {
			t.Errorf("%q gives the path %q", s, path)
		}
	})
}

func TestURLsOfHosts(t *testing.T) {
	for _, c := range []struct{ host, api, server, graphql string }{
		{"", "https://api.github.com", "https://github.com", "https://api.github.com/graphql"},
		{"github.com", "https://api.github.com", "https://github.com", "https://api.github.com/graphql"},
		{"octo.ghe.com", "https://api.octo.ghe.com", "https://octo.ghe.com", "https://api.octo.ghe.com/graphql"},
		{"ghe.corp:8443", "https://ghe.corp:8443/api/v3", "https://ghe.corp:8443", "https://ghe.corp:8443/api/graphql"},
	} {
		if got := APIURL(c.host); got != c.api {
			t.Errorf("the API of %q: %s", c.host, got)
		}
		client, err := New(Options{APIURL: c.api})
		if err != nil {
			t.Fatal(err)
		}
		if client.server != c.server || client.graphql != c.graphql {
			t.Errorf("%s: %s and %s", c.api, client.server, client.graphql)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		{APIURL: "ghe.corp/api/v3"}, {APIURL: "ftp://ghe.corp"}, {APIURL: "https://"}, {APIURL: "https://me:secret@ghe.corp"},
		{Token: "two\nlines"}, {Token: " ghs_x"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
