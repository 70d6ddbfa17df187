package chart

import (
	"regexp"
	"strings"
)

// RefusalKind says who refused what.
type RefusalKind string

// Why an operation on a release fails.
const (
	RefusedTemplate    RefusalKind = "template"          // the chart does not render here; see Render
	RefusedAPI         RefusalKind = "api-missing"       // the cluster does not serve the object's kind
	RefusedObject      RefusalKind = "object-invalid"    // the API server finds the object invalid
	RefusedImmutable   RefusalKind = "upgrade-immutable" // the change touches a field that cannot change
	RefusedAdmission   RefusalKind = "admission-denied"  // Pod Security, a policy or a webhook says no
	RefusedQuota       RefusalKind = "quota-exceeded"
	RefusedWebhook     RefusalKind = "webhook-failed"  // an admission or conversion webhook does not answer
	RefusedExists      RefusalKind = "object-exists"   // an object is there that the release does not own
	RefusedConflict    RefusalKind = "apply-conflict"  // somebody else owns a field of the object
	RefusedTooLarge    RefusalKind = "release-too-big" // a release must fit into a Secret
	RefusedState       RefusalKind = "release-state"   // another operation holds the release, or its name is taken
	RefusedHook        RefusalKind = "hook-failed"
	RefusedHookTimeout RefusalKind = "hook-timeout"
	RefusedDeletion    RefusalKind = "deletion-timeout" // deleted objects do not go away
	RefusedByHelm      RefusalKind = "helm"             // Helm says no in words that are not known
)

// Refusal is a "no" to an operation on a release, or one of several.
type Refusal struct {
	Kind    RefusalKind
	Message string // short, without the object's name
	Raw     string // everything Helm said, bounded
	// Object is what was refused, as far as it is known.
	Object Object
	// Field is the first field that the API server names:
	// spec.template.spec.containers[0].image.
	Field string
	// Render is why the chart does not render.
	Render *Failure
	// Hook is the run that failed.
	Hook *HookRun
	// Finalizers hold an object that was deleted.
	Finalizers []string
}

// Error gives the object and the message in one line.
func (r Refusal) Error() string {
	if r.Object.Name == "" {
		return r.Message
	}
	return r.Object.String() + ": " + r.Message
}

// What Helm and the API server's clients say, where they have no types for it.
var (
	saysKubeVersion = regexp.MustCompile(`chart requires kubeVersion: .*`)
	saysBadYAML     = regexp.MustCompile(`YAML parse error on ([^:\s]+): (.*)`)
	saysNoKind      = regexp.MustCompile(`(?:resource mapping not found for name: "([^"]*)" namespace: "([^"]*)" from "[^"]*": )?no matches for kind "([^"]+)" in version "([^"]+)"`)
	saysExists      = regexp.MustCompile(`(\w+) "([^"]+)" in namespace "([^"]*)" exists and cannot be imported into the current release: (.*)`)
	saysApplied     = regexp.MustCompile(`(?:for|applying) object ([^/\s]*)/(\S+) (\S+), Kind=(\w+): `)
	saysBadObject   = regexp.MustCompile(`error validating data: (.*)`)
	// The API server begins so: StatefulSet.apps "db" is invalid: …
	saysWhat = regexp.MustCompile(`^(?:[\w.-]+ )?"?([\w.-]+)"? "([^"]*)" is (?:invalid|forbidden): `)
)

