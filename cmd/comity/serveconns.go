package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// conns bounds the connections of a port, so that those who only hold them open can't
// keep others out. When there are as many as may be, the one that has been quiet the
// longest makes room: it has sent no request yet, or waits for the next. If none is quiet
// the newcomer is refused, by closing it.
type conns struct {
	net.Listener
	most int

	mu     sync.Mutex
	of     map[net.Conn]*list.Element // those open; nil is one that is at work; mu
	quiet  *list.List                 // net.Conn, the longest quiet first; mu
	closed uint64                     // to make room; mu
	turned uint64                     // away; mu
}

func newConns(l net.Listener, most int) *conns {
	return &conns{Listener: l, most: most, of: map[net.Conn]*list.Element{}, quiet: list.New()}
}

// Accept implements net.Listener.
func (c *conns) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c.admit(conn) {
			return conn, nil
		}
		_ = conn.Close() // it was not begun
	}
}

// admit takes a connection in, if there is room or some can be made.
func (c *conns) admit(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) >= c.most {
		longest := c.quiet.Front()
		if longest == nil {
			c.turned++
			return false
		}
		other := longest.Value.(net.Conn) //nolint:forcetypeassert // nothing else is in the list
		c.quiet.Remove(longest)
		delete(c.of, other)
		c.closed++
		_ = other.Close() // its caller connects again
	}
	c.of[conn] = c.quiet.PushBack(conn)
	return true
}

// state follows what becomes of a connection: see [http.Server.ConnState].
func (c *conns) state(conn net.Conn, s http.ConnState) {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at, open := c.of[conn]
	if !open {
		return // it made room for another
	}
	switch s {
	case http.StateNew: // as it was admitted
	case http.StateActive:
		if at != nil {
			c.quiet.Remove(at)
			c.of[conn] = nil
		}
	case http.StateIdle:
		if at == nil {
			c.of[conn] = c.quiet.PushBack(conn)
		}
	case http.StateClosed, http.StateHijacked:
		if at != nil {
			c.quiet.Remove(at)
		}
		delete(c.of, conn)
	}
}

// counts says how many are open, and how many were closed to make room or turned away.
func (c *conns) counts() (open int, closed, turned uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.of), c.closed, c.turned
}

// spareFiles are descriptors kept for what is no connection: the log and what belongs to
// it, backups, issuers of tokens.
const spareFiles = 48

// mostConns bounds a wish by what the process may have open; files is 0 if that is not
// known.
func mostConns(wish int, files uint64) int {
	if files == 0 || files > 1<<30 {
		return wish
	}
	spare := max(spareFiles, int(files)/8)
	return max(min(wish, int(files)-spare), 1)
}
