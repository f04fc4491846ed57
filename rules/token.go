package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A token is a word or sign of an expression: text[from:to].
type token struct {
	kind     tokenKind
	from, to int
}

type tokenKind uint8

const (
	tokenName tokenKind = iota
	tokenNumber
	tokenText
	tokenSign
)

// A problem is what is wrong with an expression, at one of its code points.
type problem struct {
	at      int
	code    string
	message string
	hint    string
}

// words that people write where CEL has signs.
var wordSigns = map[string]string{"and": "&&", "or": "||", "not": "!", "is": "=="}

// tokenize splits an expression. It finds the mistakes that a parser would
// report in words of its own making, and keeps away from it what would cost it
// dearly.
func tokenize(text []rune) ([]token, []problem) {
	var tokens []token
	var wrong []problem
	bad := func(at int, code, hint, format string, args ...any) {
		wrong = append(wrong, problem{at, code, fmt.Sprintf(format, args...), hint})
	}
	at := func(i int) rune {
		if i < len(text) {
			return text[i]
		}
		return 0
	}
	if len(text) > maxCharacters {
		bad(0, codeLimit, "", "an expression has at most %d characters, names of let substituted; this has %d", maxCharacters, len(text))
		return nil, wrong
	}
	var open []rune
	for i := 0; i < len(text); {
		c := text[i]
		from := i
		switch {
		case unicode.IsSpace(c):
			i++
			continue
		case isNameStart(c):
			for isNameStart(at(i)) || isDigit(at(i)) {
				i++
			}
			word := string(text[from:i])
			selected := len(tokens) > 0 && tokens[len(tokens)-1].kind == tokenSign && text[tokens[len(tokens)-1].from] == '.'
			if sign := wordSigns[strings.ToLower(word)]; sign != "" && !selected {
				bad(from, codeParse, "write "+sign, "%s is not a sign of the rules language", word)
			}
			if (at(i) == '"' || at(i) == '\'') && len(word) <= 2 {
				bad(from, codeUnavailable, "leave the "+word+" away", "texts with a letter before the quote are not available")
			}
			tokens = append(tokens, token{tokenName, from, i})
			continue
		case isDigit(c) || c == '.' && isDigit(at(i+1)):
			for isDigit(at(i)) || isNameStart(at(i)) || at(i) == '.' && isDigit(at(i+1)) {
				i++
			}
			number := string(text[from:i])
			if !allDigits(number) && !strings.HasPrefix(number, "0x") {
				bad(from, codeUnavailable, "compare with a whole number, or declare a fact of type decimal", "%s is not a whole number, and there are no others in expressions", number)
			}
			tokens = append(tokens, token{tokenNumber, from, i})
			continue
		case c == '"' || c == '\'':
			if at(i+1) == c && at(i+2) == c {
				bad(from, codeUnavailable, "write one quote", "texts in three quotes are not available")
				return tokens, wrong
			}
			i++
			for i < len(text) && text[i] != c && text[i] != '\n' {
				if text[i] == '\\' {
					i++
				}
				i++
			}
			if i >= len(text) || text[i] != c {
				bad(from, codeParse, "", "a text begins here and has no closing %c", c)
				return tokens, wrong
			}
			i++
			tokens = append(tokens, token{tokenText, from, i})
			continue
		}
		sign := string(c)
		if two := string(text[i:min(i+2, len(text))]); slices.Contains([]string{"==", "!=", "<=", ">=", "&&", "||", "//", "=>", "=<", "<>", "?.", "[?"}, two) {
			sign = two
		}
		i += len(sign)
		switch sign {
		case "(", "[":
			open = append(open, c)
			if len(open) == maxNesting+1 {
				bad(from, codeLimit, "", "brackets are nested more than %d deep", maxNesting)
			}
		case ")", "]":
			want := map[string]rune{")": '(', "]": '['}[sign]
			if len(open) == 0 || open[len(open)-1] != want {
				bad(from, codeParse, "", "%s closes nothing", sign)
				return tokens, wrong
			}
			open = open[:len(open)-1]
		case "{", "}":
			bad(from, codeUnavailable, "", "maps and objects can't be made in expressions")
			return tokens, wrong
		case "=":
			bad(from, codeParse, "write == to compare", "= is not a sign of the rules language")
		case "=>", "=<":
			bad(from, codeParse, "write "+map[string]string{"=>": ">=", "=<": "<="}[sign], "%s is not a sign of the rules language", sign)
		case "<>":
			bad(from, codeParse, "write !=", "<> is not a sign of the rules language")
		case "&", "|":
			bad(from, codeParse, "write "+sign+sign, "%s is not a sign of the rules language", sign)
		case "//":
			bad(from, codeUnavailable, "write a comment of YAML, with #", "remarks can't be written inside an expression")
			return tokens, wrong
		case "?.", "[?":
			bad(from, codeUnavailable, "ask with has()", "optional access is not available")
		case "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", ".", ",", "?", ":":
		default:
			bad(from, codeParse, "", "the character %q means nothing in an expression", c)
		}
		tokens = append(tokens, token{tokenSign, from, i})
	}
	if len(open) > 0 && len(wrong) == 0 {
		bad(len(text), codeParse, "", "%c is not closed", open[len(open)-1])
	}
	if len(tokens) == 0 && len(wrong) == 0 {
		bad(0, codeParse, "", "the expression is empty")
	}
	return tokens, wrong
}

func isNameStart(c rune) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }
