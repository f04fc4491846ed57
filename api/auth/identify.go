package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ActorHeader carries the name that a caller claims on a server that asks for no proof.
const ActorHeader = "Comity-Actor"

// Options are what an [Identifier] needs beside its configuration, and keeps when that
// is replaced.
type Options struct {
	// Loopback says that the server listens on loopback addresses only. Nothing else
	// lets it do without proof.
	Loopback bool
	// Now is the clock; nil is [time.Now].
	Now func() time.Time
	// Client asks issuers; nil is one with a time limit.
	Client *http.Client
}

// An Identifier finds out who sends requests. It may be used by several goroutines at
// once.
type Identifier struct {
	options Options
	replace sync.Mutex // held while the state is replaced
	state   atomic.Pointer[state]
}

// A state is a configuration as it is used. It is not changed once made.
type state struct {
	issuers      []*tokens
	keys         keys
	certificates certificates
	anybody      *Caller // if no proof is asked for
	nothing      error   // what is said to whoever sends no credentials
}

// ErrNoProof is returned when a configuration lets nobody in, and the server listens to
// other machines.
var ErrNoProof = errors.New("nobody could prove who they are: configure issuers, keys or certificates, or listen on a loopback address such as 127.0.0.1, where no proof is asked for")

// New makes an identifier. An error lists all that is wrong with the configuration; each
// part is a [*Mistake], or [ErrNoProof]. That an issuer does not answer is no error: see
// [Identifier.Ready].
func New(c Config, o Options) (*Identifier, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Client = newClient(o.Client)
	i := &Identifier{options: o}
	s, err := i.prepare(&c, nil)
	if err != nil {
		return nil, err
	}
	i.state.Store(s)
	return i, nil
}

// Replace goes on with another configuration. Requests that have begun end as they began;
// whoever is let in by nothing in the new one is refused from the next request on. After
// an error the old one still holds. A server that asked for proof goes on to ask for it:
// that it no longer does takes a restart.
func (i *Identifier) Replace(c Config) error {
	i.replace.Lock()
	defer i.replace.Unlock()
	before := i.state.Load()
	if before.anybody == nil && c.Empty() {
		return fmt.Errorf("the configuration lets nobody in any more, and the old one still holds: %w", ErrNoProof)
	}
	s, err := i.prepare(&c, before)
	if err != nil {
		return err
	}
	i.state.Store(s)
	return nil
}

func (i *Identifier) prepare(c *Config, before *state) (*state, error) {
	if c.Empty() {
		if !i.options.Loopback {
			return nil, ErrNoProof
		}
		return &state{anybody: Anybody()}, nil
	}
	k := checker{}
	if k.wrong = c.Check(); len(k.wrong) > 0 {
		return nil, errors.Join(k.wrong...)
	}
	var old []*tokens
	if before != nil {
		old = before.issuers
	}
	s := &state{keys: newKeys(c.Keys), certificates: newCertificates(c.Certificates)}
	taken := c.names()
	for _, one := range c.Issuers {
		s.issuers = append(s.issuers, newTokens(one, taken, &i.options, old))
	}
	var kinds []string
	if len(s.issuers) > 0 {
		kinds = append(kinds, "Authorization: Bearer with a token")
	}
	if len(s.keys) > 0 {
		kinds = append(kinds, "Authorization: Bearer with a key (ck_...)")
	}
	if len(s.certificates) > 0 {
		kinds = append(kinds, "a certificate of mutual TLS")
	}
	s.nothing = fmt.Errorf("the request does not say who sends it: this server accepts %s", strings.Join(kinds, ", or "))
	return s, nil
}

// Anonymous reports whether no proof is asked for.
func (i *Identifier) Anonymous() bool { return i.state.Load().anybody != nil }

// Ready says why some callers can't be identified, for the operator: which issuers have
// shown no keys. Asking it makes the server try again, when it is time to.
func (i *Identifier) Ready() error {
	var out []error
	for _, t := range i.state.Load().issuers {
		out = append(out, t.remote.ready())
	}
	return errors.Join(out...)
}

