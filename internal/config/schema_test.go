package config

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchemaAgrees gives the decoder's files to the published JSON Schema. It
// takes what the decoder takes. It refuses what is wrong in form, and cannot
// see what is wrong in meaning: 1.30 and 1.3 are one number in JSON, and other
// places of the file and the known names are out of its sight.
func TestSchemaAgrees(t *testing.T) {
	schema := compiledSchema(t)
	for folder, want := range map[string]bool{"good": true, "bad/form": false, "bad/meaning": true} {
		for file, data := range testdata(t, folder+"/*.yaml") {
			t.Run(file, func(t *testing.T) {
				err := schema.Validate(asJSON(t, data))
				switch {
				case want && err != nil:
					t.Errorf("the schema refuses it: %v", err)
				case !want && err == nil:
					t.Error("the schema accepts it")
				}
			})
		}
	}
}

// TestSchemaDescribesEverything looks for properties without a description.
func TestSchemaDescribesEverything(t *testing.T) {
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var top any
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	count := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for name, p := range properties {
					count++
					if d, _ := p.(map[string]any)["description"].(string); !strings.HasSuffix(d, ".") {
						t.Errorf("%s/%s: description %q", path, name, d)
					}
				}
			}
			for k, c := range v {
				walk(path+"/"+k, c)
			}
		case []any:
			for _, c := range v {
				walk(path, c)
			}
		}
	}
	walk("", top)
	if count < 80 {
		t.Errorf("%d properties were looked at; the walk misses some", count)
	}
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON gives a file as an editor's YAML reader sees it: numbers, booleans
// and null instead of text.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	p := &problems{}
	tree := readTree(data, p)
	if err := p.err(); err != nil {
		t.Fatal(err)
	}
	if tree == nil {
		return nil
	}
	return tree.json()
}

func (n *node) json() any {
	switch n.kind {
	case listNode:
		list := []any{}
		for _, item := range n.items {
			list = append(list, item.json())
		}
		return list
	case mapNode:
		m := map[string]any{}
		for _, e := range n.entries {
			m[e.key.text] = e.value.json()
		}
		return m
	case scalarNode:
	}
	switch n.tag {
	case "!!null":
		return nil
	case "!!bool":
		return isTrue(n)
	case "!!int", "!!float":
		var number json.Number
		if err := json.Unmarshal([]byte(n.text), &number); err == nil {
			return number
		}
	}
	return n.text
}
