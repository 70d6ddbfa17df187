package config

import (
	"strings"
	"testing"
)

func TestRetry(t *testing.T) {
	for text, want := range map[string]Retry{
		"":                                  {Times: 0, Failed: true, Errored: true},
		"retry: 0":                          {Times: 0, Failed: true, Errored: true},
		"retry: 3":                          {Times: 3, Failed: true, Errored: true},
		"retry: {}":                         {Times: 1, Failed: true, Errored: true},
		"retry: {times: 2}":                 {Times: 2, Failed: true, Errored: true},
		"retry: {times: 2, only: errored}":  {Times: 2, Errored: true},
		"retry:\n  only: failed":            {Times: 1, Failed: true},
		"retry: {times: 0, only: 'failed'}": {Times: 0, Failed: true},
	} {
		if got := parsed(t, text).Retry; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"retry: 4":               "c.yaml:1:8: expected a whole number from 0 to 3",
		"retry: true":            "c.yaml:1:8: expected a whole number from 0 to 3",
		"retry: ":                "c.yaml:1:7: expected a whole number from 0 to 3",
		"retry: [1]":             "expected a number from 0 to 3, or a mapping with times and only",
		"retry: {times: -1}":     "expected a whole number from 0 to 3",
		"retry: {time: 1}":       `unknown key "time"; did you mean times?`,
		"retry: {only: flaky}":   "expected one of failed, errored",
		"retry: {only: erorred}": "did you mean errored?",
	} {
		if _, err := Parse("c.yaml", []byte(text), vocabulary()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
