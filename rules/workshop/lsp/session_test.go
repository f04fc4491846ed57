package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLife(t *testing.T) {
	c := connect(t, Options{Version: "v9"})
	m := c.call("textDocument/hover", `{}`)
	require.NotNil(t, m.Error)
	assert.Equal(t, notInitialized, m.Error.Code)

	var able struct {
		Capabilities struct {
			PositionEncoding string `json:"positionEncoding"`
		} `json:"capabilities"`
		ServerInfo struct{ Name, Version string } `json:"serverInfo"`
	}
	require.NoError(t, json.Unmarshal(c.request("initialize", `{"processId":null,"capabilities":{}}`), &able))
	assert.Equal(t, "utf-16", able.Capabilities.PositionEncoding)
	assert.Equal(t, "v9", able.ServerInfo.Version)
	c.notify("initialized", `{}`)

	for method, want := range map[string]int{
		"initialize": invalidRequest, "textDocument/nonsense": methodNotFound, "$/nonsense": methodNotFound, "textDocument/hover": invalidParams,
	} {
		m := c.call(method, `[]`)
		require.NotNil(t, m.Error, method)
		assert.Equal(t, want, m.Error.Code, method)
		assert.NotEmpty(t, m.Error.Message)
	}
	c.notify("$/nonsense", `{}`)
	assert.Equal(t, "null", string(c.request("textDocument/hover", `{"textDocument":{"uri":"file:///nowhere.yaml"},"position":{"line":0,"character":0}}`)))
	assert.Equal(t, "null", string(c.request("shutdown", `null`)))
	m = c.call("textDocument/hover", `{}`)
	require.NotNil(t, m.Error)
	assert.Equal(t, invalidRequest, m.Error.Code)
	c.notify("exit", `null`)
	require.NoError(t, <-c.done)
}

func TestLeaving(t *testing.T) {
	t.Run("exit without shutdown", func(t *testing.T) {
		c := start(t)
		c.notify("exit", `null`)
		require.ErrorIs(t, <-c.done, ErrNoGoodbye)
	})
	t.Run("the stream ends", func(t *testing.T) {
		c := start(t)
		c.in.Close()
		require.ErrorIs(t, <-c.done, ErrNoGoodbye)
	})
	t.Run("before it began", func(t *testing.T) {
		c := connect(t, Options{})
		c.in.Close()
		require.NoError(t, <-c.done)
	})
	t.Run("the editor dies", func(t *testing.T) {
		asked := 0
		c := connect(t, Options{Watch: time.Millisecond, Alive: func(pid int) bool { asked = pid; return false }})
		c.request("initialize", `{"processId":4711,"capabilities":{}}`)
		require.ErrorIs(t, <-c.done, ErrNoGoodbye)
		assert.Equal(t, 4711, asked)
	})
}

func TestAlive(t *testing.T) {
	assert.True(t, alive(os.Getpid()))
	assert.False(t, alive(1<<30))
}

