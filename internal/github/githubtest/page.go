package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Sizes of a page. https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// paged gives the page that was asked for, each item as JSON, and sets the Link
// header. GitHub takes a size over 100 for 100, and so does the fake.
func paged[T any](c *call, all []T, item func(*call, T) object) []any {
	size := c.positive("per_page", defaultPerPage)
	if size > maxPerPage {
		size = maxPerPage
	}
	number := c.positive("page", 1)
	last := max((len(all)+size-1)/size, 1)
	if link := c.links(number, last); link != "" {
		c.setHeader("Link", link)
	}
	out := []any{}
	for i := (number - 1) * size; i >= 0 && i < len(all) && i < number*size; i++ {
		out = append(out, item(c, all[i]))
	}
	return out
}

func (c *call) positive(name string, otherwise int) int {
	n, err := strconv.Atoi(c.query(name, ""))
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, 1_000_000)
}

// links is the Link header of a page; empty where there is only one.
func (c *call) links(number, last int) string {
	var links []string
	add := func(relation string, to int) {
		url := *c.request.URL
		query := url.Query()
		query.Set("page", strconv.Itoa(to))
		url.RawQuery = query.Encode()
		links = append(links, fmt.Sprintf("<%s%s>; rel=%q", c.api.URL, url.RequestURI(), relation))
	}
	if number > 1 {
		add("prev", min(number-1, last))
	}
	if number < last {
		add("next", number+1)
		add("last", last)
	}
	if number > 1 {
		add("first", 1)
	}
	return strings.Join(links, ", ")
}

func (c *call) setHeader(name, value string) {
	if c.header == nil {
		c.header = http.Header{}
	}
	c.header.Set(name, value)
}
