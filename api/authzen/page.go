package authzen

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
)

// The results of a page, for who states no limit, and at most.
const (
	usualPage = 1000
	mostPage  = 10_000
)

// A token says where a list goes on. It holds all that the next page needs, so that the
// server keeps nothing, and is authenticated, so that nobody makes one up:
//
//	1 byte   version, 1
//	8 bytes  position: as known at
//	8 bytes  as of, in microseconds since 1970
//	4 bytes  results of a page
//	16 bytes of the hash of the query
//	rest     the last result that was given
//	16 bytes of the HMAC of all that, with SHA-256
//
// in base64 for URLs. Whoever follows it sees the list as it was when the first page was
// given, whatever was recorded since and however late it is.
type token struct {
	known domain.Position
	asOf  time.Time
	limit int
	query [16]byte
	after string
}

const (
	tokenVersion = 1
	tokenHead    = 1 + 8 + 8 + 4 + 16
	tokenMAC     = 16
	mostToken    = 4096 // characters; ids are short
)

// Pages makes tokens and reads them.
type pages struct{ key []byte }

func newPages(key []byte) *pages {
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails
	}
	return &pages{key}
}

func (p *pages) mac(text []byte) []byte {
	h := hmac.New(sha256.New, p.key)
	h.Write(text)
	return h.Sum(nil)[:tokenMAC]
}

// write writes a token.
func (p *pages) write(t token) string {
	text := make([]byte, 0, tokenHead+len(t.after)+tokenMAC)
	text = append(text, tokenVersion)
	text = binary.BigEndian.AppendUint64(text, uint64(t.known))
	text = binary.BigEndian.AppendUint64(text, uint64(t.asOf.UnixMicro())) //nolint:gosec // it is read the same way
	text = binary.BigEndian.AppendUint32(text, uint32(t.limit))            //nolint:gosec // at most mostPage
	text = append(append(text, t.query[:]...), t.after...)
	return base64.RawURLEncoding.EncodeToString(append(text, p.mac(text)...))
}

// read reads a token that write wrote.
func (p *pages) read(text string) (t token, err error) {
	bad := func() (token, error) {
		return token{}, api.Bad("page_token", "page.token is none of this server's: search again from the start")
	}
	if len(text) > mostToken {
		return bad()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < tokenHead+tokenMAC || raw[0] != tokenVersion {
		return bad()
	}
	body, mac := raw[:len(raw)-tokenMAC], raw[len(raw)-tokenMAC:]
	if !hmac.Equal(mac, p.mac(body)) {
		return bad()
	}
	t.known = domain.Position(binary.BigEndian.Uint64(body[1:]))
	t.asOf = time.UnixMicro(int64(binary.BigEndian.Uint64(body[9:]))).UTC() //nolint:gosec // as it was written
	t.limit = int(binary.BigEndian.Uint32(body[17:]))
	copy(t.query[:], body[21:])
	t.after = string(body[tokenHead:])
	return t, nil
}

// queryHash tells searches apart. Parts can't run into each other.
func queryHash(parts ...string) (out [16]byte) {
	h := sha256.New()
	var n [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	copy(out[:], h.Sum(nil))
	return out
}
