package mask_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/findings/mask"
)

func TestLine(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"nothing to mask", "spec.replicas: expected a whole number", "spec.replicas: expected a whole number"},
		{"times", "at 2026-11-23T01:02:03.456Z and 2026-11-23 01:02:03+01:00", "at <time> and <time>"},
		{"a time with a comma", "[2026-11-23 01:02:03,456] INFO", "[<time>] INFO"},
		{"a time of day", "failed at 01:02:03", "failed at <time>"},
		{"Go's log", "2026/11/23 01:02:03 starting", "<time> starting"},
		{"an access log", "[23/Nov/2026:01:02:03 +0000]", "[<time>]"},
		{"klog", "E0703 03:32:11.192128       1 start.go:119] exited", "E<time> start.go:<number>] exited"},
		{"a mail's date", "Started: Thu, 27 Feb 2025 07:36:21 +0100", "Started: <time>"},
		{"date's date", "Mon Nov 23 07:20:00 UTC 2026 up", "<time> up"},
		{"syslog", "Nov  3 07:20:00 host kernel: x", "<time> host kernel: x"},
		{"a date", "expired on 2026-11-23.", "expired on <time>."},
		{"an API's date stays", "2023-01-01-preview", "2023-01-01-preview"},
		{"a word that is a month stays", "May the Mar be 5", "May the Mar be 5"},
		{"a UUID", "uid 0F8fad5b-d9cb-469f-a165-70867728950e gone", "uid <uuid> gone"},
		{"a digest", "web@sha256:0123456789abcdef0123456789abcdef missing", "web@<hash> missing"},
		{"a commit", "at commit 1a2b3c4d5e6f7a8b9c0d", "at commit <hash>"},
		{"a short hexadecimal word stays", "port abc1 and face2 and 1e6", "port abc1 and face2 and 1e6"},
		{"an English word stays", "defaced facade deadbeef", "defaced facade deadbeef"},
		{"a Deployment's pod", "pod web-7d4b9c6f5d-x2x4z crashed", "pod web-<pod> crashed"},
		{"a ReplicaSet", "replicaset web-7d4b9c6f5d made", "replicaset web-<hash> made"},
		{"a Job's pod", "pod migrate-x2x4z failed", "pod migrate-<pod> failed"},
		{"a CronJob's job", "job clean-28374650 failed", "job clean-<number> failed"},
		{"five letters that may be a word stay", "service web-https failed", "service web-https failed"},
		{"a StatefulSet's pod stays", "pod db-0 failed", "pod db-0 failed"},
		{"addresses", "dial 10.1.2.3:8080 and 192.168.0.1", "dial <address> and <address>"},
		{"a network", "10.0.0.0/16 is used", "<address>/16 is used"},
		{"IPv6", "dial [fe80::1]:443 and 2001:db8:0:0:0:0:0:1", "dial <address> and <address>"},
		{"all of IPv6", "listen [::]:8123", "listen <address>"},
		{"a node", "node ip-192-168-67-130.ec2.internal", "node ip-<address>.ec2.internal"},
		{"a port", "dial web:8080 refused", "dial web:<number> refused"},
		{"durations", "timed out after 5m30s, 12.5s and 250ms", "timed out after <duration>, <duration> and <duration>"},
		{"a tenth of a processor stays", "cpu: 100m", "cpu: 100m"},
		{"an age", "100s (x42 over 12m) kubelet", "<duration> (x<number> over <duration>) kubelet"},
		{"sizes", "got 12.5MiB of 3 GB", "got <size> of <size>"},
		{"a quantity stays", "memory: 100Mi", "memory: 100Mi"},
		{"a pointer", "at 0xc0001234ab", "at <pointer>"},
		{"a process", "postgres[1234]: ready", "postgres[<number>]: ready"},
		{"an index stays", "containers[0] and [12]", "containers[0] and [12]"},
		{"an account", "arn:aws:iam::123456789012:role/x", "arn:aws:iam::<number>:role/x"},
		{"a token", "id hLkJ8gTz4PqR9sWv2XyB7NmC3dEf gone", "id <token> gone"},
		{"mktemp", "in /tmp/tmp.Ab1Cd2Ef3G/x", "in /tmp/tmp.<name>/x"},
		{"blanks", "  two\n\tlines ", "two lines"},
		{"a version stays", "removed in 1.26, v1.33.4 and 1.33", "removed in 1.26, v1.33.4 and 1.33"},
		{"an API stays", "batch/v1beta1", "batch/v1beta1"},
		{"colours", "\x1b[31mError:\x1b[0m no \x1b]8;;http://x\x07link\x1b]8;;\x07", "Error: no link"},
		{"half a colour", "a\x1b[3", "a"},
		{"control characters", "a\x00b\x07c\r", "abc"},
		{"broken text", "bad \xff byte", "bad ? byte"},
		{"other scripts", "größer als 01:02:03", "größer als <time>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mask.Line(test.line)
			if got != test.want {
				t.Errorf("Line(%q)\n got %q\nwant %q", test.line, got, test.want)
			}
			if again := mask.Line(got); again != got {
				t.Errorf("Line(%q) = %q: masking twice differs", got, again)
			}
		})
	}
}

