package lsp

import (
	"bufio"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/rules"
)

func TestPositions(t *testing.T) {
	// 🛂 takes four bytes, two units of UTF-16 and one code point; é two, one, one.
	text := newText("a🛂é\r\n\rb\nc")
	for _, test := range []struct {
		enc    encoding
		offset int
		want   position
	}{
		{utf16Units, 0, position{0, 0}}, {utf16Units, 1, position{0, 1}}, {utf16Units, 5, position{0, 3}}, {utf16Units, 7, position{0, 4}},
		{utf8Units, 5, position{0, 5}}, {utf8Units, 7, position{0, 7}}, {utf32Units, 5, position{0, 2}}, {utf32Units, 7, position{0, 3}},
		{utf16Units, 9, position{1, 0}}, {utf16Units, 10, position{2, 0}}, {utf16Units, 11, position{2, 1}}, {utf16Units, 12, position{3, 0}}, {utf16Units, 13, position{3, 1}},
	} {
		assert.Equal(t, test.want, text.position(test.offset, test.enc), "%s %d", test.enc, test.offset)
		assert.Equal(t, test.offset, text.offset(test.want, test.enc), "%s %v", test.enc, test.want)
	}
	assert.Equal(t, 1, text.offset(position{0, 2}, utf16Units), "inside of a character")
	assert.Equal(t, 7, text.offset(position{0, 99}, utf16Units), "beyond the end of a line")
	assert.Equal(t, len(text.all), text.offset(position{99, 0}, utf16Units), "beyond the last line")
	assert.Equal(t, 0, text.offset(position{-1, -1}, utf16Units))
	assert.Equal(t, 9, text.offset(position{1, -5}, utf16Units))
	assert.Equal(t, 5, text.place(1, 3), "code points, as package rules counts")
}

// There and back is where it began, in any text and encoding.
func TestPositionsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := newText(rapid.StringOf(rapid.RuneFrom([]rune("ab é🛂\t\n\r"))).Draw(t, "text"))
		enc := rapid.SampledFrom([]encoding{utf8Units, utf16Units, utf32Units}).Draw(t, "encoding")
		for i := 0; i <= len(text.all); i++ {
			if i < len(text.all) && !utf8.RuneStart(text.all[i]) {
				continue
			}
			back := text.offset(text.position(i, enc), enc)
			if back != i { // between the two characters that end a line
				require.True(t, text.all[back] == '\r' && back == i-1 || strings.Trim(text.all[back:i], "\r\n") == "", "%d came back as %d", i, back)
			}
		}
	})
}

func TestChange(t *testing.T) {
	at := func(l1, c1, l2, c2 int) *span { return &span{position{l1, c1}, position{l2, c2}} }
	text := newText("one\r\ntwo 🛂 x\n")
	assert.Equal(t, "one\r\ntwo 🛂 y\n", text.change(contentChange{at(1, 7, 1, 8), "y"}, utf16Units).all)
	assert.Equal(t, "one\r\ntwo 🛂 y\n", text.change(contentChange{at(1, 9, 1, 10), "y"}, utf8Units).all)
	assert.Equal(t, "otwo 🛂 x\n", text.change(contentChange{at(0, 1, 1, 0), ""}, utf16Units).all)
	assert.Equal(t, "ontwo 🛂 x\n", text.change(contentChange{at(1, 0, 0, 2), ""}, utf16Units).all, "the wrong way round")
	assert.Equal(t, "all", text.change(contentChange{nil, "all"}, utf16Units).all)
}

func TestURIs(t *testing.T) {
	for uri, want := range map[string]string{
		"file:///home/ana/r%C3%BCles/a%20b.yaml": "/home/ana/rüles/a b.yaml",
		"file:///c%3A/Users/Ana/rules/a.yaml":    "C:/Users/Ana/rules/a.yaml",
		"file:///C:/Users/Ana/rules/a.yaml":      "C:/Users/Ana/rules/a.yaml",
		"file://server/share/a.yaml":             "//server/share/a.yaml",
		"file://localhost/a.yaml":                "/a.yaml",
		"file:///a/../b.yaml":                    "/b.yaml",
		"untitled:Untitled-1":                    "", "%zz": "", "": "", "https://example.org/a.yaml": "",
	} {
		assert.Equal(t, want, pathOf(uri), uri)
		if want != "" {
			assert.Equal(t, want, pathOf(uriOf(want)), uri)
		}
	}
	assert.Equal(t, "file:///C:/Users/Ana/a%20b.yaml", uriOf("C:/Users/Ana/a b.yaml"))
	assert.Equal(t, "file://server/share/a.yaml", uriOf("//server/share/a.yaml"))
}

