package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The linker says nothing of a variable that it does not find, so the name in
// the script is held against the one here.
func TestVersionOfARelease(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", ".ci", "release"))
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, ".ci/release", string(script), "-X "+reflect.TypeFor[Env]().PkgPath()+".released=$version")

	defer func(before string) { released = before }(released)
	for set, want := range map[string]string{"v1.2.3": "chart-matrix v1.2.3 ", "": "chart-matrix (devel) "} {
		released = set
		s := &scene{t: t, env: map[string]string{}}
		if code := s.main("version"); code != exitPassed || !strings.HasPrefix(s.stdout.String(), want) {
			t.Errorf("exit code %d, %q; expected it to begin with %q", code, &s.stdout, want)
		}
	}
}
