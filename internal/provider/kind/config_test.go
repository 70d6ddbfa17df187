package kind

import (
	"os"
	"path/filepath"
	"testing"
)

func TestConfig(t *testing.T) {
	got, err := config(3, true)
	if err != nil {
		t.Fatal(err)
	}
	const want = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
    - role: control-plane
    - role: worker
    - role: worker
containerdConfigPatches:
    - |
      [plugins."io.containerd.grpc.v1.cri".registry]
        config_path = "/etc/containerd/certs.d"
`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestMirrors(t *testing.T) {
	p := &Provider{Mirrors: map[string][]string{
		"docker.io":                 {"https://a.example.com", "http://b:5000/v2/docker"},
		"registry.example.com:5000": {"http://c"},
	}}
	dir := t.TempDir()
	f, err := p.writeFiles(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(f.registries, "docker.io", "hosts.toml"))
	const want = `[host."https://a.example.com"]
  capabilities = ["pull", "resolve"]
[host."http://b:5000/v2/docker"]
  capabilities = ["pull", "resolve"]
`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := os.Stat(filepath.Join(f.registries, "registry.example.com:5000", "hosts.toml")); err != nil {
		t.Error(err)
	}
}

func TestMirrorsRefuse(t *testing.T) {
	for _, mirrors := range []map[string][]string{
		{"../etc": {"https://a"}},
		{"": {"https://a"}},
		{"docker.io/library": {"https://a"}},
		{"docker.io": {"a.example.com"}},
		{"docker.io": {"ftp://a"}},
		{"docker.io": {"https://user:secret@a"}},
		{"docker.io": {"https://a\"]\n"}},
		{"docker.io": {"https://"}},
	} {
		if out, err := hosts(mirrors); err == nil {
			t.Errorf("%v gives %v", mirrors, out)
		}
	}
}