func TestWire(t *testing.T) {
	r := &wireReader{bufio.NewReader(strings.NewReader(
		"Content-Type: x\r\ncontent-length:  2\r\n\r\n{}Content-Length: 3\n\nabcgarbage\r\n\r\nContent-Length: -1\r\n\r\nContent-Length: 1\r\n\r\nzContent-Length: 10\r\n\r\nshort"))}
	for _, want := range []string{"{}", "abc", "z"} {
		body, err := r.next()
		require.NoError(t, err)
		assert.Equal(t, want, string(body))
	}
	_, err := r.next()
	require.ErrorIs(t, err, io.EOF)
}

// What a header promises is not taken on trust: memory is used as it comes.
func TestWirePromises(t *testing.T) {
	r := &wireReader{bufio.NewReader(strings.NewReader("Content-Length: 16777216\r\n\r\nlittle"))}
	n := testing.AllocsPerRun(1, func() {
		_, err := r.next()
		require.ErrorIs(t, err, io.EOF)
	})
	assert.Less(t, n, 100.0)
	r = &wireReader{bufio.NewReader(strings.NewReader("Content-Length: 9223372036854775807\r\n\r\nlittle"))}
	_, err := r.next()
	require.ErrorIs(t, err, io.EOF)
}

func FuzzWire(f *testing.F) {
	f.Add("Content-Length: 2\r\n\r\n{}")
	f.Add("Content-Length: 99999999999\r\n\r\n{}")
	f.Add("Content-Length: x\r\nContent-Length: 1\n\n\n\r\n\r")
	f.Fuzz(func(t *testing.T, in string) {
		r := &wireReader{bufio.NewReader(strings.NewReader(in))}
		for range len(in) + 2 {
			body, err := r.next()
			if err != nil && !strings.Contains(err.Error(), "at most") {
				return
			}
			require.LessOrEqual(t, len(body), len(in))
		}
		t.Fatal("it never ends")
	})
}

// rulesetFiles are the files of the samples and of the common ruleset that ships.
func rulesetFiles(t testing.TB) map[string]string {
	out := map[string]string{}
	for _, pattern := range []string{"../../testdata/mini/*.yaml", "../../testdata/arandia/*.yaml", "../../../rulesets/*/*.yaml"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			all, err := os.ReadFile(name)
			require.NoError(t, err)
			out[name] = string(all)
		}
	}
	return out
}

// Of every ruleset that there is, the tree is what a reader of YAML makes of it.
func TestTreesAgree(t *testing.T) {
	for name, all := range rulesetFiles(t) {
		var doc yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(all), &doc))
		for _, ends := range []string{"\n", "\r\n"} {
			text := newText(strings.ReplaceAll(all, "\n", ends))
			agree(t, name, text, doc.Content[0], readTree(text.all))
		}
	}
}

func agree(t *testing.T, name string, text *text, want *yaml.Node, have *node) {
	t.Helper()
	if want.Kind == yaml.ScalarNode && want.Tag == "!!null" && have == nil {
		return
	}
	require.NotNil(t, have, "%s:%d", name, want.Line)
	place := text.position(have.from, utf32Units)
	require.Equal(t, []int{want.Line, want.Column}, []int{place.Line + 1, place.Character + 1}, "%s: %s", name, want.Value)
	switch want.Kind {
	case yaml.ScalarNode:
		require.Equal(t, scalarNode, have.kind, "%s:%d", name, want.Line)
		if want.Style != yaml.LiteralStyle {
			require.Equal(t, strings.Join(strings.Fields(want.Value), " "), strings.Join(strings.Fields(have.word()), " "), "%s:%d", name, want.Line)
		}
		require.Len(t, have.places, len(have.value)+1)
		require.True(t, slices.IsSorted(have.places))
	case yaml.SequenceNode:
		require.Equal(t, listNode, have.kind, "%s:%d", name, want.Line)
		require.Len(t, have.items, len(want.Content), "%s:%d", name, want.Line)
		for i, c := range want.Content {
			agree(t, name, text, c, have.items[i])
		}
	case yaml.MappingNode:
		require.Equal(t, mapNode, have.kind, "%s:%d", name, want.Line)
		require.Len(t, have.entries, len(want.Content)/2, "%s:%d", name, want.Line)
		for i, e := range have.entries {
			agree(t, name, text, want.Content[2*i], e.key)
			agree(t, name, text, want.Content[2*i+1], e.value)
		}
	}
}

