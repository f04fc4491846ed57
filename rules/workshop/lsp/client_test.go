package lsp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A client is an editor, as far as tests need one.
type client struct {
	t      *testing.T
	in     io.WriteCloser
	out    chan incoming // closed when the server has left
	nextID int
	done   chan error
	// news are notifications and requests of the server, in order of arrival.
	news []incoming
	dir  string       // with the folders common and xa
	lint []diagnostic // what lint found, beside what wrong returned last
}

type incoming struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}

// able are the capabilities of an editor that can do everything.
const able = `{
	"general": {"positionEncodings": ["utf-16"]},
	"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}, "workspaceEdit": {"documentChanges": true}},
	"textDocument": {
		"completion": {"completionItem": {"snippetSupport": true, "documentationFormat": ["markdown"]}},
		"hover": {"contentFormat": ["markdown"]},
		"documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
		"publishDiagnostics": {"relatedInformation": true, "codeDescriptionSupport": true, "versionSupport": true},
		"codeAction": {"codeActionLiteralSupport": {}}
	}
}`

// connect starts a server that has not been initialized.
func connect(t *testing.T, o Options) *client {
	t.Helper()
	if o.Pause == 0 {
		o.Pause = time.Millisecond
	}
	serverIn, clientOut := io.Pipe()
	clientIn, serverOut := io.Pipe()
	c := listen(t, clientOut, clientIn)
	s := New(o)
	go func() {
		err := s.Serve(t.Context(), serverIn, serverOut)
		serverOut.Close()
		c.done <- err
	}()
	t.Cleanup(func() { clientOut.Close(); clientIn.Close() })
	return c
}

// start starts a server, initializes it, and writes the folders common, which is
// the small language for tests, and xa.
func start(t *testing.T) *client {
	t.Helper()
	c := connect(t, Options{})
	c.dir = filepath.ToSlash(t.TempDir())
	require.NoError(t, os.CopyFS(c.dir+"/common", os.DirFS("../../testdata/mini")))
	require.NoError(t, os.MkdirAll(c.dir+"/xa", 0o755))
	c.request("initialize", `{"processId": null, "rootUri": null, "capabilities": `+able+`}`)
	c.notify("initialized", `{}`)
	return c
}

// listen makes a client that reads as fast as it can, as editors do.
func listen(t *testing.T, to io.WriteCloser, from io.Reader) *client {
	c := &client{t: t, in: to, out: make(chan incoming, 10_000), done: make(chan error, 1)}
	go func() {
		defer close(c.out)
		r := &wireReader{bufio.NewReader(from)}
		for {
			body, err := r.next()
			if err != nil {
				return
			}
			var m incoming
			if json.Unmarshal(body, &m) != nil {
				return
			}
			c.out <- m
		}
	}()
	return c
}

func (c *client) send(body string) {
	c.t.Helper()
	_, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(c.t, err)
}

func (c *client) notify(method, params string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// receive returns the next message of the server.
func (c *client) receive() incoming {
	c.t.Helper()
	select {
	case m, more := <-c.out:
		require.True(c.t, more, "the server has left")
		return m
	case <-time.After(time.Minute):
		require.Fail(c.t, "the server says nothing")
		return incoming{}
	}
}

// call sends a request and waits for its answer.
func (c *client) call(method, params string) incoming {
	c.t.Helper()
	c.nextID++
	id := fmt.Sprint(c.nextID)
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params))
	for {
		m := c.receive()
		if m.Method == "" && string(m.ID) == id {
			return m
		}
		c.news = append(c.news, m)
	}
}

// request is a call that must succeed.
func (c *client) request(method, params string) json.RawMessage {
	c.t.Helper()
	m := c.call(method, params)
	require.Nil(c.t, m.Error, "%s: %v", method, m.Error)
	return m.Result
}

func (c *client) uri(name string) string { return uriOf(c.dir + "/" + name) }

func quote(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

// open opens a document and returns what is wrong with it.
func (c *client) open(name, text string) []diagnostic {
	c.t.Helper()
	c.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"yaml","version":1,"text":%s}}`, c.uri(name), quote(text)))
	return c.wrong(name, 1)
}

// replace changes a whole document and returns what is wrong with it then.
func (c *client) replace(name string, version int, text string) []diagnostic {
	c.t.Helper()
	c.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"text":%s}]}`, c.uri(name), version, quote(text)))
	return c.wrong(name, version)
}

// until waits until a version of a document has so many mistakes.
func (c *client) until(name string, version, mistakes int) {
	c.t.Helper()
	for len(c.wrong(name, version)) != mistakes {
	}
}

// wrong waits for the next diagnostics of a version of a document, 0 for one that is
// not open, and returns the mistakes among them.
func (c *client) wrong(name string, version int) []diagnostic {
	c.t.Helper()
	for {
		for i, m := range c.news {
			var p publishParams
			if m.Method != "textDocument/publishDiagnostics" || json.Unmarshal(m.Params, &p) != nil {
				continue
			}
			if p.URI == c.uri(name) && (p.Version == nil && version == 0 || p.Version != nil && *p.Version == version) {
				c.news = slices.Delete(c.news, i, i+1)
				c.lint = slices.DeleteFunc(slices.Clone(p.Diagnostics), func(d diagnostic) bool { return !strings.HasPrefix(d.Code, "W") })
				return slices.DeleteFunc(p.Diagnostics, func(d diagnostic) bool { return strings.HasPrefix(d.Code, "W") })
			}
		}
		c.news = append(c.news, c.receive())
	}
}

// cursor takes the sign ¦ out of a text and returns where it stood, in UTF-16.
func cursor(t *testing.T, marked string) (all string, at position) {
	t.Helper()
	before, after, found := strings.Cut(marked, "¦")
	require.True(t, found, "no ¦ in the text")
	return before + after, newText(before+after).position(len(before), utf16Units)
}

func (c *client) at(name string, p position) string {
	return fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, c.uri(name), p.Line, p.Character)
}

// slice is the part of a text at a range.
func slice(all string, s span) string {
	t := newText(all)
	return all[t.offset(s.Start, utf16Units):t.offset(s.End, utf16Units)]
}

// apply applies edits, which do not overlap, to a text.
func apply(all string, edits ...textEdit) string {
	slices.SortFunc(edits, func(a, b textEdit) int {
		if a.Range.Start.Line != b.Range.Start.Line {
			return b.Range.Start.Line - a.Range.Start.Line
		}
		return b.Range.Start.Character - a.Range.Start.Character
	})
	for _, e := range edits {
		all = newText(all).change(contentChange{Range: &e.Range, Text: e.NewText}, utf16Units).all
	}
	return all
}

// head begins the ruleset of Arandia.
const head = `ruleset: xa
edition: "1"
title: Arandia
`

// whole is a ruleset without mistakes.
const whole = head + `
let:
  local: member.status == LPR

rules:
  - id: XA-FUEL
    tier: programme
    of: person
    privilege: [tax.fuel]
    applies: {category: [dip.agent]}
    when: local && member.age > 3
    outcome: denied
    cite: [note 12]
    because: Fuel is not exempt. See XA-SALES.
  - id: XA-SALES
    tier: programme
    of: person
    privilege: [tax.sales]
    when: local
    outcome: denied
    code: no_sales
    cite: [note 12]
    because: Purchases are not exempt.

cases:
  - name: an agent
    given: {member: {category: dip.agent, status: lpr, age: 30}}
    ask: tax.sales
    expect: denied
`
