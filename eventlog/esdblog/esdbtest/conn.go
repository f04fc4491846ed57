package esdbtest

import (
	"net"
	"sync"
)

// A gate lets bytes through or holds them.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

// set opens or shuts the gate.
func (g *gate) set(hold bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		if hold {
			g.open = make(chan struct{})
		}
	default:
		if !hold {
			close(g.open)
		}
	}
}

// wait returns true when the gate is open, or false when done is closed first.
func (g *gate) wait(done <-chan struct{}) bool {
	for {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		select {
		case <-open:
			return true
		case <-done:
			return false
		}
	}
}

// A conn is a client's connection with a gate in it.
type conn struct {
	net.Conn
	gate *gate
	once sync.Once
	done chan struct{}
	gone func(*conn)
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.gate.wait(c.done) {
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if !c.gate.wait(c.done) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.done)
		c.gone(c)
		err = c.Conn.Close()
	})
	return err
}

// reset ends the connection as a crash would: what is on its way is lost.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
