package bulk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
)

// MaxFile is how many bytes a file may have. It is held in memory.
const MaxFile = 512 << 20

// Columns that every list may have.
const (
	recordedColumn  = "recorded"
	authorityColumn = "authority"
	lineColumn      = "line"  // the line of the file in which the row stood first
	errorColumn     = "error" // why it was refused, which is skipped
)

var commonColumns = []string{authorityColumn, recordedColumn, lineColumn, errorColumn}

// A row is one row of a list, or why it can't be read.
type row struct {
	line  int // in this file
	first int // by which it has its ids: line, unless the row states another
	cells map[string]string
	said  []string // the cells as they stand, for the report
	err   *Mistake // its File is filled in later
}

func (r *row) wrong(column, format string, args ...any) *Mistake {
	return &Mistake{Line: r.line, Column: column, Text: fmt.Sprintf(format, args...)}
}

// textual refuses what is no text of UTF-8 before anything reads it.
func textual(data []byte) ([]byte, error) {
	switch {
	case len(data) > MaxFile:
		return nil, fmt.Errorf("the file has more than %d MiB: divide it", MaxFile>>20)
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return nil, errors.New("the file is UTF-16: save it as UTF-8")
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// plain says what keeps bytes from being the text of a row, or "".
func plain(text string) string {
	switch {
	case len(text) > codec.MaxLine:
		return fmt.Sprintf("the row has more than %d bytes: is a quote missing at its end?", codec.MaxLine)
	case strings.IndexByte(text, 0) >= 0:
		return "the row holds a NUL byte, which is no text"
	case !utf8.ValidString(text):
		return "the row is not UTF-8: save the file as UTF-8"
	}
	return ""
}

// rowsOf yields the rows of a list. The header is that of the file, for the report;
// a mistake in it is the only thing yielded.
func rowsOf(data []byte, format Format, l *list) (header []string, rows iter.Seq[row], wrong *Mistake) {
	if format == CSV {
		return csvRows(data, l)
	}
	return nil, jsonRows(data, l), nil
}

func csvRows(data []byte, l *list) ([]string, iter.Seq[row], *Mistake) {
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1 // said here, in our words
	head, err := in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil, &Mistake{Line: 1, Text: "the file is empty: it begins with a row of column names"}
	case err != nil:
		return nil, nil, csvMistake(err, 1)
	}
	at, _ := in.FieldPos(0)
	names := make([]string, len(head))
	for i, name := range head {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if wrong := l.checkHeader(names, at); wrong != nil {
		return nil, nil, wrong
	}
	ends := func(yield func(row) bool) {
		for {
			begun := in.InputOffset()
			said, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			var r row
			if err != nil {
				r.err = csvMistake(err, 1)
				r.line = r.err.Line
			} else {
				r.line, _ = in.FieldPos(0)
			}
			r.said, r.first = said, r.line
			whole := data[begun:in.InputOffset()]
			switch text := plain(string(whole)); {
			case text != "":
				r.err = r.wrong("", "%s", text)
			case r.err != nil:
			case len(said) != len(names):
				r.err = r.wrong("", "the row has %s, and the header %d: is a comma or a quote missing or too much?", cells(len(said)), len(names))
			default:
				r.cells = make(map[string]string, len(names))
				for i, name := range names {
					r.cells[name] = strings.TrimSpace(said[i])
				}
				r.restoreLine()
			}
			if r.err != nil && len(said) != len(names) {
				r.said = []string{strings.TrimRight(string(whole), "\r\n")}
			}
			if !yield(r) {
				return
			}
		}
	}
	return names, ends, nil
}

func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return strconv.Itoa(n) + " cells"
}

// csvMistake says what is wrong with quotes.
func csvMistake(err error, line int) *Mistake {
	p, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return &Mistake{Line: line, Text: err.Error()}
	}
	m := &Mistake{Line: p.StartLine}
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		m.Text = fmt.Sprintf("a quote stands inside a cell that has none around it (line %d, byte %d): put quotes around the cell and write each quote inside it twice", p.Line, p.Column)
	case errors.Is(err, csv.ErrQuote):
		m.Text = fmt.Sprintf("a quoted cell does not end where it should (line %d, byte %d): close it with a quote before the comma, and write each quote inside it twice", p.Line, p.Column)
	default:
		m.Text = p.Err.Error()
	}
	return m
}

