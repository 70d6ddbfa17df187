package mask

// least lengths from which a hexadecimal word is taken for a hash: shorter ones
// may be words or numbers. One of sevenHex needs two digits and two letters.
const (
	sevenHex  = 7
	twelveHex = 12
)

// longNumber is the least length of a number that identifies rather than counts:
// accounts, nanoseconds, the minutes in the names of a CronJob's jobs.
const longNumber = 8

// hash takes hexadecimal words, the hash of a ReplicaSet, long numbers, and what
// looks like a token or the base64 of something.
func hash(s string, i int, w word) string {
	hex := w.hex == w.len && w.upper == 0
	switch {
	case w.digits == w.len && w.len >= longNumber:
		return numberWord
	case hex && w.len >= twelveHex && w.digits < w.len:
		return hashWord
	case hex && w.len >= sevenHex && w.digits >= 2 && w.lower >= 2:
		return hashWord
	case w.len >= 8 && w.len <= 10 && w.digits >= 2 && w.lower >= 1 && i > 0 && s[i-1] == '-' && run(s, i, w.len, isSafe) == w.len:
		return hashWord
	case w.len >= 24 && w.digits >= 3 && w.upper >= 3 && w.lower >= 3:
		return tokenWord
	}
	return ""
}

// digest takes the hexadecimal part of sha256:… and its like.
func digest(s string, i int) (int, string) {
	for _, prefix := range [...]string{"sha256:", "sha512:", "sha1:"} {
		if !literal(s, i, prefix) {
			continue
		}
		if n := run(s, i+len(prefix), 128, isHex); n >= 16 && ends(s, i+len(prefix)+n) {
			return len(prefix) + n, hashWord
		}
	}
	return 0, ""
}

// isSafe tells the alphabet of generated names: no vowels, and no digit that
// looks like one (k8s.io/apimachinery/pkg/util/rand).
func isSafe(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y', '0', '1', '3':
		return false
	}
	return isDigit(c) || c >= 'a' && c <= 'z'
}

// podSuffix gives the length of -7d4b9c6f5d-x2x4z, the end of a Deployment's
// pod, or of -x2x4z, that of a Job's. Five letters without a digit may be a
// word such as "https".
func podSuffix(s string, i int) int {
	if n := run(s, i+1, 10, isSafe); n >= 6 && literal(s, i+1+n, "-") && fiveSafe(s, i+2+n) {
		return n + 7
	}
	if n := run(s, i+1, 10, isHex); n >= 8 && literal(s, i+1+n, "-") && fiveSafe(s, i+2+n) && countDigits(s[i+1:i+1+n]) >= 2 {
		return n + 7
	}
	if fiveSafe(s, i+1) && countDigits(s[i+1:i+6]) > 0 {
		return 6
	}
	return 0
}

func fiveSafe(s string, i int) bool { return run(s, i, 5, isSafe) == 5 && ends(s, i+5) }

func countDigits(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// uuid takes 8-4-4-4-12 hexadecimal digits, with or without any among them that
// is a decimal one.
func uuid(s string, i int) (int, string) {
	n := 0
	for k, want := range [...]int{8, 4, 4, 4, 12} {
		if k > 0 {
			if !literal(s, i+n, "-") {
				return 0, ""
			}
			n++
		}
		if run(s, i+n, want, isHex) != want {
			return 0, ""
		}
		n += want
	}
	if !ends(s, i+n) {
		return 0, ""
	}
	return n, uuidWord
}

// pointer takes 0xc0001234ab.
func pointer(s string, i int) (int, string) {
	if !literal(s, i, "0x") {
		return 0, ""
	}
	n := run(s, i+2, 16, isHex)
	if n < 6 || !ends(s, i+2+n) {
		return 0, ""
	}
	return n + 2, pointerWord
}

// size takes 12.5MiB, 3 GB, 512kB; not the 100Mi of a manifest, which is the same
// in every run.
func size(s string, i int) (int, string) {
	n := run(s, i, 18, isDigit)
	if literal(s, i+n, ".") {
		if m := run(s, i+n+1, 9, isDigit); m > 0 {
			n += 1 + m
		}
	}
	if literal(s, i+n, " ") {
		n++
	}
	if i+n >= len(s) {
		return 0, ""
	}
	switch s[i+n] {
	case 'k', 'K', 'M', 'G', 'T', 'P':
		n++
	default:
		return 0, ""
	}
	if literal(s, i+n, "i") {
		n++
	}
	if !literal(s, i+n, "B") || !ends(s, i+n+1) {
		return 0, ""
	}
	return n + 1, sizeWord
}

// tempName takes the name that mktemp makes up.
func tempName(s string, i int) (int, string) {
	const prefix = "tmp."
	if !literal(s, i, prefix) {
		return 0, ""
	}
	n := run(s, i+len(prefix), 32, isWord)
	if n < 6 || countDigits(s[i+len(prefix):i+len(prefix)+n]) == 0 || !ends(s, i+len(prefix)+n) {
		return 0, ""
	}
	return len(prefix) + n, prefix + nameWord
}
