// Package junit reads the JUnit XML that test programs write. There is no
// standard; what is read here is the common part of what Ant, Surefire, pytest
// and helm-unittest write: testsuites or testsuite at the root, nested suites,
// and testcases with failure, error or skipped in them.
package junit

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// MaxBytes bounds the size of a report.
const MaxBytes = 64 << 20

// maxDepth bounds the nesting of suites, so that a hostile report cannot
// exhaust the stack.
const maxDepth = 32

// Case is one test.
type Case struct {
	Suite   string
	File    string // as the report has it, may be empty
	Name    string
	Status  result.Status // passed, failed, errored or skipped
	Message string        // of what did not pass: the attribute, then the text
	Seconds float64
}

// Parse reads a report. It fails on what is not XML, has another root or is too
// large.
func Parse(r io.Reader) ([]Case, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	d := xml.NewDecoder(limited)
	d.Strict = true
	p := parser{d: d}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("junit: expected <testsuites> or <testsuite>, found nothing")
		}
		if err != nil {
			return nil, fmt.Errorf("junit: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if name := start.Name.Local; name != "testsuites" && name != "testsuite" {
			return nil, fmt.Errorf("junit: expected <testsuites> or <testsuite>, found <%s>", name)
		}
		err = p.suite(start, "", 0)
		if limited.N <= 0 {
			return nil, fmt.Errorf("junit: the report is over %d MiB", MaxBytes>>20)
		}
		if err != nil {
			return nil, fmt.Errorf("junit: %w", err)
		}
		return p.cases, nil
	}
}

type parser struct {
	d     *xml.Decoder
	cases []Case
}

func (p *parser) suite(start xml.StartElement, file string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("suites are nested over %d deep", maxDepth)
	}
	name := attr(start, "name")
	if f := attr(start, "file"); f != "" {
		file = f
	}
	for {
		token, err := p.d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			switch t.Name.Local {
			case "testsuite":
				err = p.suite(t, file, depth+1)
			case "testcase":
				err = p.testcase(t, name, file)
			default:
				err = p.d.Skip()
			}
			if err != nil {
				return err
			}
		}
	}
}

// outcome is the content of <failure>, <error> or <skipped>.
type outcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (o *outcome) String() string {
	text := strings.TrimSpace(o.Text)
	switch {
	case o.Message == "" || strings.Contains(text, o.Message):
		return text
	case text == "":
		return o.Message
	}
	return o.Message + "\n" + text
}

func (p *parser) testcase(start xml.StartElement, suite, file string) error {
	var body struct {
		Failures []outcome `xml:"failure"`
		Errors   []outcome `xml:"error"`
		Skipped  *outcome  `xml:"skipped"`
	}
	if err := p.d.DecodeElement(&body, &start); err != nil {
		return err
	}
	c := Case{Suite: suite, File: file, Name: attr(start, "name"), Status: result.Passed}
	if f := attr(start, "file"); f != "" {
		c.File = f
	}
	if class := attr(start, "classname"); class != "" && suite == "" {
		c.Suite = class
	}
	// A report without times, or with nonsense for one, is still a report.
	if s, err := strconv.ParseFloat(attr(start, "time"), 64); err == nil && s > 0 && !math.IsInf(s, 0) {
		c.Seconds = s
	}
	var messages []string
	add := func(status result.Status, outcomes []outcome) {
		for i := range outcomes {
			c.Status = result.Worst(c.Status, status)
			messages = append(messages, outcomes[i].String())
		}
	}
	add(result.Failed, body.Failures)
	add(result.Errored, body.Errors)
	if c.Status == result.Passed && body.Skipped != nil {
		c.Status = result.Skipped
		messages = append(messages, body.Skipped.String())
	}
	c.Message = strings.TrimSpace(strings.Join(messages, "\n"))
	p.cases = append(p.cases, c)
	return nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
