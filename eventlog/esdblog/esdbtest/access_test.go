package esdbtest_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

func TestSecure(t *testing.T) {
	c := esdbtest.New(t, 3, esdbtest.Secure())
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
}

func TestUsers(t *testing.T) {
	c := esdbtest.New(t, 1, esdbtest.Users(map[string]string{"admin": "changeit", "comity": "pä:ss/", "other": "o"}))
	ctx := within(t)
	c.SetMetadata("s", `{"$acl":{"$r":["comity","other"],"$w":["comity"],"$d":"comity","$mw":[]}}`)
	nobody, comity, other, admin := dial(t, c.Address("")), dial(t, c.AddressAs("comity", "")), dial(t, c.AddressAs("other", "")), dial(t, c.AddressAs("admin", ""))
	// Whoever is refused while he is still sending has an EOF; then he asks again.
	refused := func(call func() error) esdb.ErrorCode {
		for {
			if err := call(); !errors.Is(err, io.EOF) {
				return code(t, err)
			}
		}
	}
	adding := func(client *esdb.Client) func() error {
		return func() error { _, err := add(ctx, client, "s", esdb.NoStream{}, 1); return err }
	}
	assert.Equal(t, esdb.ErrorCodeAccessDenied, refused(adding(nobody)))
	wrong := dial(t, strings.Replace(c.AddressAs("other", ""), "other:o@", "other:x@", 1))
	assert.Equal(t, esdb.ErrorCodeUnauthenticated, refused(adding(wrong)))
	assert.Equal(t, esdb.ErrorCodeAccessDenied, refused(adding(other)))
	big := event(2)
	big.Data = make([]byte, 100_000)
	_, err := other.AppendToStream(ctx, "s", expecting(esdb.NoStream{}), big, big, big, big, big, big, big, big)
	assert.ErrorIs(t, err, io.EOF, "nobody reads them")
	_, err = add(ctx, comity, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	got, err := revisions(ctx, other, "s", esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err)
	assert.Equal(t, []uint64{0}, got)
	_, err = other.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{})
	assert.Equal(t, esdb.ErrorCodeAccessDenied, code(t, err), "%v", err)
	_, err = other.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{})
	assert.Equal(t, esdb.ErrorCodeAccessDenied, code(t, err), "%v", err)
	assert.Equal(t, esdb.ErrorCodeAccessDenied, refused(func() error {
		_, err := comity.SetStreamMetadata(ctx, "s", expecting(esdb.Any{}), esdb.StreamMetadata{})
		return err
	}))
	_, err = admin.SetStreamMetadata(ctx, "s", expecting(esdb.Any{}), esdb.StreamMetadata{})
	require.NoError(t, err)
	_, err = add(ctx, other, "s", esdb.Revision(0), 2)
	require.NoError(t, err, "without a list everybody may")
}
