package diagnosis

import (
	"strings"
	"testing"
)

func TestContinues(t *testing.T) {
	const long = `Warning  FailedMount  14s  kubelet  MountVolume.SetUp failed for volume`
	for _, c := range []struct {
		prev, line string
		want       bool
	}{
		{`MountVolume.SetUp failed for volume "config":`, `secret "web" not found`, true},
		{`Error: INSTALLATION FAILED: cannot patch`, `  "web" with kind Deployment`, true},
		{`│ Error: creating Kubernetes Cluster (Name: "ci"):`, `│ performing CreateOrUpdate`, true},
		{long, `"config": secret "web" not found`, true},
		{`Error: one`, `two`, false}, // short, and not indented
		{long, `10:00:01 Normal Pulled pod/web-0`, false},
		{long, `2026-01-02T10:00:01Z ready`, false},
		{long, `I0102 10:00:01.000000   1 main.go:1] ready`, false},
		{long, `{"level":"info"}`, false},
		{long, `Warning  BackOff  4s  kubelet`, false},
		{long, `time="2026-01-02T10:00:01Z" level=info`, false},
		{long, `client.go:12: [debug] x`, false},
		{long, `10.1.2.3 - - "GET /"`, false},
		{long, ``, false},
		{``, `  x`, false},
		{`$ kubectl describe pod web-0 --namespace a-longer-name`, `Name: web-0`, false},
	} {
		if got := continues(c.prev, c.line); got != c.want {
			t.Errorf("%q after %q: got %v", c.line, c.prev, got)
		}
	}
}

func TestWrappedMessages(t *testing.T) {
	for _, c := range []struct {
		layer, log, rule, quoted string
	}{
		{"install", "Error from server: error when creating \"web.yaml\": admission webhook\n\"policy.example.com\" denied the request: the image must come from elsewhere", "admission-denied/policy", "Error from server"},
		{"install", "Warning  FailedMount  4s  kubelet  MountVolume.SetUp failed for volume \"tls\":\n                             secret \"web-tls\" not found", "storage/object-missing", "Warning  FailedMount"},
		{"k6", "ERRO[0031] thresholds on metrics 'http_req_duration, http_req_failed,\n     checks' have been crossed", "load-threshold", "ERRO[0031]"},
		{"upgrade", "Error: UPGRADE FAILED: cannot patch \"web\" with kind Deployment:\nDeployment.apps \"web\" is invalid: [spec.template.spec.containers[0].imagePullPolicy:\nUnsupported value: \"Allways\": supported values: \"Always\", \"Never\"]", "template-invalid/manifest", "is invalid"},
		{"upgrade", "Error: UPGRADE FAILED: Unable to continue with update: ConfigMap\n\"web-settings\" in namespace \"ci\" exists and cannot be imported into\nthe current release: invalid ownership metadata; label validation error:\nmissing key \"app.kubernetes.io/managed-by\": must be set to \"Helm\"", "release-state/left-over", "UPGRADE FAILED"},
		{"cluster", "│ Error: creating Cluster (Name: \"ci\"): the client 'ci'\n│ does not have authorization\n│ to perform action 'write' over scope '/'", "cloud-auth/denied", "does not have"},
	} {
		d := Diagnose(Input{Layer: c.layer, Sources: []Source{{Text: c.log}}})
		found := false
		for _, l := range d.Lines {
			found = found || strings.Contains(l.Text, c.quoted)
		}
		if d.Rule != c.rule || !found {
			t.Errorf("got %s, %+v of\n%s", d.Rule, d.Lines, c.log)
		}
	}
}

// TestNeighboursAreNoMessage keeps what several pods say at once apart.
func TestNeighboursAreNoMessage(t *testing.T) {
	log := "10:00:00 web-0 MountVolume.SetUp failed once, it will be tried again\n" +
		"10:00:01 web-1 looked for configmap \"extra\": not found, which is fine\n"
	if d := Diagnose(Input{Layer: "install", Sources: []Source{{Text: log}}}); d.Rule == "storage/object-missing" {
		t.Errorf("two lines are read as one: %+v", d)
	}
}
