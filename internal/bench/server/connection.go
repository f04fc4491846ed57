package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// A connection sends requests one after the other, each when the one before is answered.
// It speaks as much of HTTP/1.1 as it needs: the requests are bytes that were made
// beforehand, and of an answer it reads the status, the length and the body. It shares the
// processors with the server that it measures, and so it must cost little.
type connection struct {
	net.Conn
	buffer []byte
	filled int // bytes of the buffer that hold what came
	used   int // of those, how many were read
}

// patience is how long an answer may take before it counts as none.
const patience = 30 * time.Second

// loopbackOnly refuses addresses of other machines: what is measured here would be the
// network there, and a burden to whoever is at the other end.
func loopbackOnly(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address of loopback with its port, such as 127.0.0.1:8600: %w", address, err)
	}
	if !at.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not on this machine: load is sent to loopback only", address)
	}
	return nil
}

// connect opens a connection to an address of loopback.
func connect(address string) (*connection, error) {
	if err := loopbackOnly(address); err != nil {
		return nil, err
	}
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, buffer: make([]byte, 16<<10)}, nil
}

// do sends a request and returns the status and the body of the answer, which is good
// until the next.
func (c *connection) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	c.filled, c.used = copy(c.buffer, c.buffer[c.used:c.filled]), 0
	head, err := c.until([]byte("\r\n\r\n"))
	if err != nil {
		return 0, nil, err
	}
	if status, err = statusOf(head); err != nil {
		return 0, nil, err
	}
	if value, found := header(head, "content-length"); found {
		n, err := strconv.Atoi(string(value))
		if err != nil || n < 0 || n > 64<<20 {
			return 0, nil, fmt.Errorf("an answer of %q bytes", value)
		}
		body, err = c.next(n)
		return status, body, err
	}
	if value, found := header(head, "transfer-encoding"); found && string(bytes.ToLower(value)) == "chunked" {
		body, err = c.chunks()
		return status, body, err
	}
	return 0, nil, errors.New("an answer that does not say how long it is")
}

// statusOf reads the status line.
func statusOf(head []byte) (int, error) {
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) || len(head) < 12 {
		return 0, fmt.Errorf("no answer of HTTP/1.1: %.40q", head)
	}
	return strconv.Atoi(string(head[9:12]))
}

// header finds the value of a header, whose name is given in small letters.
func header(head []byte, name string) ([]byte, bool) {
	for at := 0; ; {
		next := bytes.IndexByte(head[at:], '\n')
		if next < 0 {
			return nil, false
		}
		at += next + 1
		line := head[at:]
		if len(line) <= len(name) || line[len(name)] != ':' || !same(line[:len(name)], name) {
			continue
		}
		value := line[len(name)+1:]
		if end := bytes.IndexByte(value, '\r'); end >= 0 {
			value = value[:end]
		}
		return bytes.TrimSpace(value), true
	}
}

// same compares a name with one in small letters.
func same(name []byte, small string) bool {
	for i, b := range name {
		if b|0x20 != small[i] && b != small[i] {
			return false
		}
	}
	return true
}

// until returns what comes up to an end, with it.
func (c *connection) until(end []byte) ([]byte, error) {
	for {
		if n := bytes.Index(c.buffer[c.used:c.filled], end); n >= 0 {
			out := c.buffer[c.used : c.used+n+len(end)]
			c.used += len(out)
			return out, nil
		}
		if err := c.more(); err != nil {
			return nil, err
		}
	}
}

// next returns so many bytes.
func (c *connection) next(n int) ([]byte, error) {
	for c.filled-c.used < n {
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	out := c.buffer[c.used : c.used+n]
	c.used += n
	return out, nil
}

// chunks reads a body whose length nobody knew when it began.
func (c *connection) chunks() ([]byte, error) {
	var out []byte
	for {
		line, err := c.until([]byte("\r\n"))
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("no length of a chunk: %w", err)
		}
		part, err := c.next(int(n) + 2)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return out, nil
		}
		out = append(out, part[:n]...)
	}
}

// more reads more into the buffer.
func (c *connection) more() error {
	if c.filled == len(c.buffer) {
		c.buffer = append(c.buffer, make([]byte, len(c.buffer))...)
	}
	n, err := c.Read(c.buffer[c.filled:])
	c.filled += n
	if n > 0 {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// post makes the bytes of a request.
func post(address, path, contentType, extra string, body []byte) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n", path, address, contentType, extra, len(body))
	return append([]byte(head), body...)
}
