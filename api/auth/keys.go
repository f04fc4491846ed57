package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strings"
	"time"
)

// A Key lets a program of the office in. The configuration holds its hash only: whoever
// reads the configuration can't use it.
type Key struct {
	// ID names the caller who presents the key.
	ID string `json:"id" yaml:"id" doc:"who presents the key"`
	// SHA256 is the hash of the whole key, as [NewKey] returns it: 64 digits in hex.
	SHA256 string `json:"sha256" yaml:"sha256" doc:"SHA-256 of the key, in hex, as comity serve key prints it" secret:"true"`
	// Grants are what the caller may do.
	Grants []Grant `json:"grants" yaml:"grants" doc:"what the caller may do"`
	// NotAfter is the instant from which on the key counts no more; zero: it has no end.
	NotAfter time.Time `json:"not_after,omitzero" yaml:"not_after" doc:"when the key ends, such as 2027-01-01T00:00:00Z"`
}

// A key is written
//
//	ck_ + base32(secret ‖ checksum)
//
// in lower case and without padding: 61 characters. The secret has 32 random bytes, the
// checksum is their CRC-32 (IEEE), big-endian. It lets a scanner tell keys from what only
// looks like one, and the server say that a key was mistyped.
const (
	keyBegins   = "ck_"
	secretBytes = 32
	keyBytes    = secretBytes + crc32.Size
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewKey makes a key: its text for whoever will present it, to be shown once and never
// stored, and its hash for the configuration.
func NewKey() (text, hash string) {
	var b [keyBytes]byte
	_, _ = rand.Read(b[:secretBytes]) // never fails
	binary.BigEndian.PutUint32(b[secretBytes:], crc32.ChecksumIEEE(b[:secretBytes]))
	text = keyBegins + base32Lower.EncodeToString(b[:])
	sum := hashOf(text)
	return text, hex.EncodeToString(sum[:])
}

// HashKey returns the hash of a key for the configuration. The error does not repeat the
// key.
func HashKey(text string) (string, error) {
	if err := checkKey(text); err != nil {
		return "", err
	}
	sum := hashOf(text)
	return hex.EncodeToString(sum[:]), nil
}

var (
	errKeyForm = errors.New("the key is not written as keys are: ck_ and 58 lower-case letters and digits; a part may be missing")
	errKeySum  = errors.New("the key has a mistake: a character is wrong or missing")
	errKey     = errors.New("the key is not known here: it was taken back, or belongs to another server")
	errKeyOver = errors.New("the key has ended: ask the operator for a new one")
)

// hashOf returns the SHA-256 of a text. Most texts need no memory for it.
func hashOf(text string) [sha256.Size]byte {
	var b [2048]byte
	if len(text) > len(b) {
		return sha256.Sum256([]byte(text))
	}
	return sha256.Sum256(b[:copy(b[:], text)])
}

// checkKey says whether a text can be a key.
func checkKey(text string) error {
	code, ok := strings.CutPrefix(text, keyBegins)
	if !ok || len(code) != base32Lower.EncodedLen(keyBytes) {
		return errKeyForm
	}
	var b [keyBytes + 1]byte // one more than there can be
	var in, again [64]byte
	n, err := base32Lower.Decode(b[:], in[:copy(in[:], code)])
	if err != nil || n != keyBytes {
		return errKeySum
	}
	base32Lower.Encode(again[:], b[:keyBytes]) // the last character has bits to spare, which must not be used
	if string(again[:len(code)]) != code || crc32.ChecksumIEEE(b[:secretBytes]) != binary.BigEndian.Uint32(b[secretBytes:keyBytes]) {
		return errKeySum
	}
	return nil
}

// keys are the keys of a configuration. They are found by the first bytes of their hash,
// which tell nobody anything about a secret of 32 bytes, and then compared in constant
// time.
type keys map[uint64][]heldKey

type heldKey struct {
	hash   [sha256.Size]byte
	ends   time.Time
	caller *Caller
}

// newKeys takes keys that were checked.
func newKeys(list []Key) keys {
	out := keys{}
	for _, k := range list {
		held := heldKey{ends: k.NotAfter, caller: &Caller{ID: k.ID, Means: ByKey, Grants: copyGrants(k.Grants)}}
		_, _ = hex.Decode(held.hash[:], []byte(k.SHA256)) // was checked
		at := binary.BigEndian.Uint64(held.hash[:])
		out[at] = append(out[at], held)
	}
	return out
}

// find returns who presents a key.
func (k keys) find(text string, now time.Time) (*Caller, error) {
	if err := checkKey(text); err != nil {
		return nil, err
	}
	hash := hashOf(text)
	for _, held := range k[binary.BigEndian.Uint64(hash[:])] {
		if subtle.ConstantTimeCompare(held.hash[:], hash[:]) != 1 {
			continue
		}
		if !held.ends.IsZero() && !now.Before(held.ends) {
			return nil, errKeyOver
		}
		return held.caller, nil
	}
	return nil, errKey
}
