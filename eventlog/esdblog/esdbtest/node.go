package esdbtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	grpcmeta "google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// patience bounds what should not need waiting for at all, as a port that was
// ours a moment ago.
const patience = 30 * time.Second

// maxReceive is the largest message a node takes.
const maxReceive = 17 << 20

// maxStreams is how many calls and subscriptions one connection carries at once, as with
// the server of ASP.NET unless told otherwise. A client waits with more.
const maxStreams = 100

// A node is one node of the cluster as it is reached by one door: door 0 is
// everybody's, the others belong to proxies. A node that starts again is another
// value.
type node struct {
	streams.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer

	c    *Cluster
	i    int // which node
	door int
	port int
	gate *gate

	listener net.Listener
	server   *grpc.Server
	served   sync.WaitGroup

	mu    sync.Mutex
	conns map[string]*conn // by the client's address
	dead  bool             // nothing is accepted any more
}

// listen opens a port of the loopback interface: a fresh one for 0. Fresh ports
// are below those the system gives to callers, so that none of these can take the
// port of a node that is down for a while.
func listen(port int) (net.Listener, error) {
	end := time.Now().Add(patience)
	for {
		try := port
		if port == 0 {
			try = 10_000 + rand.IntN(22_000)
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", try))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return l, err
		}
		if port != 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// open makes a node reachable by a door, at a port or, for 0, at any.
func (c *Cluster) open(i, door, port int) (*node, error) {
	l, err := listen(port)
	if err != nil {
		return nil, fmt.Errorf("node %d of the double: %w", i, err)
	}
	n := &node{
		c: c, i: i, door: door, port: l.Addr().(*net.TCPAddr).Port,
		gate: newGate(), listener: l, conns: map[string]*conn{},
	}
	n.server = grpc.NewServer(append(c.security(),
		grpc.MaxRecvMsgSize(maxReceive),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)...)
	streams.RegisterStreamsServer(n.server, n)
	serverfeatures.RegisterServerFeaturesServer(n.server, n)
	gossip.RegisterGossipServer(n.server, &gossiper{node: n})
	n.served.Go(func() { _ = n.server.Serve(n) })
	return n, nil
}

// shut resets the node's connections and closes its port.
func (n *node) shut() {
	n.mu.Lock()
	n.dead = true
	conns := make([]*conn, 0, len(n.conns))
	for _, c := range n.conns {
		conns = append(conns, c)
	}
	n.mu.Unlock()
	_ = n.listener.Close()
	for _, c := range conns {
		c.reset()
	}
	n.server.Stop()
	n.served.Wait()
}

// Accept, Close and Addr make the node its server's listener.
func (n *node) Accept() (net.Conn, error) {
	for {
		raw, err := n.listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: raw, gate: n.gate, done: make(chan struct{}), gone: n.gone}
		n.mu.Lock()
		dead := n.dead
		if !dead {
			n.conns[raw.RemoteAddr().String()] = c
		}
		n.mu.Unlock()
		if dead {
			c.reset()
			continue
		}
		n.c.count(func(counts *Counts) { counts.Connections++; counts.Connected++ })
		return c, nil
	}
}

func (n *node) Close() error   { return n.listener.Close() }
func (n *node) Addr() net.Addr { return n.listener.Addr() }

func (n *node) gone(c *conn) {
	n.mu.Lock()
	known := n.conns[c.RemoteAddr().String()] == c
	if known {
		delete(n.conns, c.RemoteAddr().String())
	}
	n.mu.Unlock()
	if known {
		n.c.count(func(counts *Counts) { counts.Connected-- })
	}
}

// resetAll cuts the connections there are; others may come.
func (n *node) resetAll() {
	n.mu.Lock()
	conns := make([]*conn, 0, len(n.conns))
	for _, c := range n.conns {
		conns = append(conns, c)
	}
	n.mu.Unlock()
	for _, c := range conns {
		c.reset()
	}
}

// cut resets the connection a call came by.
func (n *node) cut(ctx context.Context) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	n.mu.Lock()
	c := n.conns[p.Addr.String()]
	n.mu.Unlock()
	if c != nil {
		c.reset()
	}
}

// fenced says that the node was shut since the call came.
func (n *node) fenced() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}

// admit says whether the node may serve a call: who leads is a matter of the
// moment, and a caller may insist on the leader.
func (n *node) admit(ctx context.Context, write bool) error {
	c := n.c
	c.mu.Lock()
	leader, replica := c.leader, c.members[n.i].replica
	port := 0
	if leader >= 0 {
		port = c.ports[n.door][leader]
	}
	c.mu.Unlock()
	if leader < 0 {
		return notReady(ctx)
	}
	if leader == n.i {
		return nil
	}
	md, _ := grpcmeta.FromIncomingContext(ctx)
	insists := md.Get("requires-leader")
	if replica && write || len(insists) > 0 && strings.EqualFold(insists[0], "true") {
		return notLeader(ctx, "127.0.0.1", port)
	}
	return nil
}

// view is what the node shows. The cluster's lock must be held.
func (n *node) view() view {
	v := n.c.store.view()
	if m := n.c.members[n.i]; m.lags && n.c.leader != n.i {
		v.n = m.shown
	}
	return v
}

// before lets those faults happen that leave nothing done.
func (n *node) before(ctx context.Context, faults []Fault) error {
	for _, f := range faults {
		if err := f.wait(ctx); err != nil {
			return err
		}
		switch f.Do {
		case CutBefore:
			n.cut(ctx)
			return status.Error(codes.Unavailable, "connection cut by the test")
		case UnavailableBefore:
			return notReady(ctx)
		case AbortBefore:
			return timedOut(ctx)
		case HoldBefore:
			<-ctx.Done()
			return over(ctx)
		case Unknown:
			return refuse(ctx, codes.Unknown, "No leader info available in response")
		case Redirect:
			return notLeader(ctx, "127.0.0.1", n.c.port(n.door, f.To))
		default: // comes later
		}
	}
	return nil
}

// after lets those faults happen that come when sent events have been sent, or
// the append is committed.
func (n *node) after(ctx context.Context, faults []Fault, sent int) error {
	for _, f := range faults {
		if sent < f.After {
			continue
		}
		switch f.Do {
		case CutAfter:
			n.cut(ctx)
			return status.Error(codes.Unavailable, "connection cut by the test")
		case UnavailableAfter:
			return notReady(ctx)
		case AbortAfter:
			return timedOut(ctx)
		case HoldAfter:
			<-ctx.Done()
			return over(ctx)
		default: // came before, or is about what is sent
		}
	}
	return nil
}
