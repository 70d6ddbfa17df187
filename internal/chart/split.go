package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// splitDocuments cuts the text of one rendered template where Helm cuts it: at
// every line that begins with ---, whatever follows on that line. Documents
// that are empty or hold only comments are dropped.
func splitDocuments(template, text string) []Document {
	var docs []Document
	add := func(part string, line int) {
		trimmed := strings.TrimLeft(part, " \t\r\n\v\f")
		// Indentation of the first line belongs to the document.
		cut := len(part) - len(trimmed)
		if i := strings.LastIndexByte(part[:cut], '\n'); i >= 0 {
			line += strings.Count(part[:i+1], "\n")
			part = part[i+1:]
		}
		part = strings.TrimRight(part, " \t\r\n\v\f")
		if onlyComments(part) {
			return
		}
		sum := sha256.Sum256([]byte(part))
		docs = append(docs, Document{
			Template: template, Index: len(docs), Line: line, Text: part,
			Digest: hex.EncodeToString(sum[:]), Hook: hookOf(part),
		})
	}
	start, line := 0, 1
	for start <= len(text) {
		end, next := nextSeparator(text, start)
		add(text[start:end], line)
		if end == len(text) {
			break
		}
		line += strings.Count(text[start:next], "\n")
		start = next
	}
	return docs
}

// nextSeparator returns where the next --- at the beginning of a line begins
// and where the text behind it goes on.
func nextSeparator(text string, from int) (begin, next int) {
	for i := from; i < len(text); {
		if strings.HasPrefix(text[i:], "---") {
			n := i + 3
			for n < len(text) && (text[n] == ' ' || text[n] == '\t') {
				n++
			}
			return i, n
		}
		nl := strings.IndexByte(text[i:], '\n')
		if nl < 0 {
			break
		}
		i += nl + 1
	}
	return len(text), len(text) + 1
}

func onlyComments(s string) bool {
	for line := range strings.Lines(s) {
		if t := strings.TrimSpace(line); t != "" && t[0] != '#' {
			return false
		}
	}
	return true
}

var hookLine = regexp.MustCompile(`(?m)^\s+["']?helm\.sh/hook["']?:[ \t]*["']?([a-z, -]+)["']?`)

func hookOf(s string) string {
	if !strings.Contains(s, "helm.sh/hook") {
		return ""
	}
	if m := hookLine.FindStringSubmatch(s); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}
