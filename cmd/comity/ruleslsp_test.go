package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An editor runs comity rules lsp as a program of its own and talks to it over
// pipes, as editors do.
type editor struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	said   chan map[string]any
	nextID int
}

func newEditor(t *testing.T) *editor {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	e := &editor{t: t, cmd: exec.CommandContext(t.Context(), program), said: make(chan map[string]any, 1000)}
	e.cmd.Env = append(os.Environ(), victimOf+"=rules lsp --stdio", "COMITY_NOW=2025-06-01T12:00:00Z")
	e.cmd.Stderr = os.Stderr
	e.in, err = e.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := e.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, e.cmd.Start())
	go func() {
		defer close(e.said)
		r := bufio.NewReader(out)
		for {
			size := 0
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == "\r\n" {
					break
				}
				if n, found := strings.CutPrefix(line, "Content-Length: "); found {
					size, _ = strconv.Atoi(strings.TrimSpace(n))
				}
			}
			body := make([]byte, size)
			var m map[string]any
			if _, err := io.ReadFull(r, body); err != nil || json.Unmarshal(body, &m) != nil {
				return
			}
			e.said <- m
		}
	}()
	return e
}

func (e *editor) send(m map[string]any) {
	e.t.Helper()
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	require.NoError(e.t, err)
	_, err = fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(e.t, err)
}

func (e *editor) tell(method string, params any) {
	e.send(map[string]any{"method": method, "params": params})
}

// hear waits for a message.
func (e *editor) hear(wanted func(map[string]any) bool) map[string]any {
	e.t.Helper()
	for {
		select {
		case m, more := <-e.said:
			require.True(e.t, more, "the server has left")
			if wanted(m) {
				return m
			}
		case <-time.After(patience):
			require.Fail(e.t, "the server says nothing")
		}
	}
}

func (e *editor) ask(method string, params any) any {
	e.t.Helper()
	e.nextID++
	e.send(map[string]any{"id": e.nextID, "method": method, "params": params})
	m := e.hear(func(m map[string]any) bool { return m["id"] == float64(e.nextID) && m["method"] == nil })
	require.Nil(e.t, m["error"], method)
	return m["result"]
}

// wrong waits for the diagnostics of a version, as code and range.
func (e *editor) wrong(version int) []string {
	e.t.Helper()
	m := e.hear(func(m map[string]any) bool {
		params, _ := m["params"].(map[string]any)
		return m["method"] == "textDocument/publishDiagnostics" && params["version"] == float64(version)
	})
	out := []string{}
	for _, d := range m["params"].(map[string]any)["diagnostics"].([]any) {
		text, _ := json.Marshal(d.(map[string]any)["range"])
		if code := d.(map[string]any)["code"].(string); code[0] == 'E' {
			out = append(out, code+" "+string(text))
		}
	}
	return out
}

// TestLSP is a session of somebody who mends and goes on writing a ruleset, checked
// against the common ruleset that ships.
func TestLSP(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Länder", "xa")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	// The name of the folder is written as editors do, in per cents.
	uri := "file://" + strings.ReplaceAll(filepath.ToSlash(filepath.Join(dir, "ruleset.yaml")), "ä", "%C3%A4")
	if !strings.HasPrefix(uri, "file:///") {
		uri = "file:///" + strings.TrimPrefix(uri, "file://")
	}
	doc := map[string]any{"uri": uri}
	at := func(line, character int) map[string]any {
		return map[string]any{"textDocument": doc, "position": map[string]any{"line": line, "character": character}}
	}
	text := `ruleset: xa
edition: "2026-01"
title: Arandia 🛂
let: {resident: 'member.statuss == LPR'}
rules:
  - id: XA-FUEL
    tier: programme
    privilege: [tax.fuel]
    when: resident
    outcome: denied
    cite: [note 12]
    because: Fuel is not exempt.
`
	e := newEditor(t)
	able := e.ask("initialize", map[string]any{"processId": os.Getpid(), "rootUri": nil, "capabilities": map[string]any{
		"general": map[string]any{"positionEncodings": []string{"utf-16", "utf-8"}},
	}}).(map[string]any)
	assert.Equal(t, "comity", able["serverInfo"].(map[string]any)["name"])
	e.tell("initialized", map[string]any{})

	e.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
	assert.Equal(t, []string{`E032 {"end":{"character":31,"line":3},"start":{"character":24,"line":3}}`}, e.wrong(1))
	e.tell("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": uri, "version": 2}, "contentChanges": []any{
		map[string]any{"range": map[string]any{"start": map[string]any{"line": 3, "character": 30}, "end": map[string]any{"line": 3, "character": 31}}, "text": ""},
	}})
	assert.Empty(t, e.wrong(2))

	labels := func(result any) (out []string) {
		for _, i := range result.(map[string]any)["items"].([]any) {
			out = append(out, i.(map[string]any)["label"].(string))
		}
		return out
	}
	assert.Contains(t, labels(e.ask("textDocument/completion", at(3, 24))), "status")
	assert.Contains(t, labels(e.ask("textDocument/completion", at(6, 10))), "reciprocity")
	assert.Contains(t, labels(e.ask("textDocument/completion", at(7, 16))), "imm.arrest")
	assert.Contains(t, labels(e.ask("textDocument/completion", at(8, 10))), "resident")

	hover, err := json.Marshal(e.ask("textDocument/hover", at(8, 12)))
	require.NoError(t, err)
	assert.Contains(t, string(hover), "member.status == LPR")
	where, err := json.Marshal(e.ask("textDocument/definition", at(8, 12)))
	require.NoError(t, err)
	assert.JSONEq(t, `[{"uri":"`+uri+`","range":{"start":{"line":3,"character":6},"end":{"line":3,"character":14}}}]`, string(where))
	renamed, err := json.Marshal(e.ask("textDocument/rename", map[string]any{"textDocument": doc, "position": at(8, 12)["position"], "newName": "local"}))
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(renamed), `"newText":"local"`))
	edits := e.ask("textDocument/formatting", map[string]any{"textDocument": doc, "options": map[string]any{"tabSize": 2, "insertSpaces": true}})
	assert.NotEmpty(t, edits, "a block begins after an empty line")

	assert.Nil(t, e.ask("shutdown", nil))
	e.tell("exit", nil)
	require.NoError(t, e.cmd.Wait())
}

// An editor that leaves without shutdown gets the exit code 1.
func TestLSPLeft(t *testing.T) {
	for _, leave := range []func(*editor){
		func(e *editor) { e.tell("exit", nil) },
		func(e *editor) { e.in.Close() },
	} {
		e := newEditor(t)
		e.ask("initialize", map[string]any{"processId": nil, "capabilities": map[string]any{}})
		leave(e)
		var left *exec.ExitError
		require.True(t, errors.As(e.cmd.Wait(), &left))
		assert.Equal(t, exitInternal, left.ExitCode())
	}
}
