package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Connections that are only held open make room for others; those that work don't.
func TestConns(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := newConns(l, 4)
	quit := make(chan struct{})
	web := &http.Server{ConnState: c.state, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			<-quit
		}
		_, _ = io.WriteString(w, "done")
	})}
	go func() { _ = web.Serve(c) }()
	defer func() { _ = web.Close() }()
	send := func(path string) net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		if path != "" {
			_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
			require.NoError(t, err)
		}
		return conn
	}
	answered := func(conn net.Conn) error {
		w, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		return w.Body.Close()
	}
	quiet := func(n int) {
		t.Helper()
		require.Eventually(t, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.quiet.Len() == n }, patience, time.Millisecond)
	}
	silent := send("")
	quiet(1)
	kept := send("/")
	require.NoError(t, answered(kept))
	quiet(2)
	for i := range 20 {
		require.NoError(t, answered(send("/")), "there is always room for a request")
		quiet(min(3+i, 4)) // who was answered is at work until the server has seen to it
	}
	_, err = silent.Read(make([]byte, 1))
	require.Error(t, err, "it has made room")
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	var long []net.Conn
	for i := range 4 {
		long = append(long, send("/long"))
		require.Eventually(t, func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.of)-c.quiet.Len() == i+1
		}, patience, time.Millisecond)
	}
	require.Error(t, answered(send("/")), "all that there may be are at work")
	open, closed, turned := c.counts()
	assert.Equal(t, 4, open)
	assert.Positive(t, closed)
	assert.Positive(t, turned)
	close(quit)
	for _, conn := range long {
		require.NoError(t, answered(conn))
		_ = conn.Close()
	}
	require.Eventually(t, func() bool { open, _, _ := c.counts(); return open == 0 }, patience, time.Millisecond)
	require.NoError(t, answered(send("/")))
}

func TestMostConns(t *testing.T) {
	assert.Equal(t, 100, mostConns(100, 0))
	assert.Equal(t, 16, mostConns(20_000, 64))
	assert.Equal(t, 896, mostConns(20_000, 1024))
	assert.Equal(t, 1, mostConns(20_000, 10))
	assert.Equal(t, 20_000, mostConns(20_000, 1<<20))
	assert.Equal(t, 20_000, mostConns(20_000, 1<<63), "as many as there are")
}
