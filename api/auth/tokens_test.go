package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// A token made by somebody else's library, with each algorithm that may be accepted.
func TestTokensOfEachAlgorithm(t *testing.T) {
	i := newIssuer(t)
	p384, p521 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))
	private := map[jose.SignatureAlgorithm]any{
		jose.RS256: rsaKey(), jose.RS384: rsaKey(), jose.RS512: rsaKey(), jose.PS256: rsaKey(), jose.PS384: rsaKey(), jose.PS512: rsaKey(),
		jose.ES256: ecKey(), jose.ES384: p384, jose.ES512: p521, jose.EdDSA: edKey(),
	}
	i.show(
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "rsa"},
		jose.JSONWebKey{Key: ecKey().Public(), KeyID: "ES256", Algorithm: "ES256", Use: "sig"},
		jose.JSONWebKey{Key: p384.Public(), KeyID: "ES384"},
		jose.JSONWebKey{Key: p521.Public(), KeyID: "ES512"},
		jose.JSONWebKey{Key: edKey().Public(), KeyID: "EdDSA"},
	)
	config := i.config()
	for alg := range private {
		config.Issuers[0].Algorithms = append(config.Issuers[0].Algorithms, string(alg))
	}
	who := i.identifier(t, config)
	for alg, key := range private {
		for _, kid := range []string{"", string(alg)} {
			if kid != "" && strings.Contains(kid, "S256") && kid != "ES256" || strings.HasPrefix(kid, "RS") || strings.HasPrefix(kid, "PS") {
				kid = "rsa"
			}
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("at+jwt"))
			require.NoError(t, err)
			object, err := signer.Sign(must(json.Marshal(i.claims(nil))))
			require.NoError(t, err)
			text, err := object.CompactSerialize()
			require.NoError(t, err)

			c, err := who.Identify(bearer(text))
			if assert.NoError(t, err, "%s, kid %q", alg, kid) {
				assert.Equal(t, &auth.Caller{ID: "officer-7", Means: auth.ByToken, Grants: []auth.Grant{all(auth.Officer)}}, c)
			}
		}
	}
}

