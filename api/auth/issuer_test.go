package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// The keys of the tests are made once: an RSA key takes a while.
var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edKey  = sync.OnceValue(func() ed25519.PrivateKey { _, k, err := ed25519.GenerateKey(rand.Reader); return must(k, err) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A clock is set by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// An issuer signs tokens, in the test's own process.
type issuer struct {
	*httptest.Server
	keys  atomic.Pointer[jose.JSONWebKeySet]
	down  atomic.Bool
	asked atomic.Int64 // how often somebody asked where its keys are
	clock *clock
	// discovery, if not nil, is what it says of itself.
	discovery atomic.Pointer[string]
}

const audience = "comity-protocol-office"

// newIssuer begins an issuer that shows the RSA key rsa-1.
func newIssuer(t testing.TB) *issuer {
	i := &issuer{clock: newClock()}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		if i.down.Load() {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if text := i.discovery.Load(); text != nil {
			_, _ = w.Write([]byte(*text))
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(i.keys.Load())
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	i.show(jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "rsa-1"})
	return i
}

// show replaces the keys of the issuer.
func (i *issuer) show(keys ...jose.JSONWebKey) { i.keys.Store(&jose.JSONWebKeySet{Keys: keys}) }

// config lets in callers with tokens of the issuer: staff are officers of everything,
// and whoever brings grants has those.
func (i *issuer) config() auth.Config {
	return auth.Config{Issuers: []auth.Issuer{{
		URL: i.URL, Audience: audience, GrantsClaim: "comity_grants", RolesClaim: "/realm_access/roles",
		Roles: map[string][]auth.Grant{"staff": {all(auth.Officer)}},
	}}}
}

func all(r auth.Role) auth.Grant {
	return auth.Grant{Role: r, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}}
}

// identifier makes an identifier and waits for the keys of its issuers.
func (i *issuer) identifier(t testing.TB, c auth.Config) *auth.Identifier {
	who, err := auth.New(c, auth.Options{Now: i.clock.now})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return who.Ready() == nil }, time.Minute, time.Millisecond)
	return who
}

// claims of a token in which nothing is wrong; others replace them, and nil removes one.
func (i *issuer) claims(others map[string]any) map[string]any {
	now := i.clock.now().Unix()
	out := map[string]any{
		"iss": i.URL, "aud": audience, "sub": "officer-7", "iat": now, "exp": now + 3600,
		"realm_access": map[string]any{"roles": []string{"staff"}},
	}
	maps.Copy(out, others)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// token signs claims with the key rsa-1.
func (i *issuer) token(others map[string]any) string {
	return signed(map[string]any{"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, i.claims(others), rs256(rsaKey()))
}

// signed writes a token. Header and payload are taken as they are: a text as the JSON.
func signed(header, payload any, sign func([]byte) []byte) string {
	text := part(header) + "." + part(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func part(v any) string {
	text, ok := v.(string)
	if !ok {
		text = string(must(json.Marshal(v)))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func rs256(key *rsa.PrivateKey) func([]byte) []byte {
	return func(text []byte) []byte {
		sum := sha256.Sum256(text)
		return must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]))
	}
}

func es256(key *ecdsa.PrivateKey) func([]byte) []byte {
	return func(text []byte) []byte {
		sum := sha256.Sum256(text)
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		must(0, err)
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func hs256(secret []byte) func([]byte) []byte {
	return func(text []byte) []byte {
		h := hmac.New(sha256.New, secret)
		h.Write(text)
		return h.Sum(nil)
	}
}

// request is a request with credentials, if any, from this machine.
func request(credentials ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/access/v1/evaluation", http.NoBody)
	r.RemoteAddr = "127.0.0.1:50000"
	for _, c := range credentials {
		r.Header.Add("Authorization", c)
	}
	return r
}

func bearer(token string) *http.Request { return request("Bearer " + token) }
