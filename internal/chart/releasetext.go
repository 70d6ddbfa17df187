package chart

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// errSaid is what Helm's command line says, which has no types.
type errSaid struct{ text string }

func (e *errSaid) Error() string { return e.text }

// saidApart takes several errors of one text apart: Helm 3 joins them with
// ampersands, Helm 4 with lines.
func saidApart(text string) []string {
	var out []string
	for _, part := range strings.Split(strings.ReplaceAll(text, " && ", "\x00"), "\x00") {
		from := 0
		for _, at := range saysNext.FindAllStringIndex(part, -1) {
			if at[0] > from {
				out = append(out, strings.TrimSpace(part[from:at[0]]))
				from = at[0]
			}
		}
		out = append(out, strings.TrimSpace(part[from:]))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// saysNext begins an error about another object.
var saysNext = regexp.MustCompile(`(?m)^(?:failed to create resource|server-side apply failed for|conflict occurred while applying|cannot patch|failed to replace object)`)

// What Helm says in front of an answer of the API server's, with the object.
var (
	saysHandled = regexp.MustCompile(`(\w+) in version "[^"]*" cannot be handled as `)
	saysPatch   = regexp.MustCompile(`cannot patch "([^"]+)" with kind (\w+): `)
	saysStatus  = regexp.MustCompile(`(?:^|[\s:])([A-Za-z][\w-]*)(?:\.[\w.-]+)? "([^"]+)" is (?:invalid|forbidden): `)
)

// judgeText is judge for an error that is text alone.
func judgeText(text string) (Refusal, error) {
	answer, code, reason, ok := answerIn(text)
	switch {
	case !ok && away(errors.New(text)):
		return Refusal{}, fmt.Errorf("%w: %s", ErrCluster, text)
	case !ok:
		return Refusal{Kind: RefusedByHelm, Message: shorten(firstLine(text), maxMessage), Raw: shorten(text, maxRaw)}, nil
	}
	kind, refused := classify(answer, code, reason)
	if !refused {
		return Refusal{}, fmt.Errorf("%w: %s", ErrCluster, text)
	}
	r := Refusal{Kind: kind, Message: shorten(saysWhat.ReplaceAllString(answer, ""), maxMessage), Raw: shorten(text, maxRaw)}
	if field, message := unfit(answer); kind == RefusedObject && message != "" {
		r.Field, r.Message = field, shorten(message, maxMessage)
	} else if m := saysFieldFirst.FindStringSubmatch(r.Message); m != nil {
		r.Field = m[1]
	}
	switch {
	case saysApplied.MatchString(text):
		m := saysApplied.FindStringSubmatch(text)
		r.Object = Object{APIVersion: m[3], Kind: m[4], Namespace: m[1], Name: m[2]}
	case saysPatch.MatchString(text):
		m := saysPatch.FindStringSubmatch(text)
		r.Object = Object{Kind: m[2], Name: m[1]}
	case saysHandled.MatchString(text):
		r.Object = Object{Kind: saysHandled.FindStringSubmatch(text)[1]} // its name is not told
	case saysStatus.MatchString(text):
		m := saysStatus.FindStringSubmatch(text)
		r.Object = Object{Kind: m[1], Name: m[2]}
	}
	return r, nil
}

// saysFieldFirst: spec.replicas: Invalid value: -1
var saysFieldFirst = regexp.MustCompile(`^\[?((?:[a-z]\w*)(?:\.[\w-]+|\[[^\]]*\])+): `)

// answers are the beginnings of what API servers say, by their code
// (k8s.io/apimachinery/pkg/api/errors). What comes before is Helm's.
var answers = []struct {
	sign   *regexp.Regexp
	code   int
	reason metav1.StatusReason
}{
	{regexp.MustCompile(`admission webhook "`), 400, ""},
	{regexp.MustCompile(`Internal error occurred: `), 500, metav1.StatusReasonInternalError},
	{regexp.MustCompile(`failed to (?:create typed|convert)`), 500, ""},
	{regexp.MustCompile(`Apply failed with `), 409, metav1.StatusReasonConflict},
	{regexp.MustCompile(`object is being deleted: `), 409, metav1.StatusReasonAlreadyExists},
	{regexp.MustCompile(`[\w.-]* ?"[^"]*" is invalid: `), 422, metav1.StatusReasonInvalid},
	{regexp.MustCompile(`[\w.-]+ "[^"]*" is forbidden: `), 403, metav1.StatusReasonForbidden},
	{regexp.MustCompile(`unable to create new content in namespace `), 403, metav1.StatusReasonForbidden},
	{regexp.MustCompile(`[\w.-]+ "[^"]*" already exists`), 409, metav1.StatusReasonAlreadyExists},
	{regexp.MustCompile(`Operation cannot be fulfilled on `), 409, metav1.StatusReasonConflict},
	{regexp.MustCompile(`[\w.-]+ in version "[^"]*" cannot be handled as `), 400, metav1.StatusReasonBadRequest},
	{regexp.MustCompile(`(?:error )?strict decoding `), 400, metav1.StatusReasonBadRequest},
	{regexp.MustCompile(`the server could not find the requested resource`), 404, metav1.StatusReasonNotFound},
	{regexp.MustCompile(`the server is currently unable to handle the request`), 503, metav1.StatusReasonServiceUnavailable},
	{regexp.MustCompile(`the server has received too many requests`), 429, metav1.StatusReasonTooManyRequests},
	{regexp.MustCompile(`Unauthorized|the server has asked for the client to provide credentials`), 401, metav1.StatusReasonUnauthorized},
	{regexp.MustCompile(`etcdserver: `), 500, metav1.StatusReasonInternalError},
	{regexp.MustCompile(`(?:Timeout: r|r)equest did not complete within `), 504, metav1.StatusReasonTimeout},
}

// answerIn recognises an answer of an API server in a text; false for none.
func answerIn(text string) (said string, code int, reason metav1.StatusReason, ok bool) {
	for _, a := range answers {
		if at := a.sign.FindStringIndex(text); at != nil {
			return strings.TrimSpace(text[at[0]:]), a.code, a.reason, true
		}
	}
	return "", 0, "", false
}
