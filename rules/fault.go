package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A fault is why lines are not YAML. Line and column count from 0, the column in
// bytes.
type fault struct {
	line, column  int
	message, hint string
}

// longestKey is how long YAML lets a key be, in bytes.
const longestKey = 1000

const generalHint = "look at the indentation, the colons and the quotes here and in the line above"

// yamlFaults are the faults that the parser of YAML finds, by what its message
// says, in plain words. They are said where nothing more exact was found.
var yamlFaults = []struct{ theirs, message, hint string }{
	{"mapping values are not allowed", "a colon stands where no key is", "put a value with a colon in quotes, and indent each key as the keys above"},
	{"could not find expected ':'", "a colon is missing after a key", "write KEY: VALUE"},
	{"did not find expected key", "a key is expected here", "look at the indentation, and at the quotes and brackets above"},
	{"did not find expected '-' indicator", "a dash is expected here", "begin each item of a list with - and indent all alike"},
	{"did not find expected ',' or ']'", "a list in [brackets] is not closed, or a comma is missing", "write ] after its last item"},
	{"did not find expected ',' or '}'", "a map in {braces} is not closed, or a comma is missing", "write } after its last value"},
	{"found character that cannot start any token", "a value can't begin with this character", "put the value in quotes"},
	{"tab", "a tab stands in the indentation", "indent with spaces"},
	{"unexpected end of stream", "a text in quotes has no end", "write the closing quote"},
	{"unexpected document indicator", "a text in quotes has no end", "write the closing quote"},
	{"block sequence entries are not allowed", "a list can't begin here", "begin it on a line of its own"},
	{"mapping keys are not allowed", "a value can't begin with ?", "put the value in quotes"},
	{"unknown escape character", "a text in double quotes has a backslash that means nothing", `write \\ for a backslash`},
	{"hexdecimal number", "an escape in a text is too short", `write \\ for a backslash`},
	{"invalid Unicode character escape", "an escape in a text is no character", "write the character itself"},
	{"alphabetic or numeric", "a value can't begin with * or &", "put the value in quotes"},
	{"comment or line break", "after | or > nothing may stand", "begin the text on the next line, indented"},
	{"unknown anchor", "a value can't begin with *", "put the value in quotes"},
	{"exceeded max depth", "maps and lists are nested too deeply", "write it flatter"},
	{"document", "a file holds one YAML document, without directives", "leave the line away"},
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// errorLine is the line, from 0, that the parser of YAML names, or 0.
func errorLine(err error) int {
	if err == nil {
		return 0
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return max(0, n-1)
	}
	return 0
}

// explain says why lines[from:to] are not YAML: the first suspicious place in
// reading order or, if there is none, what the parser found.
func explain(lines []string, from, to int, err error) fault {
	r := faultFinder{lines: lines}
	for i := from; i < to; i++ {
		if f := r.read(i); f != nil {
			return *f
		}
	}
	if f := r.finish(); f != nil {
		return *f
	}
	f := fault{line: min(from+errorLine(err), to-1), message: "this is not YAML", hint: generalHint}
	if err != nil {
		for _, known := range yamlFaults {
			if strings.Contains(err.Error(), known.theirs) {
				f.message, f.hint = known.message, known.hint
				break
			}
		}
	}
	text := lines[max(from, f.line)]
	f.column = len(text) - len(strings.TrimLeft(text, " \t"))
	return f
}

// A faultFinder reads lines as YAML is read, by and large, and finds what people
// get wrong.
type faultFinder struct {
	lines   []string
	levels  []level
	literal int // the indentation above which lines are a text of | or >; -1: none
	begun   bool

	// What is open over several lines: a quote, or brackets.
	quote   byte
	quoteAt [2]int
	open    []opened
	header  [2]int // of the literal text
	empty   bool   // the literal text has no line yet
	plain   bool   // the last value is plain text, and may go on
	deep    int    // the indentation of the key of that value
}

// A level is a map or list that lines may go on with.
type level struct {
	indent int
	list   bool
}

type opened struct {
	sign         byte
	line, column int
	indent       int
}

func at0(line, column int, message, hint string) *fault {
	return &fault{line, column, message, hint}
}

func (r *faultFinder) read(i int) *fault {
	line := r.lines[i]
	text := strings.TrimLeft(line, " \t")
	indent := len(line) - len(text)
	if !r.begun {
		r.literal, r.begun = -1, true
	}
	if r.quote != 0 {
		if indent <= r.deep && len(r.lines[i]) > 0 && keyOf(strings.TrimPrefix(text, "- ")) != "" {
			return at0(r.quoteAt[0], r.quoteAt[1], "a text in quotes begins here and does not end", "write "+string(r.quote)+" after it")
		}
		return r.values(i, 0)
	}
	if text == "" || text[0] == '#' && r.literal < 0 {
		return nil
	}
	if r.literal >= 0 {
		if indent > r.literal {
			r.empty = false
			return nil
		}
		if r.empty {
			return at0(i, indent, "a text after | or > is indented deeper than its key", "indent it by two spaces more")
		}
		r.literal = -1
	}
	if tab := strings.IndexByte(line[:indent], '\t'); tab >= 0 {
		return at0(i, tab, "a tab stands in the indentation", "indent with spaces")
	}
	if c := []rune(text)[0]; hidden(c) {
		return at0(i, indent, "a space that is none stands in the indentation", "indent with plain spaces")
	}
	if len(r.open) > 0 {
		last := r.open[len(r.open)-1]
		if indent <= last.indent && (keyOf(text) != "" || strings.HasPrefix(text, "- ")) {
			return r.unclosed(last)
		}
		return r.values(i, indent)
	}
	return r.entry(i, indent)
}

// entry reads a line that goes on with a map or list, or with a plain text.
func (r *faultFinder) entry(i, at int) *fault {
	line := r.lines[i]
	for {
		text := line[at:]
		dash := text == "-" || strings.HasPrefix(text, "- ")
		if len(text) > 1 && text[0] == '-' && keyOf(text[1:]) != "" && !isDigit(rune(text[1])) && text[1] != '-' && text[1] != ' ' {
			return at0(i, at+1, "after a dash a space is missing", "write - "+clip(text[1:]))
		}
		if r.plain && at > r.deep && !dash && keyOf(text) == "" {
			return r.colon(i, at) // the plain text goes on
		}
		if f := r.level(i, at, dash); f != nil {
			return f
		}
		r.plain = false
		if !dash {
			break
		}
		rest := strings.TrimLeft(text[1:], " ")
		if rest == "" || rest[0] == '#' {
			return nil
		}
		at += len(text) - len(rest)
	}
	text := line[at:]
	key := keyOf(text)
	if key == "" {
		return r.noKey(i, at)
	}
	if len(key) > longestKey {
		return at0(i, at, "a key has at most 1,000 characters", "write it shorter")
	}
	r.deep = at
	rest := strings.TrimLeft(text[len(key)+1:], " ")
	return r.values(i, at+len(text)-len(rest))
}

// level finds the map or list that a line goes on with.
func (r *faultFinder) level(i, at int, dash bool) *fault {
	for len(r.levels) > 0 && r.levels[len(r.levels)-1].indent > at {
		r.levels = r.levels[:len(r.levels)-1]
	}
	if len(r.levels) == 0 {
		r.levels = append(r.levels, level{at, dash})
		return nil
	}
	top := r.levels[len(r.levels)-1]
	switch {
	case top.indent == at && top.list == dash:
	case top.indent == at && dash: // a list may stand right under its key
		r.levels = append(r.levels, level{at, true})
	case top.indent == at && top.list:
		if n := len(r.levels); n > 1 && r.levels[n-2].indent == at {
			r.levels = r.levels[:n-1]
			return nil
		}
		return at0(i, at, "an item of the list does not begin with a dash", "write - before it, or indent it as the keys of the item above")
	case r.plain && keyOf(r.lines[i][at:]) != "":
		return at0(i, at, "this line is indented deeper than the one above, which has a value already", "indent both alike")
	case r.plain && dash:
		return nil
	default:
		// deeper, below a key without a value; or back to where nothing stands
		if r.back(at) {
			return at0(i, at, "this line is indented as none above it", "indent keys that belong together alike")
		}
		r.levels = append(r.levels, level{at, dash})
	}
	return nil
}

// back reports whether the line above was indented deeper, so that this one
// returns to something.
func (r *faultFinder) back(at int) bool {
	return r.deep > at
}

// keyOf returns the key at the beginning of a text, with its quotes.
func keyOf(text string) string {
	if text == "" {
		return ""
	}
	if q := text[0]; q == '"' || q == '\'' {
		end := strings.IndexByte(text[1:], q)
		if end < 0 || !strings.HasPrefix(text[end+2:], ":") {
			return ""
		}
		return text[:end+2]
	}
	for at := 0; ; {
		n := strings.IndexByte(text[at:], ':')
		if n < 0 {
			return ""
		}
		at += n
		if at+1 == len(text) || text[at+1] == ' ' || text[at+1] == '\r' || text[at+1] == '\t' {
			break
		}
		at++
	}
	at := strings.IndexByte(text, ':')
	for at+1 < len(text) && text[at+1] != ' ' && text[at+1] != '\r' && text[at+1] != '\t' {
		at += 1 + strings.IndexByte(text[at+1:], ':')
	}
	if key := text[:at]; !strings.ContainsAny(key, "[]{},#\"'") && key != "" {
		return key
	}
	return ""
}

var keyAndValue = regexp.MustCompile(`^([a-z_]+):([^ :/]\S*)`)

// allKeys are the keys that some map of a ruleset has.
func allKeys() []string {
	var out []string
	for _, s := range Shapes() {
		for _, k := range s.Keys {
			out = append(out, k.Name)
		}
	}
	return out
}

// noKey reads a line without a key.
func (r *faultFinder) noKey(i, at int) *fault {
	text := r.lines[i][at:]
	if m := keyAndValue.FindStringSubmatch(text); m != nil {
		return at0(i, at+len(m[1])+1, "after a colon a space is missing", "write "+m[1]+": "+clip(m[2]))
	}
	if word, rest, ok := strings.Cut(text, " "); ok && slices.Contains(allKeys(), word) {
		sign := strings.TrimLeft(rest, " ")
		if sign != "" && strings.ContainsRune("=;", rune(sign[0])) {
			return at0(i, at+len(word), "after a key stands a colon", "write "+word+": "+clip(strings.TrimLeft(sign[1:], " ")))
		}
		return at0(i, at+len(word), "a colon is missing after the key "+word, "write "+word+": "+clip(sign))
	}
	if trimmed := strings.TrimSpace(text); slices.Contains(allKeys(), trimmed) {
		return at0(i, at+len(trimmed), "a colon is missing after the key "+trimmed, "write "+trimmed+":")
	}
	if at == 0 {
		return at0(i, at, "a key with a colon is expected here", "write KEY: VALUE, or indent the line if it goes on with the text above")
	}
	if len(r.levels) > 0 && !r.levels[len(r.levels)-1].list {
		first := []rune(text)[0]
		if isNameStart(first) && !strings.ContainsAny(text, "{}[]\"'") {
			return at0(i, at, "a key with a colon is expected here", "write KEY: VALUE, or indent the line if it goes on with the text above")
		}
	}
	return r.values(i, at)
}

// colon finds a colon in a plain text.
func (r *faultFinder) colon(i, at int) *fault {
	text := r.lines[i][at:]
	if cut := strings.Index(text, " #"); cut >= 0 {
		text = text[:cut]
	}
	trimmed := strings.TrimRight(text, " \r\t")
	n := strings.Index(trimmed, ": ")
	if n < 0 && strings.HasSuffix(trimmed, ":") {
		n = len(trimmed) - 1
	}
	if n < 0 {
		return nil
	}
	return at0(i, at+n, "a colon stands in a value", "put the whole value in quotes: \""+clip(trimmed)+"\"")
}

// values reads what stands after a key or a dash, from a column on.
func (r *faultFinder) values(i, at int) *fault {
	line := strings.TrimRight(r.lines[i], "\r")
	start := true // a value may begin
	for at < len(line) || r.quote != 0 {
		if r.quote != 0 {
			end, f := r.endOfQuote(i, at)
			if f != nil || end < 0 {
				return f
			}
			at, start = end, false
			if f := r.afterQuote(i, at); f != nil {
				return f
			}
			continue
		}
		c := line[at]
		switch {
		case c == ' ' || c == '\t':
			at++
			continue
		case c == '#' && (at == 0 || line[at-1] == ' '):
			return nil
		case (c == '"' || c == '\'') && start:
			r.quote, r.quoteAt = c, [2]int{i, at}
			at++
			continue
		case start && len(r.open) == 0 && (c == '|' || c == '>'):
			rest := strings.TrimLeft(line[at+1:], "+-0123456789")
			if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
				return at0(i, at, "after "+string(c)+" nothing may stand", "begin the text on the next line, indented, or leave "+string(c)+" away")
			}
			r.literal, r.header, r.empty = r.deep, [2]int{i, at}, true
			return nil
		case c == '[' || c == '{':
			if start || len(r.open) > 0 {
				r.open = append(r.open, opened{c, i, at, r.deep})
				at, start = at+1, true
				continue
			}
		case (c == ']' || c == '}') && len(r.open) > 0:
			last := r.open[len(r.open)-1]
			want := map[byte]byte{'[': ']', '{': '}'}[last.sign]
			if c != want {
				return at0(i, at, string(c)+" closes nothing: "+string(last.sign)+" is open", "write "+string(want))
			}
			r.open = r.open[:len(r.open)-1]
			at, start = at+1, false
			if len(r.open) == 0 {
				return r.afterBrackets(i, at, last)
			}
			continue
		case c == ',' && len(r.open) > 0 && start:
			return at0(i, at, "before the comma something is missing", "leave the comma away")
		case c == ',' && len(r.open) > 0, c == ':' && len(r.open) > 0 && !start:
			at, start = at+1, true
			continue
		}
		if start {
			if f := r.begins(i, at); f != nil {
				return f
			}
		}
		end, f := r.plainText(i, at, line)
		if f != nil {
			return f
		}
		start = end < len(line) && line[end] == ':'
		if start {
			end++
		}
		at = end
	}
	return nil
}

