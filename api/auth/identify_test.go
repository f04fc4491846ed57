package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// How credentials may not be sent.
func TestCredentialsThatAreRefused(t *testing.T) {
	i := newIssuer(t)
	config := i.config()
	key, hash := auth.NewKey()
	config.Keys = []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}}}
	who := i.identifier(t, config)
	token := i.token(nil)
	const scheme = "Authorization must be Bearer, a space, and a token or key"
	const characters = "Authorization has characters that no token or key has: send one, without spaces and commas"
	const several = "the request has several credentials: send one Authorization, or connect with one certificate, and nothing else"
	tests := []struct {
		name string
		sent []string
		want string
	}{
		{"none", nil, "the request does not say who sends it: this server accepts Authorization: Bearer with a token, or Authorization: Bearer with a key (ck_...)"},
		{"a token and a key", []string{"Bearer " + token, "Bearer " + key}, several},
		{"a key twice", []string{key, key}, several},
		{"an empty one beside", []string{"", "Bearer " + key}, several},
		{"two in one", []string{"Bearer " + key + ", Bearer " + key}, characters},
		{"two in one, with a comma", []string{key + "," + key}, characters},
		{"two in one, with a space", []string{"Bearer " + key + " " + token}, characters},
		{"a space behind", []string{"Bearer " + key + " "}, characters},
		{"empty", []string{""}, scheme},
		{"Bearer alone", []string{"Bearer"}, "Authorization is empty after Bearer"},
		{"Bearer and spaces", []string{"Bearer   "}, "Authorization is empty after Bearer"},
		{"Basic", []string{"Basic b2ZmaWNlcjpzZWNyZXQ="}, scheme},
		{"Basic with a key", []string{"Basic " + key}, scheme},
		{"DPoP", []string{"DPoP " + token}, scheme},
		{"a bare token", []string{token}, scheme},
		{"a tab", []string{"Bearer\t" + key}, scheme},
		{"Bearer twice", []string{"Bearer Bearer " + key}, characters},
		{"other letters", []string{"Bearer ck_ä"}, characters},
		{"NUL", []string{"Bearer ck_\x00"}, characters},
		{"a short key", []string{"Bearer ck_"}, "the key is not written as keys are: ck_ and 58 lower-case letters and digits; a part may be missing"},
		{"a long token", []string{"Bearer " + strings.Repeat("x", 1<<20)}, "the token is longer than 16384 bytes: have the issuer put less into it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := who.Identify(request(tt.sent...))
			require.EqualError(t, err, tt.want)
			assert.Nil(t, c)
		})
	}
}

func TestKindsThatAreNotConfigured(t *testing.T) {
	i := newIssuer(t)
	key, hash := auth.NewKey()
	_, err := i.identifier(t, i.config()).Identify(bearer(key))
	require.EqualError(t, err, "this server has no keys: send a token, or connect with a certificate, as its operator says")
	who := withKeys(t, i.clock, auth.Key{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}})
	_, err = who.Identify(bearer(i.token(nil)))
	require.EqualError(t, err, "this server accepts no tokens: send a key, or connect with a certificate, as its operator says")
}

// Where names are proved, nobody claims another.
func TestClaimedNameBesideProof(t *testing.T) {
	key, hash := auth.NewKey()
	who := withKeys(t, newClock(), auth.Key{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}})
	r := bearer(key)
	r.Header.Set(auth.ActorHeader, "gate")
	c, err := who.Identify(r)
	require.NoError(t, err)
	assert.Equal(t, "gate", c.ID)
	for _, names := range [][]string{{"minister"}, {""}, {"gate", "gate"}} {
		r.Header[auth.ActorHeader] = names
		_, err = who.Identify(r)
		require.EqualError(t, err, "Comity-Actor names somebody else than the credentials: leave it out; it is for servers that ask for no proof")
	}
}