// Every name in every ruleset is known, so that a place without an answer is the
// exception.
func TestMentions(t *testing.T) {
	var files []*file
	for name, all := range rulesetFiles(t) {
		if strings.Contains(name, "rulesets/common/") {
			files = append(files, newFile(filepath.Base(name), name, "", all))
		}
	}
	w := gather(files, nil)
	edition, err := rules.LoadCommon(must(bundle(files)))
	require.NoError(t, err)
	for object, facts := range edition.Language.Facts {
		for _, d := range facts {
			have := w.fact(object, d.Name)
			require.NotNil(t, have, "%s.%s", object, d.Name)
			assert.Equal(t, d.Doc, have.doc)
			assert.Equal(t, d.Enum, have.list, "%s.%s", object, d.Name)
		}
	}
	for name, list := range edition.Language.Lists {
		for _, c := range list.Codes {
			require.NotNil(t, w.codes[name+"/"+c.Code], "%s/%s", name, c.Code)
		}
	}
	facts := map[string]bool{}
	for _, f := range files {
		for _, m := range w.mentions(f, false) {
			if m.kind == ofFact && m.expression {
				facts[m.name] = true
			}
		}
	}
	for _, r := range edition.Rules {
		for _, read := range r.Reads {
			object := read.Object
			if object == "sponsor" {
				object = "member"
			}
			assert.True(t, facts[object+"."+read.Name], "%s reads %s", r.ID, read)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// asking makes a server that sees the small language for tests beside the folder /n.
func asking(t testing.TB) *Server {
	s := New(Options{})
	s.phase = initialized
	s.client.TextDocument.Completion.CompletionItem.SnippetSupport = true
	common := &folder{dir: "/common", disk: map[string]*file{}}
	for name, all := range rulesetFiles(t) {
		if strings.Contains(name, "/mini/") {
			common.disk[filepath.Base(name)] = newFile(filepath.Base(name), "/common/"+filepath.Base(name), "", all)
		}
	}
	s.folders["/common"] = common
	return s
}

// ask asks everything about a place of a text. It must come back, soon.
func ask(s *Server, all string, offset int) {
	s.documents["/n/x.yaml"] = &document{uri: "file:///n/x.yaml", path: "/n/x.yaml", dir: "/n", file: newFile("x.yaml", "/n/x.yaml", "file:///n/x.yaml", all)}
	clear(s.views)
	s.folders["/n"] = &folder{dir: "/n"}
	p := placeParams{TextDocument: documentID{URI: "file:///n/x.yaml"}, Position: newText(all).position(offset, s.enc)}
	list, wrong := s.completion(&p)
	if items, ok := list.(completionList); wrong != nil || !ok || len(items.Items) > mostItems {
		panic("completion")
	}
	for _, handle := range []func(*placeParams) (any, *rpcError){s.hover, s.definition, s.highlights, s.prepareRename} {
		if _, wrong := handle(&p); wrong != nil {
			panic(wrong)
		}
	}
	d := documentParams{TextDocument: p.TextDocument}
	for _, handle := range []func(*documentParams) (any, *rpcError){s.symbols, s.folding, s.semantics} {
		if _, wrong := handle(&d); wrong != nil {
			panic(wrong)
		}
	}
	f := s.documents["/n/x.yaml"].file
	for _, hint := range []string{"did you mean x?", "write x", "write a or b", "leave it away"} {
		m := mistake{rules.Diagnostic{Code: "E031", Hint: hint}, severityError}
		m.Pos.Line, m.Pos.Column = p.Position.Line+1, p.Position.Character+1
		fixes(f, m)
	}
	fixes(f, mistake{rules.Diagnostic{Code: "E007", Message: "needs the key cite", Pos: rules.Pos{Line: p.Position.Line + 1, Column: 1}}, severityError})
}

func FuzzAsk(f *testing.F) {
	for _, test := range completions {
		before, after, _ := strings.Cut(test.text, "¦")
		f.Add(before+after, len(before))
	}
	s := asking(f)
	f.Fuzz(func(t *testing.T, all string, offset int) {
		ask(s, all, max(0, min(offset, len(all))))
	})
}

// Rulesets cut off anywhere, with lines lost, and asked about anywhere.
func TestAskedAnywhere(t *testing.T) {
	s := asking(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, all := range rulesetFiles(t) {
		if len(all) > 40_000 || testing.Short() {
			continue
		}
		for range 3 {
			cut := all[:random.IntN(len(all)+1)]
			lines := strings.Split(cut, "\n")
			for range len(lines) / 10 {
				i := random.IntN(len(lines))
				lines[i] = lines[i][:random.IntN(len(lines[i])+1)]
			}
			cut = strings.Join(lines, "\n")
			begun := time.Now()
			ask(s, cut, random.IntN(len(cut)+1))
			require.Less(t, time.Since(begun), time.Minute, "%s: on a busy machine too", name)
		}
	}
}

// Hostile files take time in proportion to their length.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing here is concurrent, and the race detector makes it ten times as long")
	}
	s := asking(t)
	const n = 50_000
	for name, all := range map[string]string{
		"brackets":       strings.Repeat("[", n),
		"braces":         strings.Repeat("{a: ", n),
		"dashes":         strings.Repeat("- ", n),
		"steps":          steps(1500),
		"keys":           strings.Repeat("a: 1\n", n),
		"distinct keys":  "privileges:\n" + distinct(15_000, "  p%: {term: x}\n"),
		"facts":          "facts:\n  member:\n" + distinct(15_000, "    f%: {type: int}\n"),
		"columns":        "tables:\n  - by: category\n    columns:\n" + distinct(15_000, "      c%: {keys: [x]}\n"),
		"rows":           "tables:\n  - id: T\n    rows:\n" + distinct(15_000, "      - {cells: A}\n"),
		"quotes":         strings.Repeat(`"`, n),
		"open quotes":    strings.Repeat("a: \"\n", n/4),
		"words":          "let:\n  a: " + strings.Repeat("a ", n),
		"lets":           "let:\n" + doubling(30),
		"blank lines":    "a:\n" + strings.Repeat("\n", n) + "b: |\n" + strings.Repeat("\n", n),
		"a long literal": "a: |\n" + strings.Repeat("  x\n", n),
		"a long plain":   "a: x\n" + strings.Repeat("  x\n", n),
		"comments":       strings.Repeat("# x\n", n),
		"colons":         strings.Repeat(": ", n),
		"carriage":       strings.Repeat("\r", n),
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			ask(s, all, len(all)/2)
			assert.Less(t, time.Since(begun), time.Minute, "on a busy machine too")
		})
	}
}

