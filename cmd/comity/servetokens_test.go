package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestServeTokens sends tokens with the usual flaws through the whole server.
func TestServeTokens(t *testing.T) {
	furnishLive(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": issuer.URL, "jwks_uri": issuer.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	}))
	defer issuer.Close()
	require.NoError(t, os.WriteFile("issuer.yaml", fmt.Appendf(nil, "auth:\n  issuers:\n    - url: %s\n      audience: comity\n      roles_claim: groups\n      roles: {desk: [{role: officer, offices: ['*'], countries: ['*'], programmes: ['*']}]}\n", issuer.URL), 0o600))
	s := startServing(t, "comity serve --config issuer.yaml")

	claims := func(change ...any) []byte {
		c := map[string]any{"iss": issuer.URL, "sub": "officer-7", "aud": "comity", "groups": []string{"desk"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
		for i := 0; i < len(change); i += 2 {
			c[change[i].(string)] = change[i+1]
		}
		text, err := json.Marshal(c)
		require.NoError(t, err)
		return text
	}
	sign := func(by *ecdsa.PrivateKey, id string, payload []byte) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: by, KeyID: id}}, nil)
		require.NoError(t, err)
		signed, err := signer.Sign(payload)
		require.NoError(t, err)
		text, err := signed.CompactSerialize()
		require.NoError(t, err)
		return text
	}
	part := base64.RawURLEncoding.EncodeToString
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	confused := part([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + part(claims())
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(confused))
	good := sign(key, "k1", claims())
	begun, _, _ := strings.Cut(good, ".")

	status, text := s.ask(http.MethodGet, s.url+"/v1/caller", "", "Authorization", "Bearer "+good)
	require.Equal(t, http.StatusOK, status, text)
	assert.Contains(t, text, "officer-7")
	for what, token := range map[string]string{
		"no algorithm":       part([]byte(`{"alg":"none"}`)) + "." + part(claims()) + ".",
		"another audience":   sign(key, "k1", claims("aud", "payroll")),
		"no audience":        sign(key, "k1", claims("aud", nil)),
		"ended":              sign(key, "k1", claims("exp", time.Now().Add(-time.Hour).Unix())),
		"no end":             sign(key, "k1", claims("exp", nil)),
		"not begun":          sign(key, "k1", claims("nbf", time.Now().Add(time.Hour).Unix())),
		"an unknown key":     sign(other, "k2", claims()),
		"a key's name":       sign(other, "k1", claims()),
		"another issuer":     sign(key, "k1", claims("iss", "https://login.example")),
		"a public key's MAC": confused + "." + part(mac.Sum(nil)),
		"other claims":       begun + "." + part(claims("sub", "minister")) + good[strings.LastIndex(good, "."):],
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/caller", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		w, err := s.client.Do(r)
		require.NoError(t, err)
		_ = w.Body.Close()
		assert.Equal(t, http.StatusUnauthorized, w.StatusCode, what)
		assert.NotEmpty(t, w.Header.Get("WWW-Authenticate"), what)
		assert.Equal(t, "application/problem+json", w.Header.Get("Content-Type"), what)
	}
	assert.Zero(t, s.end())
	assert.NotContains(t, s.said(), good)
}
