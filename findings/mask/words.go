package mask

// Words appends to hashes one hash for each word of a line, in which volatile
// text is masked and each run of digits counts as one: what is compared when two
// lines are asked whether they say the same. Punctuation separates and is dropped.
func Words(hashes []uint64, line string) []uint64 {
	line = Clean(cut(line))
	if maskable(line) {
		line = scan(line)
	}
	for i := 0; i < len(line); {
		c := line[i]
		if !inWord(c) {
			i++
			continue
		}
		h, digit := uint64(offset), false
		for ; i < len(line) && inWord(line[i]); i++ {
			c := line[i]
			if isDigit(c) {
				if digit {
					continue
				}
				c = '0'
			}
			digit = c == '0'
			h = (h ^ uint64(c)) * prime
		}
		hashes = append(hashes, h)
	}
	return hashes
}

// The constants of FNV-1a (IETF draft-eastlake-fnv).
const (
	offset = 14695981039346656037
	prime  = 1099511628211
)

// inWord counts the letters of other scripts as letters.
func inWord(c byte) bool { return class[c] == letterClass || class[c] == digitClass || c >= 0x80 }
