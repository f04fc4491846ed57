package esdbtest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcmeta "google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// raw is a connection without the client, for what the client hides or does not
// survive.
func raw(t *testing.T, c *esdbtest.Cluster, i int) *grpc.ClientConn {
	t.Helper()
	address, err := url.Parse(c.NodeAddress(i, ""))
	require.NoError(t, err)
	conn, err := grpc.NewClient(address.Host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestVersion(t *testing.T) {
	for version, want := range map[string]string{"24.10.4": "", "24.10.0-prerelease": "invalid EventStoreDB server version"} {
		c := esdbtest.New(t, 1, esdbtest.Version(version))
		configuration, err := esdb.ParseConnectionString(c.Address("") + "&maxDiscoverAttempts=1")
		require.NoError(t, err)
		configuration.Logger = esdb.NoopLogging()
		client, err := esdb.NewClient(configuration)
		require.NoError(t, err)
		got, err := client.GetServerVersion()
		if want != "" {
			assert.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, [3]int{24, 10, 4}, [3]int{got.Major, got.Minor, got.Patch})
		client.Close()
	}
}

func TestFeatures(t *testing.T) {
	c := esdbtest.New(t, 1)
	methods, err := serverfeatures.NewServerFeaturesClient(raw(t, c, 0)).GetSupportedMethods(within(t), &shared.Empty{})
	require.NoError(t, err)
	assert.Equal(t, "24.6.0", methods.EventStoreServerVersion)
	assert.Len(t, methods.Methods, 4)
}

func TestGossip(t *testing.T) {
	c := esdbtest.New(t, 4, esdbtest.Replica(3))
	read := func(i int) string {
		info, err := gossip.NewGossipClient(raw(t, c, i)).Read(within(t), &shared.Empty{})
		require.NoError(t, err)
		var said []string
		for _, m := range info.Members {
			state := m.State.String()
			if !m.IsAlive {
				state = "dead " + state
			}
			said = append(said, state)
			assert.Contains(t, c.Address(""), m.HttpEndPoint.Address+":")
		}
		return strings.Join(said, ", ")
	}
	assert.Equal(t, "Leader, Follower, Follower, ReadOnlyReplica", read(1))
	c.Elect(2)
	c.Kill(0)
	assert.Equal(t, "dead Follower, Follower, Leader, ReadOnlyReplica", read(3))
	c.Depose()
	assert.Equal(t, "dead Unknown, Unknown, Unknown, ReadOnlyLeaderless", read(1))
}

// propose appends one event as it is and returns the status and its trailers.
func propose(t *testing.T, c *esdbtest.Cluster, i int, leader bool, message *streams.AppendReq_ProposedMessage) (codes.Code, grpcmeta.MD) {
	t.Helper()
	ctx := within(t)
	if leader {
		ctx = insisting(ctx)
	}
	call, err := streams.NewStreamsClient(raw(t, c, i)).Append(ctx)
	require.NoError(t, err)
	require.NoError(t, call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte("s")},
		ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}}}))
	_ = call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: message}})
	_, err = call.CloseAndRecv()
	return status.Code(err), call.Trailer()
}

func TestTrailers(t *testing.T) {
	c := esdbtest.New(t, 2, esdbtest.Limit(10))
	id := &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{MostSignificantBits: -1}}}
	whole := map[string]string{"type": "t", "content-type": "application/json"}
	got, trailers := propose(t, c, 0, false, &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"type": "t"}})
	assert.Equal(t, codes.InvalidArgument, got)
	assert.Equal(t, []string{"missing-required-metadata-property"}, trailers.Get("exception"))
	assert.NotEmpty(t, trailers.Get("required-metadata-properties"))
	got, trailers = propose(t, c, 0, false, &streams.AppendReq_ProposedMessage{Id: id, Metadata: whole, Data: []byte("123456789")})
	assert.Equal(t, codes.InvalidArgument, got)
	assert.Equal(t, []string{"maximum-append-size-exceeded"}, trailers.Get("exception"))
	assert.Equal(t, []string{"10"}, trailers.Get("maximum-append-size"))
	got, trailers = propose(t, c, 1, true, &streams.AppendReq_ProposedMessage{Id: id, Metadata: whole})
	assert.Equal(t, codes.NotFound, got)
	assert.Equal(t, []string{"not-leader"}, trailers.Get("exception"))
	leader := trailers.Get("leader-endpoint-host")[0] + ":" + trailers.Get("leader-endpoint-port")[0]
	assert.True(t, strings.HasPrefix(c.NodeAddress(0, ""), "esdb://"+leader+"?"), "got %s", leader)
	got, _ = propose(t, c, 0, false, &streams.AppendReq_ProposedMessage{Metadata: whole})
	assert.Equal(t, codes.InvalidArgument, got, "an event without an id")
	assert.Empty(t, c.Stream("s"))
	got, _ = propose(t, c, 0, false, &streams.AppendReq_ProposedMessage{Id: id, Metadata: whole})
	assert.Equal(t, codes.OK, got)
}

// What the client does not survive, it can be told all the same.
func TestWhatTheClientDoesNotSurvive(t *testing.T) {
	c := esdbtest.New(t, 1)
	write(c, "s", 1)
	read := func() *streams.ReadResp {
		call, err := streams.NewStreamsClient(raw(t, c, 0)).Read(within(t), &streams.ReadReq{Options: &streams.ReadReq_Options{
			StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte("s")},
				RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
			}},
			CountOption: &streams.ReadReq_Options_Count{Count: 1},
		}})
		require.NoError(t, err)
		message, err := call.Recv()
		require.NoError(t, err)
		return message
	}
	c.Inject(esdbtest.Fault{On: esdbtest.Read, Do: esdbtest.UnknownContent})
	assert.Nil(t, read().Content)
	c.Inject(esdbtest.Fault{On: esdbtest.Read, Do: esdbtest.NoCreated})
	assert.NotContains(t, read().GetEvent().GetEvent().GetMetadata(), "created")
	assert.Contains(t, read().GetEvent().GetEvent().GetMetadata(), "created")
}

func TestAddress(t *testing.T) {
	c := esdbtest.New(t, 2)
	address, err := url.Parse(strings.Replace(c.NodeAddress(1, "ofm/a b"), "esdb", "http", 1))
	require.NoError(t, err)
	assert.Equal(t, "/ofm/a b", address.Path)
	assert.Equal(t, "false", address.Query().Get("tls"))
	assert.Equal(t, 1, strings.Count(c.Address(""), ","))
	assert.NotContains(t, strings.TrimPrefix(c.Address(""), "esdb://"), "/")
}
