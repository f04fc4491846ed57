package api

import (
	"bytes"
	"encoding"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep the JSON of a body may be nested.
const MaxDepth = 32

// Body reads the whole body, which must be of a media type.
func (c *Call) Body(types ...string) ([]byte, error) {
	given := c.R.Header.Get("Content-Type")
	if !slices.Contains(types, given) && !accepted(given, types) {
		return nil, Bad("content_type", "the Content-Type is %q: send %s, in UTF-8", clip(given), strings.Join(types, " or "))
	}
	if encoding := c.R.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, Bad("content_encoding", "the Content-Encoding is %q: send the body as it is", clip(encoding))
	}
	if c.R.ContentLength > c.most {
		return nil, c.tooLarge() // before it is sent
	}
	if c.route.Time > 0 { // what may take longer may come more slowly, too
		_ = http.NewResponseController(c.W).SetReadDeadline(time.Now().Add(c.route.Time)) // if it can't be set, that of the server holds
	}
	text, err := c.read()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, c.tooLarge()
	}
	if err != nil {
		p := Bad("body_broken", "the body ended before its end: send it again")
		p.cause = err
		return nil, p
	}
	if c.long() {
		c.server.unhurried(c) // the time to send it is over, and that to answer it has begun
	}
	return text, nil
}

// read reads the whole body. One whose length is known, and small enough, needs no guard:
// net/http reads no more of it.
func (c *Call) read() ([]byte, error) {
	if n := c.R.ContentLength; n > 0 && n <= min(c.most, mostAtOnce) {
		text := make([]byte, n)
		_, err := io.ReadFull(c.R.Body, text)
		return text, err
	}
	return io.ReadAll(http.MaxBytesReader(c.W, c.R.Body, c.most))
}

// mostAtOnce is how much memory is taken for a body on the word of whoever sends it.
const mostAtOnce = 64 << 10

// accepted reports whether a Content-Type is of a media type, in UTF-8.
func accepted(given string, types []string) bool {
	media, params, err := mime.ParseMediaType(given)
	charset := params["charset"]
	return err == nil && slices.Contains(types, media) && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

func (c *Call) tooLarge() *Problem {
	return NewProblem(http.StatusRequestEntityTooLarge, "body_too_large", "the body has more than %d bytes: send less at a time", c.most)
}

// Decode reads the body as JSON, strictly: UTF-8, every name once, no deeper than
// [MaxDepth], nothing after it, and no member that into does not have.
func (c *Call) Decode(into any) error { return c.decode(into, json.RejectUnknownMembers(true)) }

// DecodeOpen is Decode that passes over members it does not know, for a standard that
// says so.
func (c *Call) DecodeOpen(into any) error { return c.decode(into) }

func (c *Call) decode(into any, options ...json.Options) error {
	text, err := c.Body("application/json")
	if err != nil {
		return err
	}
	return Unmarshal(text, into, options...)
}

// Unmarshal reads JSON as [Call.Decode] does. Its errors are problems.
func Unmarshal(text []byte, into any, options ...json.Options) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return Bad("body_empty", "the body is empty: send JSON")
	}
	if deep(text) {
		return Bad("body_deep", "the body is nested deeper than %d", MaxDepth)
	}
	err := json.Unmarshal(text, into, options...)
	if err == nil {
		return nil
	}
	p := Bad("body_invalid", "the body: %s", readable(err))
	p.cause = err
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		p.Pointer = string(s.JSONPointer)
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		p.Pointer = string(s.JSONPointer)
	}
	return p
}

// deep reports whether brackets of JSON are nested deeper than MaxDepth.
func deep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// readable says what is wrong with JSON, without the names of Go's types.
func readable(err error) string {
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		where := "the whole"
		if s.JSONPointer != "" {
			where = string(s.JSONPointer)
		}
		switch {
		case errors.Is(err, json.ErrUnknownName):
			return where + " is not a member that is known here"
		case s.Err != nil && s.GoType == nil:
			return where + ": " + s.Err.Error()
		case s.Err != nil:
			return where + ": " + strings.TrimPrefix(s.Err.Error(), "json: ")
		}
		return where + " is of the wrong type" + wanted(s.GoType)
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		text := "is no JSON"
		if s.Err != nil {
			text = s.Err.Error()
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			text = "ends before its end"
		}
		if s.JSONPointer != "" {
			text += " at " + string(s.JSONPointer)
		}
		return text
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// wanted says what to write for a value of a type; nothing where JSON does not tell by the
// type alone.
func wanted(t reflect.Type) string {
	if t == nil {
		return ""
	}
	to := reflect.PointerTo(t)
	if to.Implements(reflect.TypeFor[json.Unmarshaler]()) || to.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) {
		return ""
	}
	kind := t.Kind()
	if to.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		kind = reflect.String
	}
	switch kind {
	case reflect.String:
		return ": write a text, in quotation marks"
	case reflect.Bool:
		return ": write true or false"
	case reflect.Int, reflect.Int64:
		return ": write a whole number"
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return ": write a whole number from 0"
	case reflect.Slice:
		return ": write a list"
	case reflect.Struct, reflect.Map:
		return ": write an object"
	default:
		return ""
	}
}

// clip shortens what is repeated to a caller.
func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "..."
	}
	return text
}
