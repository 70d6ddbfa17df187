package githubtest

import "github.com/getkin/kin-openapi/openapi3"

// object is a JSON object of an answer.
type object = map[string]any

// complete adds what a schema requires and an answer does not say: answers of
// GitHub have scores of properties that no test is about. What may be null is;
// the rest is empty, or the first of the values that are allowed.
func complete(value any, schema *openapi3.Schema) any {
	for _, part := range schema.AllOf {
		value = complete(value, part.Value)
	}
	switch value := value.(type) {
	case object:
		if chosen := variant(value, schema); chosen != nil {
			return complete(value, chosen)
		}
		for _, name := range schema.Required {
			if _, ok := value[name]; !ok && schema.Properties[name] != nil {
				value[name] = neutral(name, schema.Properties[name].Value)
			}
		}
		for name, property := range schema.Properties {
			if v, ok := value[name]; ok {
				value[name] = complete(v, property.Value)
			}
		}
	case []any:
		if schema.Items == nil {
			break
		}
		for i, v := range value {
			value[i] = complete(v, schema.Items.Value)
		}
	}
	return value
}

// variant is the schema that an object's discriminator chooses; nil where there
// is none.
func variant(value object, schema *openapi3.Schema) *openapi3.Schema {
	if schema.Discriminator == nil {
		return nil
	}
	name, _ := value[schema.Discriminator.PropertyName].(string)
	for _, one := range schema.OneOf {
		if one.Ref != "" && one.Ref == schema.Discriminator.Mapping[name].Ref {
			return one.Value
		}
	}
	return nil
}

// neutral is a value of a schema that says nothing.
func neutral(name string, schema *openapi3.Schema) any {
	switch {
	case schema.Nullable:
		return nil
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf) > 0:
		return neutral(name, schema.OneOf[0].Value)
	case len(schema.AnyOf) > 0:
		return neutral(name, schema.AnyOf[0].Value)
	case schema.Type.Is(openapi3.TypeString):
		return neutralString(name, schema.Format)
	case schema.Type.Is(openapi3.TypeInteger), schema.Type.Is(openapi3.TypeNumber):
		return 0
	case schema.Type.Is(openapi3.TypeBoolean):
		return false
	case schema.Type.Is(openapi3.TypeArray):
		return []any{}
	}
	return complete(object{}, schema)
}

func neutralString(name, format string) string {
	switch format {
	case "uri":
		return "https://github.example/" + name
	case "date-time":
		return "2026-01-01T00:00:00Z"
	case "email":
		return "nobody@github.example"
	}
	return ""
}
