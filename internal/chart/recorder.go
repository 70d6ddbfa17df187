package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
)

// How a render is proven to hold for another version
//
// The Kubernetes version is never given to the templates as such. They get a
// marker: a private-use character, a number, another such character. The
// number leads to a derivation: the version itself, or a function with its
// arguments, which may hold markers again. Every template function is wrapped
// (wrap.go). Where no argument has a marker it is simply called. Where one
// has, it is called with the real texts; a text that comes back is wrapped into
// a new marker, and anything else (the bool of semverCompare, the number of
// int) is recorded as a question with its answer. So is a look-up of an API
// version.
//
// Given another version, the questions are asked again in the order in which
// they came up. If all the answers are the same, the engine would have taken
// the same path, and the only places where its output can differ are markers
// that reached it, which are replaced by what their derivation gives there.
//
// Texts are never empty under a marker (a question asks for it), so `if`
// and `default` need no care. Maps and lists may hold markers too
// (containers.go). Where a marker would get out of sight, as the key of a map
// or in an object, its text becomes a question itself and goes on without a
// marker. What cannot be followed at all makes the run opaque: it
// is thrown away, the chart is rendered plainly and nothing is reused.

const (
	markBegin = "\uE0F1"
	markEnd   = "\uE0F2"
)

// target is a cluster as far as templates can ask about it.
type target struct {
	full      string // v1.33.4-gke.100
	major     string
	minor     string
	apis      common.VersionSet
	has       map[string]bool
	apiDigest string
}

func newTarget(version string, apis []string) (*target, error) {
	kv, err := common.ParseKubeVersion(version)
	if err != nil {
		return nil, fmt.Errorf("%q is not a Kubernetes version: %w; expected one like v1.33.4", version, err)
	}
	t := &target{full: kv.Version, major: kv.Major, minor: reportedMinor(kv), apis: apis, apiDigest: digestList(apis)}
	t.has = make(map[string]bool, len(apis))
	for _, a := range apis {
		t.has[a] = true
	}
	return t, nil
}

// reportedMinor is the minor as the cluster's version endpoint has it. That of
// EKS ends in a plus, as its builds come behind a release's tag
// (https://github.com/aws/eks-distro/issues/1128), and a template's
// `int .Capabilities.KubeVersion.Minor` is then 0. `helm template
// --kube-version` hides this.
func reportedMinor(kv *common.KubeVersion) string {
	if strings.Contains(kv.Version, "-eks-") {
		return kv.Minor + "+"
	}
	return kv.Minor
}

func digestList(list []string) string {
	sum := sha256.Sum256([]byte(strings.Join(list, "\x00")))
	return hex.EncodeToString(sum[:])
}

// derivation is a text that depends on the cluster.
type derivation struct {
	base func(t *target) string // what is read, or nil for a call
	fn   reflect.Value
	args []any // plain data; texts may hold markers
}

// question is what the path of a render depended on.
type question struct {
	ask    func(e *evaluation) string
	answer string
}

// recorder collects the derivations and questions of one render.
type recorder struct {
	target      *target
	here        *evaluation
	derivations []derivation
	ids         map[string]int
	questions   []question
	asked       map[string]bool
	opaque      bool
	// inContainers says that some map or list holds a marker, so that
	// functions on containers must look inside.
	inContainers bool
}

func newRecorder(t *target) *recorder {
	r := &recorder{target: t, ids: map[string]int{}, asked: map[string]bool{}}
	r.here = r.evaluate(t)
	return r
}

// errOpaque ends a render that cannot be followed.
type errOpaque struct{}

func (errOpaque) Error() string {
	return "the template uses the cluster's version in a way that is not followed"
}

func (r *recorder) giveUp() {
	r.opaque = true
	panic(errOpaque{})
}

func (r *recorder) mark(key string, d derivation) string {
	id, ok := r.ids[key]
	if !ok {
		id = len(r.derivations)
		r.ids[key] = id
		r.derivations = append(r.derivations, d)
	}
	return markBegin + strconv.Itoa(id) + markEnd
}

// read gives the marker of something that is read from the cluster. None of
// these texts is ever empty.
func (r *recorder) read(name string, base func(t *target) string) string {
	return r.mark(name, derivation{base: base})
}

