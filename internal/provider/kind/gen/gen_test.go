package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func digest(c string) string { return "@sha256:" + strings.Repeat(c, 64) }

// TestGenerate reads an answer of the form that the API documents, with notes
// as kind's are: a default image that is named twice, images out of order,
// names without a digest, drafts, pre-releases, releases without images.
func TestGenerate(t *testing.T) {
	answer, err := os.ReadFile("testdata/releases.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := generate(answer, "v0.22.0")
	if err != nil {
		t.Fatal(err)
	}
	want, err := encode(table{Releases: []release{
		{Kind: "v0.33.0", Images: []string{"kindest/node:v1.37.0" + digest("4")}},
		{Kind: "v0.32.0", Images: []string{
			"kindest/node:v1.36.1" + digest("1"), "kindest/node:v1.33.12" + digest("3"), "kindest/node:v1.9.9" + digest("2"),
		}},
	}})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for answer, want := range map[string]string{
		`{"message":"rate limit"}`: "not a list of releases",
		`[]`:                       "no release has notes that name an image",
		`[{"tag_name":"v0.33.0","body":"kindest/node:v1.37.0` + digest("1") + ` kindest/node:v1.37.0` + digest("2") + `"}]`: "the notes of v0.33.0: v1.37.0 has two digests",
	} {
		if out, err := generate([]byte(answer), "v0.22.0"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v", answer, out, err)
		}
	}
	if _, err := generate([]byte("[]"), "newest"); err == nil {
		t.Error("-oldest newest is taken")
	}
}

// TestTableIsAsGenerated shows that the table in the program has the
// generator's form, so that a refresh changes what has changed and no more.
func TestTableIsAsGenerated(t *testing.T) {
	text, err := os.ReadFile("../images.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var table table
	if err := decoder.Decode(&table); err != nil {
		t.Fatal(err)
	}
	if again, err := encode(table); err != nil || !bytes.Equal(again, text) {
		t.Errorf("%v\n%s", err, again)
	}
}

func TestRun(t *testing.T) {
	fail := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail {
			http.Error(w, "later", http.StatusForbidden)
			return
		}
		http.ServeFile(w, r, "testdata/releases.json")
	}))
	defer server.Close()
	out := filepath.Join(t.TempDir(), "images.json")
	for _, from := range []string{server.URL, "testdata/releases.json"} {
		if err := run(t.Context(), []string{"-from", from, "-out", out, "-oldest", "v0.33.0"}, t.Output()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil || !strings.Contains(string(text), "v1.37.0@") || strings.Contains(string(text), "v1.36.1") {
			t.Errorf("from %s: %v\n%s", from, err, text)
		}
	}
	fail = true
	before, _ := os.ReadFile(out)
	err := run(t.Context(), []string{"-from", server.URL, "-out", out}, t.Output())
	after, _ := os.ReadFile(out)
	if err == nil || !strings.Contains(err.Error(), "403 Forbidden") || !strings.Contains(err.Error(), "-from reads a file") || !bytes.Equal(before, after) {
		t.Errorf("%v; the table changed: %t", err, !bytes.Equal(before, after))
	}
	// An answer that has lost a release, as a page of it would have.
	less := filepath.Join(t.TempDir(), "releases.json")
	if err := os.WriteFile(less, []byte(`[{"tag_name":"v0.32.0","body":"kindest/node:v1.36.1`+digest("1")+`"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), []string{"-from", less, "-out", out}, t.Output())
	after, _ = os.ReadFile(out)
	if err == nil || !strings.Contains(err.Error(), "it does not have v0.33.0") || !bytes.Equal(before, after) {
		t.Errorf("%v; the table changed: %t", err, !bytes.Equal(before, after))
	}
}
