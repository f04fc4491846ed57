package scenario

import (
	"fmt"
	"strings"
)

// A word is a piece of a line: text, key=value, or one of the marks → [ ] and ,.
type word struct {
	text   string // without quotes; of key=value, the value
	key    string
	keyed  bool
	quoted bool // the text stood in quotes, so that it is never a mark or a verb
	mark   rune // '→', '[', ']', ',' or 0
	col    int  // where it begins, from 1
	value  int  // where its text begins
}

// is reports whether the word is exactly this plain text.
func (w word) is(text string) bool { return w.plain() && w.text == text }

func (w word) plain() bool { return w.mark == 0 && !w.keyed && !w.quoted }

// String writes the word for an error message.
func (w word) String() string {
	switch {
	case w.mark != 0:
		return string(w.mark)
	case w.keyed:
		return w.key + "=" + w.text
	}
	return w.text
}

// A slip is what keeps a line from being split into words.
type slip struct {
	col  int
	text string
}

// A splitter splits one line.
type splitter struct {
	line   []rune
	at     int
	inside bool // between [ and ]
	opened int  // column of the [
}

// split returns the words of a line, up to a comment.
func split(line string) ([]word, *slip) {
	s := splitter{line: []rune(line)}
	var words []word
	for {
		for s.at < len(s.line) && isSpace(s.line[s.at]) {
			s.at++
		}
		if s.at == len(s.line) || s.line[s.at] == '#' {
			break
		}
		w, err := s.next()
		if err != nil {
			return nil, err
		}
		words = append(words, w)
		if w.mark == '→' && words[0].is("refused") { // the text of a refusal stands as it is, quotes and all
			return append(words, s.rest()...), nil
		}
	}
	if s.inside {
		return nil, &slip{s.opened, "this [ is never closed: write ] after the last condition"}
	}
	return words, nil
}

// rest returns the rest of the line as one word, without quotes around the whole.
func (s *splitter) rest() []word {
	text := strings.TrimSpace(string(s.line[s.at:]))
	if len(text) > 1 && text[0] == '"' && strings.Count(text, `"`) == 2 && text[len(text)-1] == '"' {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if text == "" {
		return nil
	}
	return []word{{text: text, quoted: true, col: s.at + 1, value: s.at + 1}}
}

func (s *splitter) next() (word, *slip) {
	col := s.at + 1
	switch r := s.line[s.at]; {
	case s.arrow() > 0:
		if s.inside {
			return word{}, &slip{s.opened, "this [ is never closed: write ] after the last condition"}
		}
		s.at += s.arrow()
		return word{mark: '→', col: col}, nil
	case r == '[' && s.inside:
		return word{}, &slip{col, "a second [ before the first is closed"}
	case r == '[':
		s.inside, s.opened = true, col
		s.at++
		return word{mark: '[', col: col}, nil
	case r == ']' && !s.inside:
		return word{}, &slip{col, "a ] without a [ before it; put a text with brackets in quotes"}
	case r == ']':
		s.inside = false
		s.at++
		return word{mark: ']', col: col}, nil
	case r == ',' && s.inside:
		s.at++
		return word{mark: ',', col: col}, nil
	case r == '"':
		text, err := s.quote()
		return word{text: text, quoted: true, col: col, value: col + 1}, err
	}
	return s.plain()
}

// plain reads a word without quotes, or key=value whose value may have them.
func (s *splitter) plain() (word, *slip) {
	w := word{col: s.at + 1, value: s.at + 1}
	from := s.at
	for s.at < len(s.line) && !s.ends() {
		switch s.line[s.at] {
		case '"':
			return w, &slip{s.at + 1, `a quote begins a word or follows a "=": put the whole text in quotes`}
		case '=':
			if w.keyed {
				break
			}
			w.key, w.keyed, w.value = string(s.line[from:s.at]), true, s.at+2
			if !isKey(w.key) {
				return w, &slip{w.col, fmt.Sprintf("%q is no key: a key has letters, digits, dots and underscores; put a text with = in quotes", w.key)}
			}
			if s.at+1 < len(s.line) && s.line[s.at+1] == '"' {
				s.at++
				text, err := s.quote()
				w.text, w.quoted = text, true
				return w, err
			}
			from = s.at + 1
		}
		s.at++
	}
	w.text = string(s.line[from:s.at])
	if w.keyed && w.text == "" {
		return w, &slip{w.col, fmt.Sprintf("no value after %s=: leave the key out, or write one", w.key)}
	}
	return w, nil
}

// quote reads a text in quotes, in which \" and \\ stand for " and \.
func (s *splitter) quote() (string, *slip) {
	opened := s.at + 1
	var text strings.Builder
	for s.at++; s.at < len(s.line); s.at++ {
		switch r := s.line[s.at]; {
		case r == '\\':
			s.at++
			if s.at == len(s.line) || s.line[s.at] != '"' && s.line[s.at] != '\\' {
				return "", &slip{s.at, `in quotes, \ only stands before " or another \`}
			}
			text.WriteRune(s.line[s.at])
		case r == '"':
			s.at++
			if s.at < len(s.line) && !s.ends() {
				return "", &slip{s.at + 1, "a space is missing after the quotes"}
			}
			if strings.TrimSpace(text.String()) == "" {
				return "", &slip{opened, "there is nothing in these quotes"}
			}
			return text.String(), nil
		default:
			text.WriteRune(r)
		}
	}
	return "", &slip{opened, "these quotes are never closed"}
}

// ends reports whether a word ends here.
func (s *splitter) ends() bool {
	r := s.line[s.at]
	return isSpace(r) || s.arrow() > 0 || r == '[' || s.inside && (r == ']' || r == ',')
}

// arrow returns how many characters of an arrow stand here.
func (s *splitter) arrow() int {
	switch {
	case s.line[s.at] == '→':
		return 1
	case s.line[s.at] == '-' && s.at+1 < len(s.line) && s.line[s.at+1] == '>':
		return 2
	}
	return 0
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' }

func isKey(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	return key != ""
}
