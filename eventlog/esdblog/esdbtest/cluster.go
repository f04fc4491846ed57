package esdbtest

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// DefaultLimit is how many bytes the server takes in one append unless told
// otherwise.
const DefaultLimit = 1 << 20

// A Cluster is one or several nodes of the double over one list of events. Its
// methods may be called at any time from any goroutine of the test.
type Cluster struct {
	t       testing.TB
	limit   int
	version string

	users       map[string]string // passwords by name; nil lets everybody in
	certificate *tls.Certificate  // nil speaks plainly
	authority   string            // file of who vouches for it

	// ops is held while nodes come and go, before mu.
	ops   sync.Mutex
	nodes map[[2]int]*node // by door and node, those that are reachable
	doors []doorState

	altering sync.Mutex // held while a fault's Alter is called

	mu      sync.Mutex
	store   *store
	members []member
	leader  int           // -1 while there is none
	ports   [][]int       // by door and node; they last as long as the cluster
	changed chan struct{} // closed when anything that calls wait for has changed
	faults  []*Injected
	counts  Counts
	subs    map[*subscription]bool
}

// A member is what is known of one node, alive or not.
type member struct {
	id      [16]byte
	alive   bool
	paused  bool
	replica bool
	lags    bool
	shown   int // how many events it shows while it lags
}

// doorState says what is wrong with the ways by one door, by node.
type doorState struct{ cut, stalled []bool }

// An Option says how a cluster differs from the usual.
type Option func(*Cluster)

// Limit sets how many bytes one append may have.
func Limit(bytes int) Option { return func(c *Cluster) { c.limit = bytes } }

// Version sets the version the nodes call themselves, 24.6.0 if not told. Below
// 24 they behave so: a slow subscription is dropped, and one to a stream that
// isn't there never catches up.
func Version(version string) Option { return func(c *Cluster) { c.version = version } }

// Replica makes a node a read-only replica, which writes nothing and never leads.
func Replica(i int) Option { return func(c *Cluster) { c.members[i].replica = true } }

// New starts a cluster of so many nodes, the first of which leads. It ends with
// the test.
func New(t testing.TB, nodes int, options ...Option) *Cluster {
	t.Helper()
	c := &Cluster{
		t: t, limit: DefaultLimit, version: "24.6.0",
		nodes: map[[2]int]*node{}, store: newStore(), members: make([]member, nodes),
		changed: make(chan struct{}), subs: map[*subscription]bool{},
	}
	for i := range c.members {
		c.members[i] = member{id: newID(), alive: true}
	}
	for _, o := range options {
		o(c)
	}
	t.Cleanup(c.close)
	c.addDoor()
	return c
}

func newID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func (c *Cluster) close() {
	c.ops.Lock()
	defer c.ops.Unlock()
	for at, n := range c.nodes {
		n.shut()
		delete(c.nodes, at)
	}
}

// addDoor opens another way to every node and returns its number.
func (c *Cluster) addDoor() int {
	c.t.Helper()
	c.ops.Lock()
	defer c.ops.Unlock()
	door := len(c.doors)
	c.doors = append(c.doors, doorState{make([]bool, len(c.members)), make([]bool, len(c.members))})
	c.mu.Lock()
	c.ports = append(c.ports, make([]int, len(c.members)))
	c.mu.Unlock()
	c.settle()
	return door
}

// settle makes the nodes as reachable as they should be. c.ops must be held.
func (c *Cluster) settle() {
	c.t.Helper()
	for door, state := range c.doors {
		for i := range c.members {
			c.mu.Lock()
			m, port := c.members[i], c.ports[door][i]
			c.mu.Unlock()
			at := [2]int{door, i}
			n := c.nodes[at]
			// A port that was never open is opened once, so that it is known.
			wanted := m.alive && !state.cut[i] || port == 0
			switch {
			case n == nil && wanted:
				var err error
				if n, err = c.open(i, door, port); err != nil {
					c.t.Errorf("the double is broken: %v", err)
					return
				}
				c.nodes[at] = n
				c.mu.Lock()
				c.ports[door][i] = n.port
				c.mu.Unlock()
			case n != nil && !wanted:
				n.shut()
				delete(c.nodes, at)
				continue
			}
			if n != nil {
				n.gate.set(m.paused || state.stalled[i])
			}
		}
	}
}

// set changes what is known of a node and tells all who wait.
func (c *Cluster) set(i int, change func(*member)) {
	c.t.Helper()
	c.ops.Lock()
	defer c.ops.Unlock()
	c.mu.Lock()
	change(&c.members[i])
	c.tell()
	c.mu.Unlock()
	c.settle()
}

// tell wakes all calls that wait for something to change. c.mu must be held.
func (c *Cluster) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Cluster) port(door, i int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ports[door][i]
}

// Address is how a log in a stream of the cluster is opened: a connection string
// with the stream as its path. For "" it has no path and is the client's own.
func (c *Cluster) Address(stream string) string { return c.address(0, stream, c.all()...) }

