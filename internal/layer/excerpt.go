package layer

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// excerptAt gives the lines of a document that show the value at a JSON
// pointer: the key that holds it, and the value's first line. It is empty where
// the pointer leads nowhere.
func excerptAt(text, pointer string) []string {
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) == 0 {
		return nil
	}
	at, line := root.Content[0], 0
	parent := 0
	for _, step := range splitPointer(pointer) {
		next, nextLine := child(at, step)
		if next == nil {
			break // a field that is missing: show what should hold it
		}
		at, parent, line = next, line, nextLine
	}
	if line == 0 {
		return nil
	}
	lines := strings.Split(text, "\n")
	var out []string
	for _, n := range []int{parent, line} {
		if n > 0 && n <= len(lines) && (len(out) == 0 || n != parent) {
			out = append(out, strings.TrimRight(shorten(lines[n-1], 200), " \r"))
		}
	}
	return dedent(out)
}

// child steps from a node to one of its children, and tells on which line the
// child's key or dash stands.
func child(n *yaml.Node, step string) (*yaml.Node, int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1], n.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
	}
	return nil, 0
}

// splitPointer takes a JSON pointer (RFC 6901) apart.
func splitPointer(pointer string) []string {
	if pointer == "" || pointer == "/" {
		return nil
	}
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, s := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	return steps
}

// dedent takes the common indentation off.
func dedent(lines []string) []string {
	least := -1
	for _, l := range lines {
		if indent := len(l) - len(strings.TrimLeft(l, " ")); least < 0 || indent < least {
			least = indent
		}
	}
	for i := range lines {
		lines[i] = lines[i][max(least, 0):]
	}
	return lines
}
