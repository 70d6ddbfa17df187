package result

import "strings"

// JobIn finds the planned job that a job's name on GitHub means. A name begins
// with the ID; the jobs of a called workflow have the names of their callers in
// front ("ci / matrix / abcdefgh kind-1.34"), and names are cut at 100
// characters, the last three of which are dots then. Where so much stands in
// front that the ID itself is cut, there is no answer.
func JobIn(name string, ids map[string]bool) (id string, ok bool) {
	// The last part is the job's own; what is in front may be any text.
	for rest := name; rest != ""; {
		part := rest
		if i := strings.LastIndex(rest, separator); i >= 0 {
			rest, part = rest[:i], rest[i+len(separator):]
		} else {
			rest = ""
		}
		word, _, _ := strings.Cut(strings.TrimSpace(part), " ")
		word = strings.TrimRight(strings.TrimSuffix(word, "…"), ".,")
		if word != "" && ids[word] {
			return word, true
		}
	}
	return "", false
}

// separator stands between the names of a caller and of what it calls.
const separator = " / "
