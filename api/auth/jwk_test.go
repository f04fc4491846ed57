package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Keys as somebody else's library writes them.
func TestParseKeysOfOthers(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public := []any{r.Public()}
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		for range 20 { // some have a leading zero
			k, err := ecdsa.GenerateKey(c, rand.Reader)
			require.NoError(t, err)
			public = append(public, k.Public())
		}
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	public = append(public, ed)
	var set jose.JSONWebKeySet
	for n, k := range public {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k, KeyID: fmt.Sprint(n)})
	}
	text, err := json.Marshal(set)
	require.NoError(t, err)
	keys, err := parseKeys(text)
	require.NoError(t, err)
	require.Len(t, keys, len(public))
	for n, k := range keys {
		assert.Equal(t, fmt.Sprint(n), k.id)
		assert.True(t, k.key.(interface{ Equal(x crypto.PublicKey) bool }).Equal(public[n]), "key %d", n)
	}
}

func TestKeysThatAreLeftOut(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	write := func(k any) string {
		text, err := json.Marshal(jose.JSONWebKey{Key: k, KeyID: "k"})
		require.NoError(t, err)
		return string(text)
	}
	point := write(ec.Public())
	var xy struct{ X, Y string }
	require.NoError(t, json.Unmarshal([]byte(point), &xy))
	tests := []struct{ name, key, want string }{
		{"a short RSA key", write(small.Public()), "has 1024 bits"},
		{"a shared secret", `{"kty":"oct","k":"AAAA"}`, `a key of the type "oct"`},
		{"no type", `{"n":"AQAB","e":"AQAB"}`, `a key of the type ""`},
		{"with its private part", write(ec), "with its private part"},
		{"for encryption", strings.Replace(point, "{", `{"use":"enc",`, 1), "is not for signatures"},
		{"to sign with", strings.Replace(point, "{", `{"key_ops":["sign"],`, 1), "is not for signatures"},
		{"for nothing", strings.Replace(point, "{", `{"key_ops":[],`, 1), "is not for signatures"},
		{"for another algorithm", strings.Replace(point, "{", `{"alg":"RS256",`, 1), `is for "RS256"`},
		{"for a secret", strings.Replace(point, "{", `{"alg":"HS256",`, 1), `is for "HS256"`},
		{"another curve", strings.Replace(point, "P-256", "secp256k1", 1), "secp256k1"},
		{"a longer curve", strings.Replace(point, "P-256", "P-384", 1), "not as long"},
		{"off the curve", strings.Replace(point, xy.Y, xy.X, 1), "point not on curve"},
		{"no point", strings.Replace(point, xy.X, "", 1), "a number of the key is missing"},
		{"exponent 1", `{"kty":"RSA","e":"AQ","n":"` + strings.Repeat("_", 342) + `"}`, "exponent"},
		{"exponent 2", `{"kty":"RSA","e":"Ag","n":"` + strings.Repeat("_", 342) + `"}`, "exponent"},
		{"a long exponent", `{"kty":"RSA","e":"AAAAAQAAAAAB","n":"` + strings.Repeat("_", 342) + `"}`, "exponent"},
		{"a long modulus", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 4000) + `"}`, "bits"},
		{"X25519", `{"kty":"OKP","crv":"X25519","x":"` + strings.Repeat("A", 43) + `"}`, "X25519"},
		{"a short Ed25519 key", `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "32 bytes"},
		{"no object", `7`, "cannot unmarshal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseKeys([]byte(`{"keys":[` + tt.key + `]}`))
			require.ErrorContains(t, err, "no key among them can check a signature")
			require.ErrorContains(t, err, tt.want)
			keys, err := parseKeys([]byte(`{"keys":[` + tt.key + `,` + point + `]}`))
			require.NoError(t, err, "one bad key must not stop the others")
			assert.Len(t, keys, 1)
		})
	}
	_, err = parseKeys([]byte(`{"keys":[` + strings.Repeat(point+",", 100) + point + `]}`))
	require.ErrorContains(t, err, "there are 101 keys")
	_, err = parseKeys([]byte(`[]`))
	require.ErrorContains(t, err, "the keys are no JSON")
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","e":"AQAB","n":"AQAB"},null,{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys(text)
		if err == nil && len(keys) == 0 {
			t.Fatal("no key, and no error")
		}
		for _, k := range keys {
			if k.key == nil || k.family == "" {
				t.Fatalf("a key of nothing: %+v", k)
			}
		}
	})
}
