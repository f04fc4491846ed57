package esdbtest

import "testing"

// A Proxy is a way of its own to the nodes of a cluster, with ports of its own.
// Nodes that are asked through it tell its ports to their clients, in gossip and
// when they redirect, so that a client which was given the proxy's address stays
// with it: a network between one client and the cluster, which the test rules.
type Proxy struct {
	c    *Cluster
	door int
}

// NewProxy opens another way to all nodes of a cluster.
func NewProxy(t testing.TB, c *Cluster) *Proxy {
	t.Helper()
	return &Proxy{c: c, door: c.addDoor()}
}

// Address is [Cluster.Address] by this way.
func (p *Proxy) Address(stream string) string { return p.c.address(p.door, stream, p.c.all()...) }

// NodeAddress is [Cluster.NodeAddress] by this way.
func (p *Proxy) NodeAddress(i int, stream string) string { return p.c.address(p.door, stream, i) }

// Cut resets the connections and refuses others, to the nodes named or to all.
func (p *Proxy) Cut(nodes ...int) {
	p.change(nodes, func(d *doorState, i int) { d.cut[i] = true })
}

// Stall holds all bytes both ways, to the nodes named or to all. They come when
// the proxy is mended.
func (p *Proxy) Stall(nodes ...int) {
	p.change(nodes, func(d *doorState, i int) { d.stalled[i] = true })
}

// Mend makes the way to the nodes named, or to all, as it was.
func (p *Proxy) Mend(nodes ...int) {
	p.change(nodes, func(d *doorState, i int) { d.cut[i], d.stalled[i] = false, false })
}

// Reset resets the connections once and lets the clients come back.
func (p *Proxy) Reset() {
	p.c.ops.Lock()
	defer p.c.ops.Unlock()
	for at, n := range p.c.nodes {
		if at[0] == p.door {
			n.resetAll()
		}
	}
}

func (p *Proxy) change(nodes []int, change func(*doorState, int)) {
	p.c.t.Helper()
	if len(nodes) == 0 {
		nodes = p.c.all()
	}
	p.c.ops.Lock()
	defer p.c.ops.Unlock()
	for _, i := range nodes {
		change(&p.c.doors[p.door], i)
	}
	p.c.settle()
}
