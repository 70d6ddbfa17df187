package chart

import (
	"fmt"
	"strings"
)

// Request is one question: what does the chart give with these values in a
// cluster like this?
type Request struct {
	Values     *Values
	ValuesName string // names the values in a failure: "scenario ha"; optional
	Release    string // name of the release
	Namespace  string
	// KubeVersion is what the cluster reports, suffix and all:
	// "v1.33.4-eks-1a2b".
	KubeVersion string
	// APIVersions are group/versions and group/version/kinds that the cluster
	// serves, as a real cluster's capabilities hold them: "apps/v1" and
	// "apps/v1/Deployment".
	APIVersions []string
	// Upgrade sets .Release.IsUpgrade instead of .Release.IsInstall.
	Upgrade bool
}

// Rendering is the chart's answer: documents, or a failure. It is shared
// between callers and must not be modified.
type Rendering struct {
	Documents []Document // sorted by template, then by place in it
	Notes     string     // the rendered NOTES.txt of the chart
	Failure   *Failure   // nil when the chart rendered
	// Reused says that the answer of another version, or of an equal question,
	// was proven to hold here.
	Reused bool
}

// Document is one YAML document of a rendered template.
type Document struct {
	Template string // "posthog/templates/web.yaml"
	Index    int    // place among the documents of its template, from 0
	Line     int    // line of Text's first line in the rendered template, from 1
	Text     string // without the separator
	Digest   string // SHA-256 of Text, hex
	Hook     string // value of the helm.sh/hook annotation, "" for no hook
}

// FailureKind says which part of rendering the chart failed in.
type FailureKind string

// What a chart can fail in.
const (
	TemplateParse  FailureKind = "template-parse"   // the template is not well-formed
	TemplateExec   FailureKind = "template-exec"    // executing it gave an error
	Required       FailureKind = "required"         // the template function `required` found nothing
	Fail           FailureKind = "fail"             // the template called `fail`
	ValuesSchema   FailureKind = "values-schema"    // the values violate values.schema.json
	ValuesInvalid  FailureKind = "values-invalid"   // the values do not fit together with the chart's own
	KubeVersion    FailureKind = "kube-version"     // Chart.yaml's kubeVersion excludes the version
	VersionSuffix  FailureKind = "version-suffix"   // it excludes the version for its suffix only
	Dependency     FailureKind = "dependency"       // a dependency could not be processed
	NotInstallable FailureKind = "not-installable"  // a library chart
	Timeout        FailureKind = "timeout"          // rendering took longer than the limit
	Memory         FailureKind = "memory"           // rendering took more memory than the limit
	OutputTooLarge FailureKind = "output-too-large" // the rendered text is larger than the limit
)

// Failure is the chart's "no", with the place as far as it is known.
type Failure struct {
	Kind     FailureKind
	Values   string // the request's ValuesName
	Template string // "posthog/templates/web.yaml"; "" if unknown
	Line     int    // from 1; 0 if unknown
	Column   int    // from 1, in bytes; 0 if unknown
	Message  string // the first cause, short
	Raw      string // everything Helm said
}

// Error gives the place and the message in one line.
func (f *Failure) Error() string {
	var b strings.Builder
	if f.Template != "" {
		b.WriteString(f.Template)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		if f.Line > 0 && f.Column > 0 {
			fmt.Fprintf(&b, ":%d", f.Column)
		}
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Values != "" {
		fmt.Fprintf(&b, " (values: %s)", f.Values)
	}
	return b.String()
}
