package diagnosis

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/findings/mask"
)

// maxLookedAt bounds how many lines are weighed where no rule knows the log:
// those of its end.
const maxLookedAt = 20_000

// loud are words in small letters that say how bad a line is.
var loud = []struct {
	words  []string
	weight float64
}{
	{[]string{"panic:", "fatal", "traceback", "exception:", "segmentation fault"}, 1.2},
	{[]string{"error", "failed", "failure", "denied", "refused", "cannot ", "could not", "unable to", "invalid", "not found", "✗"}, 1},
	{[]string{"warn", "timed out", "timeout", "unexpected", "unknown"}, 0.5},
}

// quiet are words that take a loud one back.
var quiet = []string{"0 failed", "0 errors", "no error", "error_log", "without error"}

// severity says how bad a line says it is, 0 to 1.2.
func severity(line string) float64 {
	lower := strings.ToLower(line)
	for _, q := range quiet {
		lower = strings.ReplaceAll(lower, q, "")
	}
	for _, l := range loud {
		if slices.ContainsFunc(l.words, func(w string) bool { return strings.Contains(lower, w) }) {
			return l.weight
		}
	}
	return 0
}

// informing are words in small letters by which a line says that it reports no failure.
var informing = []string{
	" normal ", "level=info", "level=debug", `"level":"info"`, `"level":"debug"`, `"level": "info"`, "[info]", "[debug]", " info ", " debug ",
}

// later are words of warnings of what is going to be another day.
var later = []string{"is deprecated", "has been deprecated", "deprecationwarning", "will be removed in"}

// informs tells whether a line says that it reports no failure.
func informs(line string) bool {
	_, body := carried(line)
	body = strings.TrimLeft(body, " \t")
	if strings.HasPrefix(body, "I") && len(body) > 5 && digits(body[1:5]) && body[5] == ' ' {
		return true
	}
	lower := strings.ToLower(body[:min(len(body), 200)])
	return strings.HasPrefix(lower, "normal ") || strings.HasPrefix(lower, "info") || hasOne(lower, informing)
}

// isCalm tells the same, or that a line speaks of another day.
func isCalm(line string) bool { return informs(line) || hasOne(strings.ToLower(line), later) }

func hasOne(lower string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
}

// fromNovelty quotes what is new, loud, rare and late, where no rule knows the log.
func (q *quoter) fromNovelty(at time.Time, limit int) {
	type weighed struct {
		place
		weight float64
	}
	var all []weighed
	for i, log := range q.logs {
		places := lastLines(log.text, i, maxLookedAt)
		count := map[string]int{}
		masks := make([]string, len(places))
		for k, p := range places {
			masks[k] = mask.Line(q.text(p))
			count[masks[k]]++
		}
		for k, p := range places {
			if masks[k] == "" {
				continue
			}
			line := q.text(p)
			novelty := q.known.novelty(line)
			if novelty <= isNew {
				continue
			}
			loudness := severity(line)
			if isCalm(line) {
				loudness = -1
			}
			weight := 2*novelty + loudness + 1/float64(count[masks[k]]) + 0.3*float64(k+1)/float64(len(places))
			if d := q.distance(p, at); d < time.Minute {
				weight += 0.3
			}
			all = append(all, weighed{p, weight})
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b weighed) int { return cmp.Compare(b.weight, a.weight) })
	q.take(all[0].place, limit)
	for _, w := range all[1:min(len(all), 50)] {
		if w.log == all[0].log && abs(w.number-all[0].number) <= nearHit && !isCalm(q.text(w.place)) && (severity(q.text(w.place)) > 0 || w.weight > 2.5) {
			q.take(w.place, limit)
		}
	}
}

// lastLines gives the places of the last n lines of a text.
func lastLines(text string, log, n int) []place {
	start, number := 0, 1
	if total := strings.Count(text, "\n"); total > n {
		for range total - n {
			start += strings.IndexByte(text[start:], '\n') + 1
			number++
		}
	}
	var out []place
	for start < len(text) {
		out = append(out, place{log, start, lineEnd(text, start), number})
		i := strings.IndexByte(text[start:], '\n')
		if i < 0 {
			break
		}
		start += i + 1
		number++
	}
	return out
}

// distance is how far a line's time is from at; the longest of all where one of
// them is not known. A time of day alone is taken for one within half a day of at.
func (q *quoter) distance(p place, at time.Time) time.Duration {
	const unknown = time.Duration(1<<63 - 1)
	if at.IsZero() {
		return unknown
	}
	line := q.text(p)
	if len(line) > 64 {
		line = line[:64]
	}
	for i := range len(line) {
		for _, f := range [...]struct{ layout, shape string }{
			{"2006-01-02T15:04:05", "dddd-dd-ddTdd:dd:dd"},
			{"2006-01-02 15:04:05", "dddd-dd-dd dd:dd:dd"},
			{"15:04:05", "dd:dd:dd"},
		} {
			if !shaped(line[i:], f.shape) {
				continue
			}
			t, err := time.Parse(f.layout, line[i:i+len(f.layout)])
			if err != nil {
				continue
			}
			if t.Year() == 0 {
				u := at.UTC()
				t = time.Date(u.Year(), u.Month(), u.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
				d := at.Sub(t).Abs()
				return min(d, (24*time.Hour - d).Abs())
			}
			return at.Sub(t).Abs()
		}
	}
	return unknown
}

func shaped(s, shape string) bool {
	if len(s) < len(shape) {
		return false
	}
	for i := range len(shape) {
		if shape[i] == 'd' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != shape[i] {
			return false
		}
	}
	return true
}
