package chart

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certificate has the fields that templates read from sprig's own type.
type certificate struct {
	Cert string // PEM
	Key  string // PEM
}

// privateKey gives an Ed25519 key whatever kind is asked for: the text stands
// in a Secret that is never used, and an RSA key takes half a second.
func (f *fixtures) privateKey(kind string) string {
	switch kind {
	case "", "rsa", "dsa", "ecdsa", "ed25519":
	default:
		return "Unknown type " + kind
	}
	_, text, err := f.key()
	if err != nil {
		return "failed to generate private key: " + err.Error()
	}
	return text
}

func (f *fixtures) key() (ed25519.PrivateKey, string, error) {
	seed, err := f.bytes(ed25519.SeedSize)
	if err != nil {
		return nil, "", err
	}
	key := ed25519.NewKeyFromSeed(seed)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", err
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func (f *fixtures) ca(cn string, days int) (certificate, error) {
	return f.issue(nil, "", cn, nil, nil, days, true)
}

func (f *fixtures) caWithKey(cn string, days int, key string) (certificate, error) {
	return f.issue(nil, key, cn, nil, nil, days, true)
}

func (f *fixtures) selfSigned(cn string, ips, names []any, days int) (certificate, error) {
	return f.issue(nil, "", cn, ips, names, days, false)
}

func (f *fixtures) selfSignedWithKey(cn string, ips, names []any, days int, key string) (certificate, error) {
	return f.issue(nil, key, cn, ips, names, days, false)
}

func (f *fixtures) signed(cn string, ips, names []any, days int, ca certificate) (certificate, error) {
	return f.issue(&ca, "", cn, ips, names, days, false)
}

func (f *fixtures) signedWithKey(cn string, ips, names []any, days int, ca certificate, key string) (certificate, error) {
	return f.issue(&ca, key, cn, ips, names, days, false)
}

// issue makes a certificate, signed by ca or by itself. Everything in it comes
// from the arguments and the fixed clock, so it is the same in every run.
func (f *fixtures) issue(ca *certificate, keyPEM, cn string, ips, names []any, days int, isCA bool) (certificate, error) {
	var signer crypto.Signer
	var err error
	out := certificate{Key: keyPEM}
	if keyPEM == "" {
		signer, out.Key, err = f.key()
	} else {
		signer, err = parseKey(keyPEM)
	}
	if err != nil {
		return certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber:          big.NewInt(int64(f.rnd.Uint64() >> 2)),
		Subject:               pkix.Name{CommonName: cn},
		NotBefore:             fixedNow,
		NotAfter:              fixedNow.Add(time.Duration(days) * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  isCA,
	}
	if isCA {
		tmpl.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, v := range ips {
		text, ok := v.(string)
		if !ok {
			return certificate{}, fmt.Errorf("error parsing ip: %v is not a string", v)
		}
		ip := net.ParseIP(text)
		if ip == nil {
			return certificate{}, fmt.Errorf("error parsing ip: %s", text)
		}
		tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
	}
	for _, v := range names {
		text, ok := v.(string)
		if !ok {
			return certificate{}, fmt.Errorf("error processing alternate dns name: %v is not a string", v)
		}
		tmpl.DNSNames = append(tmpl.DNSNames, text)
	}
	parent, parentKey := tmpl, signer
	if ca != nil {
		if parent, parentKey, err = parsePair(*ca); err != nil {
			return certificate{}, err
		}
	}
	// A nil reader makes the signatures that need randomness deterministic.
	der, err := x509.CreateCertificate(nil, tmpl, parent, signer.Public(), parentKey)
	if err != nil {
		return certificate{}, fmt.Errorf("error creating certificate: %w", err)
	}
	out.Cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return out, nil
}

func buildCustomCert(cert64, key64 string) (certificate, error) {
	cert, err := base64.StdEncoding.DecodeString(cert64)
	if err != nil {
		return certificate{}, fmt.Errorf("unable to decode base64 certificate: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil {
		return certificate{}, fmt.Errorf("unable to decode base64 private key: %w", err)
	}
	out := certificate{Cert: string(cert), Key: string(key)}
	if _, _, err := parsePair(out); err != nil {
		return certificate{}, err
	}
	return out, nil
}

func parsePair(c certificate) (*x509.Certificate, crypto.Signer, error) {
	block, _ := pem.Decode([]byte(c.Cert))
	if block == nil {
		return nil, nil, fmt.Errorf("unable to decode certificate: %w", errNoPEM)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("error parsing certificate: %w", err)
	}
	key, err := parseKey(c.Key)
	return cert, key, err
}

func parseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("error parsing private key: %w", errNoPEM)
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("error parsing private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("error parsing private key: a %T cannot sign", key)
	}
	return signer, nil
}
