package workshop_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
	"github.com/comity-project/comity/rulesets"
)

// A file is laid out as the golden beside it.
func TestFormatGolden(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"order of keys", "rules:\n- because: B.\n  # why\n  cite: [a,b]\n  id: X # name\n", "rules:\n  - id: X # name\n    # why\n    cite: [a, b]\n    because: B.\n"},
		{"blank lines", "\n\nlet:\n\n\n  a: x\n\n\n\n  b: y\nrules: []\n", "let:\n  a: x\n\n  b: y\nrules: []\n"},
		{"a line before a block", "ruleset: x\nlet:\n  a: x\n# The rules.\nrules:\n  - id: a\n", "ruleset: x\n\nlet:\n  a: x\n\n# The rules.\nrules:\n  - id: a\n"},
		{"head, line and foot", "# top\n\nlet: # names\n    # of a\n    a: x # after a\n    # at the end of let\n# at the end\n", "# top\n\nlet: # names\n  # of a\n  a: x # after a\n  # at the end of let\n# at the end\n"},
		{"foot before the next block", "rules:\n  - id: a\n    # foot of a\n  # foot of the list\ncases:\n  - name: x\n", "rules:\n  - id: a\n    # foot of a\n  # foot of the list\n\ncases:\n  - name: x\n"},
		{"comment after a dash", "rules:\n  - # first\n    id: a\n", "rules:\n  # first\n  - id: a\n"},
		{"comment on the key that comes first", "rules:\n  - tier: duty\n    # the name\n    id: a\n", "rules:\n  # the name\n  - id: a\n    tier: duty\n"},
		{"quotes", "title: 'Plain words'\nedition: \"2025-07\"\nnote: 'yes'\n", "edition: \"2025-07\"\ntitle: Plain words\nnote: 'yes'\n"},
		{"expressions", "rules:\n  - when: '!( a&&b )||x.y in [ A,B ]'\n    outcome: =a . b\n", "rules:\n  - when: '!(a && b) || x.y in [A, B]'\n    outcome: =a.b\n"},
		{"unary", "let: {a: 'x>- 1&&y-1==- z'}\n", "let: {a: x > -1 && y - 1 == -z}\n"},
		{"texts in expressions", "let:\n  a: b==\"x  ==y\"\n", "let:\n  a: b == \"x  ==y\"\n"},
		{"broken lines", "rules:\n    - privilege: [a,\n         b] # two\n      when: a &&\n          b\n      because: >-\n         Long\n           text.\n      id: X\n",
			"rules:\n  - id: X\n    privilege: [a,\n       b] # two\n    when: a &&\n      b\n    because: >-\n      Long\n        text.\n"},
		{"comments in flow", "rules:\n  - privilege: [\n      a, # the first\n      b,\n    ]\n", "rules:\n  - privilege: [\n      a, # the first\n      b,\n    ]\n"},
		{"indicator", "note: |2\n    two more\n  none\n", "note: |2\n    two more\n  none\n"},
		{"no text", "\n\n# only this  \n\n\n# and this\n", "# only this\n\n# and this\n"},
		{"lines of Windows", "let:\r\n  a:   x\r\n", "let:\n  a: x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := workshop.Format([]byte(c.in))
			require.NoError(t, err)
			assert.Equal(t, c.want, string(out))
		})
	}
}

// What can't be laid out is an error, and there is no text.
func TestFormatRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"not YAML": "a: [", "an alias": "a: &x 1\nb: *x\n", "a tag": "a: !!str 1\n", "two documents": "a: 1\n---\nb: 2\n", "a key twice": "a: 1\na: 2\n",
		"not UTF-8": "a: \xff\n", "a line of another kind": "a: b\u2028c\n", "deep": strings.Repeat("[", 2000), "a map as key": "? {a: b}\n: c\n",
		"large": strings.Repeat("# x\n", 300_000),
	} {
		out, err := workshop.Format([]byte(in))
		assert.Error(t, err, name)
		assert.Nil(t, out, name)
	}
}

// everyFolder lists the folders of all rulesets of the house.
func everyFolder(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, root := range []string{"../../rulesets", "../testdata"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if files, _ := filepath.Glob(filepath.Join(path, "*.yaml")); err == nil && d.IsDir() && len(files) > 0 {
				out = append(out, path)
			}
			return err
		}))
	}
	require.Greater(t, len(out), 10)
	return out
}

