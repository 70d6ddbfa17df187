package kube

import (
	"strings"
	"testing"
	"time"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The dates are those of Kubernetes' release pages.
func TestReleases(t *testing.T) {
	want := map[Minor][2]string{
		{1, 24}: {"2022-05-03", "2023-07-28"},
		{1, 26}: {"2022-12-09", "2024-02-28"},
		{1, 30}: {"2024-04-17", "2025-06-28"},
		{1, 32}: {"2024-12-11", "2026-02-28"},
		{1, 35}: {"2025-12-17", "2027-02-28"},
	}
	all := Releases()
	if len(all) != len(Minors()) {
		t.Fatalf("%d releases for %d minors: a date of the table cannot be read", len(all), len(Minors()))
	}
	for i, r := range all {
		if w, ok := want[r.Minor]; ok && (r.Released.Format(time.DateOnly) != w[0] || r.EndOfLife.Format(time.DateOnly) != w[1]) {
			t.Errorf("%s: %s to %s, want %v", r.Minor, r.Released, r.EndOfLife, w)
		}
		if i > 0 && !r.Released.After(all[i-1].Released) {
			t.Errorf("%s was released before %s", r.Minor, all[i-1].Minor)
		}
	}
}

func TestSupported(t *testing.T) {
	for now, want := range map[string]string{
		"2021-01-01": "",
		"2024-06-28": "1.27 1.28 1.29 1.30", // the last day of 1.27
		"2024-06-29": "1.28 1.29 1.30",
		"2026-11-23": "1.35 1.36 1.37",
		"2040-01-01": "1.37",
	} {
		var got []string
		for _, m := range Supported(day(t, now).Add(12 * time.Hour)) {
			got = append(got, m.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", now, got, want)
		}
	}
}

func TestProviderVersion(t *testing.T) {
	for provider, suffix := range map[string]string{"eks": "-eks-1a2b3c4", "gke": "-gke.100", "k3s": "+k3s1", "kind": "", "aks": "", "doks": "", "other": ""} {
		got := ProviderVersion(provider, Minor{1, 30})
		if got != api(t, "1.30").Source()+suffix {
			t.Errorf("%s: %s", provider, got)
		}
		if m, err := ParseMinor(got); err != nil || m != (Minor{1, 30}) {
			t.Errorf("%s: %v, %v", got, m, err)
		}
	}
	if got := ProviderVersion("kind", Minor{1, 99}); got != "v1.99.0" {
		t.Error(got)
	}
}

func TestOffered(t *testing.T) {
	tests := []struct {
		provider, minor, now string
		want                 bool
		reason               string
	}{
		{"eks", "1.29", "2026-03-23", true, ""},
		{"eks", "1.29", "2026-03-24", false, "eks ended its support of Kubernetes 1.29 on 2026-03-23"},
		{"eks", "1.35", "2025-12-24", false, "eks offers Kubernetes 1.35 from 2026-01-28 on"},
		{"eks", "1.37", "2026-11-23", true, ""}, // not known, so not restricted
		{"kind", "1.24", "2026-11-23", true, ""},
	}
	for _, tt := range tests {
		m, err := ParseMinor(tt.minor)
		if err != nil {
			t.Fatal(err)
		}
		got, reason := Offered(tt.provider, m, day(t, tt.now))
		if got != tt.want || !strings.HasPrefix(reason, tt.reason) || got != (reason == "") {
			t.Errorf("%v: %v, %q", tt, got, reason)
		}
	}
	for _, w := range windows {
		if day(t, w.from).After(day(t, w.until)) {
			t.Errorf("%s 1.%d ends before it begins", w.provider, w.minor)
		}
	}
}
