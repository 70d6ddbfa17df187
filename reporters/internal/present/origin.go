package present

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
)

// Link is a text and where it leads. URL is empty where there is no address
// that may be written into a report; the text then stands alone.
type Link struct{ Text, URL string }

// Provenance says where the results come from, in the words that every
// reporter uses. What is not known is empty.
type Provenance struct {
	Commit string // its hash, shortened
	Run    Link
	// Compared names the baseline. NoBaseline says that there is none, as a
	// sentence, where that makes a difference.
	Compared   Link
	NoBaseline string
	// SelfReported is the warning that the results are not verified.
	SelfReported string
	// Changed begins the sentence that Changes ends: "This pull request changes
	// the matrix itself". Weaker tells that some of them make it ask for less.
	Changed string
	Changes []string
	Weaker  bool
}

const selfReported = "The results were made by the pull request's own code and are not verified; plan and job states were."

// ProvenanceOf reads where a summary comes from.
func ProvenanceOf(s findings.Summary) Provenance {
	o := s.Origin
	p := Provenance{
		Commit: shortHash(o.Commit),
		Run:    Link{Line(o.Run), Checked(o, o.URL)},
	}
	if p.Run.Text == "" && p.Run.URL != "" {
		p.Run.Text = "the run"
	}
	for _, c := range s.Changes {
		if c = strings.TrimRight(Line(c), "."); c != "" {
			p.Changes = append(p.Changes, c)
		}
	}
	if len(p.Changes) > 0 {
		p.Changed = "This commit changes the matrix itself"
		if strings.HasPrefix(s.Event, "pull_request") {
			p.Changed = "This pull request changes the matrix itself"
		}
		p.Weaker = slices.ContainsFunc(p.Changes, func(c string) bool { return !matrix.Strengthens(c) })
	}
	if s.Counts.Planned == 0 {
		return p // nothing was reported or compared
	}
	if o.SelfReported {
		p.SelfReported = selfReported
	}
	p.Compared = Link{Line(o.Baseline), Checked(o, o.BaselineURL)}
	if why := strings.TrimRight(Line(o.NoBaseline), "."); why != "" && p.Compared.Text == "" && s.Counts.Failed > 0 {
		p.NoBaseline = "No baseline, so every failure counts as new: " + why + "."
	}
	return p
}

// shortHash gives seven digits of a commit's hash; nothing of what is no hash.
func shortHash(commit string) string {
	if !hash.MatchString(commit) {
		return ""
	}
	return commit[:7]
}

var hash = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// Checked gives an address that leads to where the run took place, over https
// and to the same host, and nothing for any other.
func Checked(o findings.Origin, address string) string {
	here, there := parse(o.URL), parse(address)
	if here == nil || there == nil || !strings.EqualFold(here.Host, there.Host) {
		return ""
	}
	return address
}

// Address gives an address that may be written into a report whoever runs the
// host: over https, without a password, and of plain characters.
func Address(address string) string {
	if parse(address) == nil {
		return ""
	}
	return address
}

// plainAddress matches what needs no escape in Markdown but for the ampersand.
var plainAddress = regexp.MustCompile(`^https://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~/?=&%#:+-]*)?$`)

const maxAddress = 500

func parse(address string) *url.URL {
	if len(address) > maxAddress || !plainAddress.MatchString(address) {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil
	}
	return u
}
