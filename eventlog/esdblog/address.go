package esdblog

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

const (
	scheme         = "esdb://"
	schemeDiscover = "esdb+discover://"
)

// DefaultStream is the stream of an address that names none.
const DefaultStream = "comity"

// IsAddress reports whether the text is the address of a log in EventStoreDB, rather
// than the path of a file.
func IsAddress(text string) bool {
	return strings.HasPrefix(text, scheme) || strings.HasPrefix(text, schemeDiscover)
}

// An address is a connection string of EventStoreDB with the name of a stream as its
// path:
//
//	esdb://user:password@one:2113,two:2113,three:2113/ofm?tlsCAFile=ca.crt
type address struct {
	scheme string
	user   string // with the password; "" if there is none
	hosts  string
	stream string
	query  string
}

// streams are the names that a stream may have: letters, digits and a little between
// them, so that what is beside it is told apart, and nothing of the system's own.
var streams = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*$`)

const longestStream = 100

func parseAddress(text string) (address, error) {
	var a address
	rest, found := strings.CutPrefix(text, schemeDiscover)
	a.scheme = schemeDiscover
	if !found {
		rest, found = strings.CutPrefix(text, scheme)
		a.scheme = scheme
	}
	if !found {
		return a, fmt.Errorf("the address of an EventStoreDB log begins with %s or %s", scheme, schemeDiscover)
	}
	rest, a.query, _ = strings.Cut(rest, "?")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		a.user, rest = rest[:i], rest[i+1:]
	}
	a.hosts, a.stream, _ = strings.Cut(rest, "/")
	if a.stream == "" {
		a.stream = DefaultStream
	}
	switch {
	case a.hosts == "":
		return a, fmt.Errorf("the address names no host: %sHOST:2113/STREAM", a.scheme)
	case len(a.stream) > longestStream || !streams.MatchString(a.stream):
		return a, fmt.Errorf("%s: the name of a stream has letters, digits, dots, low lines and single hyphens between them, at most %d in all", a.name(), longestStream)
	case strings.ContainsAny(a.user, "/?#"):
		return a, fmt.Errorf("%s: write /, ? and # in a user name or a password as %%2F, %%3F and %%23", a.name())
	}
	return a, nil
}

// name is the address without what is secret.
func (a address) name() string { return a.scheme + a.hosts + "/" + a.stream }

// known are the settings that a connection string may have. The client itself takes no
// notice of a misspelled one.
var known = []string{
	"tls", "tlsCAFile", "tlsVerifyCert", "userCertFile", "userKeyFile", "nodePreference",
	"gossipTimeout", "discoveryInterval", "keepAliveInterval", "keepAliveTimeout",
}

// word is what the name of a setting may look like.
var word = regexp.MustCompile(`^[A-Za-z]+$`)

// configuration is how the client connects.
func (a address) configuration() (*esdb.Configuration, error) {
	settings, err := url.ParseQuery(a.query)
	if err != nil {
		return nil, fmt.Errorf("%s: the settings after ? can't be read", a.name())
	}
	for name := range settings {
		if !isOne(name, known) {
			if !word.MatchString(name) { // as after a ? in a password
				return nil, fmt.Errorf("%s: what stands after ? is no setting: write ? in a user name or a password as %%3F", a.name())
			}
			return nil, fmt.Errorf("%s: there is no setting %q: those after ? are %s", a.name(), name, strings.Join(known, ", "))
		}
	}
	text := a.scheme
	if a.user != "" {
		text += a.user + "@"
	}
	text += a.hosts
	if a.query != "" {
		text += "?" + a.query
	}
	c, err := esdb.ParseConnectionString(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", a.name(), a.hush(err.Error()))
	}
	if c.DisableTLS && c.Username != "" {
		return nil, fmt.Errorf("%s: the client never sends a password without TLS: leave out tls=false, or the user", a.name())
	}
	// The client is dead for good once it has run out of attempts to find a node, and
	// those who wait for it then wait for ever.
	c.MaxDiscoverAttempts = 2_000_000_000
	if !has(settings, "discoveryInterval") {
		c.DiscoveryInterval = 250
	}
	if !has(settings, "gossipTimeout") {
		c.GossipTimeout = 3
	}
	return c, nil
}

// hush takes the user and the password out of an error's text.
func (a address) hush(text string) string {
	if a.user == "" {
		return text
	}
	text = strings.ReplaceAll(text, a.user, "...")
	if _, password, found := strings.Cut(a.user, ":"); found && password != "" {
		text = strings.ReplaceAll(text, password, "...")
		if plain, err := url.PathUnescape(password); err == nil {
			text = strings.ReplaceAll(text, plain, "...")
		}
	}
	return text
}

func isOne(name string, of []string) bool {
	for _, one := range of {
		if strings.EqualFold(one, name) {
			return true
		}
	}
	return false
}

func has(settings url.Values, name string) bool {
	for one := range settings {
		if strings.EqualFold(one, name) {
			return true
		}
	}
	return false
}

// A trouble remembers the last thing that the client complained of, since what it
// returns often says only that time is over.
type trouble struct {
	mu   sync.Mutex
	text string
}

func (t *trouble) hear(_ esdb.LogLevel, format string, args ...any) {
	if !strings.Contains(format, "error") && !strings.Contains(format, "exception") {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = fmt.Sprintf(format, args...)
}

func (t *trouble) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}

// errStopped ends what waits for a link that is closed.
var errStopped = errors.New("stopped")
