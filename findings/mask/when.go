package mask

import "strings"

// timestamp takes, where a word begins with a digit:
// 2026-11-23T01:02:03.456Z, 2026-11-23 01:02:03,456 +0100, 2026-11-23,
// 2026/11/23 01:02:03 (Go's log), 23/Nov/2026:01:02:03 +0000 (access logs),
// 01:02:03.456.
func timestamp(s string, i int) (int, string) {
	if n := clock(s, i); n > 0 {
		n += zone(s, i+n)
		if ends(s, i+n) {
			return n, timeWord
		}
		return 0, ""
	}
	if isDay(s, i) && literal(s, i+2, "/") && monthAt(s, i+3) && literal(s, i+6, "/") && number(s, i+7, 4) && literal(s, i+11, ":") {
		if n := clock(s, i+12); n > 0 {
			n += 12
			n += zone(s, i+n)
			if ends(s, i+n) {
				return n, timeWord
			}
		}
		return 0, ""
	}
	if !number(s, i, 4) || i+10 > len(s) || s[i+4] != '-' && s[i+4] != '/' || !number(s, i+5, 2) || s[i+7] != s[i+4] || !number(s, i+8, 2) {
		return 0, ""
	}
	n := 10
	if i+n < len(s) && (s[i+n] == 'T' || s[i+n] == 't' || s[i+n] == ' ' || s[i+n] == '_') {
		if m := clock(s, i+n+1); m > 0 {
			m += n + 1
			m += zone(s, i+m)
			if ends(s, i+m) {
				return m, timeWord
			}
		}
	}
	if ends(s, i+n) && !literal(s, i+n, "-") {
		return n, timeWord
	}
	return 0, ""
}

// clock gives the length of 01:02:03 with a fraction or without.
func clock(s string, i int) int {
	if !number(s, i, 2) || !literal(s, i+2, ":") || !number(s, i+3, 2) || !literal(s, i+5, ":") || !number(s, i+6, 2) {
		return 0
	}
	n := 8
	if i+n < len(s) && (s[i+n] == '.' || s[i+n] == ',') {
		if m := run(s, i+n+1, 12, isDigit); m > 0 {
			n += 1 + m
		}
	}
	return n
}

// zone gives the length of Z, +01:00, " +0100" after a time.
func zone(s string, i int) int {
	if literal(s, i, "Z") || literal(s, i, "z") {
		return 1
	}
	n := 0
	if literal(s, i, " ") {
		n = 1
	}
	if i+n >= len(s) || s[i+n] != '+' && s[i+n] != '-' || !number(s, i+n+1, 2) {
		return 0
	}
	colon := 0
	if literal(s, i+n+3, ":") {
		colon = 1
	}
	if !number(s, i+n+3+colon, 2) || !ends(s, i+n+5+colon) {
		return 0
	}
	return n + 5 + colon
}

// klogHeader takes the I0703 03:31:55.159339 1 of Kubernetes' own logs: severity,
// month and day, time, thread (k8s.io/klog).
func klogHeader(s string, i int) (int, string) {
	if strings.IndexByte("IWEF", s[i]) < 0 || !number(s, i+1, 4) || !literal(s, i+5, " ") {
		return 0, ""
	}
	n := clock(s, i+6)
	if n == 0 || !ends(s, i+6+n) {
		return 0, ""
	}
	n += 6
	if literal(s, i+n, " ") {
		if m := run(s, i+n+1, 8, isDigit); m > 0 && ends(s, i+n+1+m) {
			n += 1 + m
		}
	}
	return n, s[i:i+1] + timeWord
}

// writtenDate takes Thu, 27 Feb 2025 07:36:21 +0100, Mon Nov 23 07:20:00 UTC 2026
// and Nov 23 07:20:00.
func writtenDate(s string, i int) (int, string) {
	j := i
	if dayAt(s, j) {
		j += 3
		if literal(s, j, ",") {
			j++
		}
		if !literal(s, j, " ") {
			return 0, ""
		}
		j++
	}
	switch {
	case monthAt(s, j) && literal(s, j+3, " "):
		n := run(s, j+4, 2, isDigit)
		if n == 0 || !literal(s, j+4+n, " ") {
			return 0, ""
		}
		j += 5 + n
	case j > i: // 27 Feb 2025
		n := run(s, j, 2, isDigit)
		if n == 0 || !literal(s, j+n, " ") || !monthAt(s, j+n+1) || !literal(s, j+n+4, " ") || !number(s, j+n+5, 4) || !literal(s, j+n+9, " ") {
			return 0, ""
		}
		j += n + 10
	default:
		return 0, ""
	}
	n := clock(s, j)
	if n == 0 {
		return 0, ""
	}
	j += n
	j += zone(s, j)
	if literal(s, j, " UTC ") && number(s, j+5, 4) {
		j += 9
	} else if literal(s, j, " ") && number(s, j+1, 4) && ends(s, j+5) {
		j += 5
	}
	if !ends(s, j) {
		return 0, ""
	}
	return j - i, timeWord
}

const (
	monthNames = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec "
	dayNames   = "Mon Tue Wed Thu Fri Sat Sun "
)

func monthAt(s string, i int) bool { return nameAt(s, i, monthNames) }
func dayAt(s string, i int) bool   { return nameAt(s, i, dayNames) }

func nameAt(s string, i int, names string) bool {
	if i+3 > len(s) || !ends(s, i+3) {
		return false
	}
	for ; names != ""; names = names[4:] {
		if s[i:i+3] == names[:3] {
			return true
		}
	}
	return false
}

func isDay(s string, i int) bool { return number(s, i, 2) }

// number tells whether n digits stand at i.
func number(s string, i, n int) bool { return run(s, i, n, isDigit) == n }

// units are those of Go's durations, with the day of kubectl's ages.
var units = [...]string{"ns", "us", "µs", "ms", "s", "m", "h", "d"}

// duration takes 12.5s, 250ms, 5m30s, 3d4h. One number of minutes, hours or days
// alone stays: 100m is as often a tenth of a processor.
func duration(s string, i int) (int, string) {
	n, count, last := 0, 0, ""
	for i+n < len(s) && isDigit(s[i+n]) {
		m := run(s, i+n, 18, isDigit)
		if literal(s, i+n+m, ".") {
			if f := run(s, i+n+m+1, 12, isDigit); f > 0 {
				m += 1 + f
			}
		}
		unit := ""
		for _, u := range units {
			if literal(s, i+n+m, u) {
				unit = u
				break
			}
		}
		if unit == "" {
			return 0, ""
		}
		n += m + len(unit)
		count++
		last = unit
	}
	if !ends(s, i+n) || count < 2 && (last == "m" || last == "h" || last == "d") {
		return 0, ""
	}
	return n, durationWord
}

// repeats takes the "x42 over 12m" of events.
func repeats(s string, i int) (int, string) {
	if s[i] != 'x' {
		return 0, ""
	}
	n := run(s, i+1, 9, isDigit)
	if n == 0 || !literal(s, i+1+n, " over ") {
		return 0, ""
	}
	n += 1 + len(" over ")
	m := run(s, i+n, 32, isWord)
	if m == 0 || !isDigit(s[i+n]) || !ends(s, i+n+m) {
		return 0, ""
	}
	return n + m, "x" + numberWord + " over " + durationWord
}