// formatted bundles a folder with all its files laid out.
func formatted(t testing.TB, folder string) (was, is []byte, kept int) {
	t.Helper()
	was, err := rules.Bundle(os.DirFS(folder))
	require.NoError(t, err)
	to := t.TempDir()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		out, err := workshop.Format(text)
		require.NoError(t, err, name)
		again, err := workshop.Format(out)
		require.NoError(t, err, name)
		require.Equal(t, string(out), string(again), name)
		require.Equal(t, remarks(string(text)), remarks(string(out)), name)
		kept += len(remarks(string(text)))
		require.NoError(t, os.WriteFile(filepath.Join(to, filepath.Base(name)), out, 0o600))
	}
	is, err = rules.Bundle(os.DirFS(to))
	require.NoError(t, err)
	return was, is, kept
}

// remarks finds the comments of a file as its lines show them, sorted: none of our
// files has a # within quotes after a space.
func remarks(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if at := strings.Index(" "+line, " #"); at >= 0 {
			out = append(out, strings.TrimSpace(line[at:]))
		}
	}
	slices.Sort(out)
	return out
}

// Every ruleset of the house says the same when it is laid out.
func TestFormatKeepsMeaning(t *testing.T) {
	commons := map[string]*rules.Edition{}
	comments := 0
	for _, folder := range everyFolder(t) {
		was, is, kept := formatted(t, folder)
		comments += kept
		var before, after *rules.Edition
		var err error
		if code, _ := rules.CodeOf(was); code == rulesets.CommonName {
			before, err = rules.LoadCommon(was)
			require.NoError(t, err, folder)
			after, err = rules.LoadCommon(is)
			commons[filepath.Dir(folder)] = before
		} else {
			common := commons[filepath.Dir(folder)]
			if common == nil {
				bundle, err := rules.Bundle(os.DirFS(filepath.Join(filepath.Dir(folder), map[bool]string{true: "mini", false: "common"}[strings.Contains(folder, "testdata")])))
				require.NoError(t, err)
				common, err = rules.LoadCommon(bundle)
				require.NoError(t, err)
				commons[filepath.Dir(folder)] = common
			}
			before, err = rules.LoadState(was, common)
			require.NoError(t, err, folder)
			after, err = rules.LoadState(is, common)
		}
		require.NoError(t, err, folder)
		require.NotEmpty(t, before.Title)
		require.Equal(t, said(before), said(after), folder)
	}
	require.Greater(t, comments, 250)
}

// said writes out all that an edition says: what is exported, but for places and
// the hash, and expressions without their spaces.
func said(e *rules.Edition) string {
	var out strings.Builder
	write(&out, reflect.ValueOf(e), 0, map[uintptr]bool{})
	return out.String()
}

var noSpace = strings.NewReplacer(" ", "", "\n", "", "\t", "")