func steps(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

func distinct(n int, form string) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.ReplaceAll(form, "%", strings.Repeat("x", 1)+string(rune('a'+i%26))+itoa(i)))
	}
	return out.String()
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + string(rune('0'+i%10))
}

func doubling(n int) string {
	out := "  l0: member.age > 1\n"
	for i := 1; i < n; i++ {
		out += "  l" + itoa(i) + ": l" + itoa(i-1) + " && l" + itoa(i-1) + "\n"
	}
	return out
}

func BenchmarkKeystroke(b *testing.B) {
	all, err := os.ReadFile("../../../rulesets/common/programme-vehicles.yaml")
	require.NoError(b, err)
	s := New(Options{})
	s.phase = initialized
	text := string(all) + "  - id: X\n    when: member."
	for b.Loop() {
		s.documents["/n/x.yaml"] = &document{uri: "file:///n/x.yaml", path: "/n/x.yaml", dir: "/n", file: newFile("x.yaml", "/n/x.yaml", "file:///n/x.yaml", text)}
		clear(s.views)
		s.folders["/n"] = &folder{dir: "/n"}
		list, _ := s.completion(&placeParams{documentID{URI: "file:///n/x.yaml"}, newText(text).position(len(text), s.enc)})
		if len(list.(completionList).Items) < 20 {
			b.Fatal("nothing is offered")
		}
	}
}