func TestNoProof(t *testing.T) {
	_, err := auth.New(auth.Config{}, auth.Options{})
	require.ErrorIs(t, err, auth.ErrNoProof)
	who, err := auth.New(auth.Config{}, auth.Options{Loopback: true})
	require.NoError(t, err)
	assert.True(t, who.Anonymous())
	require.NoError(t, who.Ready())

	const elsewhere = "this server asks for no proof, and so it answers its own machine only: the request comes from another"
	const host = "this server asks for no proof, and so it answers only as localhost, 127.0.0.1 or [::1]: the request has another Host"
	const forwarded = "this server asks for no proof, and the request was forwarded by a proxy: configure issuers, keys or certificates"
	const actor = "Comity-Actor must be one name of 1 to 128 characters that can be seen"
	tests := []struct {
		name   string
		change func(r *http.Request)
		who    string
		want   string
	}{
		{"as it is", func(*http.Request) {}, "local", ""},
		{"credentials that nobody asked for", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, "local", ""},
		{"a name", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "José Ruiz") }, "José Ruiz", ""},
		{"IPv6", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:50000", "[::1]:8080" }, "local", ""},
		{"IPv4 in IPv6", func(r *http.Request) { r.RemoteAddr, r.Host = "[::ffff:127.0.0.1]:50000", "127.0.0.2" }, "local", ""},
		{"without a port", func(r *http.Request) { r.Host = "LocalHost" }, "local", ""},
		{"IPv6 without a port", func(r *http.Request) { r.Host = "[::1]" }, "local", ""},
		{"from another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:50000" }, "", elsewhere},
		{"from nowhere", func(r *http.Request) { r.RemoteAddr = "@" }, "", elsewhere},
		{"from an interface", func(r *http.Request) { r.RemoteAddr = "[fe80::1%lo]:1" }, "", elsewhere},
		{"another host, as a page could make of it", func(r *http.Request) { r.Host = "attacker.example" }, "", host},
		{"another host and port", func(r *http.Request) { r.Host = "attacker.example:8080" }, "", host},
		{"a host that begins alike", func(r *http.Request) { r.Host = "localhost.attacker.example" }, "", host},
		{"a host that begins like an address", func(r *http.Request) { r.Host = "127.0.0.1.attacker.example:8080" }, "", host},
		{"all addresses", func(r *http.Request) { r.Host = "0.0.0.0:8080" }, "", host},
		{"no host", func(r *http.Request) { r.Host = "" }, "", host},
		{"forwarded", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, "", forwarded},
		{"forwarded by the standard", func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.1") }, "", forwarded},
		{"forwarded by nginx", func(r *http.Request) { r.Header.Set("X-Real-IP", "192.0.2.1") }, "", forwarded},
		{"an empty name", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "") }, "", actor},
		{"two names", func(r *http.Request) { r.Header[auth.ActorHeader] = []string{"a", "b"} }, "", actor},
		{"a long name", func(r *http.Request) { r.Header.Set(auth.ActorHeader, strings.Repeat("é", 129)) }, "", actor},
		{"a name that fits", func(r *http.Request) { r.Header.Set(auth.ActorHeader, strings.Repeat("é", 128)) }, strings.Repeat("é", 128), ""},
		{"an unseen name", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "a\u200bb") }, "", actor},
		{"a name with an escape", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "a\x1b[2J") }, "", actor},
		{"a name that is no UTF-8", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "a\xff") }, "", actor},
		{"a name with a space behind", func(r *http.Request) { r.Header.Set(auth.ActorHeader, "a ") }, "", actor},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request()
			tt.change(r)
			c, err := who.Identify(r)
			if tt.want != "" {
				require.EqualError(t, err, tt.want)
				assert.Nil(t, c)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.who, c.ID)
			assert.Equal(t, auth.ByNothing, c.Means)
			assert.Equal(t, auth.Anybody().Grants, c.Grants)
		})
	}
	assert.Equal(t, "local", auth.Anybody().ID)
}

