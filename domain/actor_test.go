package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

func TestCanonicalActor(t *testing.T) {
	for name, want := range map[string]string{
		"bob":                   "bob",
		"  BOB\t":               "bob",
		"b\u200bo\u00adb\ufeff": "bob",         // zero width, soft hyphen, byte order mark
		"\u202ebob":             "bob",         // right to left
		"ｂｏｂ":                   "bob",         // wide
		"Bob\u3000 \u00a0Smith": "bob smith",   // wide and unbroken spaces
		"José":                  "jose",        // as one letter
		"Jose\u0301":            "jose",        // as a letter and an accent
		"JOSE":                  "jose",        // careful: one person rather than two
		"Weiß":                  "weiss",       //
		"\u212belsa \u212aim":   "aelsa kim",   // the signs of Ångström and Kelvin
		"İlker ılgaz":           "ilker ilgaz", // with and without dots
		"desk/1":                "desk/1",      //
		"auth0|12":              "auth0|12",    //
		"CN=Bob,O=Office":       "cn=bob,o=office",
		"bob\u3164\u115f\u2800": "bob", // fillers that show nothing
		"b\u034fo\ufe0fb":       "bob", // joiners and variation selectors
		"bob\x00\x1b":           "bob",
		"bob@example.org":       "bob@example.org",
	} {
		got, err := domain.CanonicalActor(name)
		require.NoError(t, err, "%q", name)
		assert.Equal(t, want, got, "%q", name)
	}
	for _, name := range []string{"", "  ", "\u200b\u2060", "\u3164", "\u0301"} {
		_, err := domain.CanonicalActor(name)
		require.ErrorContains(t, err, "says nothing", "%q", name)
	}
	for _, name := range []string{"bоb" /* Cyrillic */, "βob", "𝐛ob", "ⓑob", "李", "bob\u2024", "\xffbob"} {
		_, err := domain.CanonicalActor(name)
		require.ErrorContains(t, err, "write it in Latin letters", "%q", name)
	}
}
