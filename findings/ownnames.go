package findings

import (
	"regexp"
	"slices"
	"strings"
)

// The words that stand in a compared message for what each object calls its own.
const (
	ownName  = "<own>"
	ownImage = "<image>"
)

// ownNames are what an object calls its own, as far as a failure's message tells:
// one missing secret is one failure, whatever the containers are called that lack it.
type ownNames struct {
	object    string // "web" of Deployment/web
	container string
	image     string // where its registry refused it, and not because of the image
}

// itsContainer finds how messages of the cluster name a container and its image.
var itsContainer = regexp.MustCompile(`^(?:[A-Za-z]+/\S+: )?(container ([a-z0-9][a-z0-9-]*))(:? )(?:image (\S+) cannot be pulled: )?`)

// itsOwn are the answers of a registry about one image; all others are about the
// registry and whoever asks it.
var itsOwn = regexp.MustCompile(`(?i)not found|unknown|does not exist|invalid|no match|denied|never`)

func namesOf(o *occurrence) ownNames {
	_, name, _ := strings.Cut(o.location.Object, "/")
	if name == "" || slices.Contains(staticLayers, o.layer) {
		return ownNames{}
	}
	n := ownNames{object: name}
	if !strings.Contains(o.message[:min(len(o.message), maxMessage)], "container ") {
		return n
	}
	if m := itsContainer.FindStringSubmatchIndex(o.message); m != nil {
		n.container = o.message[m[4]:m[5]]
		if m[8] >= 0 && !itsOwn.MatchString(o.message[m[1]:]) {
			n.image = o.message[m[8]:m[9]]
		}
	}
	return n
}

// outOf takes the names out of a text.
func (n ownNames) outOf(text string) string {
	if n.image != "" {
		text = withoutImage(text, n.image)
	}
	text = withoutName(text, n.object)
	if n.container != n.object {
		text = withoutName(text, n.container)
	}
	return text
}

// withoutName takes a name out of a text where it stands by itself or begins
// another one, such as that of a pod, the masked rest of which goes, too.
func withoutName(text, name string) string {
	if name == "" || !strings.Contains(text, name) {
		return text
	}
	var b strings.Builder
	for last := byte(' '); ; {
		i := strings.Index(text, name)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		if i > 0 {
			last = text[i-1]
		}
		b.WriteString(text[:i])
		text = text[i+len(name):]
		if partOfName(last) || text != "" && text[0] != '-' && partOfName(text[0]) {
			b.WriteString(name)
			last = name[len(name)-1]
			continue
		}
		b.WriteString(ownName)
		last = '>'
		for strings.HasPrefix(text, "-<") {
			_, text, _ = strings.Cut(text, ">")
		}
	}
}

// withoutImage takes an image out of a text, with the registry that others put
// before its name.
func withoutImage(text, image string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, image)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(strings.TrimRightFunc(text[:i], func(r rune) bool { return r == '/' || r == '.' || r < 0x80 && partOfName(byte(r)) }))
		b.WriteString(ownImage)
		text = text[i+len(image):]
	}
}

// impersonal is what a message about several objects says of all of them: the
// name of a container is that of the first one alone.
func impersonal(message string) string {
	m := itsContainer.FindStringSubmatchIndex(message)
	switch {
	case m == nil:
		return message
	case m[8] >= 0:
		return message[:m[2]] + "images such as " + message[m[8]:m[9]] + " cannot be pulled: " + message[m[1]:]
	}
	return message[:m[2]] + "a container" + message[m[5]:]
}

// quantities are numbers with their units: what one object asks for and another
// one does not.
var quantities = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i?|[mk])?\b`)

// restarted is a line of ours, and no reason.
func restarted(line string) bool { return strings.HasPrefix(line, "started again ") }

// reasonLines are the lines of an occurrence that may say why.
func reasonLines(p *occurrence) []string {
	return slices.DeleteFunc(excerpt(p.excerpt), restarted)
}
