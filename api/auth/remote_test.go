package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// later waits for what goes on in the background.
func later(t *testing.T, what func() bool, why string) {
	t.Helper()
	require.Eventually(t, what, time.Minute, time.Millisecond, why)
}

// A new key lets its tokens in at once; one that is taken back lets nobody in for longer
// than five minutes, though its tokens were verified before.
func TestKeysRotate(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	old := i.token(map[string]any{"exp": i.clock.now().Unix() + 36000})
	_, err := who.Identify(bearer(old))
	require.NoError(t, err)

	next := must(rsa.GenerateKey(rand.Reader, 2048))
	token := signed(map[string]any{"alg": "RS256", "kid": "rsa-2"}, i.claims(map[string]any{"exp": i.clock.now().Unix() + 36000}), rs256(next))
	i.clock.pass(time.Minute)
	_, err = who.Identify(bearer(token))
	require.EqualError(t, err, "the token is signed with a key that its issuer does not show")

	i.show(jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "rsa-1"}, jose.JSONWebKey{Key: next.Public(), KeyID: "rsa-2"})
	i.clock.pass(10 * time.Second)
	first, err := who.Identify(bearer(token))
	require.NoError(t, err)

	// The old key is taken back: in the background while requests come, the rest is
	// verified again at once.
	i.show(jose.JSONWebKey{Key: next.Public(), KeyID: "rsa-2"})
	i.clock.pass(4 * time.Minute)
	later(t, func() bool {
		_, _ = who.Identify(bearer(i.token(nil))) // is not looked up
		_, err := who.Identify(bearer(old))
		return err != nil && err.Error() == "the token is signed with a key that its issuer does not show"
	}, "the old key lets people in")
	second, err := who.Identify(bearer(token))
	require.NoError(t, err)
	assert.NotSame(t, first, second, "what was verified with the keys before still counts")
}

// Nothing came in the meantime: the first request waits for the keys of now.
func TestKeysTakenBackAtNight(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	old := i.token(map[string]any{"exp": i.clock.now().Unix() + 36000})
	_, err := who.Identify(bearer(old))
	require.NoError(t, err)
	i.show(jose.JSONWebKey{Key: ecKey().Public(), KeyID: "ec-1"})
	i.clock.pass(5 * time.Minute)
	_, err = who.Identify(bearer(old))
	require.EqualError(t, err, "the token is signed with a key that its issuer does not show")
}

// The same id for another key: the signature is wrong, and is not looked up.
func TestKeyChangesUnderItsID(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	old := i.token(nil)
	_, err := who.Identify(bearer(old))
	require.NoError(t, err)
	i.show(jose.JSONWebKey{Key: must(rsa.GenerateKey(rand.Reader, 2048)).Public(), KeyID: "rsa-1"})
	i.clock.pass(5 * time.Minute)
	_, err = who.Identify(bearer(old))
	require.EqualError(t, err, "the token's signature is wrong")
}

// Whoever makes up keys does not make the server ask more often.
func TestUnknownKeysDoNotFlood(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	before := i.asked.Load()
	for range 60 {
		for n := range 20 {
			token := signed(map[string]any{"alg": "RS256", "kid": strings.Repeat("x", n+1)}, i.claims(nil), func([]byte) []byte { return []byte("no") })
			_, err := who.Identify(bearer(token))
			require.Error(t, err)
		}
		i.clock.pass(time.Second)
	}
	asked := i.asked.Load() - before
	assert.LessOrEqual(t, asked, int64(7), "questions in a minute")
	assert.GreaterOrEqual(t, asked, int64(5), "it must look for new keys")
}

