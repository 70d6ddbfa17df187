package config

import (
	"path/filepath"
	"testing"
)

func TestFrom(t *testing.T) {
	c, err := Load(filepath.Join("testdata", "good", "upgrades.yaml"), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	at := func(position string) string {
		return filepath.Join("testdata", "good", "upgrades.yaml") + ":" + position
	}
	for name, want := range map[string]From{
		"install":   {},
		"upgrade":   {Kind: FromRef, Text: "v1.2.3", Where: at("6:19")},
		"last":      {Kind: FromRelease, Text: "release", Repository: "https://charts.example.com", Where: at("7:16")},
		"before":    {Kind: FromRelease, Text: "release~2", Back: 2, Repository: "https://charts.example.com", Where: at("8:18")},
		"old":       {Kind: FromVersion, Text: ">=1.2 <2", Version: ">=1.2 <2", Repository: "https://charts.example.com", Where: at("9:15")},
		"branch":    {Kind: FromRef, Text: "1a2b3c4", Where: at("10:18")},
		"elsewhere": {Kind: FromVersion, Text: "30.x from oci://example.com/charts", Version: "30.x", Repository: "oci://example.com/charts", Chart: "app", Where: at("11:21")},
	} {
		if got := c.Operations[name].From; got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if got, err := Parse("", nil, vocabulary()); err != nil || got.Operations["upgrade"].From.Kind != FromBase {
		t.Errorf("got %+v, %v", got, err)
	}
	for value, want := range map[string]Helm{
		"":         {Binary: "helm", Where: at("13:3")},
		"3.19":     {Binary: filepath.Join("testdata", "good", "tools/helm-3.19"), Version: "3.19", Where: at("14:20")},
		"4":        {Version: "4", Where: at("13:3")},
		"built-in": {},
	} {
		if got, ok := c.HelmAt(value); got != want || ok != (want != Helm{}) {
			t.Errorf("%q: got %+v", value, got)
		}
	}
	if !IsUpgrade("old") || IsUpgrade("install") {
		t.Error("all operations but install are upgrades")
	}
}
