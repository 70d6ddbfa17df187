package githubtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyTestsImportIt keeps the fake, and the library that validates for it,
// out of what is released.
func TestOnlyTestsImportIt(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	seen := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") || path == "internal/github/githubtest" {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			if strings.Contains(imported.Path.Value, "/githubtest") || strings.Contains(imported.Path.Value, "/kin-openapi") {
				t.Errorf("%s imports %s, which is for tests", path, imported.Path.Value)
			}
		}
		return nil
	})
	if err != nil || seen < 50 {
		t.Fatalf("%v; %d files read under %s", err, seen, root)
	}
}

// FuzzRequest shows that no request brings the fake down.
func FuzzRequest(f *testing.F) {
	for operation := range operations() {
		method, path, _ := strings.Cut(operation, " ")
		f.Add(method, strings.NewReplacer("{owner}", "acme", "{repo}", "charts", "{run_id}", "7").Replace(path), `{"body":"x"}`)
	}
	f.Add("POST", repo+"/check-runs", `{"name":"x","head_sha":"a","output":{"title":"","summary":"","annotations":[{}]}}`)
	f.Add("GET", repo+"/actions/runs?created=..&page=99999999999999999999", "")
	f.Add("GET", repo+"/issues/3/comments?since=x", "")
	f.Fuzz(func(t *testing.T, method, target, body string) {
		r, err := http.NewRequest(method, "http://127.0.0.1/", strings.NewReader(body))
		if err != nil {
			return
		}
		if r.URL, err = r.URL.Parse(target); err != nil {
			return
		}
		r.Header.Set("Authorization", "Bearer "+WriteToken)
		r.Header.Set("User-Agent", "fuzz")
		r.Header.Set("Content-Type", "application/json")
		s, err := Start(world(), Options{}, func(message string) {
			if strings.Contains(message, "own answer") {
				t.Error(message)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.serveAPI(httptest.NewRecorder(), r)
	})
}
