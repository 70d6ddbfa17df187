package present

import "strings"

// Span is a part of a text: prose, or code as hints have commands and fields.
type Span struct {
	Text string
	Code bool
}

// Spans parts a text that was made safe at its backticks. Where one has no second
// one, or nothing stands between two, all of it is prose.
func Spans(text string) []Span {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		return []Span{{Text: text}}
	}
	var out []Span
	for i, part := range parts {
		code := i%2 == 1
		if code && strings.TrimSpace(part) == "" {
			return []Span{{Text: text}}
		}
		if part != "" {
			out = append(out, Span{part, code})
		}
	}
	return out
}