// begins looks at the first character of a value.
func (r *faultFinder) begins(i, at int) *fault {
	text := strings.TrimRight(r.lines[i][at:], " \r")
	quoted := "put the value in quotes: '" + clip(strings.ReplaceAll(text, "'", "''")) + "'"
	if len(r.open) > 0 {
		quoted = "put the value in quotes"
	}
	switch c := text[0]; c {
	case '@', '`', '%':
		return at0(i, at, "a value can't begin with "+string(c), quoted)
	case '*', '&', '!':
		return at0(i, at, "a value that begins with "+string(c)+" has another meaning in YAML", quoted)
	case '-', '?', ':':
		if len(text) == 1 || text[1] == ' ' {
			if c == '-' && len(r.open) == 0 {
				return at0(i, at, "a list can't begin after a key on the same line", "begin it on the next line, or write it in [brackets]")
			}
			return at0(i, at, "a value can't begin with "+string(c), quoted)
		}
	case ',':
		return at0(i, at, "a value can't begin with "+string(c), "put the value in quotes, or leave it away")
	case ']', '}':
		return at0(i, at, string(c)+" closes nothing", "leave it away")
	}
	return nil
}

// plainText reads a value without quotes to its end or, between braces, to the
// colon after a key.
func (r *faultFinder) plainText(i, at int, line string) (int, *fault) {
	if len(r.open) == 0 {
		r.plain = true
		return len(line), r.colon(i, at)
	}
	for n := at; n < len(line); n++ {
		switch c := line[n]; {
		case c == ',' || c == ']' || c == '}' || c == '[' || c == '{':
			return n, nil
		case c == '#' && line[n-1] == ' ':
			return len(line), nil
		case c == ':' && (n+1 == len(line) || strings.IndexByte(" ,]}", line[n+1]) >= 0):
			if r.open[len(r.open)-1].sign == '{' && r.keyBefore(line, at) {
				return n, nil
			}
			words := strings.Fields(line[at:n])
			if len(words) > 1 && slices.Contains(allKeys(), words[len(words)-1]) {
				return n, at0(i, n-len(words[len(words)-1]), "a comma is missing before the key "+words[len(words)-1], "write a comma between the entries")
			}
			if r.open[len(r.open)-1].sign == '{' {
				return n, at0(i, n, "a colon stands in a value", "put the value in quotes")
			}
			return n, nil
		}
	}
	return len(line), nil
}

