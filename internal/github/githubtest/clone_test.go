package githubtest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// TestStateIsACopy changes everything that can be reached in a copy, and sees
// whether the original stays as it was.
func TestStateIsACopy(t *testing.T) {
	state := world()
	state.Tokens = map[string]Token{"t": {Permissions: map[string]string{"checks": "read"}}}
	repo := &state.Repositories[0]
	repo.CheckRuns = []CheckRun{{Annotations: []Annotation{{Path: "a"}}}}
	repo.Runs[0].Earlier = []string{"failure"}
	before, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	copied := state.clone()
	spoil(reflect.ValueOf(&copied).Elem())
	after, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("changed through a copy:\n%s\n%s", before, after)
	}
}

// spoil changes every text and number that can be reached, but bytes.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				spoil(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if v.Index(i).Kind() != reflect.Uint8 {
				spoil(v.Index(i))
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			spoil(value)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString("spoiled")
	case reflect.Int, reflect.Int64:
		v.SetInt(-1)
	}
}

// BenchmarkJobs is a page of a hundred jobs, checked against the description.
func BenchmarkJobs(b *testing.B) {
	state := world()
	for range 1024 {
		state.Repositories[0].Runs[1].Jobs = append(state.Repositories[0].Runs[1].Jobs, Job{Name: "a job", Steps: make([]Step, 8)})
	}
	s, err := Start(state, Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if got, err := try(s, WriteToken, "GET "+repo+"/actions/runs/8/jobs?per_page=100", ""); err != nil || got.status != 200 {
			b.Fatalf("%v %d", err, got.status)
		}
	}
}
