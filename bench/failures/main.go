// Command failures says what each log on its input is about: one JSON object per
// line with id, layer, log and, where there is one, sibling, the log of a
// neighbour that passed. It answers with id, class, blame, retryable, rule and the lines
// that it would quote.
//
//	go run ./bench/failures < logs.jsonl > answers.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/posthog/chart-matrix/findings/diagnosis"
)

// maxFailure bounds one line of the input, in bytes.
const maxFailure = 1 << 30

type question struct {
	ID      string `json:"id"`
	Layer   string `json:"layer"`
	Log     string `json:"log"`
	Sibling string `json:"sibling"`
}

type answer struct {
	ID        string          `json:"id"`
	Class     diagnosis.Class `json:"class"`
	Blame     diagnosis.Blame `json:"blame"`
	Retryable bool            `json:"retryable"`
	Rule      string          `json:"rule,omitempty"`
	Lines     []string        `json:"lines"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/failures:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	dec := json.NewDecoder(bufio.NewReaderSize(io.LimitReader(in, maxFailure), 1<<20))
	for n := 1; ; n++ {
		var q question
		if err := dec.Decode(&q); errors.Is(err, io.EOF) {
			return w.Flush()
		} else if err != nil {
			return fmt.Errorf("failure %d of the input: expected an object with id, layer and log: %w", n, err)
		}
		if err := enc.Encode(diagnose(q)); err != nil {
			return err
		}
	}
}

func diagnose(q question) answer {
	in := diagnosis.Input{Layer: q.Layer, Sources: []diagnosis.Source{{Text: q.Log}}}
	if q.Sibling != "" {
		in.Siblings = []diagnosis.Source{{Text: q.Sibling}}
	}
	d := diagnosis.Diagnose(in)
	a := answer{ID: q.ID, Class: d.Class, Blame: d.Blame, Retryable: d.Retryable, Rule: d.Rule, Lines: []string{}}
	for _, l := range d.Lines {
		a.Lines = append(a.Lines, l.Text)
	}
	return a
}
