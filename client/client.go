package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// A Position is a place in the office's log, between events. It is the token of
// consistency: see [ReadYourWrites].
type Position uint64

// A Client asks one server.
type Client struct {
	base      *url.URL
	http      *http.Client
	token     func(context.Context) (string, error)
	agent     string
	timeout   time.Duration // of a call with all its tries, if the context has no deadline
	tries     int
	pause     time.Duration // before the second try, at most; it doubles
	longest   time.Duration // that a pause gets
	silence   time.Duration // after which a stream counts as broken
	most      int64         // bytes of an answer
	follow    bool          // reads have seen what was seen before
	plainText bool          // a proof may be sent without encryption

	seen atomic.Uint64 // the highest position
}

// An Option sets up a client.
type Option func(*Client) error

// Token proves who is asking with tokens of a source, which is asked for each try and
// may give the same again. Its error is that of the call.
func Token(source func(context.Context) (string, error)) Option {
	return func(c *Client) error {
		if c.token != nil {
			return errors.New("two proofs of who is asking: keep one of Token and Key")
		}
		c.token = source
		return nil
	}
}

// Key proves who is asking with a key of the server's configuration.
func Key(key string) Option {
	return func(c *Client) error {
		if key == "" {
			return errors.New("the key is empty")
		}
		return Token(func(context.Context) (string, error) { return key, nil })(c)
	}
}

// Transport is how requests travel: for certificates, proxies, tests. The usual one is
// [http.DefaultTransport].
func Transport(t http.RoundTripper) Option {
	return func(c *Client) error {
		c.http.Transport = t
		return nil
	}
}

// Timeout is how long a call may take with all its tries, if its context has no deadline;
// usually 30 seconds. It is no limit to a stream.
func Timeout(d time.Duration) Option {
	return func(c *Client) error {
		if d <= 0 {
			return fmt.Errorf("timeout %v: a call has to end", d)
		}
		c.timeout = d
		return nil
	}
}

// Tries is how often something is tried at most; usually 4. 1 is once.
func Tries(n int) Option {
	return func(c *Client) error {
		if n < 1 {
			return fmt.Errorf("%d tries: try at least once", n)
		}
		c.tries = n
		return nil
	}
}

// Pauses are how long the client waits between tries: a random time up to first, then up
// to twice that, and so on, but not more than longest. Usually 100 milliseconds and 5
// seconds. A server that says when to come back is believed instead.
func Pauses(first, longest time.Duration) Option {
	return func(c *Client) error {
		if first <= 0 || longest < first {
			return fmt.Errorf("pauses of %v to %v: the first is more than nothing and the longest no less", first, longest)
		}
		c.pause, c.longest = first, longest
		return nil
	}
}

// Silence is after how long without a word a stream counts as broken, and is taken up
// again; usually 45 seconds, which is three heartbeats.
func Silence(d time.Duration) Option {
	return func(c *Client) error {
		if d <= 0 {
			return fmt.Errorf("silence of %v: give the server time for a word", d)
		}
		c.silence = d
		return nil
	}
}

// MostBytes is how long an answer may be; usually 64 MiB. A longer one is an error.
func MostBytes(n int64) Option {
	return func(c *Client) error {
		if n < 1 {
			return fmt.Errorf("answers of %d bytes: an answer has some", n)
		}
		c.most = n
		return nil
	}
}

// ReadYourWrites makes every read and question see at least what this client has seen or
// written before: it sends the highest position that it knows.
func ReadYourWrites() Option {
	return func(c *Client) error {
		c.follow = true
		return nil
	}
}

// UserAgent names the program that asks, before the name of this client.
func UserAgent(product string) Option {
	return func(c *Client) error {
		if strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("user agent %q: write it in ASCII", product)
		}
		c.agent = product + " " + c.agent
		return nil
	}
}

// Unencrypted lets the client send proofs of who is asking without TLS to another
// machine, such as to a proxy that adds it. Without it, [New] refuses that.
func Unencrypted() Option {
	return func(c *Client) error {
		c.plainText = true
		return nil
	}
}

// New returns a client of the server at a URL, such as https://comity.example.org. It
// asks nothing yet.
func New(base string, options ...Option) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", base, err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("server %q: write it as https://comity.example.org", base)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	c := &Client{
		base: u, agent: "comity-client-go/1", timeout: 30 * time.Second, tries: 4, pause: 100 * time.Millisecond, longest: 5 * time.Second,
		silence: 45 * time.Second, most: 64 << 20,
		// A redirect could lead a proof to a stranger, and a question to another office.
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	for _, option := range options {
		if err := option(c); err != nil {
			return nil, err
		}
	}
	if c.token != nil && u.Scheme == "http" && !c.plainText && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("server %q: a proof of who is asking would be sent without encryption: write https", base)
	}
	return c, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Position is the highest position that the client has seen in an answer, written, or was
// told of with [Client.Saw].
func (c *Client) Position() Position { return Position(c.seen.Load()) }

// Saw tells the client of a position that others have seen, such as one that came with a
// message from the program that wrote.
func (c *Client) Saw(at Position) {
	for {
		had := c.seen.Load()
		if uint64(at) <= had || c.seen.CompareAndSwap(had, uint64(at)) {
			return
		}
	}
}
