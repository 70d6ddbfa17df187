package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestFollowUp(t *testing.T) {
	for text, want := range map[string]FollowUp{
		"":                      {},
		"follow-up: {}":         {},
		"follow-up: {cells: 0}": {},
		"follow-up: {cells: 6}": {Cells: 6},
		"follow-up: {cells: 256, providers: [eks, kind, eks]}": {Cells: 256, Providers: []string{"eks", "kind"}},
		"follow-up: {providers: eks}":                          {Providers: []string{"eks"}},
	} {
		if got := parsed(t, text).FollowUp; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"follow-up: 6":                  "c.yaml:1:12: expected a mapping with cells",
		"follow-up: {cells: 257}":       "c.yaml:1:20: expected a whole number from 0 to 256",
		"follow-up: {cells: all}":       "expected a whole number from 0 to 256",
		"follow-up: {cell: 6}":          `unknown key "cell"; did you mean cells?`,
		"follow-up: {providers: [ekz]}": `unknown provider "ekz"; did you mean eks?`,
	} {
		if _, err := Parse("c.yaml", []byte(text), vocabulary()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
