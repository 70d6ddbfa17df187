package matrix

import (
	"strings"
	"testing"
)

func TestVersionRange(t *testing.T) {
	for _, c := range []struct{ text, in, out string }{
		{"1.31", "1.31 1.31.0 1.31.9 1.31.0-rc.1 1.31.4-gke.100", "1.30 1.32 1.3 2.31"},
		{"=1.31", "1.31.9", "1.32"},
		{"==1.31.4", "1.31.4 1.31.4-gke.100", "1.31 1.31.5"},
		{">=1.31", "1.31 1.31.0 1.31.0-alpha.1 1.32 2.0", "1.30 1.30.99"},
		{"<=1.31", "1.31 1.31.9 1.30", "1.32 1.32.0-alpha.1"},
		{">1.31", "1.32 1.32.0-rc.1", "1.31 1.31.99"},
		{"<1.31", "1.30 1.30.9", "1.31 1.31.0-alpha.1"},
		{"!=1.31", "1.30 1.32", "1.31 1.31.4"},
		{">=1.31.4", "1.31.4 1.31 1.31.4-gke.1", "1.31.3 1.31.4-rc.1"},
		{"<1.31.4", "1.31.3 1.31.4-rc.1", "1.31.4 1.31.4-gke.1 1.31"},
		{">=1.31 <1.34", "1.31 1.33.9", "1.30 1.34"},
		{">=1.31,<1.34", "1.31 1.33.9", "1.30 1.34"},
		{">= 1.31, < 1.34", "1.31 1.33.9", "1.30 1.34"},
		{">=1.31 !=1.32", "1.31 1.33", "1.32.4"},
		{"1.30 - 1.33", "1.30 1.33.9", "1.29 1.34"},
		{"v1.30 - v1.33.4", "1.33.4", "1.33.5 1.33"},
		{"1.31 - 1.31", "1.31.4", "1.32"},
		{"=1.31.4-gke.100", "1.31.4-gke.100 v1.31.4-gke.100", "1.31.4 1.31.4-gke.200 1.31.4+gke.100"},
		{"!=1.31.4-gke.100", "1.31.4 1.31.4-gke.200", "1.31.4-gke.100"},
		{">1.31.4", "1.31.5", "1.31.4-gke.100"},
	} {
		r, err := ParseVersionRange(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		for _, v := range strings.Fields(c.in) {
			if !r.Contains(parsed(t, v)) {
				t.Errorf("%s should hold for %s", c.text, v)
			}
		}
		for _, v := range strings.Fields(c.out) {
			if r.Contains(parsed(t, v)) {
				t.Errorf("%s should not hold for %s", c.text, v)
			}
		}
	}
}

func TestBadVersionRange(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "it is empty",
		" , ":                "it is empty",
		">=":                 `"" is not a version`,
		"> = 1.31":           `"=" is not a version`,
		">=>=1.31":           `">=1.31" is not a version`,
		"~1.31":              `"~1.31" is not a version`,
		">=1.31 || <1.20":    `"||" is not a version`,
		"1.33 - 1.30":        "the first version is newer than the second",
		"1.30 - 1.31 - 1.32": "both ends must be versions",
		"1.30 - ":            "is not a version",
		"1.31, 1.32":         "versions to choose from are a list",
		">=1.31 <x":          `"x" is not a version`,
	} {
		_, err := ParseVersionRange(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "is not a version range") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestOppositeComparators: of two opposites exactly one holds, for every version.
func TestOppositeComparators(t *testing.T) {
	for _, pair := range [][2]string{{"<", ">="}, {">", "<="}, {"=", "!="}} {
		for _, bound := range ascending() {
			a, b := rangeOf(pair[0]+bound), rangeOf(pair[1]+bound)
			for _, v := range ascending() {
				if a.Contains(parsed(t, v)) == b.Contains(parsed(t, v)) {
					t.Errorf("%s and %s agree on %s", a, b, v)
				}
			}
		}
	}
}

// TestComparatorsAreMonotone: once a newer version leaves "<" it stays out.
func TestComparatorsAreMonotone(t *testing.T) {
	for _, bound := range ascending() {
		for _, op := range []string{"<", "<="} {
			r, left := rangeOf(op+bound), ""
			for _, v := range ascending() {
				switch in := r.Contains(parsed(t, v)); {
				case !in && left == "":
					left = v
				case in && left != "":
					t.Errorf("%s does not hold for %s, and holds for %s", r, left, v)
				}
			}
		}
	}
}

func FuzzParseVersionRange(f *testing.F) {
	for _, s := range []string{">=1.31 <1.34", "1.30 - 1.33", "1.31", "> = 1.31", "!=1.31.4-gke.100", ",", " - "} {
		f.Add(s, "1.31.4")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		r, err := ParseVersionRange(text)
		if err != nil {
			return
		}
		again, err := ParseVersionRange(r.String())
		if err != nil {
			t.Fatalf("%q gives %q, which is %v", text, r, err)
		}
		if v, err := ParseVersion(version); err == nil && r.Contains(v) != again.Contains(v) {
			t.Errorf("%q and %q differ on %s", text, r, v)
		}
	})
}
