package auth_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// whole is a configuration in which nothing is wrong.
func whole() auth.Config {
	grants := []auth.Grant{{Role: auth.Officer, Offices: []string{"protocol"}, Countries: []string{"xa", "xb"}, Programmes: []string{"tax", "travel"}}}
	return auth.Config{
		Issuers: []auth.Issuer{
			{URL: "https://login.example.org/staff", Audience: "comity", Prefix: "staff:", RolesClaim: "groups", Roles: map[string][]auth.Grant{"protocol-officers": grants}},
			{URL: "http://127.0.0.1:9000", Audience: "comity", Prefix: "test:", GrantsClaim: "/comity/grants", SubjectClaim: "client_id", Algorithms: []string{"PS512"}, Leeway: 5 * time.Minute},
		},
		Keys: []auth.Key{{ID: "gate", SHA256: strings.Repeat("0", 64), Grants: grants}},
		Certificates: []auth.Certificate{
			{ID: "payroll", Name: "spiffe://office/payroll", Grants: grants},
			{ID: "customs", SPKI: strings.Repeat("1", 64), Grants: grants},
		},
	}
}

func TestCheck(t *testing.T) {
	c := whole()
	require.Empty(t, c.Check())
	const algorithms = "write some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"
	const roles = "write one of officer, analyst, approver, auditor, system, operator"
	key, _ := auth.NewKey()
	tests := []struct {
		name   string
		change func(c *auth.Config)
		want   string
	}{
		{"no issuer", func(c *auth.Config) { c.Issuers[0].URL = "" }, "issuers[0].url: is missing: write the issuer as its tokens have it in iss, such as https://login.example.org"},
		{"no URL", func(c *auth.Config) { c.Issuers[0].URL = "login.example.org" }, "issuers[0].url: is no URL: write the issuer as its tokens have it in iss, such as https://login.example.org"},
		{"in the open", func(c *auth.Config) { c.Issuers[0].URL = "http://login.example.org" }, "issuers[0].url: must begin with https://: whoever sits between could put in keys of their own"},
		{"another scheme", func(c *auth.Config) { c.Issuers[0].URL = "ftp://127.0.0.1" }, "issuers[0].url: must begin with https://: whoever sits between could put in keys of their own"},
		{"with a query", func(c *auth.Config) { c.Issuers[0].URL += "?" }, "issuers[0].url: has a user, a query or a fragment, which no issuer has: leave it out"},
		{"with a user", func(c *auth.Config) { c.Issuers[0].URL = "https://a:b@login.example.org" }, "issuers[0].url: has a user, a query or a fragment, which no issuer has: leave it out"},
		{"issuer twice", func(c *auth.Config) { c.Issuers[1].URL = c.Issuers[0].URL }, "issuers[1].url: is the issuer of issuers[0] again: write it once, with all its roles"},
		{"no audience", func(c *auth.Config) { c.Issuers[0].Audience = " " }, "issuers[0].audience: is missing: write what the issuer puts in aud of the tokens for this server; without it, tokens for any server would count"},
		{"alg none", func(c *auth.Config) { c.Issuers[1].Algorithms = []string{"RS256", "None"} }, "issuers[1].algorithms[1]: none is no signature: " + algorithms},
		{"a shared secret", func(c *auth.Config) { c.Issuers[1].Algorithms[0] = "HS256" }, `issuers[1].algorithms[0]: "HS256" is made with a secret that the server would have to share: ` + algorithms},
		{"an algorithm misspelt", func(c *auth.Config) { c.Issuers[1].Algorithms[0] = "ES265" }, `issuers[1].algorithms[0]: unknown algorithm "ES265" (did you mean "ES256"?): ` + algorithms},
		{"no prefix", func(c *auth.Config) { c.Issuers[0].Prefix = "" }, "issuers[1].prefix: does not keep its callers apart from those of issuers[0]: give each a prefix that is not the beginning of another, such as staff: and guests:"},
		{"a prefix that another begins with", func(c *auth.Config) { c.Issuers[0].Prefix = "TEST:Á" }, "issuers[1].prefix: does not keep its callers apart from those of issuers[0]: give each a prefix that is not the beginning of another, such as staff: and guests:"},
		{"a prefix that can't be seen", func(c *auth.Config) { c.Issuers[0].Prefix = "\u200b" }, "issuers[0].prefix: is no name: write letters, digits and signs, such as corporate:"},
		{"no claim of rights", func(c *auth.Config) { c.Issuers[1].GrantsClaim = "" }, "issuers[1].grants_claim: is missing, and so is roles_claim: its tokens would give nobody any right; write which claim says what callers may do"},
		{"no claim of roles", func(c *auth.Config) { c.Issuers[0].RolesClaim = "" }, "issuers[0].roles_claim: is missing: write which claim holds the words of roles"},
		{"no roles", func(c *auth.Config) { c.Issuers[0].Roles = nil }, "issuers[0].roles: is missing: write which grants each word of groups gives"},
		{"a role without grants", func(c *auth.Config) { c.Issuers[0].Roles["x"] = nil }, "issuers[0].roles.x: is empty: write at least one grant, or leave the entry out"},
		{"a claim that is none", func(c *auth.Config) { c.Issuers[1].GrantsClaim = "/" }, "issuers[1].grants_claim: is no claim: write its name, or a JSON pointer such as /realm_access/roles"},
		{"a long leeway", func(c *auth.Config) { c.Issuers[0].Leeway = time.Hour }, "issuers[0].leeway: is 1h0m0s: write at most 5m0s; clocks that are further apart must be set"},
		{"a negative leeway", func(c *auth.Config) { c.Issuers[0].Leeway = -1 }, "issuers[0].leeway: is -1ns: write at most 5m0s; clocks that are further apart must be set"},

		{"a key without a name", func(c *auth.Config) { c.Keys[0].ID = "" }, "keys[0].id: is missing: write who it is, such as payroll"},
		{"a name that can't be seen", func(c *auth.Config) { c.Keys[0].ID = "a\tb" }, "keys[0].id: has a character that can't be seen"},
		{"a name that looks like another", func(c *auth.Config) { c.Keys[0].ID = "pаyroll" }, "keys[0].id: the name \"pаyroll\" holds the letter 'а' (U+0430), which can't be told from others by its looks: write it in Latin letters"},
		{"a name twice", func(c *auth.Config) { c.Certificates[1].ID = "GÁTE" }, `certificates[1].id: "GÁTE" is the name in keys[0].id too: give each its own name`},
		{"no hash", func(c *auth.Config) { c.Keys[0].SHA256 = "" }, "keys[0].sha256: is missing: make a key with comity serve key, and write the hash that it prints"},
		{"the key itself", func(c *auth.Config) { c.Keys[0].SHA256 = key }, "keys[0].sha256: is the key itself, which now stands in a file: make another with comity serve key, and write its hash"},
		{"a short hash", func(c *auth.Config) { c.Keys[0].SHA256 = "abcd" }, "keys[0].sha256: is no hash: write 64 digits of 0-9 and a-f, as comity serve key prints them"},
		{"a hash in capitals", func(c *auth.Config) { c.Keys[0].SHA256 = strings.Repeat("A", 64) }, "keys[0].sha256: is no hash: write 64 digits of 0-9 and a-f, as comity serve key prints them"},
		{"a hash twice", func(c *auth.Config) { k := c.Keys[0]; k.ID = "post"; c.Keys = append(c.Keys, k) }, "keys[1].sha256: is the hash of keys[0].sha256 too: give each caller a key of their own"},
		{"a key without grants", func(c *auth.Config) { c.Keys[0].Grants = nil }, "keys[0].grants: is empty: write at least one grant, or leave the entry out"},

		{"a certificate of nobody", func(c *auth.Config) { c.Certificates[0].Name = "" }, "certificates[0].name: is missing, and so is spki: write a URI of the certificate or its whole subject, or the SHA-256 of its public key"},
		{"a short pin", func(c *auth.Config) { c.Certificates[1].SPKI = "ab" }, "certificates[1].spki: is no hash: write 64 digits of 0-9 and a-f, the SHA-256 of the certificate's public key"},
		{"a pin twice", func(c *auth.Config) { c.Certificates[0].SPKI = c.Certificates[1].SPKI }, "certificates[1].spki: is the public key of certificates[0].spki too: a key belongs to one caller"},
		{"a name of certificates twice", func(c *auth.Config) {
			c.Certificates[1].SPKI, c.Certificates[1].Name = "", c.Certificates[0].Name
		}, "certificates[1].name: is the name of certificates[0].name too: a name belongs to one caller"},

		{"no role", func(c *auth.Config) { c.Keys[0].Grants[0].Role = "" }, "keys[0].grants[0].role: is missing: " + roles},
		{"a role misspelt", func(c *auth.Config) { c.Keys[0].Grants[0].Role = "oficer" }, `keys[0].grants[0].role: unknown role "oficer" (did you mean "officer"?): ` + roles},
		{"an unknown role", func(c *auth.Config) { c.Keys[0].Grants[0].Role = "root" }, `keys[0].grants[0].role: unknown role "root": ` + roles},
		{"no offices", func(c *auth.Config) { c.Keys[0].Grants[0].Offices = nil }, `keys[0].grants[0].offices: is empty, which is nothing: write ids of offices, or offices: ["*"] for all there are`},
		{"no countries", func(c *auth.Config) { c.Keys[0].Grants[0].Countries = []string{} }, `keys[0].grants[0].countries: is empty, which is nothing: write ids of sending States, or countries: ["*"] for all there are`},
		{"no programmes", func(c *auth.Config) { c.Keys[0].Grants[0].Programmes = nil }, `keys[0].grants[0].programmes: is empty, which is nothing: write programmes, such as tax, or programmes: ["*"] for all there are`},
		{"all and more", func(c *auth.Config) { c.Keys[0].Grants[0].Countries = []string{"xa", "*"} }, `keys[0].grants[0].countries[1]: "*" is all there are: write it alone`},
		{"a country in capitals", func(c *auth.Config) { c.Keys[0].Grants[0].Countries = []string{"XA"} }, `keys[0].grants[0].countries[0]: identifier "XA": character 'X' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "xa"?)`},
		{"an empty code", func(c *auth.Config) { c.Keys[0].Grants[0].Countries = []string{""} }, `keys[0].grants[0].countries[0]: identifier is empty: use 1 to 64 of a-z, 0-9, '.', '_' and '-'`},
		{"a privilege", func(c *auth.Config) { c.Keys[0].Grants[0].Programmes = []string{"tax.sales"} }, `keys[0].grants[0].programmes[0]: "tax.sales" is a privilege: write its programme, "tax"`},
		{"a pattern", func(c *auth.Config) { c.Keys[0].Grants[0].Programmes = []string{"tax.*"} }, `keys[0].grants[0].programmes[0]: "tax.*" is a privilege: write its programme, "tax"`},
		{"deep in a role", func(c *auth.Config) { c.Issuers[0].Roles["protocol-officers"][0].Countries = nil }, `issuers[0].roles.protocol-officers[0].countries: is empty, which is nothing: write ids of sending States, or countries: ["*"] for all there are`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := whole()
			c.Keys[0].Grants = []auth.Grant{c.Keys[0].Grants[0]} // not those of the others
			c.Issuers[0].Roles = map[string][]auth.Grant{"protocol-officers": {c.Keys[0].Grants[0]}}
			tt.change(&c)
			got := c.Check()
			require.Len(t, got, 1, "%v", got)
			require.EqualError(t, got[0], tt.want)
			var m *auth.Mistake
			require.ErrorAs(t, got[0], &m)
			assert.True(t, strings.HasPrefix(tt.want, m.Path+": "))
			_, err := auth.New(c, auth.Options{})
			require.EqualError(t, err, tt.want)
			assert.NotContains(t, err.Error(), key)
		})
	}
}

// All that is wrong is told at once, in the order of the configuration.
func TestCheckTellsAll(t *testing.T) {
	c := auth.Config{Issuers: []auth.Issuer{{}}, Keys: []auth.Key{{}}, Certificates: []auth.Certificate{{}}}
	var paths []string
	for _, err := range c.Check() {
		var m *auth.Mistake
		require.ErrorAs(t, err, &m)
		paths = append(paths, m.Path)
	}
	assert.Equal(t, []string{
		"issuers[0].url", "issuers[0].audience", "issuers[0].grants_claim",
		"keys[0].id", "keys[0].sha256", "keys[0].grants",
		"certificates[0].id", "certificates[0].name", "certificates[0].grants",
	}, paths)
}

func TestConfigAsJSON(t *testing.T) {
	c := whole()
	text, err := json.Marshal(c)
	require.NoError(t, err)
	var again auth.Config
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, c, again)
}
