package provider

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// kindName is what kind demands of a cluster's name, and MaxName keeps the
// host name of its first node below 64 bytes.
var kindName = regexp.MustCompile(`^[a-z0-9.-]+$`)

func TestNameCarriesOwnerAndExpiry(t *testing.T) {
	at := time.Date(2026, 11, 23, 6, 4, 1, 5, time.FixedZone("east", 3600))
	name := NewName("k3m9x2aa", at)
	if !strings.HasPrefix(name, "cm-k3m9x2aa-202611230505-") {
		t.Errorf("got %s", name)
	}
	owner, expires, ok := ParseName(name)
	if !ok || owner != "k3m9x2aa" || !expires.Equal(time.Date(2026, 11, 23, 5, 5, 0, 0, time.UTC)) {
		t.Errorf("%s parses as %s, %s, %t", name, owner, expires, ok)
	}
	if expires.Before(at) {
		t.Errorf("it expires at %s, before %s", expires, at)
	}
}

func TestNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		name := NewName("a", time.Unix(0, 0))
		if seen[name] {
			t.Fatalf("%s came twice", name)
		}
		seen[name] = true
	}
}

func TestOwnersThatDoNotFitAreHashed(t *testing.T) {
	forms := map[string]string{}
	for _, owner := range []string{"", "A", "a", "a-b", "ab", "job/1", "é", strings.Repeat("a", 24), strings.Repeat("a", 25), "a\x00"} {
		form := OwnerInName(owner)
		if other, taken := forms[form]; taken {
			t.Errorf("%q and %q are both %s", owner, other, form)
		}
		forms[form] = owner
		if OwnerInName(form) != form {
			t.Errorf("%q is %s, and that is %s", owner, form, OwnerInName(form))
		}
	}
}

func TestParseNameRefusesOthers(t *testing.T) {
	for _, name := range []string{
		"", "kind", "cm-", "cm-kind", "cm-a-202611230605", "cm-a-202611230605-", "cm-a-202613230605-abcdefgh",
		"cm-a-202611230660-abcdefgh", "cm-a-000001010000-abcdefgh", "cm-A-202611230605-abcdefgh", "cm-a-202611230605-abcdefg1",
		"cm-a-202611230605-abcdefghi", "cm--202611230605-abcdefgh", "cm-a-b-202611230605-abcdefgh", "xcm-a-202611230605-abcdefgh",
		"cm-a-202611230605-abcdefgh\n", "cm-" + strings.Repeat("a", 25) + "-202611230605-abcdefgh",
	} {
		if owner, expires, ok := ParseName(name); ok {
			t.Errorf("%q parses as %q, %s", name, owner, expires)
		}
	}
}

func TestExpiryIsKeptInBounds(t *testing.T) {
	first, last := time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC)
	for _, c := range []struct{ in, want time.Time }{
		{time.Time{}, first},
		{first.Add(-1), first},
		{time.Unix(60, 0), time.Unix(60, 0).UTC()},
		{time.Unix(60, 1), time.Unix(120, 0).UTC()},
		{last, last},
		{last.Add(-1), last},
		{last.Add(1), last},
		{time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), last},
	} {
		if got := ExpiryInName(c.in); !got.Equal(c.want) {
			t.Errorf("%s becomes %s, want %s", c.in, got, c.want)
		}
	}
}

func TestCheckRef(t *testing.T) {
	ref := NewRef("kind", "a", time.Now())
	if err := CheckRef("kind", ref); err != nil {
		t.Error(err)
	}
	if found, ok := ParseRef("kind", ref.Name); !ok || found.Owner != ref.Owner || !found.Expires.Equal(ref.Expires) {
		t.Errorf("%+v is found as %+v", ref, found)
	}
	if err := CheckRef("k3s", ref); err == nil {
		t.Error("a Ref of another provider is taken")
	}
	ref.Name = "production"
	if err := CheckRef("kind", ref); err == nil || !strings.Contains(err.Error(), `"production" was not made by chart-matrix`) {
		t.Errorf("got %v", err)
	}
}

func FuzzName(f *testing.F) {
	f.Add("k3m9x2aa", int64(1_795_413_840), int64(0))
	f.Add("", int64(0), int64(1))
	f.Add("Übung/1", int64(-1), int64(999_999_999))
	f.Add("a", int64(253_402_300_799), int64(1))
	f.Fuzz(func(t *testing.T, owner string, seconds, nanoseconds int64) {
		expires := time.Unix(seconds, nanoseconds)
		name := NewName(owner, expires)
		if len(name) > MaxName || MaxName > 50 || !kindName.MatchString(name) {
			t.Fatalf("%q is not a name of a kind cluster", name)
		}
		gotOwner, gotExpires, ok := ParseName(name)
		if !ok || gotOwner != OwnerInName(owner) || !gotExpires.Equal(ExpiryInName(expires)) {
			t.Fatalf("%q of %q and %s parses as %q, %s, %t", name, owner, expires, gotOwner, gotExpires, ok)
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add("cm-k3m9x2aa-202611230605-w7q4n2bd")
	f.Add("kind")
	f.Fuzz(func(t *testing.T, name string) {
		owner, expires, ok := ParseName(name)
		if !ok {
			return
		}
		again := NewName(owner, expires)
		if cut := len(again) - randomLength; len(name) != len(again) || name[:cut] != again[:cut] {
			t.Errorf("%q has owner %q and expiry %s, of which comes %q", name, owner, expires, again)
		}
	})
}