// Every usual flaw. What a caller is told holds nothing of the token.
func TestFlawedTokens(t *testing.T) {
	i := newIssuer(t)
	small := must(rsa.GenerateKey(rand.Reader, 2048))
	i.show(
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "rsa-1"},
		jose.JSONWebKey{Key: ecKey().Public(), KeyID: "ec-1"},
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "for-secrets", Use: "enc"},
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: "ps-only", Algorithm: "PS256"},
	)
	config := i.config()
	config.Keys = []auth.Key{{ID: "Gate-Cröss", SHA256: strings.Repeat("a", 64), Grants: []auth.Grant{all(auth.System)}}}
	who := i.identifier(t, config)

	now := i.clock.now().Unix()
	header := func(others map[string]any) map[string]any {
		out := map[string]any{"alg": "RS256", "kid": "rsa-1"}
		for k, v := range others {
			out[k] = v
		}
		return out
	}
	// with signs claims as they should be, under another header.
	with := func(others map[string]any) string { return signed(header(others), i.claims(nil), rs256(rsaKey())) }
	der := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := i.token(nil)
	parts := strings.Split(good, ".")
	embedded := must(jose.JSONWebKey{Key: small.Public(), KeyID: "rsa-1"}.MarshalJSON())

	_, err := who.Identify(bearer(good))
	require.NoError(t, err)

	const form = "this is no token: it should be three parts of base64url with points between them"
	const head = "the token's header is no JSON object with each name once"
	const payload = "the token's payload is no JSON object with each name once"
	const unsigned = "the token is not signed: its alg is none"
	const shared = "the token is signed with a shared secret (alg HS...), which proves nothing here"
	const algorithm = "the token is signed with an algorithm that is not accepted for its issuer"
	const key = "the token is signed with a key that its issuer does not show"
	const signature = "the token's signature is wrong"
	const issuer = "the token is of an issuer that is not accepted here: its iss is another"
	const audienceText = "the token is for another server: its aud does not hold the audience of this one"
	const end = "the token has no end: exp is missing or no time"
	const times = "the token's nbf or iat is no time"
	const subject = "the token does not name the caller: the claim with the name is missing, or no text of 1 to 128 characters that can be seen"
	const grants = "the token's claim with the grants is no list of grants with role, offices, countries and programmes"
	const roles = "the token's claim with the roles is neither a text nor a list of texts"
	const standard = "the token has a claim of OpenID Connect that is not as the standard has it, such as a sub or nonce that is no text"
	const critical = "the token's header has crit: it wants something to be understood that this server does not"
	const kind = "the token is of another kind: its typ should be JWT or at+jwt"

	tests := []struct{ name, token, want string }{
		{"alg none, no signature", part(map[string]any{"alg": "none"}) + "." + parts[1] + ".", unsigned},
		{"alg NoNe", part(map[string]any{"alg": "NoNe", "kid": "rsa-1"}) + "." + parts[1] + "." + parts[2], unsigned},
		{"alg empty", with(map[string]any{"alg": ""}), algorithm},
		{"alg missing", signed(map[string]any{"kid": "rsa-1"}, i.claims(nil), rs256(rsaKey())), algorithm},
		{"alg a number", with(map[string]any{"alg": 256}), algorithm},
		{"alg in lower case", with(map[string]any{"alg": "rs256"}), algorithm},
		{"confused: HS256 with the public key as PEM", signed(header(map[string]any{"alg": "HS256"}), i.claims(nil), hs256(public)), shared},
		{"confused: HS256 with the public key as DER", signed(header(map[string]any{"alg": "HS256"}), i.claims(nil), hs256(der)), shared},
		{"confused: HS256 with the modulus", signed(header(map[string]any{"alg": "HS256"}), i.claims(nil), hs256(rsaKey().N.Bytes())), shared},
		{"confused: ES256 with the id of an RSA key", signed(header(map[string]any{"alg": "ES256"}), i.claims(nil), es256(ecKey())), key},
		{"confused: RS256 with the id of an EC key", with(map[string]any{"kid": "ec-1"}), key},
		{"an algorithm that is not accepted", with(map[string]any{"alg": "RS512"}), algorithm},
		{"a key for encryption", with(map[string]any{"kid": "for-secrets"}), key},
		{"a key for another algorithm", with(map[string]any{"kid": "ps-only"}), key},
		{"unknown key", with(map[string]any{"kid": "rsa-2"}), key},
		{"kid a path", with(map[string]any{"kid": "../../dev/null"}), key},
		{"kid a number", with(map[string]any{"kid": 1}), "the token's kid is no text"},
		{"kid empty", with(map[string]any{"kid": ""}), "the token's kid is no text"},
		{"signed by another key", signed(header(nil), i.claims(nil), rs256(small)), signature},
		{"signed by another key, without kid", signed(map[string]any{"alg": "RS256"}, i.claims(nil), rs256(small)), signature},
		{"brings its own key", signed(header(map[string]any{"jwk": json.RawMessage(embedded)}), i.claims(nil), rs256(small)), signature},
		{"says where its key is", signed(header(map[string]any{"jku": "http://127.0.0.1:1/keys"}), i.claims(nil), rs256(small)), signature},
		{"payload changed", parts[0] + "." + part(i.claims(map[string]any{"sub": "minister"})) + "." + parts[2], signature},
		{"signature cut", good[:len(good)-2], signature},
		{"signature empty", parts[0] + "." + parts[1] + ".", signature},
		{"ES256, all zero", part(map[string]any{"alg": "ES256", "kid": "ec-1"}) + "." + parts[1] + "." + part(strings.Repeat("\x00", 64)), signature},

		{"another issuer", i.token(map[string]any{"iss": "https://login.example.com"}), issuer},
		{"issuer with a slash", i.token(map[string]any{"iss": i.URL + "/"}), issuer},
		{"issuer missing", i.token(map[string]any{"iss": nil}), issuer},
		{"issuer a list", i.token(map[string]any{"iss": []string{i.URL}}), issuer},
		{"another audience", i.token(map[string]any{"aud": "payroll"}), audienceText},
		{"audience missing", i.token(map[string]any{"aud": nil}), audienceText},
		{"audience empty", i.token(map[string]any{"aud": []string{}}), audienceText},
		{"audience a beginning", i.token(map[string]any{"aud": audience[:6]}), audienceText},
		{"audience an object", i.token(map[string]any{"aud": map[string]any{audience: true}}), audienceText},
		{"audience in azp only", i.token(map[string]any{"aud": "payroll", "azp": audience}), audienceText},

		{"expired", i.token(map[string]any{"exp": now - 30}), "the token has expired: get a new one from its issuer"},
		{"exp missing", i.token(map[string]any{"exp": nil}), end},
		{"exp null", signed(header(nil), strings.Replace(string(must(json.Marshal(i.claims(nil)))), fmt.Sprint(now+3600), "null", 1), rs256(rsaKey())), end},
		{"exp a text", i.token(map[string]any{"exp": fmt.Sprint(now + 3600)}), end},
		{"exp beyond all times", i.token(map[string]any{"exp": 1e300}), end},
		{"exp negative", i.token(map[string]any{"exp": -1}), end},
		{"nbf in the future", i.token(map[string]any{"nbf": now + 31}), "the token does not count yet: its nbf is in the future"},
		{"nbf a text", i.token(map[string]any{"nbf": "now"}), times},
		{"iat in the future", i.token(map[string]any{"iat": now + 31}), "the token was issued in the future: its iat is later than now, so one of the clocks is wrong"},
		{"iat true", i.token(map[string]any{"iat": true}), times},

		{"crit", with(map[string]any{"crit": []string{"exp"}}), critical},
		{"crit empty", with(map[string]any{"crit": []string{}}), critical},
		{"b64 false", with(map[string]any{"crit": []string{"b64"}, "b64": false}), critical},
		{"typ of a logout", with(map[string]any{"typ": "logout+jwt"}), kind},
		{"typ of a proof", with(map[string]any{"typ": "dpop+jwt"}), kind},
		{"typ a list", with(map[string]any{"typ": []string{"JWT"}}), kind},
		{"bound to a key", i.token(map[string]any{"cnf": map[string]any{"jkt": "x"}}), "the token is bound to a key of its holder (cnf), which this server does not check"},

		{"encrypted", strings.Repeat(parts[0]+".", 4) + parts[0], "the token is encrypted: send one that is only signed"},
		{"enc in the header", with(map[string]any{"enc": "A256GCM"}), "the token is encrypted: send one that is only signed"},
		{"too long", i.token(map[string]any{"text": strings.Repeat("x", 16<<10)}), "the token is longer than 16384 bytes: have the issuer put less into it"},
		{"two parts", parts[0] + "." + parts[1], form},
		{"four parts", good + "." + parts[0], form},
		{"a word", "open-sesame", form},
		{"padded", parts[0] + "=." + parts[1] + "." + parts[2], form},
		{"header no object", part(`["RS256"]`) + "." + parts[1] + "." + parts[2], head},
		{"header twice", signed(`{"alg":"none","alg":"RS256","kid":"rsa-1"}`, i.claims(nil), rs256(rsaKey())), head},
		{"header and more", signed(`{"alg":"RS256","kid":"rsa-1"} {}`, i.claims(nil), rs256(rsaKey())), head},
		{"header not UTF-8", signed("{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"x\":\"\xff\"}", i.claims(nil), rs256(rsaKey())), head},
		{"payload twice", signed(header(nil), fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"a","exp":1,"exp":%d}`, i.URL, audience, now+60), rs256(rsaKey())), payload},
		{"payload no object", signed(header(nil), `"text"`, rs256(rsaKey())), payload},
		{"payload cut", signed(header(nil), `{"iss":`, rs256(rsaKey())), payload},
		{"payload in other letters", signed(header(nil), fmt.Sprintf(`{"ISS":%q,"AUD":%q,"SUB":"a","EXP":%d}`, i.URL, audience, now+60), rs256(rsaKey())), issuer},

		{"no name", i.token(map[string]any{"sub": nil}), subject},
		{"name empty", i.token(map[string]any{"sub": ""}), subject},
		{"name a number", i.token(map[string]any{"sub": 7}), standard},
		{"name too long", i.token(map[string]any{"sub": strings.Repeat("x", 129)}), subject},
		{"name with a line end", i.token(map[string]any{"sub": "a\nb"}), subject},
		{"name turned round", i.token(map[string]any{"sub": "a\u202eb"}), subject},
		{"the name of a key", i.token(map[string]any{"sub": "gate-cross"}), "the token names a caller who comes with a key or a certificate here"},

		{"roles an object", i.token(map[string]any{"realm_access": map[string]any{"roles": map[string]any{"staff": true}}}), roles},
		{"roles of numbers", i.token(map[string]any{"realm_access": map[string]any{"roles": []any{"staff", 1}}}), roles},
		{"grants a text", i.token(map[string]any{"comity_grants": "officer"}), grants},
		{"grants with a misspelt scope", i.token(map[string]any{"comity_grants": []any{map[string]any{"role": "officer", "country": []string{"*"}}}}), grants},
		{"grants with an unknown role", i.token(map[string]any{"comity_grants": []auth.Grant{all(auth.Officer), all("root")}}), grants + ": look at grant 2.role"},
		{"grants without a scope", i.token(map[string]any{"comity_grants": []auth.Grant{{Role: auth.Officer, Offices: []string{"*"}, Programmes: []string{"*"}}}}), grants + ": look at grant 1.countries"},
		{"a nonce that is none", i.token(map[string]any{"nonce": 1}), standard},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := who.Identify(bearer(tt.token))
			require.EqualError(t, err, tt.want)
			assert.Nil(t, c)
			assert.NotErrorIs(t, err, auth.ErrUnavailable)
		})
	}
}

// What is at the edge of being wrong, and is not.
func TestTokensThatCount(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	now := i.clock.now().Unix()
	own := auth.Grant{Role: auth.Approver, Offices: []string{"protocol"}, Countries: []string{"xa"}, Programmes: []string{"tax"}}
	tests := []struct {
		name   string
		claims map[string]any
		want   []auth.Grant
	}{
		{"expired within the leeway", map[string]any{"exp": now - 29}, []auth.Grant{all(auth.Officer)}},
		{"nbf within the leeway", map[string]any{"nbf": now + 30}, []auth.Grant{all(auth.Officer)}},
		{"iat within the leeway", map[string]any{"iat": now + 30}, []auth.Grant{all(auth.Officer)}},
		{"no iat", map[string]any{"iat": nil}, []auth.Grant{all(auth.Officer)}},
		{"times with fractions", map[string]any{"exp": float64(now) + 0.5, "iat": float64(now) - 0.5}, []auth.Grant{all(auth.Officer)}},
		{"one of several audiences", map[string]any{"aud": []string{"payroll", audience}}, []auth.Grant{all(auth.Officer)}},
		{"roles as one text", map[string]any{"realm_access": map[string]any{"roles": "openid staff  profile"}}, []auth.Grant{all(auth.Officer)}},
		{"a role twice", map[string]any{"realm_access": map[string]any{"roles": []string{"staff", "staff", "staff"}}}, []auth.Grant{all(auth.Officer)}},
		{"roles that stand for nothing", map[string]any{"realm_access": map[string]any{"roles": []string{"officer", "*", "Staff", ""}}}, nil},
		{"no roles", map[string]any{"realm_access": nil}, nil},
		{"roles elsewhere", map[string]any{"realm_access": "staff"}, nil},
		{"grants of its own", map[string]any{"realm_access": nil, "comity_grants": []auth.Grant{own}}, []auth.Grant{own}},
		{"grants and roles", map[string]any{"comity_grants": []auth.Grant{own}}, []auth.Grant{own, all(auth.Officer)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := who.Identify(bearer(i.token(tt.claims)))
			require.NoError(t, err)
			assert.Equal(t, &auth.Caller{ID: "officer-7", Means: auth.ByToken, Grants: tt.want}, c)
		})
	}
}

// Two issuers sign with keys of the same id: each counts for its own tokens only.
func TestTwoIssuers(t *testing.T) {
	staff, guests := newIssuer(t), newIssuer(t)
	guests.clock = staff.clock
	other := must(rsa.GenerateKey(rand.Reader, 2048))
	guests.show(jose.JSONWebKey{Key: other.Public(), KeyID: "rsa-1"})
	config := auth.Config{Issuers: []auth.Issuer{staff.config().Issuers[0], guests.config().Issuers[0]}}
	config.Issuers[0].Prefix, config.Issuers[1].Prefix = "staff:", "guest:"
	config.Issuers[1].Roles = map[string][]auth.Grant{"staff": {all(auth.Auditor)}}
	who := staff.identifier(t, config)

	c, err := who.Identify(bearer(staff.token(nil)))
	require.NoError(t, err)
	assert.Equal(t, "staff:officer-7", c.ID)
	assert.True(t, c.Whole(auth.Record, "protocol"))

	sign := func(claims map[string]any) string {
		return signed(map[string]any{"alg": "RS256", "kid": "rsa-1"}, claims, rs256(other))
	}
	c, err = who.Identify(bearer(sign(guests.claims(nil))))
	require.NoError(t, err)
	assert.Equal(t, "guest:officer-7", c.ID)
	assert.False(t, c.Whole(auth.Record, "protocol"))

	_, err = who.Identify(bearer(sign(staff.claims(nil))))
	require.EqualError(t, err, "the token's signature is wrong")
}

// A token that was verified is looked up, until it ends.
func TestVerifiedTokenEnds(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	token := i.token(map[string]any{"exp": i.clock.now().Unix() + 60})
	first, err := who.Identify(bearer(token))
	require.NoError(t, err)
	i.clock.pass(89 * time.Second)
	second, err := who.Identify(bearer(token))
	require.NoError(t, err)
	assert.Same(t, first, second, "it was verified twice")
	i.clock.pass(time.Second)
	_, err = who.Identify(bearer(token))
	require.EqualError(t, err, "the token has expired: get a new one from its issuer")
}

// What was verified is verified again after five minutes, and if one character of it is
// another.
func TestVerifiedTokenIsForgotten(t *testing.T) {
	i := newIssuer(t)
	who := i.identifier(t, i.config())
	token := i.token(nil)
	first, err := who.Identify(bearer(token))
	require.NoError(t, err)
	for at := range token {
		other := []byte(token)
		if other[at] ^= 1; other[at] == ',' {
			continue
		}
		_, err := who.Identify(bearer(string(other)))
		require.Error(t, err, "character %d", at)
	}
	i.clock.pass(5 * time.Minute)
	second, err := who.Identify(bearer(token))
	require.NoError(t, err)
	assert.NotSame(t, first, second)
	assert.Equal(t, first, second)
}