// keyBefore reports whether a text between braces that begins at a column is a
// key: a brace or a comma stands before it.
func (r *faultFinder) keyBefore(line string, at int) bool {
	before := strings.TrimRight(line[:at], " \t")
	return before == "" || strings.HasSuffix(before, "{") || strings.HasSuffix(before, ",")
}

// endOfQuote finds the end of a text in quotes that began here or above. It is -1
// if that is not in the line.
func (r *faultFinder) endOfQuote(i, at int) (int, *fault) {
	line := r.lines[i]
	for n := at; n < len(line); n++ {
		switch {
		case line[n] == '\\' && r.quote == '"':
			runes := []rune(line[n:min(len(line), n+16)])
			if _, wrong, hint := yamlEscape(runes); wrong != "" {
				return -1, at0(i, n, wrong, hint)
			}
			n++
		case line[n] == r.quote:
			if r.quote == '\'' && n+1 < len(line) && line[n+1] == '\'' {
				n++
				continue
			}
			return n + 1, nil
		}
	}
	return -1, nil
}

// yamlEscape reads an escape of a text in double quotes, as escape does.
func yamlEscape(text []rune) (length int, wrong, hint string) {
	if len(text) < 2 || strings.ContainsRune(`0abt	nvfre "/\N_LP`, text[1]) {
		return 2, "", ""
	}
	if c := text[1]; c == 'x' || c == 'u' || c == 'U' {
		length, wrong, hint = escape(text)
		if strings.Contains(wrong, "can't be seen") {
			wrong = ""
		}
		return length, wrong, hint
	}
	return 2, "no character is written " + string(text[:2]), `write \\ for a backslash, or put the text in '...'`
}

