package mask

// ipv4 takes 10.1.2.3 and 10.1.2.3:8080.
func ipv4(s string, i int) (int, string) {
	n := 0
	for part := range 4 {
		if part > 0 {
			if !literal(s, i+n, ".") {
				return 0, ""
			}
			n++
		}
		m := run(s, i+n, 4, isDigit)
		if m == 0 || m > 3 {
			return 0, ""
		}
		n += m
	}
	if !ends(s, i+n) || goesOn(s, i+n, '.') {
		return 0, ""
	}
	return n + portAfter(s, i+n), addressWord
}

// ipv6 takes fe80::1 and 2001:db8:0:0:0:0:0:1, and what looks like one: the
// addresses of network cards.
func ipv6(s string, i int) (int, string) {
	if i > 0 && s[i-1] == ':' {
		return 0, ""
	}
	n, groups, double := 0, 0, false
	for i+n < len(s) {
		m := run(s, i+n, 5, isHex)
		if m > 4 {
			return 0, ""
		}
		n += m
		if m > 0 {
			groups++
		}
		if !literal(s, i+n, ":") {
			break
		}
		if i+n+1 >= len(s) || !isHex(s[i+n+1]) && s[i+n+1] != ':' {
			break
		}
		if s[i+n+1] == ':' {
			if double {
				return 0, ""
			}
			double = true
			n++
		}
		n++
	}
	if !ends(s, i+n) || goesOn(s, i+n, ':') || countDigits(s[i:i+n]) == 0 || groups > 8 {
		return 0, ""
	}
	if double && groups >= 1 || groups >= 5 {
		return n, addressWord
	}
	return 0, ""
}

// goesOn tells a mark within something longer from one that ends a sentence.
func goesOn(s string, i int, mark byte) bool {
	return i+1 < len(s) && s[i] == mark && s[i+1] != ' '
}

// bracketed takes [::1]:8080, and the number of a process: [1234].
func bracketed(s string, i int) (int, string) {
	n := run(s, i+1, 46, func(c byte) bool { return isHex(c) || c == ':' || c == '.' })
	if !literal(s, i+1+n, "]") {
		return 0, ""
	}
	inside := s[i+1 : i+1+n]
	colons, double := 0, false
	for k := range len(inside) {
		if inside[k] == ':' {
			colons++
			double = double || k > 0 && inside[k-1] == ':'
		}
	}
	switch {
	case double || colons >= 5:
		return n + 2 + portAfter(s, i+n+2), addressWord
	case n >= 3 && n <= 7 && countDigits(inside) == n:
		return n + 2, "[" + numberWord + "]"
	}
	return 0, ""
}

// portAfter gives the length of the :8080 that follows an address.
func portAfter(s string, i int) int {
	if !literal(s, i, ":") {
		return 0
	}
	n := run(s, i+1, 6, isDigit)
	if n == 0 || n > 5 || !ends(s, i+1+n) {
		return 0
	}
	return n + 1
}

// port gives the length of the :8080 after a name. One digit, or a dotted number,
// is rather a tag.
func port(s string, i int) int {
	if i == 0 || !isLetter(s[i-1]) {
		return 0
	}
	n := run(s, i+1, 6, isDigit)
	if n < 2 || n > 5 || !ends(s, i+1+n) || goesOn(s, i+1+n, '.') {
		return 0
	}
	return n + 1
}

// nodeName takes the ip-192-168-67-130 that clouds call their machines.
func nodeName(s string, i int) (int, string) {
	if !literal(s, i, "ip-") {
		return 0, ""
	}
	n := 2
	for range 4 {
		if !literal(s, i+n, "-") {
			return 0, ""
		}
		m := run(s, i+n+1, 4, isDigit)
		if m == 0 || m > 3 {
			return 0, ""
		}
		n += 1 + m
	}
	if !ends(s, i+n) {
		return 0, ""
	}
	return n, "ip-" + addressWord
}