// NodeAddress is Address with one node only, which the client then stays with.
func (c *Cluster) NodeAddress(i int, stream string) string { return c.address(0, stream, i) }

func (c *Cluster) all() []int {
	all := make([]int, len(c.members))
	for i := range all {
		all[i] = i
	}
	return all
}

func (c *Cluster) address(door int, stream string, nodes ...int) string {
	hosts := make([]string, 0, len(nodes))
	for _, i := range nodes {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", c.port(door, i)))
	}
	path := ""
	if stream != "" {
		path = "/" + url.PathEscape(stream)
	}
	security := "tls=false"
	if c.certificate != nil {
		security = "tls=true&tlsCAFile=" + url.QueryEscape(c.authority)
	}
	return "esdb://" + strings.Join(hosts, ",") + path + "?" + security + "&discoveryInterval=20&gossipTimeout=1"
}

// Leader returns which node leads, -1 for none.
func (c *Cluster) Leader() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leader
}

// Depose leaves the cluster without a leader: no node serves until one is elected.
func (c *Cluster) Depose() { c.lead(-1) }

// Elect makes a node the leader that is alive.
func (c *Cluster) Elect(i int) {
	c.t.Helper()
	c.mu.Lock()
	m := c.members[i]
	c.mu.Unlock()
	if !m.alive || m.replica {
		c.t.Fatalf("elect node %d: it is dead or a read-only replica", i)
	}
	c.lead(i)
}

func (c *Cluster) lead(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leader == i {
		return
	}
	c.leader = i
	c.store.forget()
	c.tell()
}

// Kill ends a node as a power cut would: its connections are reset, its port is
// closed. If it led, nobody does until another is elected.
func (c *Cluster) Kill(i int) {
	c.t.Helper()
	c.set(i, func(m *member) {
		m.alive, m.paused = false, false
		if c.leader == i {
			c.leader = -1
			c.store.forget()
		}
	})
}

// Start starts a node again at its port. The only node of a cluster leads at
// once; others follow until they are elected.
func (c *Cluster) Start(i int) {
	c.t.Helper()
	c.set(i, func(m *member) {
		m.alive = true
		if len(c.members) == 1 && c.leader < 0 {
			c.leader = i
		}
	})
}

// Pause stops a node as a stopped process is: it accepts connections and answers
// nothing. What it was doing already may go on, but is not heard of.
func (c *Cluster) Pause(i int) { c.t.Helper(); c.set(i, func(m *member) { m.paused = true }) }

// Resume lets a paused node go on.
func (c *Cluster) Resume(i int) { c.t.Helper(); c.set(i, func(m *member) { m.paused = false }) }

// Lag stops or resumes what a node shows to its own readers and subscribers while
// it follows: the events there are now, and no more.
func (c *Cluster) Lag(i int, lags bool) {
	c.t.Helper()
	c.set(i, func(m *member) { m.lags, m.shown = lags, len(c.store.all) })
}

// Write appends events to a stream as some other writer would, and returns the
// revision of the last. An event without an id gets one, and one without a type
// is called "test".
func (c *Cluster) Write(stream string, events ...Event) uint64 {
	c.t.Helper()
	if len(events) == 0 {
		c.t.Fatal("write: no events")
	}
	events = slices.Clone(events)
	for i := range events {
		if events[i].ID == ([16]byte{}) {
			events[i].ID = newID()
		}
		if events[i].Type == "" {
			events[i].Type = "test"
		}
		if events[i].ContentType == "" {
			events[i].ContentType = contentOctets
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.tell()
	return c.store.append(stream, events...).Revision
}

// Stream returns what is stored in a stream, hidden events included, a tombstone
// too.
func (c *Cluster) Stream(name string) []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := make([]Event, 0, len(c.store.streams[name]))
	for _, e := range c.store.streams[name] {
		events = append(events, *e.Event)
	}
	return events
}

// Streams returns the names of all streams that were ever written, in order.
func (c *Cluster) Streams() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.store.streams))
	for name := range c.store.streams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// SetMetadata writes the metadata of a stream as JSON, such as {"$maxCount":3}.
func (c *Cluster) SetMetadata(stream, json string) {
	c.t.Helper()
	c.Write("$$"+stream, Event{Type: typeMetadata, ContentType: contentJSON, Data: []byte(json)})
}

// Truncate hides the events of a stream before a revision.
func (c *Cluster) Truncate(stream string, before uint64) {
	c.t.Helper()
	c.SetMetadata(stream, fmt.Sprintf(`{"$tb":%d}`, before))
}

// Delete deletes a stream softly: what is in it is hidden, and who writes to it
// goes on numbering.
func (c *Cluster) Delete(stream string) { c.t.Helper(); c.Truncate(stream, deletedBefore) }

// Tombstone deletes a stream for ever.
func (c *Cluster) Tombstone(stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store.tombstone(stream)
	c.tell()
}
