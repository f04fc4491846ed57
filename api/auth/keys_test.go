package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

func withKeys(t testing.TB, at *clock, list ...auth.Key) *auth.Identifier {
	who, err := auth.New(auth.Config{Keys: list}, auth.Options{Now: at.now})
	require.NoError(t, err)
	return who
}

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		text, hash := auth.NewKey()
		assert.Regexp(t, regexp.MustCompile(`^ck_[a-z2-7]{58}$`), text)
		sum := sha256.Sum256([]byte(text))
		assert.Equal(t, hex.EncodeToString(sum[:]), hash)
		again, err := auth.HashKey(text)
		require.NoError(t, err)
		assert.Equal(t, hash, again)
		assert.False(t, seen[text])
		seen[text] = true
	}
}

// A key with any one character changed, left out or doubled is seen to be mistyped.
func TestMistypedKey(t *testing.T) {
	at := newClock()
	text, hash := auth.NewKey()
	who := withKeys(t, at, auth.Key{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}})
	_, err := who.Identify(bearer(text))
	require.NoError(t, err)
	wrong := func(other string) {
		t.Helper()
		if other == text {
			return
		}
		_, hashErr := auth.HashKey(other)
		require.Error(t, hashErr, other)
		c, err := who.Identify(bearer(other))
		require.Error(t, err)
		require.Nil(t, c)
		assert.NotContains(t, err.Error(), "not known here", "%s was taken for a key", other)
	}
	for n := range text {
		for _, c := range "abcdefghijklmnopqrstuvwxyz234567ACK018_-.=" {
			wrong(text[:n] + string(c) + text[n+1:])
		}
		wrong(text[:n] + text[n+1:])
		wrong(text[:n] + text[n:n+1] + text[n:])
		if n > 2 && n < len(text)-1 {
			wrong(text[:n] + text[n+1:n+2] + text[n:n+1] + text[n+2:])
		}
	}
	wrong(strings.ToUpper(text))
	wrong(text + "=")
}

func TestKeys(t *testing.T) {
	at := newClock()
	gate, gateHash := auth.NewKey()
	temp, tempHash := auth.NewKey()
	other, _ := auth.NewKey()
	who := withKeys(t, at,
		auth.Key{ID: "gate", SHA256: gateHash, Grants: []auth.Grant{all(auth.System)}},
		auth.Key{ID: "temp", SHA256: tempHash, NotAfter: at.now().Add(time.Hour), Grants: []auth.Grant{all(auth.Auditor)}})
	for _, credentials := range []string{"Bearer " + gate, "bearer " + gate, "BEARER   " + gate, gate} {
		c, err := who.Identify(request(credentials))
		require.NoError(t, err)
		assert.Equal(t, &auth.Caller{ID: "gate", Means: auth.ByKey, Grants: []auth.Grant{all(auth.System)}}, c)
	}
	at.pass(time.Hour - time.Nanosecond)
	c, err := who.Identify(bearer(temp))
	require.NoError(t, err)
	assert.Equal(t, "temp", c.ID)
	at.pass(time.Nanosecond)
	_, err = who.Identify(bearer(temp))
	require.EqualError(t, err, "the key has ended: ask the operator for a new one")
	_, err = who.Identify(bearer(gate))
	require.NoError(t, err)
	_, err = who.Identify(bearer(other))
	require.EqualError(t, err, "the key is not known here: it was taken back, or belongs to another server")
}
