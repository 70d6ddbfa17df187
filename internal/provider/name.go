package provider

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A name is cm-OWNER-EXPIRY-RANDOM, such as cm-k3m9x2aa-202611230605-w7q4n2bd:
// at most 49 characters of a to z, 0 to 9 and hyphens. So it is a valid name
// of a kind cluster, whose nodes add "-control-plane" and must stay below the
// 64 bytes of a Linux host name, and of a DNS label. People can read it where
// a provider shows nothing else.
const (
	// NamePrefix begins the name of every cluster that chart-matrix makes.
	NamePrefix = "cm-"
	// MaxName is the most characters that a name has.
	MaxName = len(NamePrefix) + maxOwner + 1 + len(expiryLayout) + 1 + randomLength

	maxOwner     = 24
	randomLength = 8 // 40 bits: chance does not give two jobs of a minute one name
	expiryLayout = "200601021504"

	// The bounds of an expiry, in seconds since 1970: its beginning, and
	// 9999-12-31 23:59.
	earliest = 0
	latest   = 253_402_300_740
)

var (
	ownerPattern = regexp.MustCompile(`^[a-z0-9]{1,24}$`)
	namePattern  = regexp.MustCompile(`^cm-([a-z0-9]{1,24})-([0-9]{12})-[a-z2-7]{8}$`)
	lowerBase32  = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// NewName makes a name that nothing has yet. The owner stands in it as
// OwnerInName gives it, the expiry as ExpiryInName does.
func NewName(owner string, expires time.Time) string {
	// The alphabet of rand.Text is that of base32, in upper case.
	random := strings.ToLower(rand.Text()[:randomLength])
	return NamePrefix + OwnerInName(owner) + "-" + ExpiryInName(expires).Format(expiryLayout) + "-" + random
}

// ParseName reads what NewName wrote. It is false for every other name, which
// is then not ours to list or remove.
func ParseName(name string) (owner string, expires time.Time, ok bool) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return "", time.Time{}, false
	}
	expires, err := time.Parse(expiryLayout, m[2])
	if err != nil || expires.Unix() < earliest { // a month 13, a year 0
		return "", time.Time{}, false
	}
	return m[1], expires, true
}

// OwnerInName gives the owner as names carry it: as it is where it has 1 to 24
// of a to z and 0 to 9, as a job's ID does; otherwise 24 characters of its
// SHA-256, so that two owners never share one form.
func OwnerInName(owner string) string {
	if ownerPattern.MatchString(owner) {
		return owner
	}
	sum := sha256.Sum256([]byte(owner))
	return lowerBase32.EncodeToString(sum[:])[:maxOwner]
}

// ExpiryInName gives the time as names carry it: in UTC and whole minutes,
// rounded up, so that nothing is removed early. Years are kept between 1970
// and 9999.
func ExpiryInName(expires time.Time) time.Time {
	expires = expires.UTC()
	switch seconds := expires.Unix(); {
	case seconds < earliest:
		return time.Unix(earliest, 0).UTC()
	case seconds >= latest:
		return time.Unix(latest, 0).UTC()
	}
	if whole := expires.Truncate(time.Minute); whole.Before(expires) {
		return whole.Add(time.Minute)
	}
	return expires
}

// NewRef makes the Ref of a cluster that is yet to be made, with a new name.
// Its expiry is the one that the name carries.
func NewRef(provider, owner string, expires time.Time) Ref {
	return Ref{
		Provider: provider, Name: NewName(owner, expires),
		Owner: OwnerInName(owner), Expires: ExpiryInName(expires),
	}
}

// ParseRef makes a Ref of a name that was found: false where it is not ours.
func ParseRef(provider, name string) (Ref, bool) {
	owner, expires, ok := ParseName(name)
	if !ok {
		return Ref{}, false
	}
	return Ref{Provider: provider, Name: name, Owner: owner, Expires: expires}, true
}

// CheckRef is the guard in front of every Up and Down: an error for a Ref of
// another provider, and for a name that NewName did not make.
func CheckRef(provider string, ref Ref) error {
	if ref.Provider != provider {
		return fmt.Errorf("the cluster %q is one of %q, not of %q", ref.Name, ref.Provider, provider)
	}
	if _, _, ok := ParseName(ref.Name); !ok {
		return fmt.Errorf("the cluster %q was not made by chart-matrix: expected a name like %sOWNER-YYYYMMDDHHMM-RANDOM; "+
			"it is left alone, remove it with the tool that made it", ref.Name, NamePrefix)
	}
	return nil
}