// An issuer that is down when the server begins: tokens are refused, others are let in,
// and when it comes up tokens are let in too.
func TestIssuerComesUp(t *testing.T) {
	i := newIssuer(t)
	i.down.Store(true)
	config := i.config()
	text, hash := auth.NewKey()
	config.Keys = []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}}}
	who, err := auth.New(config, auth.Options{Now: i.clock.now})
	require.NoError(t, err)

	later(t, func() bool {
		err := who.Ready()
		return err != nil && strings.Contains(err.Error(), "down for maintenance")
	}, "readiness says why")
	for range 10 {
		c, err := who.Identify(bearer(i.token(nil)))
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.Nil(t, c)
	}
	assert.Equal(t, int64(1), i.asked.Load(), "it is not asked again at once")
	_, err = who.Identify(bearer(text))
	require.NoError(t, err)
	_, err = who.Identify(bearer(signed(map[string]any{"alg": "none"}, i.claims(nil), func([]byte) []byte { return nil })))
	require.EqualError(t, err, "the token is not signed: its alg is none")

	// The wait doubles, up to a minute.
	for n, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		i.clock.pass(wait*time.Second - time.Millisecond)
		_, err = who.Identify(bearer(i.token(nil)))
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.Equal(t, int64(n+1), i.asked.Load(), "too early after %s", wait*time.Second)
		i.clock.pass(time.Millisecond)
		_, err = who.Identify(bearer(i.token(nil)))
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.Equal(t, int64(n+2), i.asked.Load(), "not asked after %s", wait*time.Second)
	}

	i.down.Store(false)
	i.clock.pass(time.Minute)
	_, err = who.Identify(bearer(i.token(nil)))
	require.NoError(t, err)
	require.NoError(t, who.Ready())
}

// An issuer that goes down: its keys count for an hour more, and no longer. A token of a
// key that is not known may be a good one.
func TestIssuerGoesDown(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	i.down.Store(true)
	for range 59 {
		i.clock.pass(time.Minute)
		_, err := who.Identify(bearer(i.token(nil)))
		require.NoError(t, err)
		require.NoError(t, who.Ready())
	}
	later(t, func() bool {
		i.clock.pass(time.Millisecond)
		_, err := who.Identify(bearer(signed(map[string]any{"alg": "RS256", "kid": "rsa-2"}, i.claims(nil), rs256(rsaKey()))))
		return err != nil && err == auth.ErrUnavailable //nolint:errorlint // it is itself
	}, "its keys may have changed")
	last := i.token(nil)
	_, err := who.Identify(bearer(last))
	require.NoError(t, err)
	i.clock.pass(time.Minute)
	_, err = who.Identify(bearer(last))
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = who.Identify(bearer(i.token(nil)))
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.ErrorContains(t, who.Ready(), "down for maintenance")
}

// What an issuer may say of itself that is not to be relied upon.
func TestDiscoveryThatIsRefused(t *testing.T) {
	elsewhere := newIssuer(t)
	tests := []struct {
		name string
		say  func(i *issuer) string
		want string
	}{
		{"another issuer", func(i *issuer) string {
			return `{"issuer":"https://login.example.com","jwks_uri":"` + i.URL + `/keys"}`
		}, "did not match the issuer"},
		{"no keys", func(i *issuer) string { return `{"issuer":"` + i.URL + `"}` }, "jwks_uri is missing"},
		{"keys in the open", func(i *issuer) string { return `{"issuer":"` + i.URL + `","jwks_uri":"http://keys.example.com/"}` }, "does not begin with https://"},
		{"keys in a file", func(i *issuer) string { return `{"issuer":"` + i.URL + `","jwks_uri":"file:///etc/keys"}` }, "is missing or no URL"},
		{"keys that there are not", func(i *issuer) string { return `{"issuer":"` + i.URL + `","jwks_uri":"` + i.URL + `/none"}` }, "keys: 404"},
		{"no end", func(i *issuer) string { return `{"issuer":"` + i.URL + `","x":"` + strings.Repeat("x", 2<<20) + `"}` }, "unexpected end of JSON"},
		{"no JSON", func(*issuer) string { return `<html>` }, "discovery"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := newIssuer(t)
			i.discovery.Store(new(tt.say(i)))
			who, err := auth.New(i.config(), auth.Options{Now: i.clock.now})
			require.NoError(t, err)
			later(t, func() bool { err := who.Ready(); return err != nil && strings.Contains(err.Error(), tt.want) }, tt.want)
			_, err = who.Identify(bearer(i.token(nil)))
			require.ErrorIs(t, err, auth.ErrUnavailable)
		})
	}
	t.Run("a redirection", func(t *testing.T) {
		there := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/.well-known/openid-configuration", http.StatusFound))
		defer there.Close()
		config := elsewhere.config()
		config.Issuers[0].URL = there.URL
		who, err := auth.New(config, auth.Options{})
		require.NoError(t, err)
		later(t, func() bool { err := who.Ready(); return err != nil && strings.Contains(err.Error(), "302") }, "it is not followed")
	})
}
