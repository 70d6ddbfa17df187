package present

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// Files lead from the chart's files to the commit that was tested. The zero
// value leads nowhere.
type Files struct{ base string }

// runAddress matches the address of a run on GitHub and keeps the repository's.
var runAddress = regexp.MustCompile(`^(https://[^/]+/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+)/actions/runs/[0-9]`)

// FilesOf knows where the files of a summary's chart can be read: in the
// repository in which the run took place, at its commit. The chart's path is
// relative to the repository's top, as it is in a job; what lies elsewhere, or
// in an archive, has no page there.
func FilesOf(s findings.Summary) Files {
	at := runAddress.FindStringSubmatch(Address(s.Origin.URL))
	chart := path.Clean(s.Chart.Path)
	switch {
	case at == nil, !hash.MatchString(s.Origin.Commit), len(s.Origin.Commit) < 40,
		s.Chart.Path == "", !fs.ValidPath(chart), strings.HasSuffix(chart, ".tgz"), strings.HasSuffix(chart, ".tar.gz"):
		return Files{}
	}
	base := at[1] + "/blob/" + s.Origin.Commit
	if chart != "." {
		base += "/" + escapePath(chart)
	}
	return Files{base}
}

// URL gives the page of a location's file and line, or nothing: a name with a
// line break in it is no file's that anybody looks for. What a chart
// depends on is unpacked under charts/ when it is tested, and is not there in
// the repository as a rule.
func (f Files) URL(l result.Location) string {
	file := path.Clean(l.File)
	if f.base == "" || l.File == "" || file == "." || Line(l.File) != l.File || !fs.ValidPath(file) || strings.HasPrefix(file, "charts/") {
		return ""
	}
	address := f.base + "/" + escapePath(file)
	if l.Line > 0 {
		address += fmt.Sprintf("#L%d", l.Line)
	}
	return Address(address)
}

// escapePath keeps what needs no escape in any part of an address, nor in Markdown.
func escapePath(p string) string {
	var b strings.Builder
	for i := range len(p) {
		switch c := p[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("/._-", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
