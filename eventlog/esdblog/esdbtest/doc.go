// Package esdbtest is a double of EventStoreDB for tests. It is not EventStoreDB:
// it is a small server in the test's own process that speaks so much of the
// protocol that the real client cannot tell, keeps everything in memory, and
// misbehaves on command. What passes here is a claim about our code and the
// client's; about the server it says only what its makers' source says.
//
// A [Cluster] is one or several nodes on loopback ports over one list of
// committed events. It keeps the server's rules: what an expected revision
// allows, which repeated appends are answered as the first was, who redirects to
// the leader, what deleted and truncated streams show, how large an append may
// be. There is no consensus in it: leaders change when the test says so
// ([Cluster.Depose], [Cluster.Elect]), what was committed is never lost, not even
// when all nodes are killed, and a follower is behind only while it is told to
// lag. A write needs a leader, but no majority.
//
//	c := esdbtest.New(t, 3)
//	open(c.Address("ofm")) // esdb://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/ofm?tls=false...
//	c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "ofm", Do: esdbtest.CutAfter})
//	c.Kill(0)
//	c.Elect(1)
//
// A [Proxy] gives one client a way of its own to all nodes, which can be cut,
// stalled and lied through while everybody else goes on undisturbed.
//
// Left out: batch append, persistent subscriptions, projections, links, users
// unless asked for, and all of HTTP.
package esdbtest
