package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Told is an event that was recorded.
type Told struct {
	Position Position `json:"position"`
	// Event is the event as docs/format/events.md has it.
	Event json.RawMessage `json:"event"`
	// Masked says that personal data was taken out.
	Masked bool `json:"masked"`
}

// A Watching says what a caller wants to be told of.
type Watching struct {
	Subjects   []string // member/ana, mission/arandia-embassy
	Of         []string // all members of state/arandia, or mission/arandia-embassy
	Privileges []string // none is all
	// From is where to go on: the Token of the last change that was dealt with. Empty is
	// from now on.
	From string
	// Why asks for the events by which answers changed.
	Why bool
}

// A Change is an answer that became another: by an event, or by time alone.
type Change struct {
	Subject   string     `json:"subject"`
	Privilege string     `json:"privilege"`
	Position  Position   `json:"position"`
	AsOf      time.Time  `json:"as_of"`
	Initial   bool       `json:"initial"` // how it is where the watch begins
	Cause     string     `json:"cause"`
	Events    []Position `json:"events"`
	Before    *Verdict   `json:"before"`
	After     *Verdict   `json:"after"` // nil if it can't be asked any more
	Skipped   int        `json:"skipped"`
	// Token is where to go on after this change; empty where others belong to it that
	// come next.
	Token string `json:"-"`
}

// Permits reports whether the subject may go ahead from now on.
func (c *Change) Permits() bool { return c.After != nil && c.After.Permits }

// A Verdict is an answer in short.
type Verdict struct {
	Outcome    Outcome     `json:"outcome"`
	Permits    bool        `json:"permits"`
	Conditions []Condition `json:"conditions"`
	NoLaw      bool        `json:"no_law"`
	Lacks      []string    `json:"lacks"`
	Code       string      `json:"code"`
	Rule       string      `json:"rule"`
	By         string      `json:"by"`
	Detail     string      `json:"detail"`
}

// Events tells of events as they are recorded, from a position on; nil is from now on.
// Types are those of events that are told; none is all. A stream that breaks is taken up
// again where it was, so that every event is told once. It ends with the context, with an
// error that another try does not mend, or when the caller ends the loop.
func (c *Client) Events(ctx context.Context, from *Position, types ...string) iter.Seq2[Told, error] {
	q := url.Values{}
	if len(types) > 0 {
		q.Set("type", strings.Join(types, ","))
	}
	at := ""
	if from != nil {
		at = strconv.FormatUint(uint64(*from), 10)
	}
	return func(yield func(Told, error) bool) {
		for m, err := range c.stream(ctx, "/v1/watch/events", q, at) {
			var t Told
			if err == nil && m.name == "event" {
				err = json.Unmarshal(m.data, &t)
			} else if err == nil {
				continue // of a later server
			}
			if err != nil {
				yield(Told{}, err)
				return
			}
			c.Saw(t.Position + 1)
			if !yield(t, nil) {
				return
			}
		}
	}
}

// Answers tells of answers that become others, by events or by time alone. Like
// [Client.Events] it goes on over breaks.
func (c *Client) Answers(ctx context.Context, w Watching) iter.Seq2[Change, error] {
	q := url.Values{}
	for name, list := range map[string][]string{"subject": w.Subjects, "of": w.Of, "privilege": w.Privileges} {
		if len(list) > 0 {
			q.Set(name, strings.Join(list, ","))
		}
	}
	if w.Why {
		q.Set("why", "true")
	}
	return func(yield func(Change, error) bool) {
		for m, err := range c.stream(ctx, "/v1/watch/answers", q, w.From) {
			var t Change
			if err == nil && m.name == "answer" {
				err = json.Unmarshal(m.data, &t)
			} else if err == nil {
				continue
			}
			if err != nil {
				yield(Change{}, err)
				return
			}
			t.Token = m.id
			c.Saw(t.Position)
			if !yield(t, nil) {
				return
			}
		}
	}
}

