package cli

import "testing"

func TestInert(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n  ● a::b\n":               "plain\n  ● a::b\n",
		"::error::x\n \t::debug::y":       ":\u200b:error::x\n :\u200b:debug::y",
		"a\r::error::x":                   "a::error::x",
		"\x1b[31mred\x00\u202e\u200e\x9b": "[31mred\ufffd",
		"##[group]":                       "##\u200b[group]",
	} {
		if got := inert(in); got != want {
			t.Errorf("inert(%q) = %q, want %q", in, got, want)
		}
	}
}
