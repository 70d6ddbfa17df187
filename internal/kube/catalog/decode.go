package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// Decode reads what Encode writes. An error names the line.
func Decode(text string) (*Table, error) {
	t := &Table{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if err := t.decodeLine(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(t.Minors) == 0 {
		return nil, fmt.Errorf("line %d: expected at least one minor line", number)
	}
	return t, nil
}

func (t *Table) decodeLine(line string) error {
	if field, ok := strings.CutPrefix(line, " "); ok {
		return t.decodeField(field)
	}
	word, rest, _ := strings.Cut(line, " ")
	parts := strings.Split(rest, " ")
	switch word {
	case "minor":
		return t.decodeMinor(parts)
	case "kind":
		return t.decodeKind(parts)
	case "life":
		return t.decodeLife(parts)
	case "type":
		return t.decodeType(parts)
	}
	return fmt.Errorf("expected minor, kind, life or type, got %q", word)
}

func (t *Table) decodeMinor(parts []string) error {
	if len(parts) != 3 {
		return fmt.Errorf("expected: minor NUMBER SOURCE DATE")
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil || n < 0 || n > maxMinor {
		return fmt.Errorf("expected a minor from 0 to %d, got %q", maxMinor, parts[0])
	}
	if len(t.Minors) == 0 {
		t.First = n
	}
	t.Last = n
	t.Minors = append(t.Minors, Minor{Number: n, Source: parts[1], Released: parts[2]})
	return nil
}

func (t *Table) decodeKind(parts []string) error {
	if len(parts) < 5 {
		return fmt.Errorf("expected: kind APIVERSION KIND SCOPE TYPE [on=RANGE] [off=RANGE]")
	}
	k := Kind{APIVersion: parts[0], Name: parts[1], Scope: Scope(parts[2])}
	if parts[3] != "-" {
		k.Type = parts[3]
	}
	for _, p := range parts[4:] {
		key, value, _ := strings.Cut(p, "=")
		set, err := ParseSet(value)
		if err != nil {
			return err
		}
		switch key {
		case "on":
			k.On = set
		case "off":
			k.Off = set
		default:
			return fmt.Errorf("expected on= or off=, got %q", p)
		}
	}
	t.Kinds = append(t.Kinds, k)
	return nil
}

func (t *Table) decodeLife(parts []string) error {
	if len(parts) < 2 {
		return fmt.Errorf("expected: life APIVERSION KIND [introduced=] [deprecated=] [removed=] [replacement=]")
	}
	l := Life{APIVersion: parts[0], Kind: parts[1]}
	for _, p := range parts[2:] {
		key, value, _ := strings.Cut(p, "=")
		switch key {
		case "introduced":
			l.Introduced = value
		case "deprecated":
			l.Deprecated = value
		case "removed":
			l.Removed = value
		case "replacement":
			l.Replacement = value
		default:
			return fmt.Errorf("unknown property %q of a life", p)
		}
	}
	t.Lives = append(t.Lives, l)
	return nil
}

func (t *Table) decodeType(parts []string) error {
	typ := Type{Name: parts[0], In: Range(t.First, t.Last)}
	if len(parts) > 1 {
		set, err := ParseSet(parts[1])
		if err != nil {
			return err
		}
		typ.In = set
	}
	t.Types = append(t.Types, typ)
	return nil
}

func (t *Table) decodeField(line string) error {
	if len(t.Types) == 0 {
		return fmt.Errorf("field %q stands before any type", line)
	}
	typ := &t.Types[len(t.Types)-1]
	name, rest, ok := strings.Cut(line, " ")
	if !ok {
		return fmt.Errorf("expected: NAME TYPE[!] [RANGE], got %q", line)
	}
	kind, minors, limited := strings.Cut(rest, " ")
	f := Field{Name: name, Type: kind, In: typ.In}
	f.Type, f.Required = strings.CutSuffix(kind, "!")
	if limited {
		set, err := ParseSet(minors)
		if err != nil {
			return err
		}
		f.In = set
	}
	typ.Fields = append(typ.Fields, f)
	return nil
}