func jsonRows(data []byte, l *list) iter.Seq[row] {
	return func(yield func(row) bool) {
		n := 0
		for line := range bytes.Lines(data) {
			n++
			line = bytes.TrimSpace(line)
			if len(line) == 0 || line[0] == '#' {
				continue
			}
			r := row{line: n, first: n, said: []string{string(line)}}
			if text := plain(string(line)); text != "" {
				r.err = r.wrong("", "%s", text)
			} else if r.cells, r.err = jsonCells(line, n); r.err == nil {
				names := make([]string, 0, len(r.cells))
				for name := range r.cells {
					names = append(names, name)
				}
				slices.Sort(names)
				if r.err = l.checkNames(names, n); r.err == nil {
					r.restoreLine()
				}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// jsonCells reads an object whose values are texts, numbers, truth values or
// lists of texts.
func jsonCells(line []byte, n int) (map[string]string, *Mistake) {
	wrong := func(column, format string, args ...any) (map[string]string, *Mistake) {
		return nil, &Mistake{Line: n, Column: column, Text: fmt.Sprintf(format, args...)}
	}
	in := json.NewDecoder(bytes.NewReader(line))
	in.UseNumber()
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return wrong("", "this is no JSON object: a row is {\"column\":\"value\"} on one line")
	}
	out := map[string]string{}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return wrong("", "not JSON: %v", err)
		}
		key, _ := token.(string)
		var value any
		if err := in.Decode(&value); err != nil {
			return wrong(key, "not JSON: %v", err)
		}
		if _, twice := out[key]; twice {
			return wrong(key, "this key is there twice: keep one")
		}
		switch v := value.(type) {
		case string:
			out[key] = strings.TrimSpace(v)
		case json.Number:
			out[key] = v.String()
		case bool:
			out[key] = strconv.FormatBool(v)
		case nil:
			out[key] = ""
		case []any:
			var words []string
			for _, one := range v {
				word, ok := one.(string)
				if !ok {
					return wrong(key, "a list is of texts: [\"a\",\"b\"]")
				}
				words = append(words, word)
			}
			out[key] = strings.Join(words, " ")
		default:
			return wrong(key, "write a text, a number, true, false or a list of texts")
		}
	}
	if _, err := in.Token(); err != nil {
		return wrong("", "the JSON ends too early: a row is one whole object on one line")
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return wrong("", "something stands after the object: a row is one object on one line")
	}
	return out, nil
}

// restoreLine reads the line by which a mended row keeps its ids.
func (r *row) restoreLine() {
	text := r.cells[lineColumn]
	if text == "" {
		return
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		r.err = r.wrong(lineColumn, "%q is no line number: leave the column as the report has it, or out", text)
		return
	}
	r.first = int(n)
}

// checkHeader says what is wrong with the names of columns.
func (l *list) checkHeader(names []string, line int) *Mistake {
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		return &Mistake{Line: line, Text: "the cells are not divided by commas: save the list as CSV with commas (RFC 4180)"}
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return &Mistake{Line: line, Text: fmt.Sprintf("the column %q is there twice: keep one", name)}
		}
	}
	if wrong := l.checkNames(names, line); wrong != nil {
		return wrong
	}
	for _, c := range l.columns {
		if c.Required && !slices.Contains(names, c.Name) {
			return &Mistake{Line: line, Text: fmt.Sprintf("the column %q is missing: %s", c.Name, l.listed())}
		}
	}
	return nil
}

// checkNames refuses a column that the list does not have.
func (l *list) checkNames(names []string, line int) *Mistake {
	var known []string
	for _, c := range l.columns {
		known = append(known, c.Name)
	}
	known = append(known, commonColumns...)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &Mistake{Line: line, Text: fmt.Sprintf("unknown column %q%s: %s", name, domain.DidYouMean(name, known), l.listed())}
		}
	}
	return nil
}

func (l *list) listed() string {
	var names []string
	for _, c := range l.columns {
		names = append(names, c.Name)
	}
	return fmt.Sprintf("the columns of %s are %s; authority and recorded may be there too", l.kind, strings.Join(names, ", "))
}
