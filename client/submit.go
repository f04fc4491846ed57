package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// An Event is an event to be recorded, as docs/format/events.md describes it. What is
// left out, the office fills in.
type Event struct {
	ID        string `json:"id,omitempty"`
	Type      string `json:"type"`
	Subject   string `json:"subject"`
	Effective string `json:"effective,omitempty"` // a date or an instant
	Recorded  string `json:"recorded,omitempty"`  // only in an office that is recorded after the fact
	Authority string `json:"authority,omitempty"` // the note or decision relied upon
	Source    string `json:"source,omitempty"`
	Target    string `json:"target,omitempty"` // the event that it acts on
	Payload   any    `json:"payload,omitempty"`
}

// A Submission is what is to be recorded, all or none.
type Submission struct {
	// Key names the order that is carried out, so that it has one effect however often it
	// is sent. Without one the client makes it up, which protects the tries of this call;
	// who may call again later, such as after a restart, gives a key of their own and
	// keeps it with the order.
	Key string
	// Expected is where the log has to be; nil is wherever it is.
	Expected *Position
	// Correlation names what these events belong to.
	Correlation string
	Events      []Event
	// DryRun records nothing, and says what would become of it.
	DryRun bool
}

// A Receipt is what became of what was submitted.
type Receipt struct {
	Position Position  `json:"position"` // ask at least at this position to see it
	First    Position  `json:"first"`    // of the first event
	Events   []string  `json:"events"`   // the ids, in order
	Recorded time.Time `json:"recorded"` // when the log learned of the last of them
	// Repeated says that all of it was on record before, and nothing was done: this was
	// sent before with the same key.
	Repeated bool `json:"repeated"`
	DryRun   bool `json:"dry_run"`
	// Key is the key by which it is known.
	Key string `json:"-"`
}

// Submit records events. An answer that was lost on the way is asked for again with the
// same key: the receipt then says Repeated. An error other than a [*Problem] leaves it
// open whether they were recorded; the same Submission with the same key finds out.
func (c *Client) Submit(ctx context.Context, s Submission) (Receipt, error) {
	key := s.Key
	if key == "" {
		key = newID()
	}
	body := struct {
		Correlation string    `json:"correlation,omitempty"`
		Expected    *Position `json:"expected_position,omitempty"`
		Events      []Event   `json:"events"`
	}{s.Correlation, s.Expected, s.Events}
	r := Request{Method: http.MethodPost, Path: "/v1/events", Body: body, Key: key}
	if s.DryRun {
		r.Query = url.Values{"dry_run": {"true"}}
	}
	var out Receipt
	if _, err := c.Do(ctx, r, &out); err != nil {
		return Receipt{Key: key}, err
	}
	out.Key = key
	return out, nil
}
