package config

import (
	"fmt"
	"slices"
	"strings"
)

// Reference gives the table as Markdown: one table for each section, one row
// for each key.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | what it says |\n| --- | --- |\n")
	for _, k := range rootShape.keys {
		writeRow(&b, k.name, k)
	}
	for _, k := range rootShape.keys {
		rows := &strings.Builder{}
		writeRows(rows, k.name, k.shape)
		if rows.Len() > 0 {
			fmt.Fprintf(&b, "\n### %s\n\n| key | what it says |\n| --- | --- |\n%s", k.name, rows)
		}
	}
	return b.String()
}

func writeRow(b *strings.Builder, path string, k key) {
	doc := k.doc
	if k.required {
		doc += " Required."
	}
	fmt.Fprintf(b, "| `%s` | %s |\n", path, strings.ReplaceAll(doc, "|", "\\|"))
}

// writeRows writes the keys below a path. The keys of events and gate that
// name an event of GitHub are all alike and take one row.
func writeRows(b *strings.Builder, path string, s *shape) {
	events := false
	for _, k := range s.keys {
		name := k.name
		if isEvent(name) && (path == "events" || path == "gate") {
			if events {
				continue
			}
			events, name = true, "EVENT"
		}
		writeRow(b, path+"."+name, k)
		if path != "axes" { // all axes are alike, and the user's come below
			writeRows(b, path+"."+name, k.shape)
		}
	}
	if s.others != nil && s.others.mapping() {
		writeRows(b, path+"."+strings.ToUpper(s.other), s.others)
	}
	if s.item != nil {
		writeRows(b, path+"[]", s.item)
	}
}

func isEvent(name string) bool {
	return slices.Contains(eventNames, name)
}
