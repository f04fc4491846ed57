package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/comity-project/comity/api"
)

// How streams are written. Tests make it quicker.
var (
	// heartbeat is how often something is written at least, so that whoever is gone is
	// noticed, and nobody in between takes the connection for dead.
	heartbeat = 15 * time.Second
	// patience is how long one piece may take to be written before the caller counts as
	// gone.
	patience = 10 * time.Second
)

// A stream is an answer in pieces, as server-sent events.
type stream struct {
	*api.Call
	control *http.ResponseController
	piece   bytes.Buffer
}

// errGone ends a stream whose caller reads no more.
var errGone = errors.New("the caller is gone")

// begin begins a stream, and says when to come back after it has ended.
func begin(c *api.Call) (*stream, error) {
	s := &stream{Call: c, control: http.NewResponseController(c.W)}
	h := c.W.Header()
	h.Set("X-Accel-Buffering", "no")
	c.Begin(http.StatusOK, "text/event-stream")
	s.piece.WriteString("retry: 3000\n\n")
	return s, s.write()
}

// send writes one event. An id, if there is one, is where to go on.
func (s *stream) send(name, id string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.piece.WriteString("event: " + name + "\n")
	if id != "" {
		s.piece.WriteString("id: " + id + "\n")
	}
	s.piece.WriteString("data: ")
	s.piece.Write(text) // one line: JSON has no line breaks in it
	s.piece.WriteString("\n\n")
	return s.write()
}

// beat says that nothing happened, and where to go on.
func (s *stream) beat(id string) error {
	s.piece.WriteString(": nothing new\n")
	if id != "" {
		s.piece.WriteString("id: " + id + "\n")
	}
	s.piece.WriteString("\n")
	return s.write()
}

func (s *stream) write() error {
	defer s.piece.Reset()
	_ = s.control.SetWriteDeadline(time.Now().Add(patience)) // what can't have one waits for the connection
	if _, err := s.W.Write(s.piece.Bytes()); err != nil {
		return errGone
	}
	if err := s.control.Flush(); err != nil {
		return errGone
	}
	return nil
}

// end ends the stream: cleanly if the caller left or the server is about to end, and
// otherwise with what is wrong.
func (s *stream) end(err error) error {
	switch {
	case errors.Is(err, errGone):
		return context.Canceled // so that the connection is cut, and nothing said of it
	case errors.Is(err, context.Canceled):
		select {
		case <-s.Ended():
			s.piece.WriteString(": the server ends\n\n")
			_ = s.write()
		default:
		}
	case err != nil:
		p := *api.ProblemOf(err)
		p.Instance = s.ID
		if p.Status >= http.StatusInternalServerError {
			s.Log().Error().Err(err).Msg("a stream ended")
		}
		_ = s.send("problem", "", &p)
	}
	_ = s.control.SetWriteDeadline(time.Time{})
	return nil
}
