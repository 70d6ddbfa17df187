package chart

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// A chart that generates a password, a certificate or a timestamp would give
// another text at every run, and now and then another verdict: an unquoted
// password that happens to be all digits is a number to YAML. The functions
// below replace those of sprig by ones that depend on the chart's name and on
// the number of calls before. They keep sprig's signatures and shapes.

// fixedNow is the time that templates see, in every run.
var fixedNow = time.Date(2025, time.June, 15, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// impure names the functions whose results do not depend on their arguments
// alone, or that act on something: the version must not pass through them
// symbolically.
var impure = []string{
	"ago", "append", "bcrypt", "buildCustomCert", "date", "dateInZone", "date_in_zone", "durationRound", "encryptAES", "fail",
	"genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert",
	"genSignedCertWithKey", "htmlDate", "htmlDateInZone", "htpasswd", "mustToDate", "now", "randAlpha", "randAlphaNum",
	"randAscii", "randBytes", "randInt", "randNumeric", "set", "shuffle", "toDate", "unset", "uuidv4",
}

type fixtures struct {
	rnd *rand.Rand
	raw *rand.ChaCha8
}

func newFixtures(seed string) *fixtures {
	raw := rand.NewChaCha8(sha256.Sum256([]byte("chart-matrix " + seed)))
	return &fixtures{rnd: rand.New(raw), raw: raw}
}

func (f *fixtures) funcs() template.FuncMap {
	sp := sprig.TxtFuncMap()
	dateInZone := sp["dateInZone"].(func(string, any, string) string)
	fixed := func(d any) any {
		switch d.(type) {
		case time.Time, *time.Time, int, int32, int64:
			return d
		}
		return fixedNow // where sprig falls back to the clock
	}
	inZone := func(layout string, d any, zone string) string { return dateInZone(layout, fixed(d), zone) }
	ago := func(d any) string {
		switch d := d.(type) {
		case time.Time:
			return fixedNow.Sub(d).Round(time.Second).String()
		case int64:
			return fixedNow.Sub(time.Unix(d, 0)).Round(time.Second).String()
		case int:
			return fixedNow.Sub(time.Unix(int64(d), 0)).Round(time.Second).String()
		}
		return "0s"
	}
	durationRound := sp["durationRound"].(func(any) string)
	return template.FuncMap{
		"now":            func() time.Time { return fixedNow },
		"ago":            ago,
		"date":           func(layout string, d any) string { return inZone(layout, d, "Local") },
		"dateInZone":     inZone,
		"date_in_zone":   inZone,
		"htmlDate":       func(d any) string { return inZone("2006-01-02", d, "Local") },
		"htmlDateInZone": func(d any, zone string) string { return inZone("2006-01-02", d, zone) },
		"durationRound": func(d any) string {
			if t, ok := d.(time.Time); ok {
				d = fixedNow.Sub(t).String()
			}
			return durationRound(d)
		},
		"randAlphaNum": func(n int) (string, error) { return f.text(n, letters+digits) },
		"randAlpha":    func(n int) (string, error) { return f.text(n, letters) },
		"randAscii":    func(n int) (string, error) { return f.text(n, letters+digits) },
		"randNumeric":  func(n int) (string, error) { return f.digits(n) },
		"randInt":      func(low, high int) int { return f.rnd.IntN(high-low) + low },
		"randBytes": func(n int) (string, error) {
			b, err := f.bytes(n)
			return base64.StdEncoding.EncodeToString(b), err
		},
		"uuidv4":     f.uuid,
		"shuffle":    f.shuffle,
		"bcrypt":     fakeBcrypt,
		"htpasswd":   fakeHtpasswd,
		"encryptAES": f.encryptAES,

		"genPrivateKey":            f.privateKey,
		"buildCustomCert":          buildCustomCert,
		"genCA":                    f.ca,
		"genCAWithKey":             f.caWithKey,
		"genSelfSignedCert":        f.selfSigned,
		"genSelfSignedCertWithKey": f.selfSignedWithKey,
		"genSignedCert":            f.signed,
		"genSignedCertWithKey":     f.signedWithKey,

		"keys":   sortedKeys,
		"values": sortedValues,
	}
}

// maxRandom bounds the text that one call may ask for, in bytes.
const maxRandom = 16 << 20

// text begins with a letter, so that it never reads as a number.
func (f *fixtures) text(n int, from string) (string, error) {
	b, err := f.pick(n, from)
	if err == nil && n > 0 {
		b[0] = letters[f.rnd.IntN(len(letters))]
	}
	return string(b), err
}

// digits begins with a 1, so that it never reads as an octal number.
func (f *fixtures) digits(n int) (string, error) {
	b, err := f.pick(n, digits)
	if err == nil && n > 0 {
		b[0] = '1'
	}
	return string(b), err
}

func (f *fixtures) pick(n int, from string) ([]byte, error) {
	if n > maxRandom {
		return nil, fmt.Errorf("random text of %d bytes is longer than %d", n, maxRandom)
	}
	b := make([]byte, max(n, 0))
	for i := range b {
		b[i] = from[f.rnd.IntN(len(from))]
	}
	return b, nil
}

func (f *fixtures) bytes(n int) ([]byte, error) {
	if n < 0 || n > maxRandom {
		return nil, fmt.Errorf("expected a number of bytes up to %d, found %d", maxRandom, n)
	}
	b := make([]byte, n)
	_, err := f.raw.Read(b)
	return b, err
}

func (f *fixtures) uuid() (string, error) {
	b, err := f.bytes(16)
	if err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4, variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

func (f *fixtures) shuffle(s string) string {
	runes := []rune(s)
	f.rnd.Shuffle(len(runes), func(i, j int) { runes[i], runes[j] = runes[j], runes[i] })
	return string(runes)
}

// fakeBcrypt has the shape of a bcrypt hash without its deliberate slowness.
func fakeBcrypt(s string) string {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	a, b := sha256.Sum256([]byte("salt"+s)), sha256.Sum256([]byte("hash"+s))
	out := make([]byte, 0, 53)
	for _, c := range append(a[:], b[:]...)[:53] {
		out = append(out, alphabet[int(c)%len(alphabet)])
	}
	return "$2a$10$" + string(out)
}

func fakeHtpasswd(user, password string) string {
	if strings.Contains(user, ":") {
		return "invalid username: " + user
	}
	return user + ":" + fakeBcrypt(password)
}

// encryptAES writes what sprig's decryptAES reads: CBC with PKCS #7 padding,
// the key cut or padded to 32 bytes, the initialisation vector in front.
func (f *fixtures) encryptAES(password, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(text)%aes.BlockSize
	plain := append([]byte(text), slices.Repeat([]byte{byte(pad)}, pad)...)
	out, err := f.bytes(aes.BlockSize + len(plain))
	if err != nil {
		return "", err
	}
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], plain)
	return base64.StdEncoding.EncodeToString(out), nil
}

// sortedKeys and sortedValues give the order that sprig leaves to chance.
func sortedKeys(dicts ...map[string]any) []string {
	var out []string
	for _, d := range dicts {
		out = append(out, keysOf(d)...)
	}
	return out
}

func sortedValues(dict map[string]any) []any {
	out := []any{}
	for _, k := range keysOf(dict) {
		out = append(out, dict[k])
	}
	return out
}

func keysOf(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var errNoPEM = errors.New("expected a PEM block, found none")