// afterQuote looks at what follows a closing quote.
func (r *faultFinder) afterQuote(i, at int) *fault {
	quote := r.quote
	r.quote = 0
	text := strings.TrimRight(r.lines[i][at:], "\r")
	trimmed := strings.TrimLeft(text, " ")
	if trimmed == "" || trimmed[0] == '#' && len(trimmed) < len(text) || trimmed[0] == ':' {
		return nil
	}
	if len(r.open) > 0 {
		if strings.IndexByte(",]}", trimmed[0]) >= 0 {
			return nil
		}
		if keyOf(trimmed) != "" {
			return at0(i, at+len(text)-len(trimmed), "a comma is missing before "+clip(keyOf(trimmed)), "write a comma between the entries")
		}
	}
	column := at + len(text) - len(trimmed)
	if quote == '\'' && len(trimmed) == len(text) {
		return at0(i, at-1, "a ' within a text in '...' is written twice", `write '', or put the text in "..."`)
	}
	hint := "put the whole value in one pair of quotes"
	if r.quoteAt[0] == i {
		value := strings.TrimSpace(r.lines[i][r.quoteAt[1]:])
		if quote == '"' && !strings.Contains(value, "'") {
			hint = "put the whole value in quotes: '" + clip(value) + "'"
		} else if quote == '\'' && !strings.Contains(value, `"`) {
			hint = `put the whole value in quotes: "` + clip(value) + `"`
		}
	}
	return at0(i, column, "after a text in quotes nothing may stand", hint)
}