func TestLineIsBounded(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("x", 1<<20), strings.Repeat("1s ", 1<<16), strings.Repeat("a:", 1<<16), strings.Repeat("-22222", 1<<16),
		strings.Repeat("\x1b[", 1<<16), strings.Repeat("é", 1<<16), strings.Repeat("\xff", 1<<16),
	} {
		got := mask.Line(s)
		if len(got) > mask.MaxLine {
			t.Errorf("Line of %d bytes %q… gives %d bytes", len(s), s[:4], len(got))
		}
		if again := mask.Line(got); again != got {
			t.Errorf("masking %q… twice differs", s[:4])
		}
	}
}

func TestWords(t *testing.T) {
	same := [][2]string{
		{`12:00:01 Normal pod/web-7d4b9c6f5d-x2x4z image "r.example/a:1.22.3"`, `23:10:59 Normal pod/web-5f6b9c6f5d-zz24z image "r.example/a:10.2.33"`},
		{"attempt 3/5 failed", "attempt 10/12 failed"},
		{"a, b", "a b"},
	}
	for _, pair := range same {
		if a, b := mask.Words(nil, pair[0]), mask.Words(nil, pair[1]); !slices.Equal(a, b) {
			t.Errorf("the words of %q and %q differ", pair[0], pair[1])
		}
	}
	if got := len(mask.Words(nil, "größer als 3 Äpfel")); got != 4 {
		t.Errorf("got %d words, want 4", got)
	}
	if a, b := mask.Words(nil, "a b"), mask.Words(nil, "b a"); slices.Equal(a, b) {
		t.Error("the order of words is lost")
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"pod web-7d4b9c6f5d-x2x4z at 10.1.2.3:8080 since 2026-11-23T01:02:03Z", "\xff\x00[::]:1", "\x1b[31m\x1b]0;x\x07",
		"I0703 03:31:55.159339       1 a.go:9] x", "Thu, 27 Feb 2025 07:36:21 +0100", "(x42 over 12m)", "fe80::1 0x12345678 12 GB",
		"23/Nov/2026:01:02:03 +0000", "tmp.aaaaa1 ip-1-2-3-4 sha256:0123456789abcdef",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := mask.Line(s)
		if !utf8.ValidString(got) || len(got) > mask.MaxLine {
			t.Errorf("Line(%q) = %q: not valid, or too long", s, got)
		}
		if again := mask.Line(got); again != got {
			t.Errorf("Line(%q) = %q, then %q", s, got, again)
		}
		mask.Words(nil, s)
	})
}

func BenchmarkLine(b *testing.B) {
	lines := []string{
		`12:00:01 Normal Pulled pod/web-7d4b9c6f5d-x2x4z Container image "registry.example/a:1.22.3" already present on machine`,
		`10.1.2.3 - - [23/Nov/2026:01:02:03 +0000] "GET /_health HTTP/1.1" 200 123 "-" "kube-probe/1.33"`,
		`W1123 01:02:03.456789       1 reflector.go:341] watch of *v1.ConfigMap ended with: very short watch`,
	}
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			mask.Line(l)
		}
	}
}