func TestReplace(t *testing.T) {
	i := newIssuer(t)
	gate, gateHash := auth.NewKey()
	other, otherHash := auth.NewKey()
	config := i.config()
	config.Keys = []auth.Key{{ID: "gate", SHA256: gateHash, Grants: []auth.Grant{all(auth.System)}}}
	who := i.identifier(t, config)
	token := i.token(nil)
	first, err := who.Identify(bearer(token))
	require.NoError(t, err)

	// What is wrong changes nothing.
	bad := i.config()
	bad.Issuers[0].Audience = ""
	require.ErrorContains(t, who.Replace(bad), "issuers[0].audience: is missing")
	require.ErrorIs(t, who.Replace(auth.Config{}), auth.ErrNoProof)
	same, err := who.Identify(bearer(token))
	require.NoError(t, err)
	assert.Same(t, first, same)

	// The issuer is down from here on: what it showed is kept.
	i.down.Store(true)

	// The same again forgets nothing.
	require.NoError(t, who.Replace(config))
	same, err = who.Identify(bearer(token))
	require.NoError(t, err)
	assert.Same(t, first, same)

	// A key is replaced by another.
	config.Keys = []auth.Key{{ID: "post", SHA256: otherHash, Grants: []auth.Grant{all(auth.System)}}}
	require.NoError(t, who.Replace(config))
	_, err = who.Identify(bearer(gate))
	require.EqualError(t, err, "the key is not known here: it was taken back, or belongs to another server")
	c, err := who.Identify(bearer(other))
	require.NoError(t, err)
	assert.Equal(t, "post", c.ID)
	_, err = who.Identify(bearer(token))
	require.NoError(t, err)

	// Other grants count at once, also for tokens that were verified.
	config.Issuers[0].Roles = map[string][]auth.Grant{"staff": {all(auth.Auditor)}}
	require.NoError(t, who.Replace(config))
	c, err = who.Identify(bearer(token))
	require.NoError(t, err)
	assert.Equal(t, []auth.Grant{all(auth.Auditor)}, c.Grants)
	assert.Equal(t, []auth.Grant{all(auth.Officer)}, first.Grants, "a caller does not change")

	// A key takes the name that a token has.
	config.Keys[0].ID = "officer-7"
	require.NoError(t, who.Replace(config))
	_, err = who.Identify(bearer(token))
	require.EqualError(t, err, "the token names a caller who comes with a key or a certificate here")
	config.Keys[0].ID = "post"

	// Another audience.
	config.Issuers[0].Audience = "another"
	require.NoError(t, who.Replace(config))
	_, err = who.Identify(bearer(token))
	require.EqualError(t, err, "the token is for another server: its aud does not hold the audience of this one")

	// No issuer any more.
	config.Issuers = nil
	require.NoError(t, who.Replace(config))
	_, err = who.Identify(bearer(token))
	require.EqualError(t, err, "this server accepts no tokens: send a key, or connect with a certificate, as its operator says")
	require.NoError(t, who.Ready())
}

// Changes to a configuration after it was handed over have no effect.
func TestConfigurationIsCopied(t *testing.T) {
	i := newIssuer(t)
	key, hash := auth.NewKey()
	config := i.config()
	config.Keys = []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{{Role: auth.System, Offices: []string{"a"}, Countries: []string{"xa"}, Programmes: []string{"tax"}}}}}
	who := i.identifier(t, config)
	config.Keys[0].Grants[0].Offices[0] = "*"
	config.Keys[0].Grants[0].Countries[0] = "*"
	config.Keys[0].Grants[0].Role = auth.Operator
	config.Issuers[0].Roles["staff"][0].Role = auth.Operator
	c, err := who.Identify(bearer(key))
	require.NoError(t, err)
	assert.True(t, c.May(auth.Ask, "a"))
	assert.False(t, c.May(auth.Ask, "b"))
	c, err = who.Identify(bearer(i.token(nil)))
	require.NoError(t, err)
	assert.False(t, c.May(auth.Operate, "a"))
}

// From no proof to proof, and not back without a restart.
func TestReplaceNoProof(t *testing.T) {
	who, err := auth.New(auth.Config{}, auth.Options{Loopback: true})
	require.NoError(t, err)
	require.NoError(t, who.Replace(auth.Config{}))
	_, hash := auth.NewKey()
	require.NoError(t, who.Replace(auth.Config{Keys: []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}}}}))
	assert.False(t, who.Anonymous())
	_, err = who.Identify(request())
	require.Error(t, err)
	require.ErrorIs(t, who.Replace(auth.Config{}), auth.ErrNoProof)
	_, err = who.Identify(request())
	require.Error(t, err)
}

