// Package schemas holds the published JSON Schemas. The test compares those of
// the result folder and of the JSON report with the Go types, and with real files.
package schemas

import (
	"bytes"
	"encoding"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

type object = map[string]any

// formats gives the type behind each file.
func formats() map[string]reflect.Type {
	return map[string]reflect.Type{
		"plan":    reflect.TypeFor[matrix.Plan](),
		"cell":    reflect.TypeFor[result.Cell](),
		"part":    reflect.TypeFor[store.Part](),
		"summary": reflect.TypeFor[findings.Summary](),
	}
}

func load(t *testing.T, name string) object {
	t.Helper()
	data, err := os.ReadFile(name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemasDescribeTheTypes: every field is there, with its type and a
// sentence, is required where it is always written, and nothing else is there.
func TestSchemasDescribeTheTypes(t *testing.T) {
	for name, typ := range formats() {
		t.Run(name, func(t *testing.T) {
			schema := load(t, name)
			if schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" || !strings.HasSuffix(schema["$id"].(string), "/schemas/"+name+".schema.json") {
				t.Errorf("$schema is %v, $id is %v", schema["$schema"], schema["$id"])
			}
			c := &comparison{t: t, defs: schema["$defs"].(object), used: map[string]bool{}}
			c.compare(name, schema, typ)
			for def := range c.defs {
				if !c.used[def] {
					t.Errorf("nothing uses the definition %q", def)
				}
			}
		})
	}
}

// comparison walks a schema and a type side by side.
type comparison struct {
	t    *testing.T
	defs object
	used map[string]bool
}

func (c *comparison) resolve(schema object) object {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	name := strings.TrimPrefix(ref, "#/$defs/")
	c.used[name] = true
	def, ok := c.defs[name].(object)
	if !ok {
		c.t.Errorf("there is no definition %q", name)
		return object{}
	}
	return c.resolve(def)
}

func (c *comparison) compare(path string, schema object, typ reflect.Type) {
	schema = c.resolve(schema)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	want := ""
	switch {
	case typ == reflect.TypeFor[time.Time]():
		want = "string"
		if schema["format"] != "date-time" {
			c.t.Errorf("%s: a time without its format", path)
		}
	case typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()), typ.Kind() == reflect.String:
		want = "string"
		c.compareEnum(path, schema, typ)
	case typ.Kind() == reflect.Struct:
		want = "object"
		c.compareFields(path, schema, typ)
	case typ.Kind() == reflect.Slice:
		want = "array"
		c.compareChild(path+"[]", schema["items"], typ.Elem())
	case typ.Kind() == reflect.Map:
		want = "object"
		c.compareChild(path+"{}", schema["additionalProperties"], typ.Elem())
		if names, ok := schema["propertyNames"].(object); ok {
			c.compare(path+" names", names, typ.Key())
		}
	case typ.Kind() == reflect.Bool:
		want = "boolean"
	case typ.Kind() == reflect.Float64:
		want = "number"
	default:
		want = "integer"
	}
	if schema["type"] != want {
		c.t.Errorf("%s: the type is %v, want %s", path, schema["type"], want)
	}
}

func (c *comparison) compareChild(path string, schema any, typ reflect.Type) {
	child, ok := schema.(object)
	if !ok {
		c.t.Errorf("%s: there is no schema", path)
		return
	}
	c.compare(path, child, typ)
}

func (c *comparison) compareFields(path string, schema object, typ reflect.Type) {
	properties, _ := schema["properties"].(object)
	var names, required []string
	for f := range typ.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		names = append(names, name)
		if options == "" {
			required = append(required, name)
		}
		property, ok := properties[name].(object)
		if !ok {
			c.t.Errorf("%s/%s is not described", path, name)
			continue
		}
		if d, _ := property["description"].(string); !strings.HasSuffix(d, ".") {
			c.t.Errorf("%s/%s: description %q", path, name, d)
		}
		c.compare(path+"/"+name, property, f.Type)
	}
	for name := range properties {
		if !slices.Contains(names, name) {
			c.t.Errorf("%s/%s is described, and is no field", path, name)
		}
	}
	var have []string
	for _, r := range schema["required"].([]any) {
		have = append(have, r.(string))
	}
	slices.Sort(have)
	slices.Sort(required)
	if !slices.Equal(have, required) {
		c.t.Errorf("%s: required are %v, want %v", path, have, required)
	}
}

// compareEnum wants exactly the constants of a named string type.
func (c *comparison) compareEnum(path string, schema object, typ reflect.Type) {
	known := map[reflect.Type][]any{
		reflect.TypeFor[result.Severity]():     {result.Error, result.Warning, result.Info},
		reflect.TypeFor[matrix.OmissionKind](): {matrix.Excluded, matrix.OutsideWindow, matrix.NotSelected, matrix.Represented, matrix.NothingToTest},
		reflect.TypeFor[findings.Blame]():      {findings.BlameChart, findings.BlameChartOrEnv, findings.BlameInfrastructure, findings.BlameRunner},
		reflect.TypeFor[findings.State](): {
			findings.New, findings.PreExisting, findings.Expected, findings.Overdue, findings.Flaky, findings.Unanswered,
			findings.Leak, findings.NothingRan, findings.Fixed, findings.Advice,
		},
	}
	known[reflect.TypeFor[findings.Kind]()] = []any{
		findings.KindInvalid, findings.KindMismatch, findings.KindKubernetes, findings.KindProvider, findings.KindCluster, findings.KindMachinery,
	}
	var statuses []any
	for _, s := range result.Statuses() {
		statuses = append(statuses, s)
	}
	known[reflect.TypeFor[result.Status]()] = statuses
	want, ok := known[typ]
	if !ok {
		if typ.PkgPath() != "" && typ.Kind() == reflect.String {
			c.t.Errorf("%s: list the constants of %s in this test", path, typ)
		}
		return
	}
	if have := asText(c.t, schema["enum"]); have != asText(c.t, want) {
		c.t.Errorf("%s: enum is %s, want %s", path, have, asText(c.t, want))
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}
