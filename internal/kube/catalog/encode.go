package catalog

import (
	"bufio"
	"fmt"
	"io"
)

// Encode writes the table as text. Equal tables give equal bytes, provided
// that they are sorted (see Sort).
func Encode(w io.Writer, t *Table) error {
	out := bufio.NewWriter(w)
	for _, m := range t.Minors {
		fmt.Fprintf(out, "minor %d %s %s\n", m.Number, m.Source, m.Released)
	}
	for _, k := range t.Kinds {
		fmt.Fprintf(out, "kind %s %s %s %s", k.APIVersion, k.Name, k.Scope, orDash(k.Type))
		if k.On != 0 {
			fmt.Fprintf(out, " on=%s", k.On)
		}
		if k.Off != 0 {
			fmt.Fprintf(out, " off=%s", k.Off)
		}
		fmt.Fprintln(out)
	}
	for _, l := range t.Lives {
		fmt.Fprintf(out, "life %s %s", l.APIVersion, l.Kind)
		for _, p := range []struct{ key, value string }{
			{"introduced", l.Introduced}, {"deprecated", l.Deprecated},
			{"removed", l.Removed}, {"replacement", l.Replacement},
		} {
			if p.value != "" {
				fmt.Fprintf(out, " %s=%s", p.key, p.value)
			}
		}
		fmt.Fprintln(out)
	}
	all := Range(t.First, t.Last)
	for _, typ := range t.Types {
		fmt.Fprintf(out, "type %s%s\n", typ.Name, rangeUnless(typ.In, all))
		for _, f := range typ.Fields {
			mark := ""
			if f.Required {
				mark = "!"
			}
			fmt.Fprintf(out, " %s %s%s%s\n", f.Name, f.Type, mark, rangeUnless(f.In, typ.In))
		}
	}
	return out.Flush()
}

func rangeUnless(s, owner Set) string {
	if s == owner {
		return ""
	}
	return " " + s.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