func write(out *strings.Builder, v reflect.Value, depth int, seen map[uintptr]bool) {
	switch x := v.Interface().(type) {
	case *rules.Expr:
		if x != nil {
			fmt.Fprint(out, noSpace.Replace(x.Source()), x.Reads())
		}
		return
	case rules.Pos:
		return
	case fmt.Stringer:
		if v.Kind() != reflect.Pointer {
			fmt.Fprintf(out, "%s\n", x)
			return
		}
	}
	switch v.Kind() { //nolint:exhaustive // the others are printed
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		write(out, v.Elem(), depth, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Hash" {
				fmt.Fprintf(out, "%s%s: ", strings.Repeat(" ", depth), f.Name)
				write(out, v.Field(i), depth+1, seen)
				out.WriteByte('\n')
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			write(out, v.Index(i), depth+1, seen)
			out.WriteByte('\n')
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, k := range keys {
			fmt.Fprintf(out, "%v: ", k)
			write(out, v.MapIndex(k), depth+1, seen)
			out.WriteByte('\n')
		}
	default:
		fmt.Fprintf(out, "%v\n", v.Interface())
	}
}

// A written file is drawn with comments and spaces wherever they may stand.
type drawn struct {
	t     *rapid.T
	lines []string
	n     int
	notes []string
}

func (d *drawn) note() string {
	d.n++
	d.notes = append(d.notes, fmt.Sprintf("# note %d", d.n))
	return d.notes[len(d.notes)-1]
}

func (d *drawn) maybe(one int) bool { return rapid.IntRange(0, one).Draw(d.t, "maybe") == 0 }

func (d *drawn) between(indent int) {
	if d.maybe(4) {
		d.lines = append(d.lines, strings.Repeat("\n", rapid.IntRange(0, 2).Draw(d.t, "blanks")))
	}
	if d.maybe(3) {
		d.lines = append(d.lines, strings.Repeat(" ", indent+rapid.IntRange(0, 2).Draw(d.t, "deeper"))+d.note())
	}
}

func (d *drawn) scalar(indent int) string {
	return rapid.SampledFrom([]string{
		"plain words", "'single # no comment'", `"double \" quote"`, "12", "2025-05-31", "[a, b ,c]", "{from: 2025-01-01,to:  2026-01-01}", "", "true", "'it''s'",
		"a\n" + strings.Repeat(" ", indent+3) + "b", "[a,\n" + strings.Repeat(" ", indent+4) + "b]", "|\n" + strings.Repeat(" ", indent+3) + "text # text\n" + strings.Repeat(" ", indent+5) + "more",
		">-\n" + strings.Repeat(" ", indent+2) + "folded\n\n" + strings.Repeat(" ", indent+2) + "text", "[]", "{}", "\"a\n\n" + strings.Repeat(" ", indent+2) + "b\"", "{a: [b, {c: d}]}", "é ü", "=a+b",
		"[a, # in\n" + strings.Repeat(" ", indent+4) + "b]",
	}).Draw(d.t, "scalar")
}

func (d *drawn) block(indent, depth int, lead string) {
	list := d.maybe(1)
	keys := []string{"rules", "id", "because", "cite", "when", "x", "privilege", "let"}
	n := rapid.IntRange(1, 4).Draw(d.t, "entries")
	for i := range n {
		if i > 0 || lead == "" {
			d.between(indent)
		}
		at := strings.Repeat(" ", indent)
		if i == 0 && lead != "" {
			at = lead
		}
		sign := "-"
		if !list {
			at += keys[(i*3+indent)%len(keys)]
			sign = ":"
		}
		if depth > 0 && d.maybe(1) {
			step := rapid.IntRange(2, 4).Draw(d.t, "step")
			if list && d.maybe(1) {
				d.block(indent+2, depth-1, at+"- ")
				continue
			}
			at += sign
			if d.maybe(4) {
				at += " " + d.note()
			}
			d.lines = append(d.lines, at)
			d.block(indent+step, depth-1, "")
			continue
		}
		v := d.scalar(indent)
		if strings.Contains(v, "# in") {
			d.notes = append(d.notes, "# in")
		}
		line := at + sign + strings.Repeat(" ", rapid.IntRange(1, 3).Draw(d.t, "gap")) + v
		if !strings.HasPrefix(v, "|") && !strings.HasPrefix(v, ">") && d.maybe(3) {
			line += "  " + d.note()
		}
		d.lines = append(d.lines, line)
	}
	if d.maybe(5) {
		d.lines = append(d.lines, strings.Repeat(" ", indent)+d.note())
	}
}

// Whatever file is drawn comes out once and for all, with every comment.
func TestFormatDrawn(t *testing.T) {
	laidOut := 0
	rapid.Check(t, func(t *rapid.T) {
		d := &drawn{t: t}
		d.block(0, 3, "")
		text := strings.Join(d.lines, "\n") + "\n"
		out, err := workshop.Format([]byte(text))
		if err != nil && strings.Contains(err.Error(), "not YAML") {
			return // a comment broke a text of several lines
		}
		require.NoError(t, err, text)
		laidOut++
		for _, note := range d.notes {
			require.Equal(t, strings.Count(text, note+"\n"), strings.Count(string(out), note+"\n"), "%s\n%s", text, out)
		}
		require.Equal(t, letters(text), letters(string(out)), "%s\n%s", text, out)
		again, err := workshop.Format(out)
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
	})
	require.Greater(t, laidOut, 15)
}

// letters counts the letters and digits of a text.
func letters(text string) map[rune]int {
	out := map[rune]int{}
	for _, c := range text {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			out[c]++
		}
	}
	return out
}

// FuzzFormat lays out any bytes: either there is an error, or nothing is lost and
// nothing changes a second time.
func FuzzFormat(f *testing.F) {
	for _, folder := range everyFolder(f) {
		names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		require.NoError(f, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(text[:min(len(text), 2000)])
		}
	}
	f.Add([]byte("a: |\n  x\n# c\nb: >2\n    y\n- z"))
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := workshop.Format(text)
		if err != nil {
			require.Nil(t, out)
			return
		}
		again, err := workshop.Format(out)
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
		if !strings.ContainsAny(string(text), `\|>`) {
			require.Equal(t, letters(string(text)), letters(string(out)), "%q\n%q", text, out)
		}
	})
}