func TestNonsense(t *testing.T) {
	c := start(t)
	refused := func(want int) {
		t.Helper()
		for {
			m := c.receive()
			if m.Error == nil {
				continue // registerCapability
			}
			assert.Equal(t, want, m.Error.Code, m.Error.Message)
			assert.Equal(t, "null", string(m.ID))
			return
		}
	}
	c.send(`{"jsonrpc":"2.0",`)
	refused(parseError)
	c.send(`[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]`)
	refused(invalidRequest)
	c.send(`{"jsonrpc":"2.0","id":7}`)
	m := c.receive()
	assert.Equal(t, "7", string(m.ID))
	assert.Equal(t, invalidRequest, m.Error.Code)
	c.send(`{"jsonrpc":"2.0","id":{},"method":"shutdown"}`)
	refused(invalidRequest)
	c.send(`{"jsonrpc":"2.0","id":99,"result":null}`) // an answer to what nobody asked
	c.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":7}`)
	c.send(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///not-open.yaml"},"contentChanges":[{"text":""}]}}`)

	size := maxMessage + 1
	go func() {
		fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n", size)
		chunk := strings.Repeat(" ", 1<<16)
		for left := size; left > 0; left -= len(chunk) {
			c.in.Write([]byte(chunk[:min(left, len(chunk))]))
		}
		fmt.Fprint(c.in, "what is this\r\nContent-Length: nonsense\r\n\r\n\r\n"+strings.Repeat("x", 3*maxHeader)+"\r\n\r\n")
	}()
	refused(invalidRequest)
	assert.Equal(t, "null", string(c.request("shutdown", `null`)))
}

func TestCancel(t *testing.T) {
	c := start(t)
	body := c.at("xa/a.yaml", position{})
	text := fmt.Sprintf(`{"jsonrpc":"2.0","id":"slow","method":"textDocument/hover","params":%s}`, body)
	cancel := `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"slow"}}`
	s := New(Options{})
	s.note([]byte(text))
	s.note([]byte(cancel))
	s.note([]byte(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"never asked"}}`))
	assert.Len(t, s.cancelled, 1)
	s.phase = initialized
	_, wrong := s.answer(&message{ID: json.RawMessage(`"slow"`), Method: "textDocument/hover", Params: json.RawMessage(body)})
	require.NotNil(t, wrong)
	assert.Equal(t, requestCancelled, wrong.Code)
	assert.True(t, s.forget(json.RawMessage(`"slow"`)))
	assert.Empty(t, s.waiting)
	assert.Empty(t, s.cancelled)
}

func TestDiagnostics(t *testing.T) {
	c := start(t)
	broken := strings.Replace(whole, "member.age > 3", "member.agee > 3", 1)
	wrong := c.open("xa/ruleset.yaml", broken)
	require.Len(t, wrong, 1)
	d := wrong[0]
	assert.Equal(t, "agee", slice(broken, d.Range))
	assert.Equal(t, "E032", d.Code)
	assert.Equal(t, severityError, d.Severity)
	assert.Equal(t, "member has no fact agee; did you mean age?", d.Message)
	require.NotNil(t, d.CodeDescription)
	assert.Contains(t, d.CodeDescription.Href, "E032.md")

	for _, m := range wrongAsWritten {
		t.Run(m.part, func(t *testing.T) {
			text := strings.Replace(whole, m.old, m.new, 1)
			require.NotEqual(t, whole, text)
			var at []string
			for _, d := range c.replace("xa/ruleset.yaml", 2, text) {
				at = append(at, d.Code+" "+slice(text, d.Range))
			}
			assert.Equal(t, []string{m.code + " " + m.part}, at)
		})
	}
	assert.Empty(t, c.replace("xa/ruleset.yaml", 3, whole))
}

// wrongAsWritten are mistakes, each with what is underlined.
var wrongAsWritten = []struct{ old, new, code, part string }{
	{"tax.fuel]", "tax.fule]", "E013", "tax.fule"},
	{"dip.agent]}", "dip.agnt]}", "E014", "dip.agnt"},
	{"outcome: denied\n    cite", "outcom: denied\n    outcome: denied\n    cite", "E006", "outcom"},
	{"when: local\n", "when: lcal\n", "E031", "lcal"},
	{"member.age > 3", "member.age = 3", "E030", "="},
	{"id: XA-SALES", "id: XA-FUEL", "E012", "XA-FUEL"},
	{"because: Purchases are not exempt.", "because: ''", "E007", "''"},
	{"edition: \"1\"", "edition: \"1", "E002", "\"1"},
}

// What lint finds is told apart from mistakes, and shown where there are none.
func TestLint(t *testing.T) {
	c := start(t)
	require.Empty(t, c.open("xa/ruleset.yaml", whole))
	var found []string
	for _, d := range c.lint {
		assert.NotEqual(t, severityError, d.Severity)
		require.NotNil(t, d.CodeDescription)
		found = append(found, d.Code+" "+slice(whole, d.Range))
	}
	assert.Contains(t, found, "W005 XA-FUEL")
	require.NotEmpty(t, c.replace("xa/ruleset.yaml", 2, whole+"rul: x\n"))
	assert.Empty(t, c.lint)
}

func TestRelated(t *testing.T) {
	c := start(t)
	wrong := c.open("xa/ruleset.yaml", strings.Replace(whole, "id: XA-SALES", "id: XA-FUEL", 1))
	require.Len(t, wrong, 1)
	require.Len(t, wrong[0].Related, 1)
	assert.Equal(t, c.uri("xa/ruleset.yaml"), wrong[0].Related[0].Location.URI)
	assert.Equal(t, 8, wrong[0].Related[0].Location.Range.Start.Line)
}

// Two documents are one ruleset: what one declares the other may use, as it is in
// the editor and not on disk.
func TestTwoDocuments(t *testing.T) {
	c := start(t)
	require.NoError(t, os.WriteFile(c.dir+"/xa/b.yaml", []byte("let: {stale: 'true'}\n"), 0o644))
	using := head + "rules:\n  - {id: A-1, tier: programme, privilege: [tax.fuel], when: fresh, outcome: denied, cite: [x], because: y}\n"
	wrong := c.open("xa/a.yaml", using)
	require.Len(t, wrong, 1)
	assert.Equal(t, "fresh", slice(using, wrong[0].Range))
	c.open("xa/b.yaml", "let: {fresh: 'true'}\n")
	c.until("xa/a.yaml", 1, 0)
	// Closing it brings back what is on disk, and the mistake with it.
	c.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, c.uri("xa/b.yaml")))
	c.until("xa/a.yaml", 1, 1)
	// So does changing the disk, once the editor tells.
	require.NoError(t, os.WriteFile(c.dir+"/xa/b.yaml", []byte("let: {fresh: 'true'}\n"), 0o644))
	c.notify("workspace/didChangeWatchedFiles", fmt.Sprintf(`{"changes":[{"uri":%q,"type":2}]}`, c.uri("xa/b.yaml")))
	c.until("xa/a.yaml", 1, 0)
	// A mistake in a file that is not open is shown there.
	require.NoError(t, os.WriteFile(c.dir+"/xa/b.yaml", []byte("let: {fresh: 'tru'}\n"), 0o644))
	c.notify("textDocument/didSave", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, c.uri("xa/a.yaml")))
	c.until("xa/b.yaml", 0, 1)
	// And cleared when nobody looks any more.
	c.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, c.uri("xa/a.yaml")))
	c.until("xa/b.yaml", 0, 0)
}

// A State's ruleset is checked again when the common one beside it changes.
func TestCommonBeside(t *testing.T) {
	c := start(t)
	using := strings.Replace(whole, "member.age > 3", "member.height > 3", 1)
	require.Len(t, c.open("xa/ruleset.yaml", using), 1)
	language, err := os.ReadFile(c.dir + "/common/00-language.yaml")
	require.NoError(t, err)
	taller := strings.Replace(string(language), "    age: {", "    height: {type: int, from: age}\n    age: {", 1)
	assert.Empty(t, c.open("common/00-language.yaml", taller))
	c.until("xa/ruleset.yaml", 1, 0)
	// If that has mistakes, the State's is not checked, and says so.
	assert.NotEmpty(t, c.replace("common/00-language.yaml", 2, strings.Replace(taller, "from: age}", "from: agge}", 1)))
	wrong := c.wrong("xa/ruleset.yaml", 1)
	require.Len(t, wrong, 1)
	assert.Equal(t, severityWarning, wrong[0].Severity)
	assert.Contains(t, wrong[0].Message, "00-language.yaml:")
}

// Without one beside it, it is the common ruleset that ships.
func TestShippedCommon(t *testing.T) {
	c := start(t)
	require.NoError(t, os.RemoveAll(c.dir+"/common"))
	text := head + "rules:\n  - {id: A-1, tier: duty, privilege: [imm.arrest], when: member.height > 3, cite: [x], because: y}\n"
	wrong := c.open("xa/ruleset.yaml", text)
	require.Len(t, wrong, 1)
	assert.Equal(t, "height", slice(text, wrong[0].Range))
}

// Any other YAML is none of our business.
func TestOtherYAML(t *testing.T) {
	c := start(t)
	assert.Empty(t, c.open("compose/compose.yaml", "services:\n  web: {image: nginx}\n"))
	assert.NotEmpty(t, c.open("new/ruleset.yaml", "rules: []\n"))
}

// An unsaved document is a ruleset of its own.
func TestUntitled(t *testing.T) {
	c := start(t)
	c.notify("textDocument/didOpen", `{"textDocument":{"uri":"untitled:Untitled-1","languageId":"yaml","version":1,"text":`+quote(head+"rul: 1\n")+`}}`)
	for {
		m := c.receive()
		if m.Method != "textDocument/publishDiagnostics" {
			continue
		}
		var p publishParams
		require.NoError(t, json.Unmarshal(m.Params, &p))
		assert.Equal(t, "untitled:Untitled-1", p.URI)
		require.Len(t, p.Diagnostics, 1)
		assert.Equal(t, "E006", p.Diagnostics[0].Code)
		return
	}
}

func TestChanges(t *testing.T) {
	c := start(t)
	require.Empty(t, c.open("xa/ruleset.yaml", whole))
	change := func(version int, changes string) []diagnostic {
		c.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[%s]}`, c.uri("xa/ruleset.yaml"), version, changes))
		return c.wrong("xa/ruleset.yaml", version)
	}
	// Line 13 is the when of XA-FUEL. Two changes of one message, one after the other.
	wrong := change(2, `{"range":{"start":{"line":13,"character":10},"end":{"line":13,"character":15}},"text":"lokal"},
		{"range":{"start":{"line":13,"character":0},"end":{"line":13,"character":0}},"text":"    # 🛂\n"}`)
	require.Len(t, wrong, 1)
	assert.Equal(t, 14, wrong[0].Range.Start.Line)
	assert.Equal(t, 10, wrong[0].Range.Start.Character)
	assert.Empty(t, change(3, `{"range":{"start":{"line":14,"character":10},"end":{"line":14,"character":15}},"text":"local"}`))
}
