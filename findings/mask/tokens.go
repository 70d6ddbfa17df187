package mask

// Tokens splits a masked line into its words, in which each run of digits is
// one "#": what is compared when two lines are asked whether they say the same.
// Punctuation separates and is dropped. It appends to words and returns them;
// the strings share memory with the line unless a number had to be replaced.
func Tokens(words []string, line string) []string {
	for i := 0; i < len(line); {
		if !inToken(line[i]) {
			i++
			continue
		}
		start, digit := i, false
		for i < len(line) && inToken(line[i]) {
			digit = digit || isDigit(line[i])
			i++
		}
		word := line[start:i]
		if digit {
			word = collapse(word)
		}
		words = append(words, word)
	}
	return words
}

// inToken counts the letters of other scripts as letters.
func inToken(c byte) bool { return isWord(c) || c >= 0x80 }

func collapse(word string) string {
	out := make([]byte, 0, len(word))
	for i := 0; i < len(word); i++ {
		switch {
		case !isDigit(word[i]):
			out = append(out, word[i])
		case len(out) == 0 || out[len(out)-1] != '#':
			out = append(out, '#')
		}
	}
	return string(out)
}
