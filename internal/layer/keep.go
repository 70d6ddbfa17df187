package layer

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/posthog/chart-matrix/internal/chart"
)

// The files that are kept of a release, for whoever compares a cell that failed
// with one that passed.
const (
	keptValues   = "values.yaml"
	keptManifest = "manifest.yaml"
)

// keep writes down what a release was made of, as far as it is no secret.
func (i *installation) keep(r *chart.Release) {
	if i.env.Values != nil {
		if text, err := yaml.Marshal(withoutSecrets(i.env.Values.Map)); err == nil { // plain maps and scalars
			i.in.Cluster.Keep(keptValues, string(text))
		}
	}
	if r != nil && r.Manifest != "" {
		i.in.Cluster.Keep(keptManifest, withoutSecretObjects(r.Manifest))
	}
}

// secretKey are the names of values that hold secrets in most charts.
var secretKey = regexp.MustCompile(`(?i)pass(?:word|wd|phrase)?$|secret|token|credential|private|api_?key|access_?key|dsn$`)

// withoutSecrets hides the values behind keys that speak of secrets.
func withoutSecrets(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, below := range v {
			_, isMap := below.(map[string]any)
			if !isMap && secretKey.MatchString(key) {
				out[key] = "hidden"
				continue
			}
			out[key] = withoutSecrets(below)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for n := range v {
			out[n] = withoutSecrets(v[n])
		}
		return out
	}
	return value
}

var (
	documentStart = regexp.MustCompile(`(?m)^---.*$`)
	secretKind    = regexp.MustCompile(`(?m)^\s*["']?kind["']?\s*:\s*["']?Secret(?:List)?\b|"kind"\s*:\s*"Secret`)
)

// withoutSecretObjects leaves out the documents with Secrets.
func withoutSecretObjects(manifest string) string {
	var b strings.Builder
	for _, document := range documentStart.Split(manifest, -1) {
		if strings.TrimSpace(document) == "" || secretKind.MatchString(document) {
			continue
		}
		b.WriteString("---")
		b.WriteString(strings.TrimRight(document, "\n"))
		b.WriteString("\n")
	}
	return b.String()
}
