package cluster

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"  a\n\tb  ":                   "a b",
		"\x1b[31mred\x1b[0m alert":     "red alert",
		"\x1b]0;title\x07text":         "text",
		"a\x00b\u202ec":                "a b c",
		"bad \xff\xfe utf8":            "bad utf8",
		strings.Repeat("ä", 100):       strings.Repeat("ä", 23) + "…",
		"\x1b[31" + "mx" + "\u2066y":   "x y",
		strings.Repeat(" ", 1000) + "": "",
	} {
		if got := clean(in, 50); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := plain("  at f()\tx\r\n", 50); got != "  at f() x" {
		t.Errorf("%q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31mb\u202e\xff", 20)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 10 + (limit%100+100)%100
		for _, got := range []string{clean(s, limit), plain(s, limit)} {
			if len(got) > limit || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
				t.Errorf("%q", got)
			}
		}
	})
}

func TestRedact(t *testing.T) {
	r := NewRedactor(regexp.MustCompile(`cust-\d+`))
	r.AddSecret(&corev1.Secret{Data: map[string][]byte{
		"password": []byte("s3cr3t-value\n"), "short": []byte("true"), "long": []byte("s3cr3t-value-and-more"), "ca.crt": []byte("public certificate"),
		"key.pem": []byte("first line of it\nsecond line of it\n"), "quoted": []byte("with\"quote\nand line"),
	}})
	r.AddSecret(&corev1.Secret{Type: "helm.sh/release.v1", Data: map[string][]byte{"release": []byte("compressed-release")}})
	for in, want := range map[string]string{
		"nothing here, true":        "nothing here, true",
		"got s3cr3t-value!":         "got [redacted]!",
		"got s3cr3t-value-and-more": "got [redacted]",
		base64.StdEncoding.EncodeToString([]byte("s3cr3t-value\n")):            "[redacted]",
		base64.StdEncoding.EncodeToString([]byte("s3cr3t-value")):              "[redacted]",
		"… second line of it …":                                                "… [redacted] …",
		`"with\"quote\nand line"`:                                              `"[redacted]"`,
		"public certificate, compressed-release":                               "public certificate, compressed-release",
		"customer cust-4711":                                                   "customer [redacted]",
		"token ghp_0123456789012345678901234567890":                            "token [redacted]",
		"Authorization: Bearer abc.def-ghi":                                    "Authorization: Bearer [redacted]",
		"postgres://app:pa55@db/app":                                           "postgres://app:[redacted]@db/app",
		"Get \"http://10.244.0.11:8080/healthz\": refused":                     "Get \"http://10.244.0.11:8080/healthz\": refused",
		"DB_PASSWORD=letmein rest":                                             "DB_PASSWORD=[redacted] rest",
		`{"api_key": "abcdef"}`:                                                `{"api_key": "[redacted]"}`,
		"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl":                "[redacted]",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": "[redacted]",
	} {
		if got := r.Redact(in); got != want {
			t.Errorf("%q:\n got %q\nwant %q", in, got, want)
		}
		if again := r.Redact(r.Redact(in)); again != r.Redact(in) {
			t.Errorf("%q is changed again to %q", in, again)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("s3cr3t-value", "before ", " after")
	f.Add("aaaaaaaa", "aaa", "aaa")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		r := NewRedactor()
		r.Add(secret)
		got := r.Redact(before + secret + after)
		if trimmed := strings.TrimSpace(secret); len(trimmed) >= minSecret && len(trimmed) <= maxSecret && !harmless(trimmed) && !strings.Contains(hidden, trimmed) &&
			!strings.Contains(before+hidden+after, trimmed) && strings.Contains(got, secret) {
			t.Errorf("%q is in %q", secret, got)
		}
	})
}

func TestTail(t *testing.T) {
	r := NewRedactor()
	r.Add("s3cr3t-value")
	tail := newTail(100)
	for n := range 50 {
		fmt.Fprintf(tail, "line %d of the log\n", n)
	}
	got := tail.text(100, r)
	if !strings.HasPrefix(got, "[") || !strings.HasSuffix(got, "\nline 48 of the log\nline 49 of the log\n") || len(got) > 160 || strings.Contains(got, "\nine ") {
		t.Errorf("%q", got)
	}
	if got := tail.text(30, r); !strings.HasSuffix(got, "dropped]\nline 49 of the log\n") {
		t.Errorf("%q", got)
	}
	// A line that is cut in the middle of a secret is not shown at all.
	tail = newTail(100)
	_, _ = tail.Write([]byte(strings.Repeat("x", 200) + "s3cr3t-value"))
	if got := tail.text(6, r); strings.Contains(got, "value") || !strings.Contains(got, "dropped") {
		t.Errorf("%q", got)
	}
	// Ten megabytes without an end, of anything.
	for range 1000 {
		_, _ = tail.Write([]byte(strings.Repeat("\x00\xff\x1b[31m", 1500)))
	}
	if got := tail.text(100, r); cap(tail.buf) > 1000 || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %q", cap(tail.buf), got)
	}
}

func TestMachinery(t *testing.T) {
	for message, want := range map[string]bool{
		"write /var/lib/x: no space left on device":              true,
		"toomanyrequests: You have reached your pull rate limit": true,
		"dial tcp 1.2.3.4:443: i/o timeout":                      false, // of registries alone
		"manifest unknown":                                       false,
	} {
		if machinery(message) != want {
			t.Errorf("%s: %t", message, !want)
		}
	}
	for message, want := range map[string]bool{
		`Head "https://registry-1.docker.io/v2/": dial tcp 3.4.5.6:443: i/o timeout`:                 true,
		`dial tcp: lookup ghcr.io on 10.96.0.10:53: read udp 10.0.0.1:1->10.96.0.10:53: i/o timeout`: true,
		`dial tcp: lookup docker.io.example.test on 10.96.0.10:53: no such host`:                     false,
		`dial tcp: lookup images.example.test on 127.0.0.11:53: read udp 127.0.0.1:5: i/o timeout`:   false,
		`docker.io/library/x:1: not found`:                                                           false,
		`connection reset by peer`:                                                                   true,
	} {
		if registryAway(message) != want {
			t.Errorf("%s: %t", message, !want)
		}
	}
}

// BenchmarkRedact is a log of which every tenth line could hold a credential.
func BenchmarkRedact(b *testing.B) {
	r := NewRedactor()
	for n := range 50 {
		r.Add(fmt.Sprintf("secret-value-%d", n))
	}
	text := strings.Repeat(strings.Repeat("2026-01-01T00:00:00Z INFO request GET /healthz 200 in 3 ms\n", 9)+"the key of the cache is a:b\n", 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Redact(text)
	}
}
