package esdblog

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
)

func TestAddress(t *testing.T) {
	a, err := parseAddress("esdb://clerk:se%2Fcret@one:2113,two:2114,three/ofm?tls=true&nodePreference=follower")
	require.NoError(t, err)
	assert.Equal(t, "ofm", a.stream)
	assert.Equal(t, "esdb://one:2113,two:2114,three/ofm", a.name())
	c, err := a.configuration()
	require.NoError(t, err)
	assert.Equal(t, "clerk", c.Username)
	assert.Equal(t, "se/cret", c.Password)
	assert.Equal(t, esdb.NodePreferenceFollower, c.NodePreference)
	require.Len(t, c.GossipSeeds, 3)
	assert.Equal(t, "three", c.GossipSeeds[2].Host)
	assert.EqualValues(t, 2113, c.GossipSeeds[2].Port)
	assert.Greater(t, c.MaxDiscoverAttempts, 1_000_000, "a client that runs out of attempts is dead for good")

	a, err = parseAddress("esdb+discover://cluster.example:2113")
	require.NoError(t, err)
	assert.Equal(t, DefaultStream, a.stream)
	c, err = a.configuration()
	require.NoError(t, err)
	assert.True(t, c.DnsDiscover)

	a, err = parseAddress("esdb://localhost:2113/a.b_c-d?tls=false")
	require.NoError(t, err)
	c, err = a.configuration()
	require.NoError(t, err)
	assert.True(t, c.DisableTLS)
	assert.Equal(t, "localhost:2113", c.Address)
	assert.Empty(t, c.GossipSeeds)
}

// What is wrong with an address is said, and what is secret in it is not.
func TestAddressRefused(t *testing.T) {
	const secret = "hush-hush"
	for text, want := range map[string]string{
		"file.db":                                "begins with",
		"http://a/b":                             "begins with",
		"esdb://":                                "names no host",
		"esdb:///ofm":                            "names no host",
		"esdb://a/$all":                          "name of a stream",
		"esdb://a/b/c":                           "name of a stream",
		"esdb://a/b--c":                          "name of a stream",
		"esdb://a/-b":                            "name of a stream",
		"esdb://a/ofm?x=1":                       `no setting "x"`,
		"esdb://a/ofm?maxDiscoverAttempts=3":     "no setting",
		"esdb://a/ofm?tls=perhaps":               "true or false",
		"esdb://a/ofm?nodePreference=best":       "best",
		"esdb://a:b:c/ofm":                       "host",
		"esdb://a:port/ofm":                      "port",
		"esdb://clerk:" + secret + "@a:port/ofm": "port",
		"esdb://clerk:" + secret + "@a/ofm?tls=false":                 "without TLS",
		"esdb://clerk:" + secret + "/x@a/ofm":                         "%2F",
		"esdb://clerk:" + secret + "%zz@a/ofm":                        "",
		"esdb://clerk:" + secret + "@a/ofm?tlsCAFile=/no/such/ca.crt": "no such file",
		"esdb://:" + secret + "@a/ofm":                                "username",
	} {
		a, err := parseAddress(text)
		if err == nil {
			_, err = a.configuration()
		}
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want, text)
			assert.NotContains(t, err.Error(), secret, text)
		}
	}
	assert.True(t, IsAddress("esdb://a"))
	assert.True(t, IsAddress("esdb+discover://a"))
	for _, file := range []string{"comity.db", "esdb", "./esdb://a", ""} {
		assert.False(t, IsAddress(file), file)
	}
}

// An append of which one attempt may have been made is not said to be refused, whatever
// became of the last one.
func TestUnavailableIsNotDefinite(t *testing.T) {
	l := &Log{leader: newLink(esdb.Configuration{}, 1)}
	for _, last := range []error{eventlog.ErrDenied, eventlog.ErrTooLarge, eventlog.ErrClosed} {
		err := l.unavailable(last)
		assert.ErrorIs(t, err, eventlog.ErrUnavailable)
		assert.False(t, eventlog.Definite(err), "%v", err)
		assert.Contains(t, err.Error(), last.Error())
	}
}