// record notes the answer to a question, once.
func (r *recorder) record(key, answer string, ask func(e *evaluation) string) {
	if r.asked[key] {
		return
	}
	r.asked[key] = true
	r.questions = append(r.questions, question{ask: ask, answer: answer})
}

// concrete turns the text of s itself into a question and returns it.
func (r *recorder) concrete(s string) string {
	if !marked(s) {
		return s
	}
	text := r.here.text(s)
	r.record("text\x00"+s, text, func(e *evaluation) string { return e.text(s) })
	return text
}

func (r *recorder) hasAPI(name string) bool {
	name = r.concrete(name)
	answer := r.target.has[name]
	r.record("has\x00"+name, strconv.FormatBool(answer), func(e *evaluation) string {
		return strconv.FormatBool(e.target.has[name])
	})
	return answer
}

func (r *recorder) allAPIs() {
	r.record("apis", r.target.apiDigest, func(e *evaluation) string { return e.target.apiDigest })
}

// holds says whether every question has the same answer in t, and returns the
// evaluation to replace markers with.
func (r *recorder) holds(t *target) (*evaluation, bool) {
	e := r.evaluate(t)
	for _, q := range r.questions {
		if q.ask(e) != q.answer {
			return nil, false
		}
	}
	return e, true
}

// evaluation computes derivations for one cluster.
type evaluation struct {
	r      *recorder
	target *target
	known  map[int]string
}

func (r *recorder) evaluate(t *target) *evaluation {
	return &evaluation{r: r, target: t, known: map[int]string{}}
}

func marked(s string) bool { return strings.Contains(s, markBegin) }

// text replaces the markers in s.
func (e *evaluation) text(s string) string {
	i := strings.Index(s, markBegin)
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0; i = strings.Index(s, markBegin) {
		b.WriteString(s[:i])
		s = s[i+len(markBegin):]
		digits, rest, _ := strings.Cut(s, markEnd)
		id, err := strconv.Atoi(digits)
		if err != nil || id < 0 || id >= len(e.r.derivations) {
			continue // no marker of ours; charts with such characters are rendered plainly
		}
		b.WriteString(e.derived(id))
		s = rest
	}
	b.WriteString(s)
	return b.String()
}

func (e *evaluation) derived(id int) string {
	if s, ok := e.known[id]; ok {
		return s
	}
	d := e.r.derivations[id]
	var s string
	if d.base != nil {
		s = d.base(e.target)
	} else {
		s = e.call(d.fn, d.args).text
	}
	e.known[id] = s
	return s
}

// outcome is what a call gives: a text, or the description of anything else.
type outcome struct {
	values []reflect.Value
	text   string // of a string result
	isText bool
	answer string // describes every other result, errors included
	panics any
}

// call calls fn with args, whose markers are replaced. A panic is an outcome,
// as the engine turns it into an error.
func (e *evaluation) call(fn reflect.Value, args []any) (out outcome) {
	defer func() {
		if p := recover(); p != nil {
			out = outcome{panics: p, answer: fmt.Sprintf("panic: %v", p)}
		}
	}()
	t := fn.Type()
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		a, _ = copyData(a, e.text, 0)
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= t.NumIn()-1 {
			want = want.Elem()
		}
		in[i] = reflect.New(want).Elem()
		if a != nil {
			in[i].Set(reflect.ValueOf(a))
		}
	}
	out.values = fn.Call(in)
	if len(out.values) == 2 && !out.values[1].IsNil() {
		out.answer = fmt.Sprintf("error: %v", out.values[1])
		return out
	}
	v := out.values[0]
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
		out.answer = "nil"
	case v.Kind() == reflect.String:
		out.text, out.isText = v.String(), true
	case isScalar(v.Kind()):
		out.answer = fmt.Sprintf("%s %v", v.Type(), v)
	default:
		out.answer = "" // an object; the caller asks otherwise
	}
	return out
}

func isScalar(k reflect.Kind) bool {
	return k == reflect.String || k == reflect.Bool || k >= reflect.Int && k <= reflect.Float64 && k != reflect.Uintptr
}

// passThrough names the functions that look at no more of an argument than
// whether it is empty, or of what type it is. They get markers as they are.
var passThrough = []string{"all", "any", "coalesce", "default", "empty", "include", "kindIs", "kindOf", "required", "ternary", "tpl", "typeIs", "typeIsLike", "typeOf"}

func isPassThrough(name string) bool { return slices.Contains(passThrough, name) }
