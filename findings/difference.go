package findings

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/findings/mask"
)

// The files of a cell's evidence that are compared.
const (
	valuesSource   = "values.yaml"   // what the user's values, merged, came to
	manifestSource = "manifest.yaml" // what Helm rendered of them, without Secrets' contents
	eventsSource   = "events.log"
)

// The bounds of a comparison.
const (
	maxDifferent  = 5       // of each kind that are told
	maxComparable = 4 << 20 // bytes of a file; of longer ones nothing is compared
	maxLeaves     = 200_000
	maxDepth      = 100
)

// differences tells what else is different between two cells: values, rendered
// objects, and the events that are there in the failing one alone.
// What is rendered of the objects that the failure is about comes first.
func differences(failing, passing []diagnosis.Source, about ...string) []string {
	out := yamlDifferences("value", failing, passing, valuesSource, func(yaml.Node) string { return "" }, nil)
	out = append(out, yamlDifferences("rendered", failing, passing, manifestSource, objectName, about)...)
	return append(out, newEvents(text(failing, eventsSource), text(passing, eventsSource))...)
}

func text(sources []diagnosis.Source, name string) string {
	for _, s := range sources {
		if s.Name == name {
			return s.Text
		}
	}
	return ""
}

func yamlDifferences(what string, failing, passing []diagnosis.Source, file string, name func(yaml.Node) string, about []string) []string {
	a, b := leaves(text(failing, file), name), leaves(text(passing, file), name)
	if len(a.order) == 0 || len(b.order) == 0 {
		return nil // nothing is known of one of them
	}
	var own, others []string
	tell := func(object, line string) {
		to := &others
		if slices.Contains(about, object) {
			to = &own
		}
		*to = append(*to, line)
	}
	whole := map[string]bool{} // objects that are in one of them alone
	for _, side := range []struct {
		have, other document
		words       string
	}{{a, b, "is there only in the failing cell"}, {b, a, "is there only in the passing cell"}} {
		for _, object := range side.have.objects {
			if object != "" && !slices.Contains(side.other.objects, object) {
				whole[object] = true
				tell(object, object+" "+side.words)
			}
		}
	}
	for _, path := range a.order {
		x := a.leaf[path]
		y, ok := b.leaf[path]
		switch {
		case whole[x.object]:
		case !ok:
			tell(x.object, fmt.Sprintf("%s: %s, and not set in the passing cell", path, quoteLeaf(x.text)))
		case mask.Line(x.text) != mask.Line(y.text):
			tell(x.object, fmt.Sprintf("%s: %s, not %s", path, quoteLeaf(x.text), quoteLeaf(y.text)))
		}
	}
	for _, path := range b.order {
		if _, ok := a.leaf[path]; !ok && !whole[b.leaf[path].object] {
			tell(b.leaf[path].object, fmt.Sprintf("%s: not set, and %s in the passing cell", path, quoteLeaf(b.leaf[path].text)))
		}
	}
	all := slices.Concat(own, others)
	var out []string
	for _, line := range all[:min(len(all), maxDifferent)] {
		out = append(out, cut(what+" "+line, maxLine))
	}
	if more := len(all) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%s: %d more differences", what, more))
	}
	return out
}

// maxLeaf bounds one value in a comparison, in characters.
const maxLeaf = 80

func quoteLeaf(text string) string { return cut(oneLine(text), maxLeaf) }

// document is a file of YAML as paths and their values.
type document struct {
	order   []string
	leaf    map[string]leaf
	objects []string
}

type leaf struct{ text, object string }

// leaves reads all documents of a text; what cannot be read is as if it were
// not there, since a comparison of halves would be untrue.
func leaves(text string, name func(yaml.Node) string) document {
	d := document{leaf: map[string]leaf{}}
	if len(text) > maxComparable {
		return d
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			return document{}
		}
		if len(n.Content) == 0 {
			continue
		}
		object := name(*n.Content[0])
		if !slices.Contains(d.objects, object) {
			d.objects = append(d.objects, object)
		}
		prefix := object
		if prefix != "" {
			prefix += " "
		}
		d.walk(n.Content[0], prefix, "", object, 0)
	}
}

func (d *document) walk(n *yaml.Node, prefix, path, object string, depth int) {
	if len(d.order) >= maxLeaves || depth > maxDepth {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			step := n.Content[i].Value
			if path != "" {
				step = path + "." + step
			}
			d.walk(n.Content[i+1], prefix, step, object, depth+1)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.walk(item, prefix, path+"["+strconv.Itoa(i)+"]", object, depth+1)
		}
	case yaml.ScalarNode:
		key := plain(prefix + path)
		if _, ok := d.leaf[key]; !ok {
			d.order = append(d.order, key)
		}
		d.leaf[key] = leaf{text: n.Value, object: object}
	}
	// Aliases are passed over: what they stand for is told at its anchor.
}

// objectName gives "Deployment/web" for a Kubernetes object.
func objectName(n yaml.Node) string {
	kind, name := "", ""
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, value := n.Content[i].Value, n.Content[i+1]; key {
		case "kind":
			kind = value.Value
		case "metadata":
			for j := 0; j+1 < len(value.Content); j += 2 {
				if value.Content[j].Value == "name" {
					name = value.Content[j+1].Value
				}
			}
		}
	}
	return plain(kind + "/" + name)
}

// newEvents tells which kinds of warnings the failing cell has and the other
// has not.
func newEvents(failing, passing string) []string {
	if failing == "" || passing == "" {
		return nil
	}
	known := warnings(passing)
	var out []string
	have := warnings(failing)
	for _, reason := range have.order {
		if known.count[reason] > 0 {
			continue
		}
		if len(out) == maxDifferent {
			break
		}
		out = append(out, cut(fmt.Sprintf("event %s: %s, and not in the passing cell", reason, times(have.count[reason])), maxLine))
	}
	return out
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

type counted struct {
	order []string
	count map[string]int
}

// warnings counts warning events by object and reason: lines such as
// "2026-11-23T07:42:31Z Warning Failed Pod/web-74c8cccf75-wq96c: …".
func warnings(log string) counted {
	c := counted{count: map[string]int{}}
	for line := range strings.SplitSeq(log, "\n") {
		_, rest, ok := strings.Cut(line, " Warning ")
		if !ok || len(rest) > mask.MaxLine {
			continue
		}
		head, _, _ := strings.Cut(rest, ": ")
		if head = mask.Line(head); head == "" {
			continue
		}
		if c.count[head]++; c.count[head] == 1 {
			c.order = append(c.order, head)
		}
	}
	return c
}