// afterBrackets looks at what follows the last closing bracket.
func (r *faultFinder) afterBrackets(i, at int, last opened) *fault {
	text := strings.TrimRight(r.lines[i][at:], "\r")
	trimmed := strings.TrimLeft(text, " \t")
	if trimmed == "" || trimmed[0] == '#' && len(trimmed) < len(text) || trimmed[0] == ':' {
		return nil
	}
	column := at + len(text) - len(trimmed)
	if trimmed[0] == ']' || trimmed[0] == '}' {
		return at0(i, column, string(trimmed[0])+" closes nothing", "leave it away")
	}
	hint := "put the whole value in quotes, or leave the rest away"
	if last.line == i {
		hint = "put the whole value in quotes: '" + clip(strings.ReplaceAll(strings.TrimSpace(r.lines[i][last.column:]), "'", "''")) + "'"
	}
	return at0(i, column, "after the closing bracket nothing may stand", hint)
}

func (r *faultFinder) unclosed(o opened) *fault {
	right := map[byte]string{'[': "]", '{': "}"}[o.sign]
	return at0(o.line, o.column, string(o.sign)+" is not closed", "write "+right+" where it ends")
}

// finish reports what is open after the last line.
func (r *faultFinder) finish() *fault {
	switch {
	case r.quote != 0:
		return at0(r.quoteAt[0], r.quoteAt[1], "a text in quotes begins here and does not end", "write "+string(r.quote)+" after it")
	case len(r.open) > 0:
		return r.unclosed(r.open[len(r.open)-1])
	}
	return nil
}