// A message is one server-sent event.
type message struct {
	name, id string
	data     []byte
}

// stream reads a stream, and takes it up again after it broke, from the last id on.
func (c *Client) stream(ctx context.Context, path string, query url.Values, from string) iter.Seq2[message, error] {
	return func(yield func(message, error) bool) {
		last, failed := from, 0
		pause := c.pause
		for {
			left := false
			err := c.listen(ctx, path, query, &last, &pause, func(m message) bool {
				failed = 0
				left = !yield(m, nil)
				return !left
			})
			if left {
				return
			}
			if ctx.Err() != nil {
				yield(message{}, ctx.Err())
				return
			}
			failed++
			wait, worth := c.worth(err, failed)
			if !worth {
				yield(message{}, err)
				return
			}
			var p *Problem
			if wait < pause && !errors.As(err, &p) {
				wait = pause/2 + time.Duration(random(int64(pause)))
			}
			if err := sleep(ctx, wait); err != nil {
				yield(message{}, err)
				return
			}
		}
	}
}

// errSilent is a stream of which nothing was heard for too long.
var errSilent = errors.New("nothing was heard for too long")

// listen reads a stream until it breaks. Last is where it is, and pause what the server
// says of when to come back.
func (c *Client) listen(ctx context.Context, path string, query url.Values, last *string, pause *time.Duration, tell func(message) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(c.silence, func() { cancel(errSilent) })
	defer silent.Stop()
	r := Request{Path: path, Query: query, Header: http.Header{"Accept": {"text/event-stream, application/problem+json"}}}
	if *last != "" {
		r.Header.Set("Last-Event-ID", *last)
	}
	q, err := c.request(ctx, r, nil, "")
	if err != nil {
		return err
	}
	q.Header.Del("Comity-At-Least") // a stream says where it begins
	w, err := c.http.Do(q)
	if err != nil {
		return broken{fmt.Errorf("watch %s: %w", path, err)}
	}
	defer func() { _ = w.Body.Close() }() // the stream is left
	if w.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(w.Body, 1<<20))
		if err != nil {
			return broken{fmt.Errorf("watch %s: %w", path, err)}
		}
		return problemOf(w.StatusCode, w.Header, text)
	}
	if media, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type")); media != "text/event-stream" {
		return fmt.Errorf("watch %s: the answer is %q and no stream: %w", path, w.Header.Get("Content-Type"), ErrAnswer)
	}
	in := bufio.NewScanner(w.Body)
	in.Buffer(nil, int(min(c.most, 1<<30)))
	var m message
	for in.Scan() {
		silent.Reset(c.silence)
		line := in.Text()
		if line == "" {
			if m.id != "" {
				*last = m.id // with a heartbeat, too
			}
			if len(m.data) > 0 {
				if m.name == "problem" {
					return problemOf(statusOf(m.data), http.Header{"Content-Type": {"application/problem+json"}}, m.data)
				}
				if !tell(m) {
					return nil
				}
			}
			m = message{}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			m.name = value
		case "id":
			m.id = value
		case "data":
			if len(m.data) > 0 {
				m.data = append(m.data, '\n')
			}
			m.data = append(m.data, value...)
		case "retry":
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				*pause = min(time.Duration(n)*time.Millisecond, c.longest)
			}
		}
	}
	err = in.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("watch %s: an event of more than %d bytes: %w", path, c.most, ErrAnswer)
	case err == nil:
		err = io.ErrUnexpectedEOF
	case context.Cause(ctx) != nil:
		err = context.Cause(ctx)
	}
	return broken{fmt.Errorf("watch %s: %w", path, err)}
}

// statusOf is the status that a problem says it has.
func statusOf(text []byte) int {
	var p Problem
	if json.Unmarshal(text, &p) != nil {
		return http.StatusInternalServerError
	}
	return p.Status
}
