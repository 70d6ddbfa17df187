package layer

import (
	"reflect"
	"strings"
	"testing"
)

func TestSecretsAreNotKept(t *testing.T) {
	got := withoutSecrets(map[string]any{
		"replicas": 3, "postgresPassword": "hunter2", "apiKey": "x", "keyName": "web",
		"auth":   map[string]any{"token": "t", "user": "me"},
		"secret": map[string]any{"name": "web-secret", "password": []any{"p"}},
		"env":    []any{map[string]any{"name": "A", "secret_token": "b"}},
	})
	want := map[string]any{
		"replicas": 3, "postgresPassword": "hidden", "apiKey": "hidden", "keyName": "web",
		"auth":   map[string]any{"token": "hidden", "user": "me"},
		"secret": map[string]any{"name": "web-secret", "password": "hidden"},
		"env":    []any{map[string]any{"name": "A", "secret_token": "hidden"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	manifest := "---\n# Source: web/templates/a.yaml\nkind: Secret\ndata: {a: aHVudGVyMg==}\n---\nkind: ConfigMap\nmetadata: {name: web}\n---\n{\"kind\": \"Secret\", \"data\": {}}\n"
	if got := withoutSecretObjects(manifest); strings.Contains(got, "Secret") || got != "---\nkind: ConfigMap\nmetadata: {name: web}\n" {
		t.Errorf("got %q", got)
	}
}

func TestWhatAReleaseWasMadeOfIsKept(t *testing.T) {
	env, _ := inCluster(t, &standIn{})
	c := webChart(t, "1.0.0", "")
	l := &Install{Chart: c}
	if _, err := run(t, l, env); err != nil {
		t.Fatal(err)
	}
	kept := env.Cluster.Cluster.(*standIn).kept
	if kept[keptValues] == "" || !strings.Contains(kept[keptManifest], "kind:") {
		t.Errorf("kept %v", kept)
	}
}
