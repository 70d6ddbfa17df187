package git

import (
	"errors"
	"reflect"
	"testing"
)

func TestTags(t *testing.T) {
	dir, first := newRepo(t, map[string]string{"a": "1"})
	git(t, dir, "tag", "app-1.0.0")
	second := commitFiles(t, dir, map[string]string{"a": "2"})
	git(t, dir, "tag", "-a", "-m", "annotated", "v1.1.0")
	third := commitFiles(t, dir, map[string]string{"a": "3"})
	git(t, dir, "tag", "chart/1.2.0")
	want := []Tag{{"app-1.0.0", first}, {"chart/1.2.0", third}, {"v1.1.0", second}}
	if got, err := Tags(t.Context(), dir, false); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}

	shallow := t.TempDir() + "/shallow"
	git(t, dir, "clone", "--quiet", "--depth=1", "--no-tags", "file://"+dir, shallow)
	if got, err := Tags(t.Context(), shallow, false); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("a shallow clone: got %v, %v, want %v", got, err, want)
	}
	if got, err := Tags(t.Context(), shallow, true); err != nil || len(got) > 0 {
		t.Errorf("a shallow clone, offline: got %v, %v", got, err)
	}
	// What was listed can be had.
	if err := Export(t.Context(), shallow, first, t.TempDir()); err != nil {
		t.Error(err)
	}
	git(t, shallow, "remote", "set-url", "origin", "file:///nowhere")
	if _, err := Tags(t.Context(), shallow, false); !errors.Is(err, ErrFetch) {
		t.Errorf("got %v", err)
	}
	if _, err := Tags(t.Context(), t.TempDir(), false); !errors.Is(err, ErrNotRepository) {
		t.Errorf("got %v", err)
	}
}
