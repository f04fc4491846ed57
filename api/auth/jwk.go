package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A publicKey is a key of an issuer (JWK, RFC 7517) that may check signatures.
type publicKey struct {
	id     string // kid; may be empty
	family string // RSA, ES256, ES384, ES512 or EdDSA: see [familyOf]
	alg    string // the only algorithm it is for; empty: any of its family
	key    crypto.PublicKey
	mark   [sha256.Size]byte // of all that the issuer says of it
}

// familyOf returns the kind of key that an algorithm needs. That a token names an
// algorithm does not make a key fit for it: each key is used for its own kind alone.
func familyOf(alg string) string {
	if strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS") {
		return "RSA"
	}
	return alg
}

// fits reports whether the key may check a signature.
func (k *publicKey) fits(id, alg string) bool {
	return k.family == familyOf(alg) && (k.alg == "" || k.alg == alg) && (id == "" || k.id == id)
}

// A jwk is a key as the issuer writes it.
type jwk struct {
	Kty string   `json:"kty"`
	Use string   `json:"use"`
	Ops []string `json:"key_ops"`
	Alg string   `json:"alg"`
	Kid string   `json:"kid"`
	Crv string   `json:"crv"`
	N   string   `json:"n"`
	E   string   `json:"e"`
	X   string   `json:"x"`
	Y   string   `json:"y"`
	D   string   `json:"d"`
}

// mostKeys bounds the keys of an issuer.
const mostKeys = 100

// parseKeys reads the keys of an issuer. Those that can't check a signature here are left
// out, as RFC 7517 section 5 has it; if none remains, that is an error.
func parseKeys(text []byte) ([]publicKey, error) {
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("the keys are no JSON: %w", err)
	}
	if len(doc.Keys) > mostKeys {
		return nil, fmt.Errorf("there are %d keys: at most %d are read", len(doc.Keys), mostKeys)
	}
	var out []publicKey
	var last error
	for _, raw := range doc.Keys {
		k, err := parseKey(raw)
		if err != nil {
			last = err
			continue
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, errors.Join(errors.New("no key among them can check a signature"), last)
	}
	return out, nil
}

func parseKey(raw []byte) (publicKey, error) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return publicKey{}, err
	}
	switch {
	case k.Use != "" && k.Use != "sig", k.Ops != nil && !slices.Contains(k.Ops, "verify"):
		return publicKey{}, errors.New("the key is not for signatures")
	case k.D != "":
		return publicKey{}, errors.New("the key is published with its private part")
	}
	out := publicKey{id: k.Kid, alg: k.Alg, mark: markOf(raw)}
	var err error
	switch k.Kty {
	case "RSA":
		out.family = "RSA"
		out.key, err = k.rsa()
	case "EC":
		out.family, out.key, err = k.ecdsa()
	case "OKP":
		out.family = "EdDSA"
		out.key, err = k.ed25519()
	default:
		err = fmt.Errorf("a key of the type %q checks no signature that others can't make", clip(k.Kty))
	}
	if err == nil && out.alg != "" && (!slices.Contains(algorithms, out.alg) || familyOf(out.alg) != out.family) {
		err = fmt.Errorf("the key is for %q, which does not go with it", clip(out.alg))
	}
	return out, err
}

// markOf tells one key from another, however it is set out.
func markOf(raw []byte) [sha256.Size]byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return sha256.Sum256(raw)
	}
	return sha256.Sum256(b.Bytes())
}

// leastRSA is how many bits an RSA key must have (RFC 7518 section 3.3), and mostRSA
// bounds the time that one signature takes.
const (
	leastRSA = 2048
	mostRSA  = 8192
)

func (k *jwk) rsa() (crypto.PublicKey, error) {
	n, err := number(k.N)
	if err != nil {
		return nil, err
	}
	e, err := number(k.E)
	if err != nil {
		return nil, err
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if bits := modulus.BitLen(); bits < leastRSA || bits > mostRSA {
		return nil, fmt.Errorf("the RSA key has %d bits: between %d and %d are accepted", bits, leastRSA, mostRSA)
	}
	if exponent.BitLen() > 31 || exponent.Int64() < 3 || exponent.Bit(0) == 0 {
		return nil, errors.New("the RSA key has an exponent that is not used")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

func (k *jwk) ecdsa() (family string, key crypto.PublicKey, err error) {
	var curve elliptic.Curve
	switch k.Crv {
	case "P-256":
		family, curve = "ES256", elliptic.P256()
	case "P-384":
		family, curve = "ES384", elliptic.P384()
	case "P-521":
		family, curve = "ES512", elliptic.P521()
	default:
		return "", nil, fmt.Errorf("the curve %q is not used", clip(k.Crv))
	}
	x, err := number(k.X)
	if err != nil {
		return "", nil, err
	}
	y, err := number(k.Y)
	if err != nil {
		return "", nil, err
	}
	if size := (curve.Params().BitSize + 7) / 8; len(x) != size || len(y) != size {
		return "", nil, errors.New("the point is not as long as the curve has it")
	}
	key, err = ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	return family, key, err
}

func (k *jwk) ed25519() (crypto.PublicKey, error) {
	if k.Crv != "Ed25519" {
		return nil, fmt.Errorf("the curve %q is not used", clip(k.Crv))
	}
	x, err := number(k.X)
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, errors.New("the Ed25519 key is not 32 bytes long")
	}
	return ed25519.PublicKey(x), nil
}

func number(text string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil, errors.New("a number of the key is missing, or not written as base64url")
	}
	return b, nil
}
