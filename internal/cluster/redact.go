package cluster

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"sort"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// hidden stands for what was taken out.
const hidden = "[redacted]"

// The bounds of what a Redactor remembers. Values shorter than minSecret are
// words like "true" or "admin", and taking them out would garble everything.
const (
	minSecret  = 6
	maxSecret  = 64 << 10
	maxSecrets = 10_000
)

// tokens are the forms of credentials that are known by their looks, each with
// the document that names it.
var tokens = regexp.MustCompile(strings.Join([]string{
	`\bgh[pousr]_[A-Za-z0-9]{20,}`, `\bgithub_pat_[A-Za-z0-9_]{20,}`, // docs.github.com: about authentication to GitHub
	`\bey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{8,}`, // RFC 7519: a JSON Web Token, such as a service account's
	`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,                                 // AWS: unique identifiers of IAM
	`\bglpat-[A-Za-z0-9_-]{20,}`, `\bxox[abprs]-[A-Za-z0-9-]{10,}`,  // GitLab, Slack
	`\bdop_v1_[a-f0-9]{60,}`, `\bAIza[A-Za-z0-9_-]{35}`, // DigitalOcean, Google
}, "|"))

// privateKey is one in PEM (RFC 7468), as it is or in a quoted string.
var privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]*PRIVATE KEY-----)?`)

// keyed are credentials that are known by what stands before them.
var keyed = regexp.MustCompile(`(?i)((?:authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)|(?:\b(?:[a-z0-9_-]*(?:password|passwd|secret[_-]?key|api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret))["']?\s*[:=]\s*["']?))([^\s"'@,;&]{3,})`)

// inURL is a password in a URL: RFC 3986, 3.2.1.
var inURL = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(@)`)

// Redactor takes secrets out of texts: values that it was told of, their base64
// forms, what looks like a token, and what the user's patterns match. It is safe
// for concurrent use.
type Redactor struct {
	mu       sync.RWMutex
	values   map[string]bool
	patterns []*regexp.Regexp
	replacer *strings.Replacer // of the values, made when it is needed
}

// NewRedactor gives a Redactor that knows the forms of tokens, and patterns of
// the user's.
func NewRedactor(patterns ...*regexp.Regexp) *Redactor {
	return &Redactor{values: map[string]bool{}, patterns: patterns}
}

// AddPatterns makes it take out what the patterns match, too.
func (r *Redactor) AddPatterns(patterns ...*regexp.Regexp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.patterns = append(r.patterns, patterns...)
}

// Add makes it take out a value wherever it stands, and its lines, plain and in
// base64. Values of less than six bytes are passed over.
func (r *Redactor) Add(value string) {
	forms := []string{value, strings.TrimSpace(value)}
	if lines := strings.Split(value, "\n"); len(lines) > 1 && len(lines) < 1000 {
		for _, line := range lines { // logs give a value line by line
			if line = strings.TrimSpace(line); len(line) >= 2*minSecret {
				forms = append(forms, line)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range forms {
		if len(f) < minSecret || len(f) > maxSecret || r.values[f] || len(r.values) >= maxSecrets || harmless(f) {
			continue
		}
		r.values[f], r.replacer = true, nil
	}
}

// harmless tells values that say nothing, and of which texts are full.
func harmless(value string) bool {
	switch strings.ToLower(value) {
	case "default", "disabled", "enabled", "localhost", "postgres", "password", "secret":
		return true
	}
	return false
}

// AddSecret makes it take out the values of a Secret. Helm's own records are
// passed over: nobody writes them out.
func (r *Redactor) AddSecret(s *corev1.Secret) {
	if s.Type == "helm.sh/release.v1" {
		return
	}
	for key, value := range s.Data {
		// The certificates of a cluster are public; taking them out would hide the
		// cause of a failure.
		if key == "ca.crt" || key == "namespace" && s.Type == corev1.SecretTypeServiceAccountToken {
			continue
		}
		r.Add(string(value))
	}
	for _, value := range s.StringData {
		r.Add(value)
	}
}

// Redact takes the secrets out of a text.
func (r *Redactor) Redact(text string) string {
	r.mu.RLock()
	replacer, patterns := r.replacer, r.patterns
	r.mu.RUnlock()
	if replacer == nil {
		replacer = r.build()
	}
	text = replacer.Replace(text)
	text = byLooks(text)
	for _, p := range patterns {
		text = p.ReplaceAllString(text, hidden)
	}
	return text
}

// byLooks takes out what looks like a credential. The expressions are slow on
// long texts, so that only lines in which one could match are tried.
func byLooks(text string) string {
	if strings.Contains(text, "-----BEGIN") {
		text = privateKey.ReplaceAllString(text, hidden)
	}
	var b strings.Builder
	done := 0
	for start := 0; start < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		line := text[start:end]
		if suspicious(line) {
			b.WriteString(text[done:start])
			line = tokens.ReplaceAllString(line, hidden)
			line = keyed.ReplaceAllString(line, "${1}"+hidden)
			b.WriteString(inURL.ReplaceAllString(line, "${1}"+hidden+"${2}"))
			done = end
		}
		start = end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// suspicious tells whether a line holds the beginning of anything that the
// expressions look for.
func suspicious(line string) bool {
	for _, sign := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "ey", "AKIA", "ASIA", "glpat-", "xox", "dop_v1_", "AIza", "://"} {
		if strings.Contains(line, sign) {
			return true
		}
	}
	lower := strings.ToLower(line)
	for _, sign := range []string{"authorization", "passw", "secret", "key", "token"} {
		if strings.Contains(lower, sign) {
			return true
		}
	}
	return false
}

func (r *Redactor) build() *strings.Replacer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.replacer != nil {
		return r.replacer
	}
	var forms []string
	for v := range r.values {
		forms = append(forms, v)
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(v)), encoding.EncodeToString([]byte(v+"\n")))
		}
		if escaped := escape(v); escaped != v {
			forms = append(forms, escaped)
		}
	}
	// A value may be part of another: the longest goes first.
	sort.Slice(forms, func(i, j int) bool {
		if len(forms[i]) != len(forms[j]) {
			return len(forms[i]) > len(forms[j])
		}
		return forms[i] < forms[j]
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, hidden)
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r.replacer
}

// escape writes a value as it stands in JSON and quoted YAML.
func escape(v string) string {
	var b bytes.Buffer
	for _, c := range []byte(v) {
		switch c {
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
