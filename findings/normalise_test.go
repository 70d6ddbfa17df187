package findings

import (
	"testing"
	"unicode/utf8"
)

func TestNormalise(t *testing.T) {
	const version = "v1.33.4-eks-1a2b3c4"
	tests := []struct{ name, message, want string }{
		{"nothing to mask", "spec.replicas: expected a whole number", "spec.replicas: expected a whole number"},
		{"times", "at 2026-11-23T01:02:03.456Z and 2026-11-23 01:02:03+01:00", "at <time> and <time>"},
		{"a time of day", "failed at 01:02:03", "failed at <time>"},
		{"a UUID", "uid 0F8fad5b-d9cb-469f-a165-70867728950e gone", "uid <uuid> gone"},
		{"a digest", "image web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef missing", "image web@<hash> missing"},
		{"a commit", "at commit 1a2b3c4d5e6f7a8b9c0d", "at commit <hash>"},
		{"a short hexadecimal word stays", "port abc1 and face2 and 1e6", "port abc1 and face2 and 1e6"},
		{"a Deployment's pod", "pod web-7d4b9c6f5d-x2x4z crashed", "pod web-<pod> crashed"},
		{"a Job's pod", "pod migrate-x2x4z failed", "pod migrate-<pod> failed"},
		{"five letters that may be a word stay", "service web-https failed", "service web-https failed"},
		{"a StatefulSet's pod stays", "pod db-0 failed", "pod db-0 failed"},
		{"addresses", "dial 10.1.2.3:8080 and 192.168.0.1", "dial <address> and <address>"},
		{"IPv6", "dial [fe80::1]:443 and 2001:db8:0:0:0:0:0:1", "dial <address> and <address>"},
		{"a port", "dial web:8080 refused", "dial web:<number> refused"},
		{"durations", "timed out after 5m30s, 12.5s and 250ms", "timed out after <duration>, <duration> and <duration>"},
		{"a pointer", "at 0xc0001234ab", "at <pointer>"},
		{"blanks", "  two\n\tlines ", "two lines"},
		{"the version with v", "chart needs >=1.25.0, this is v1.33.4-eks-1a2b3c4", "chart needs >=1.25.0, this is <version>"},
		{"the version without v", "chart needs >=1.25.0, this is 1.33.4-eks-1a2b3c4", "chart needs >=1.25.0, this is <version>"},
		{"a version in the message stays", "removed in 1.26", "removed in 1.26"},
		{"broken text", "bad \xff byte", "bad ? byte"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := normalise(test.message, version); got != test.want {
				t.Errorf("normalise(%q)\n got %q\nwant %q", test.message, got, test.want)
			}
		})
	}
}

func TestMaskVersion(t *testing.T) {
	tests := []struct {
		message, want string
		found         bool
	}{
		{"X is off in Kubernetes 1.30", "X is off in Kubernetes <version>", true},
		{"X is off in 1.30.", "X is off in <version>.", true},
		{"v1.30 and 1.30", "v<version> and <version>", true},
		{"1.30.4", "1.30.4", false},
		{"11.30", "11.30", false},
		{"1.301", "1.301", false},
		{"none", "none", false},
	}
	for _, test := range tests {
		if got, found := maskVersion(test.message, "1.30"); got != test.want || found != test.found {
			t.Errorf("maskVersion(%q) = %q, %v; want %q, %v", test.message, got, found, test.want, test.found)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("pod web-7d4b9c6f5d-x2x4z at 10.1.2.3:8080 since 2026-11-23T01:02:03Z", "v1.33.4")
	f.Add("\xff\x00[::]:1", "")
	f.Add("1.30 1.30.1 v1.30", "1.30")
	f.Fuzz(func(t *testing.T, message, version string) {
		got := normalise(message, version)
		if !utf8.ValidString(got) {
			t.Errorf("normalise(%q, %q) = %q, which is not valid UTF-8", message, version, got)
		}
		if again := normalise(message, version); again != got {
			t.Errorf("normalise(%q, %q) gives %q, then %q", message, version, got, again)
		}
		if version != "" {
			maskVersion(got, version)
		}
	})
}

func TestWhatAMessageSaysOfItsObject(t *testing.T) {
	for _, c := range []struct{ message, object, want string }{
		{`pods "web-f8bff5d67-9lnxx" is forbidden`, "Deployment/web", `pods "<pod>" is forbidden`},
		{"web-0: not ready; web-12 neither", "StatefulSet/web", "<pod>: not ready; <pod> neither"},
		{"pod migrate-x7kqd", "Job/migrate", "pod <pod>"},
		{`secret "web-tls" not found`, "Deployment/web", `secret "web-tls" not found`},
		{`secret "web-store" not found`, "Deployment/web", `secret "web-store" not found`},
		{`pods "my-web-f8bff5d67-9lnxx"`, "Deployment/web", `pods "my-web-f8bff5d67-9lnxx"`},
		{`pods "web-f8bff5d67-9lnxx-old"`, "Deployment/web", `pods "web-f8bff5d67-9lnxx-old"`},
		{"Deployment/web: its pods cannot be made", "Deployment/web", "<object>: its pods cannot be made"},
		{"Deployment/web-2: its pods cannot be made", "Deployment/web", "Deployment/web-2: its pods cannot be made"},
		{`pods "web-f8bff5d67-9lnxx"`, "", `pods "web-f8bff5d67-9lnxx"`},
	} {
		if got := withoutItself(c.message, c.object); got != c.want {
			t.Errorf("%q of %s: got %q, want %q", c.message, c.object, got, c.want)
		}
	}
}
