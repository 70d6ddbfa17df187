package chart

import (
	"regexp"
	"strings"
)

// How API servers say that an object does not fit its kind. Server-side apply
// says so with the code 500, as if it were the server's own fault
// (k8s.io/apimachinery/pkg/util/managedfields/internal/structuredmerge.go);
// decoding says it with 400 (k8s.io/apiserver/pkg/endpoints/handlers/rest.go).
var (
	saysTyped = regexp.MustCompile(`(?s)failed to (?:create typed|convert new(?: typed)?|convert) (?:patch |live |new )?object \(.*?Kind=[^)]*\)[^:]*: (.*)`)
	// Each line of such an error begins with where: .spec.ports[port=80].name:
	// A key may hold dots, spaces and colons, in quotes or brackets.
	saysWhere   = regexp.MustCompile(`^\.?((?:[\w/-]+|\[[^\]]*\]|\.)+): (.*)`)
	saysConvert = regexp.MustCompile(`^unable to convert unstructured object to [^:]*: `)
	saysValue   = regexp.MustCompile(`got &(?:value\.valueUnstructured\{Value:|\{)(.*)\}$`)
	saysDecode  = regexp.MustCompile(`(?s)(?:cannot be handled as an? [^:]+: |strict decoding error: |error strict decoding (?:YAML|patch): |error decoding (?:YAML|patch): )(.*)`)
	// strict decoding error: unknown field "spec.replicaz", duplicate field "spec.a"
	saysField = regexp.MustCompile(`(unknown|duplicate) field "([^"]+)"`)
	// json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32
	saysUnmarshal = regexp.MustCompile(`cannot unmarshal (\w+) into Go (?:struct field (?:[A-Z]\w*\.)?([\w.\[\]-]+)|value) of type (\S+)`)
)

// unfit gives the field that does not fit its kind, as far as it is named, and
// what is wrong with it; an empty message where nothing of the kind is said.
func unfit(said string) (field, message string) {
	if m := saysTyped.FindStringSubmatch(said); m != nil {
		return unfitTyped(m[1])
	}
	if m := saysUnmarshal.FindStringSubmatch(said); m != nil {
		message = "expected " + goType(m[3]) + ", got " + m[1]
		if m[2] != "" {
			message = m[2] + ": " + message
		}
		return m[2], message
	}
	rest := said
	if m := saysDecode.FindStringSubmatch(said); m != nil {
		rest = m[1]
	}
	if m := saysField.FindStringSubmatch(rest); m != nil {
		return m[2], m[1] + " field " + m[2]
	}
	if rest != said {
		return "", strings.TrimPrefix(firstLine(rest), "json: ")
	}
	return "", ""
}

// unfitTyped reads what structured-merge-diff says: "errors:" and a line for
// each, or the only one. The first one is told.
func unfitTyped(text string) (field, message string) {
	_, list, several := strings.Cut(text, "errors:")
	if !several {
		list = text
	}
	line := ""
	for l := range strings.Lines(list) {
		if line = strings.TrimSpace(l); line != "" {
			break
		}
	}
	line = saysConvert.ReplaceAllString(line, "")
	// Values are printed as Go holds them.
	line = saysValue.ReplaceAllString(line, "got $1")
	m := saysWhere.FindStringSubmatch(line)
	if m == nil {
		return "", line
	}
	if m[2] == "field not declared in schema" {
		return m[1], "unknown field " + m[1]
	}
	return m[1], m[1] + ": " + m[2]
}

// goType names a type of Go's for those who write YAML.
func goType(name string) string {
	switch strings.TrimLeft(name, "*") {
	case "int", "int32", "int64", "uint32", "uint64", "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "string":
		return "text"
	}
	if strings.HasPrefix(name, "[]") {
		return "a list"
	}
	return "a mapping"
}
