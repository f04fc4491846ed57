package eventlog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A Hash is the SHA-256 of a body, and the form of every other hash here.
type Hash [sha256.Size]byte

// HashBody returns the hash under which a body is kept.
func HashBody(body []byte) Hash { return sha256.Sum256(body) }

// String returns the hash as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash is the inverse of [Hash.String]. It accepts digits in lower case
// only, so that a hash has one spelling.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != hex.EncodedLen(len(h)) {
		return Hash{}, fmt.Errorf("hash %q: want %d hexadecimal digits, got %d characters", s, hex.EncodedLen(len(h)), len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("hash %q: %w", s, err)
	}
	if h.String() != s {
		return Hash{}, fmt.Errorf("hash %q: digits must be in lower case", s)
	}
	return h, nil
}

// MarshalText makes a hash a string in JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is the inverse of [Hash.MarshalText].
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}
