package matrix

import (
	"cmp"
	"slices"
	"testing"
)

// ascending lists versions, each newer than the one before.
func ascending() []string {
	return []string{
		"1.9", "1.25.0", "1.31.0-alpha.1", "1.31.0-alpha.2", "1.31.0-alpha.10", "1.31.0-beta.0", "1.31.0-rc.0", "1.31.0-rc.1+k3s1",
		"1.31.0", "1.31.0+k3s1", "1.31.0+k3s2", "1.31.0-eks-1a2b", "1.31.0-gke.100", "1.31.4", "1.31.10", "1.31",
		"1.32.9", "1.32.9-gke.100", "1.32.10", "1.33.4-eks-1a2b3c4", "1.99", "1.100", "2.0.0",
	}
}

func parsed(t testing.TB, text string) Version {
	t.Helper()
	v, err := ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestCompareIsATotalOrder tries every pair: the sign is that of the positions,
// which shows it antisymmetric and transitive.
func TestCompareIsATotalOrder(t *testing.T) {
	all := ascending()
	for i, a := range all {
		for j, b := range all {
			if got, want := parsed(t, a).Compare(parsed(t, b)), cmp.Compare(i, j); got != want {
				t.Errorf("Compare(%s, %s) is %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{
		"1.30":                {1, 30, -1, ""},
		"v1.30":               {1, 30, -1, ""},
		"1.3":                 {1, 3, -1, ""},
		"1.31.4":              {1, 31, 4, ""},
		"v1.33.4-eks-1a2b3c4": {1, 33, 4, "-eks-1a2b3c4"},
		"1.32.9-gke.100":      {1, 32, 9, "-gke.100"},
		"v1.33.4+k3s1":        {1, 33, 4, "+k3s1"},
		"1.37.0-rc.1":         {1, 37, 0, "-rc.1"},
		"1.37.0-rc.1+k3s1":    {1, 37, 0, "-rc.1+k3s1"},
		"99999.99999":         {99999, 99999, -1, ""},
	} {
		if got, err := ParseVersion(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "1", "v", "1.", ".1", "1.30.", "1.30-gke.100", "01.30", "1.030", "1.30.04", "1.30.4-", "1.30.4--x", "1.30.4 ", " 1.30", "V1.30",
		"1.30.4.5", "-1.30", "1.-30", "+1.30", "1.30\n", "1,30", "1.3O", "١.٣٠", "latest", "100000.1", "1.30.1000000000", "1.30.4-gke.100\x00",
	} {
		if got, err := ParseVersion(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range append(ascending(), "v1.30", "1.30.4-", "1.0.0-rc.9999999", "") {
		f.Add(s, "1.31.0")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		va, err := ParseVersion(a)
		if err != nil {
			return
		}
		again, err := ParseVersion(va.String())
		if err != nil || again != va {
			t.Fatalf("%q gives %s, and that %+v, %v", a, va, again, err)
		}
		vb, err := ParseVersion(b)
		if err != nil {
			return
		}
		if va.Compare(vb) != -vb.Compare(va) {
			t.Errorf("%s and %s: %d and %d", va, vb, va.Compare(vb), vb.Compare(va))
		}
		if (va.Compare(vb) == 0) != (va == vb) {
			t.Errorf("%s and %s are equal for one of == and Compare", va, vb)
		}
	})
}

func TestSortVersions(t *testing.T) {
	values := []string{"1.100", "edge", "1.9", "v1.31", "1.31.4", "1.32.9-gke.100", "nightly", "1.32.9"}
	sortVersions(values)
	want := []string{"1.9", "1.31.4", "v1.31", "1.32.9", "1.32.9-gke.100", "1.100", "edge", "nightly"}
	if !slices.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}
}
