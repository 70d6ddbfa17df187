package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, []byte(`{"repositories":[{"owner":"acme","name":"charts","runs":[{"id":7}]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0", file}, writer) }()
	said := make([]byte, 4096)
	n, err := reader.Read(said)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`GITHUB_API_URL=(\S+)`).FindSubmatch(said[:n])
	if found == nil {
		t.Fatalf("it said %q", said[:n])
	}
	get(t, string(found[1])+"/repos/acme/charts/actions/runs/7", `"run_attempt":1`)
	get(t, string(found[1])+"/githubtest/requests", `"path": "/repos/acme/charts/actions/runs/7"`)
	get(t, string(found[1])+"/githubtest/misfits", "[]")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url, want string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(body), want) {
		t.Errorf("%s: %v %s\nexpected %s", url, err, body, want)
	}
}

func TestServeRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, []byte(`{"repository":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		why  string
	}{
		{nil, "expected one argument"},
		{[]string{file + ".not"}, "no such file"},
		{[]string{file}, `unknown field "repository"`},
	} {
		if err := run(t.Context(), c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%v: %v, expected %s", c.args, err, c.why)
		}
	}
}
