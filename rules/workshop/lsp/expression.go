package lsp

// A token is a word or sign of an expression: code points from to to of its text.
// Any text can be divided, also one that is no expression yet.
type token struct {
	kind     tokenKind
	from, to int
}

type tokenKind uint8

const (
	nameToken tokenKind = iota
	numberToken
	textToken
	signToken
)

func isNameStart(c rune) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == mark
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

// longSigns are the signs of two characters.
var longSigns = map[string]bool{"==": true, "!=": true, "<=": true, ">=": true, "&&": true, "||": true}

func tokenize(text []rune) []token {
	var out []token
	for i := 0; i < len(text); {
		c, from := text[i], i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case isNameStart(c):
			for i < len(text) && (isNameStart(text[i]) || isDigit(text[i])) {
				i++
			}
			out = append(out, token{nameToken, from, i})
		case isDigit(c):
			for i < len(text) && (isDigit(text[i]) || isNameStart(text[i])) {
				i++
			}
			out = append(out, token{numberToken, from, i})
		case c == '"' || c == '\'':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i = min(i+1, len(text))
			out = append(out, token{textToken, from, i})
		default:
			i++
			if i < len(text) && longSigns[string(text[from:i+1])] {
				i++
			}
			out = append(out, token{signToken, from, i})
		}
	}
	return out
}

// tokens are the words and signs of one expression.
type tokens struct {
	text []rune
	list []token
}

func tokensOf(text []rune) tokens { return tokens{text, tokenize(text)} }

// word returns the text of a token, "" if there is none of that number.
func (t tokens) word(i int) string {
	if i < 0 || i >= len(t.list) {
		return ""
	}
	return string(t.text[t.list[i].from:t.list[i].to])
}

func (t tokens) isName(i int) bool {
	return i >= 0 && i < len(t.list) && t.list[i].kind == nameToken
}

// operand returns the object and fact that end at a token: member.status. An
// operand that is no fact has no object.
func (t tokens) operand(last int) (object, name string) {
	if t.word(last) == "]" { // answers[IMM_ARREST]
		for depth := 0; last >= 0; last-- {
			switch t.word(last) {
			case "]":
				depth++
			case "[":
				depth--
			}
			if depth == 0 {
				break
			}
		}
		return "", t.word(last-1) + "[]"
	}
	if !t.isName(last) {
		return "", ""
	}
	if t.word(last-1) == "." && t.isName(last-2) {
		return t.word(last - 2), t.word(last)
	}
	return "", t.word(last)
}