// Many ask while the configuration is replaced: each is the caller of one or the other.
func TestIdentifyWhileReplaced(t *testing.T) {
	i := newIssuer(t)
	one, two := i.config(), i.config()
	two.Issuers[0].Roles = map[string][]auth.Grant{"staff": {all(auth.Auditor)}}
	who := i.identifier(t, one)
	var tokens []string
	for n := range 20 {
		tokens = append(tokens, i.token(map[string]any{"sub": fmt.Sprintf("officer-%d", n)}))
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for n := range 2000 {
				c, err := who.Identify(bearer(tokens[n%len(tokens)]))
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, fmt.Sprintf("officer-%d", n%len(tokens)), c.ID)
				assert.Contains(t, []auth.Role{auth.Officer, auth.Auditor}, c.Grants[0].Role)
			}
		})
	}
	for n := range 50 {
		require.NoError(t, who.Replace([]auth.Config{two, one}[n%2]))
	}
	asking.Wait()
}

// Whatever is sent, nobody is let in but with the one key and the one token, and no error
// repeats what was sent.
func FuzzIdentify(f *testing.F) {
	i := newIssuer(f)
	config := i.config()
	key, hash := auth.NewKey()
	config.Keys = []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}}}
	who := i.identifier(f, config)
	token := i.token(nil)
	for _, seed := range []string{
		"", "Bearer", "Bearer ", "Bearer " + token, "bearer " + key, key, "Bearer a.b.c", "Bearer ..", "Basic x",
		"Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer " + part(`{"alg":"RS256"}`) + "." + part(`{"iss":"`+i.URL+`","aud":["x"],"exp":1e99}`) + ".AA", "Bearer " + key[:20], "Bearer " + token[:100],
		"Bearer " + part(`{"alg":"RS256","kid":[]}`) + "." + part(i.claims(nil)) + ".AA",
	} {
		f.Add(seed, "")
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		r := request(one)
		if two != "" {
			r = request(one, two)
		}
		c, err := who.Identify(r)
		if err == nil {
			scheme, sent, spaced := strings.Cut(one, " ")
			bare := !spaced && one == key
			if two != "" || !bare && (!strings.EqualFold(scheme, "Bearer") || strings.TrimLeft(sent, " ") != key && strings.TrimLeft(sent, " ") != token) {
				t.Fatalf("%q and %q let somebody in: %+v", one, two, c)
			}
			return
		}
		if c != nil {
			t.Fatalf("a caller and an error: %+v, %v", c, err)
		}
		if _, sent, _ := strings.Cut(one, " "); len(sent) > 12 && strings.Contains(err.Error(), sent) {
			t.Fatalf("%q is repeated: %v", sent, err)
		}
	})
}

func BenchmarkIdentify(b *testing.B) {
	i := newIssuer(b)
	config := i.config()
	key, hash := auth.NewKey()
	config.Keys = []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}}}
	for n := range 200 {
		_, hash := auth.NewKey()
		config.Keys = append(config.Keys, auth.Key{ID: fmt.Sprintf("key-%d", n), SHA256: hash, Grants: []auth.Grant{all(auth.System)}})
	}
	who := i.identifier(b, config)
	local, err := auth.New(auth.Config{}, auth.Options{Loopback: true})
	require.NoError(b, err)
	token := i.token(nil)
	run := func(name string, who *auth.Identifier, r *http.Request) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := who.Identify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Logf("the token has %d bytes", len(token))
	run("token", who, bearer(token))
	run("key", who, bearer(key))
	run("nothing", local, request())
	b.Run("token-parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			r := bearer(token)
			for p.Next() {
				if _, err := who.Identify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("token-verified", func(b *testing.B) {
		tokens := make([]string, 2000)
		for n := range tokens {
			tokens[n] = i.token(map[string]any{"sub": fmt.Sprint(n)})
		}
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			if n%len(tokens) == 0 {
				// what was verified is forgotten with the grants
				config.Issuers[0].Roles = map[string][]auth.Grant{"staff": {all(auth.Officer)}, fmt.Sprint("r", n): {all(auth.Officer)}}
				require.NoError(b, who.Replace(config))
			}
			if _, err := who.Identify(bearer(tokens[n%len(tokens)])); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
}
