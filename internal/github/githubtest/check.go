package githubtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// checkRequest says what about a request does not fit the description. Beyond
// what that asks for, a parameter or property that it does not know is refused:
// GitHub ignores those, and a slip of the pen would go unseen.
func checkRequest(r *http.Request, body []byte, route *routers.Route, values map[string]string) error {
	var faults []error
	if err := unknownParameters(r, route); err != nil {
		faults = append(faults, err)
	}
	copied := r.Clone(context.Background())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	if err := openapi3filter.ValidateRequest(r.Context(), requestInput(copied, route, values)); err != nil {
		faults = append(faults, err)
	}
	if hasBody(r.Method) {
		faults = append(faults, unknownProperties(route, body))
	} else if len(body) > 0 {
		faults = append(faults, fmt.Errorf("a body of %d bytes, expected none", len(body)))
	}
	return errors.Join(faults...)
}

func requestInput(r *http.Request, route *routers.Route, values map[string]string) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: values, Route: route,
		Options: &openapi3filter.Options{SkipSettingDefaults: true, MultiError: true, IncludeResponseStatus: true},
	}
}

func unknownParameters(r *http.Request, route *routers.Route) error {
	known := map[string]bool{}
	for _, parameters := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, p := range parameters {
			if p.Value.In == openapi3.ParameterInQuery {
				known[p.Value.Name] = true
			}
		}
	}
	for name := range r.URL.Query() {
		if !known[name] {
			return fmt.Errorf("query parameter %q is unknown; known are %v", name, slices.Sorted(maps.Keys(known)))
		}
	}
	return nil
}

func unknownProperties(route *routers.Route, body []byte) error {
	if route.Operation.RequestBody == nil {
		return nil
	}
	media := route.Operation.RequestBody.Value.Content.Get("application/json")
	var value any
	if media == nil || json.Unmarshal(body, &value) != nil {
		return nil //nolint:nilerr // said by the validator
	}
	return unknownIn("body", value, media.Schema.Value)
}

// unknownIn looks for properties that a schema does not name.
func unknownIn(place string, value any, schema *openapi3.Schema) error {
	switch value := value.(type) {
	case map[string]any:
		if len(schema.Properties) == 0 {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			property, ok := schema.Properties[name]
			if !ok {
				return fmt.Errorf("%s has an unknown property %q; known are %v", place, name, slices.Sorted(maps.Keys(schema.Properties)))
			}
			if err := unknownIn(place+"."+name, value[name], property.Value); err != nil {
				return err
			}
		}
	case []any:
		for i, v := range value {
			if schema.Items == nil {
				return nil
			}
			if err := unknownIn(fmt.Sprintf("%s[%d]", place, i), v, schema.Items.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkResponse says what about an answer does not fit the description. Errors
// that it does not list for an operation must look like GitHub's errors.
func checkResponse(r *http.Request, route *routers.Route, values map[string]string, status int, header http.Header, body []byte) error {
	if route.Operation.Responses.Status(status) == nil {
		if status < http.StatusBadRequest {
			return fmt.Errorf("the status %d is not one of the operation's", status)
		}
		schema, ok := route.Spec.Components.Schemas["basic-error"]
		if !ok {
			return errors.New("the description has no schema basic-error")
		}
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			return err
		}
		return schema.Value.VisitJSON(value, openapi3.MultiErrors())
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: requestInput(r, route, values),
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
}

// misfit words what does not fit, for the test's log.
func misfit(what, method, path string, err error) string {
	detail := strings.TrimSpace(err.Error())
	const most = 4000
	if len(detail) > most {
		detail = detail[:most] + "…"
	}
	return fmt.Sprintf("githubtest: %s of %s %s does not fit GitHub's description: %s", what, method, path, detail)
}
