package authzen_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe is a listener whose one connection is in memory, so that a benchmark measures
// the server and not the machine's network.
type pipe struct {
	server, client net.Conn
	once           chan net.Conn
}

func newPipe() *pipe {
	p := &pipe{once: make(chan net.Conn, 1)}
	p.server, p.client = net.Pipe()
	p.once <- loopbackConn{p.server}
	return p
}

func (p *pipe) Accept() (net.Conn, error) {
	c, open := <-p.once
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p *pipe) Close() error   { return nil }
func (p *pipe) Addr() net.Addr { return here }

// A loopbackConn says that whoever asks is on the same machine.
type loopbackConn struct{ net.Conn }

var here = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8600}

func (loopbackConn) RemoteAddr() net.Addr { return here }
func (loopbackConn) LocalAddr() net.Addr  { return here }

// overPipe sends the same request again and again to a handler, as HTTP/1.1 over one
// connection, and fails on any other answer than wanted.
func overPipe(b *testing.B, h http.Handler, path, body, want string) {
	b.Helper()
	p := newPipe()
	web := &http.Server{Handler: h} //nolint:gosec // its one caller is this function
	go func() { _ = web.Serve(p) }()
	defer func() { close(p.once); _ = web.Close() }()
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:8600\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	buffer := make([]byte, 64<<10)
	again, sent := make(chan bool), make(chan error, 1)
	go func() {
		for range again {
			_, err := p.client.Write(request)
			sent <- err
		}
	}()
	defer close(again)
	b.ReportAllocs()
	for b.Loop() {
		again <- true
		n, at, length := 0, -1, 0
		for at < 0 || n < at+length {
			more, err := p.client.Read(buffer[n:])
			require.NoError(b, err)
			if n += more; at < 0 {
				if end := bytes.Index(buffer[:n], []byte("\r\n\r\n")); end >= 0 {
					at = end + 4
					_, rest, _ := bytes.Cut(buffer[:at], []byte("Content-Length: "))
					for _, digit := range rest {
						if digit < '0' || digit > '9' {
							break
						}
						length = 10*length + int(digit-'0')
					}
				}
			}
		}
		require.NoError(b, <-sent)
		if got := string(buffer[at:n]); got != want {
			b.Fatalf("got %s, want %s", got, want)
		}
	}
}

// BenchmarkWire answers over HTTP, all that net/http does included, and the client's part
// too. "floor" is a server of net/http that answers without having understood.
func BenchmarkWire(b *testing.B) {
	s := shipped(b, arandia(100)...)
	s.Limits.Batch = 1000
	bare := `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}}`
	fact := `{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1","properties":{"amount":30000,"goods":"groceries"}}}`
	answer := func(endpoint, body string) string { return s.call(endpoint, body).Body.String() }
	b.Run("floor", func(b *testing.B) {
		text := []byte(answer("evaluation", bare))
		overPipe(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header()["Content-Length"] = []string{fmt.Sprint(len(text))}
			_, _ = w.Write(text)
		}), paths["evaluation"], bare, string(text))
	})
	b.Run("bare", func(b *testing.B) { overPipe(b, s, paths["evaluation"], bare, answer("evaluation", bare)) })
	b.Run("facts", func(b *testing.B) { overPipe(b, s, paths["evaluation"], fact, answer("evaluation", fact)) })
	batch := `{"evaluations":[` + strings.Repeat(bare+","+fact+",", 49) + bare + "," + fact + `]}`
	b.Run("batch of 100", func(b *testing.B) { overPipe(b, s, paths["evaluations"], batch, answer("evaluations", batch)) })
}