// renderRefusal recognises an error of the engine and of what comes before it.
func renderRefusal(raw string) *Refusal {
	f := &Failure{Raw: shorten(raw, maxRaw)}
	switch {
	case saysKubeVersion.MatchString(raw):
		f.Kind, f.Message = KubeVersion, saysKubeVersion.FindString(raw)
	case strings.Contains(raw, "values don't meet the specifications of the schema"):
		f.Kind, f.Message = ValuesSchema, shorten(strings.TrimSpace(raw), maxMessage)
	case strings.HasPrefix(raw, "chart dependencies processing failed"):
		f.Kind, f.Message = Dependency, shorten(raw, maxMessage)
	case saysBadYAML.MatchString(raw):
		m := saysBadYAML.FindStringSubmatch(raw)
		f.Kind, f.Template, f.Message = TemplateExec, m[1], "not valid YAML: "+shorten(m[2], maxMessage)
	case errorAt.MatchString(raw), plainExec.MatchString(raw):
		f = parseFailure(raw)
		if strings.Contains(raw, "execution error at (") {
			f.Kind = Fail // the engine says so of `fail` and `required` alone
		}
	default:
		return nil
	}
	return &Refusal{Kind: RefusedTemplate, Message: f.Message, Raw: f.Raw, Render: f}
}

// stateRefusal recognises what Helm says of a release that another operation
// holds, or that is not what it must be.
func stateRefusal(raw string) *Refusal {
	for _, sign := range []string{
		"another operation (install/upgrade/rollback) is in progress",
		"cannot reuse a name that is still in use",
		"has no deployed releases", "release: not found", "release: already exists",
		"release has no ", "Release not loaded", "release name ",
	} {
		if strings.Contains(raw, sign) {
			return &Refusal{Kind: RefusedState, Message: shorten(firstLine(raw), maxMessage), Raw: shorten(raw, maxRaw)}
		}
	}
	return nil
}

// buildRefusals recognises what is wrong with objects before they are sent:
// one refusal for each kind that is not served, or for each object.
func buildRefusals(raw string) []Refusal {
	var out []Refusal
	for _, m := range saysNoKind.FindAllStringSubmatch(raw, -1) {
		out = append(out, Refusal{
			Kind: RefusedAPI, Message: "the cluster serves no " + m[4] + "/" + m[3], Raw: shorten(m[0], maxRaw),
			Object: Object{APIVersion: m[4], Kind: m[3], Namespace: m[2], Name: m[1]},
		})
	}
	if m := saysExists.FindStringSubmatch(raw); m != nil {
		out = append(out, Refusal{
			Kind: RefusedExists, Message: "exists already, and is not this release's: " + shorten(m[4], maxMessage), Raw: shorten(raw, maxRaw),
			Object: Object{Kind: m[1], Name: m[2], Namespace: m[3]},
		})
	}
	if m := saysBadObject.FindStringSubmatch(raw); m != nil && len(out) == 0 {
		out = append(out, Refusal{Kind: RefusedObject, Message: shorten(m[1], maxMessage), Raw: shorten(raw, maxRaw)})
	}
	return out
}

// immutableSigns are how API servers say that a field cannot change
// (k8s.io/apimachinery/pkg/api/validation, FieldImmutableErrorMsg, and the
// validation of StatefulSets, Secrets, Services and PersistentVolumeClaims).
var immutableSigns = []string{
	"field is immutable", "updates to statefulset spec for fields other than",
	"is immutable after creation", "may not change once set", "may not be changed", "when `immutable` is set",
	"may not be unset", "can not be less than previous value", "forbidden: updates to",
}

func immutable(message string) bool {
	m := strings.ToLower(message)
	for _, sign := range immutableSigns {
		if strings.Contains(m, strings.ToLower(sign)) {
			return true
		}
	}
	return false
}

// Pointer gives the field as a JSON pointer (RFC 6901), "" for none:
// spec.containers[0].image is /spec/containers/0/image.
func (r Refusal) Pointer() string {
	if r.Field == "" || r.Field == "<nil>" {
		return ""
	}
	var b strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	add := func(step string) {
		if step != "" {
			b.WriteString("/" + escape.Replace(step))
		}
	}
	rest := r.Field
	for rest != "" {
		i := strings.IndexAny(rest, ".[")
		if i < 0 {
			add(rest)
			break
		}
		add(rest[:i])
		sep := rest[i]
		rest = rest[i+1:]
		if sep == '[' {
			key, after, _ := strings.Cut(rest, "]")
			add(strings.Trim(key, `"`))
			rest = strings.TrimPrefix(after, ".")
		}
	}
	return b.String()
}
