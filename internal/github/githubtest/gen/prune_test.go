package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `{
	"openapi": "3.0.3", "info": {"title": "x", "version": "1"},
	"paths": {
		"/a/{id}": {
			"parameters": [{"$ref": "#/components/parameters/id"}],
			"get": {
				"summary": "prose", "operationId": "a/get", "x-github": {}, "tags": ["a"],
				"responses": {"200": {"description": "prose", "headers": {"X-Count": {"schema": {"type": "integer"}}}, "content": {"application/json": {
					"schema": {"$ref": "#/components/schemas/a"}, "examples": {"default": {"$ref": "#/components/examples/a"}}}}},
					"404": {"$ref": "#/components/responses/none"}}
			},
			"delete": {"responses": {"204": {"description": "prose"}}}
		},
		"/b": {"get": {"responses": {"200": {"description": "prose"}}}}
	},
	"components": {
		"parameters": {"id": {"name": "id", "in": "path", "required": true, "description": "prose", "schema": {"type": "integer"}}},
		"responses": {"none": {"description": "prose", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/c"}}}}},
		"schemas": {
			"a": {"type": "object", "title": "prose", "properties": {"title": {"type": "string", "example": "prose"}, "b": {"$ref": "#/components/schemas/c"}}},
			"c": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/a"}]},
			"unused": {"type": "string"}
		}
	}
}`

const pruned = `{"openapi":"3.0.3","info":{"version":"1"},
"paths":{
"/a/{id}":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/a"}}},"description":"","headers":{"X-Count":{"schema":{"type":"integer"}}}},"404":{"$ref":"#/components/responses/none"}}},"parameters":[{"$ref":"#/components/parameters/id"}]}},"components":{"parameters":{
"id":{"in":"path","name":"id","required":true,"schema":{"type":"integer"}}},"responses":{
"none":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/c"}}},"description":""}},"schemas":{
"a":{"properties":{"b":{"$ref":"#/components/schemas/c"},"title":{"type":"string"}},"type":"object"},
"c":{"allOf":[{"$ref":"#/components/schemas/a"}],"nullable":true}}}}
`

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	got, err := prune([]byte(small), []string{"GET /a/{id}"}, map[string]any{"version": "1"})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != pruned {
		t.Errorf("got\n%s\nexpected\n%s", got, pruned)
	}
}

func TestPruneRefuses(t *testing.T) {
	for _, c := range []struct{ description, operation, why string }{
		{`{`, "GET /b", "unexpected end"},
		{`{"openapi":"3.1.0"}`, "GET /b", `expected OpenAPI 3.0, found "3.1.0"`},
		{small, "POST /b", "the description has no POST /b"},
		{strings.Replace(small, `"unused"`, `"d"`, 1), "GET /c", "no GET /c"},
		{strings.Replace(small, `"none": {"description`, `"other": {"description`, 1), "GET /a/{id}", `"#/components/responses/none" leads nowhere`},
		{strings.ReplaceAll(small, "#/components/schemas/c", "#/paths"), "GET /a/{id}", "expected #/components/SECTION/NAME"},
	} {
		if _, err := prune([]byte(c.description), []string{c.operation}, nil); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%v\nexpected %s", err, c.why)
		}
	}
}

// TestEmbedded shows that openapi.json is what the generator writes for today's
// operations, and stays small.
func TestEmbedded(t *testing.T) {
	embedded, err := os.ReadFile(filepath.Join("..", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := prune(embedded, operations, info(defaultVersion))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(embedded, again) {
		t.Error("openapi.json is not what the generator writes; run it again: go run ./internal/github/githubtest/gen")
	}
	if len(embedded) > 200<<10 {
		t.Errorf("%d bytes, expected at most 200 KB", len(embedded))
	}
}
