package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// A Problem is what a server says is wrong with a call. It never is an answer.
type Problem struct {
	// Code is one of the closed list of the contract; empty if something on the way
	// answered, and not the server.
	Code   string `json:"code"`
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"` // for people
	// Instance is the id of the request, as in the operator's log.
	Instance string `json:"instance"`
	// Position is where the log is, for whoever waits for it or ran into it.
	Position Position `json:"position"`
	// Pointer is where in the body it is, as a JSON pointer.
	Pointer  string    `json:"pointer"`
	Lines    []Line    `json:"lines"`
	Mistakes []Mistake `json:"mistakes"`
	Refusals []Refusal `json:"refusals"`
	// RetryAfter is when it is worth another try; 0 if the server does not say.
	RetryAfter time.Duration `json:"-"`
}

// A Line says what is wrong with a line of a file, from 1.
type Line struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// A Mistake says what is wrong with a ruleset, and where.
type Mistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// A Refusal says why an event was not recorded.
type Refusal struct {
	Event   int    `json:"event"`   // from 1
	Command int    `json:"command"` // from 1; 0 if there is one
	Type    string `json:"type"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = fmt.Sprintf("the server answered with status %d %s", p.Status, p.Title)
	}
	if p.Code != "" {
		text += " (" + p.Code + ")"
	}
	return text
}

// CodeOf is the code of the problem in an error; empty if there is none.
func CodeOf(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// ErrAnswer is what an error matches if there was an answer, and it could not be taken
// for one: it is too long, of another type, of another request, or contradicts itself.
var ErrAnswer = errors.New("not an answer")

// problemOf reads what a status other than 2xx says.
func problemOf(status int, header http.Header, body []byte) *Problem {
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(body, p) != nil {
		*p = Problem{}
	}
	p.Status = status // as it came
	if p.Title == "" {
		p.Title = http.StatusText(status)
	}
	if at := header.Get("Location"); at != "" && status/100 == 3 {
		p.Detail = "the server sends elsewhere, to " + at + ", which is not followed: ask there if it can be trusted"
	}
	if n, err := strconv.Atoi(header.Get("Retry-After")); err == nil && n > 0 {
		p.RetryAfter = time.Duration(n) * time.Second
	}
	return p
}

// again reports whether what was asked may be asked again after a status.
func again(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
