package api

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// The headers of requests that write.
const (
	// KeyHeader names what a request is to do, so that it has one effect however often it
	// is sent. The answer repeats it, or says which was made up.
	KeyHeader = "Idempotency-Key"
	// ExpectedHeader is the position at which the log has to be; expected_position in the
	// body says the same.
	ExpectedHeader = "Comity-Expected-Position"
	// ActorHeader says who acts, on a server that asks nobody for a proof.
	ActorHeader = "Comity-Actor"
)

// mostKey is how many characters a key may have.
const mostKey = 128

// Key is the key of the request; one is made up if there is none. It is told with the
// answer.
func (c *Call) Key() (string, error) {
	key := c.R.Header.Get(KeyHeader)
	if key == "" {
		key = engine.NewID().String()
	} else if err := CheckKey(key); err != nil {
		return "", err
	}
	c.W.Header().Set(KeyHeader, key)
	return key, nil
}

// CheckKey refuses what is no key.
func CheckKey(key string) error {
	bad := len(key) > mostKey
	for i := range len(key) {
		bad = bad || key[i] < ' ' || key[i] > '~'
	}
	if bad {
		return Bad("idempotency_key", "the key is not 1 to %d visible characters of ASCII: take a ULID, or the id of the order that it carries out", mostKey)
	}
	return nil
}

// CommandOf is the id of a command with a key: the key itself if it is a ULID, and
// otherwise made from it, from who is asking, and from which of the request's commands it
// is, from 0.
func (c *Call) CommandOf(key string, n int) domain.CommandID {
	if id, err := domain.ParseCommandID(key); err == nil && n == 0 {
		return id
	}
	sum := sha256.Sum256([]byte("comity command\x00" + c.Caller.ID + "\x00" + key + "\x00" + strconv.Itoa(n)))
	return domain.CommandID(sum[:16])
}

// Expected is the position at which the log has to be, of the header and of the body; nil
// is wherever it is.
func (c *Call) Expected(said *domain.Position) (*domain.Position, error) {
	text := c.R.Header.Get(ExpectedHeader)
	if text == "" {
		return said, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, Bad("expected_position", "%s is %q: write a position", ExpectedHeader, clip(text))
	}
	at := domain.Position(n)
	if said != nil && *said != at {
		return nil, Bad("expected_position", "%s says %d and the body says %d: keep one", ExpectedHeader, at, *said)
	}
	return &at, nil
}

// Unexpected refuses a position that is expected of a write that does not look at one, so
// that nobody believes it was looked at.
func (c *Call) Unexpected() error {
	if text := c.R.Header.Get(ExpectedHeader); text != "" {
		return Bad("expected_position", "%s is only for events and commands: leave it out", ExpectedHeader)
	}
	return nil
}

// Actor is who acts: the caller, or on a server that asks for no proof whom the header
// names.
func (c *Call) Actor() (string, error) {
	claimed := c.R.Header.Get(ActorHeader)
	if claimed == "" || claimed == c.Caller.ID {
		return c.Caller.ID, nil
	}
	if c.Caller.Means != auth.ByNothing {
		return "", otherActor(claimed)
	}
	if err := CheckKey(claimed); err != nil {
		return "", NewProblem(http.StatusForbidden, "actor", "%s is not 1 to %d visible characters of ASCII", ActorHeader, mostKey)
	}
	return claimed, nil
}

// MayAct refuses events that name another actor than who is asking, where that was
// proved.
func (c *Call) MayAct(commands ...domain.Command) error {
	if c.Caller.Means == auth.ByNothing {
		return nil
	}
	for _, command := range commands {
		for _, e := range command.Drafts {
			actor := e.Actor
			if actor == "" {
				actor = command.Actor
			}
			if actor != c.Caller.ID {
				return otherActor(actor)
			}
		}
	}
	return nil
}

func otherActor(claimed string) error {
	return NewProblem(http.StatusForbidden, "actor", "the actor is whoever asks, and can't be %q: leave it out", clip(claimed))
}

// Written says of an error of a write what the caller should do.
func (c *Call) Written(err error) error {
	if !errors.Is(err, engine.ErrUncertain) {
		return err
	}
	p := NewProblem(http.StatusServiceUnavailable, "uncertain", "it is not known whether it was recorded: send the same again with %s: %s, which records it if it was not", KeyHeader, c.W.Header().Get(KeyHeader))
	p.cause, p.RetryAfter = err, time.Second
	return p
}