// What is wrong with how credentials are sent.
var (
	errTwice      = errors.New("the request has several credentials: send one Authorization, or connect with one certificate, and nothing else")
	errScheme     = errors.New("Authorization must be Bearer, a space, and a token or key")
	errEmpty      = errors.New("Authorization is empty after Bearer")
	errCharacters = errors.New("Authorization has characters that no token or key has: send one, without spaces and commas")
	errNoKeys     = errors.New("this server has no keys: send a token, or connect with a certificate, as its operator says")
	errNoTokens   = errors.New("this server accepts no tokens: send a key, or connect with a certificate, as its operator says")
	errOther      = errors.New("Comity-Actor names somebody else than the credentials: leave it out; it is for servers that ask for no proof")
)

// Identify finds out who sends a request. The error is for the caller: it says what was
// wrong, and repeats nothing of what was sent. It matches [ErrUnavailable] if it is the
// server that could not find out.
func (i *Identifier) Identify(r *http.Request) (*Caller, error) {
	s := i.state.Load()
	if s.anybody != nil {
		return s.local(r)
	}
	c, err := s.identify(r, i.options.Now())
	if err != nil {
		return nil, err
	}
	if claims := r.Header[ActorHeader]; len(claims) > 0 && (len(claims) > 1 || claims[0] != c.ID) {
		return nil, errOther
	}
	return c, nil
}

func (s *state) identify(r *http.Request, now time.Time) (*Caller, error) {
	sent := r.Header["Authorization"]
	connected := len(s.certificates) > 0 && r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	switch {
	case len(sent) > 1 || len(sent) == 1 && connected:
		return nil, errTwice
	case connected:
		return s.certificates.find(r.TLS, now)
	case len(sent) == 0:
		return nil, s.nothing
	}
	text, err := credential(sent[0])
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, keyBegins) {
		if len(s.keys) == 0 {
			return nil, errNoKeys
		}
		return s.keys.find(text, now)
	}
	if len(s.issuers) == 0 {
		return nil, errNoTokens
	}
	return s.token(r.Context(), text, now)
}

// credential takes the token or key out of a header. A key may stand there by itself, as
// some programs send it.
func credential(header string) (string, error) {
	scheme, text, spaced := strings.Cut(header, " ")
	switch {
	case !spaced && strings.HasPrefix(header, keyBegins):
		text = header
	case strings.EqualFold(scheme, "Bearer"):
		if text = strings.TrimLeft(text, " "); text == "" {
			return "", errEmpty
		}
	default:
		return "", errScheme
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == ',' {
			return "", errCharacters
		}
	}
	return text, nil
}

// token finds out who sent a token: by looking it up, or else by verifying it.
func (s *state) token(ctx context.Context, text string, now time.Time) (*Caller, error) {
	if len(text) > mostToken {
		return nil, errTokenLong
	}
	hash := hashOf(text)
	for _, t := range s.issuers {
		if c := t.cached(&hash, now); c != nil {
			return c, nil
		}
	}
	header, payload, err := split(text)
	if err != nil {
		return nil, err
	}
	issuer, _ := payload.text("iss")
	for _, t := range s.issuers {
		if t.issuer.URL == issuer {
			return t.verify(ctx, text, header, payload, &hash, now)
		}
	}
	return nil, errTokenIssuer
}

// Why a server that asks for no proof refuses a request. It is meant for people and
// programs of the same machine; a page in their browser, or a proxy beside them, would
// lend their rights to others.
var (
	errElsewhere = errors.New("this server asks for no proof, and so it answers its own machine only: the request comes from another")
	errHost      = errors.New("this server asks for no proof, and so it answers only as localhost, 127.0.0.1 or [::1]: the request has another Host")
	errForwarded = errors.New("this server asks for no proof, and the request was forwarded by a proxy: configure issuers, keys or certificates")
	errActor     = errors.New("Comity-Actor must be one name of 1 to 128 characters that can be seen")
)

// local returns who sends a request to a server that asks for no proof.
func (s *state) local(r *http.Request) (*Caller, error) {
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !from.Addr().Unmap().IsLoopback() {
		return nil, errElsewhere
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !isLoopback(strings.Trim(host, "[]")) {
		return nil, errHost
	}
	if r.Header["X-Forwarded-For"] != nil || r.Header["Forwarded"] != nil || r.Header["X-Real-Ip"] != nil {
		return nil, errForwarded
	}
	claimed := r.Header[ActorHeader]
	if len(claimed) == 0 {
		return s.anybody, nil
	}
	if len(claimed) > 1 || CheckName(claimed[0]) != nil {
		return nil, errActor
	}
	c := *s.anybody
	c.ID = claimed[0]
	return &c, nil
}
