package lsp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// The bounds of what a client sends. A ruleset has less than a mebibyte; as JSON
// every byte of it could take six.
const (
	maxMessage = 16 << 20
	maxHeader  = 4 << 10 // of one line
)

// A tooLarge message was skipped.
type tooLarge struct{ size int64 }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("a message has at most %d bytes, and this has %d", maxMessage, e.size)
}

// A wireReader reads messages, each behind a header:
//
//	Content-Length: 52\r\n
//	\r\n
//	{"jsonrpc":"2.0","id":1,"method":"shutdown"}
type wireReader struct{ in *bufio.Reader }

// next returns the next message. Lines that are no header are passed over, so that
// the reader finds its way back after a client that talked nonsense. The error is
// a [*tooLarge] for a message that was skipped, after which the next can be read;
// any other is the end.
func (r *wireReader) next() ([]byte, error) {
	for {
		size, err := r.header()
		if err != nil {
			return nil, err
		}
		switch {
		case size < 0:
			continue // nothing says how long it is
		case size > maxMessage:
			if _, err := io.CopyN(io.Discard, r.in, size); err != nil {
				return nil, ended(err)
			}
			return nil, &tooLarge{size}
		}
		body := make([]byte, 0, min(size, 64<<10)) // the rest only once it has come
		for int64(len(body)) < size {
			n := min(size-int64(len(body)), 64<<10)
			from := len(body)
			body = append(body, make([]byte, n)...)
			if _, err := io.ReadFull(r.in, body[from:]); err != nil {
				return nil, ended(err)
			}
		}
		return body, nil
	}
}

// header reads lines up to an empty one and returns the length that they state, or
// -1. Of several the last counts.
func (r *wireReader) header() (int64, error) {
	size := int64(-1)
	for {
		line, err := r.line()
		if err != nil {
			return 0, err
		}
		if line == "" {
			return size, nil
		}
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && n >= 0 {
			size = n
		}
	}
}

// line reads one line of a header; of a longer one only the beginning is kept.
func (r *wireReader) line() (string, error) {
	var kept []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if room := maxHeader - len(kept); room > 0 {
			kept = append(kept, part[:min(room, len(part))]...)
		}
		switch {
		case err == nil:
			return strings.TrimRight(string(kept), "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return "", ended(err)
		}
	}
}

// ended makes one error of all ways in which a client may leave.
func ended(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) {
		return io.EOF
	}
	return err
}

// A wireWriter writes messages. It is safe for concurrent use.
type wireWriter struct {
	mu  sync.Mutex
	out io.Writer // mu locks it
	err error     // mu locks it; the first that happened
}

func (w *wireWriter) write(message any) {
	body, err := json.Marshal(message)
	if err != nil {
		panic("bad message: " + err.Error()) // unreachable: we send texts, numbers, lists and maps
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// failed returns the first error of writing.
func (w *wireWriter) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// The error codes of JSON-RPC and of the protocol.
const (
	parseError       = -32700
	invalidRequest   = -32600
	methodNotFound   = -32601
	invalidParams    = -32602
	internalError    = -32603
	notInitialized   = -32002
	requestCancelled = -32800
	requestFailed    = -32803
)

// A message is a request, a notification or a response.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`
}

// isRequest reports whether the sender waits for an answer.
func (m *message) isRequest() bool { return len(m.ID) > 0 && m.Method != "" }

// validID reports whether an id is a number or a text.
func validID(id json.RawMessage) bool {
	text := strings.TrimSpace(string(id))
	return text != "" && (text[0] == '"' || text[0] == '-' || text[0] >= '0' && text[0] <= '9')
}

type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type failure struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *rpcError       `json:"error"`
}

type outgoing struct {
	Version string `json:"jsonrpc"`
	ID      any    `json:"id,omitempty"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

// An rpcError is an answer that says why there is none.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return e.Message }

func refuse(code int, format string, args ...any) *rpcError {
	return &rpcError{code, fmt.Sprintf(format, args...)}
}
