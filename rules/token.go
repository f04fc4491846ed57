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
	code    string // empty: it was reported where it is declared, or with another
	message string
	hint    string

	// If mended, the code points from at on, before to, mean instead. With all its
	// problems mended an expression can be read further, to find the next ones.
	mended bool
	alone  bool // whatever else is wrong with the expression follows from it
	to     int
	means  string
}

func found(at int, code, message, hint string) problem {
	return problem{at: at, code: code, message: message, hint: hint}
}

// mend applies what was meant. It is false if that is not known of every problem.
func mend(e expression, wrong []problem) (expression, bool) {
	var out expression
	last := 0
	slices.SortStableFunc(wrong, func(a, b problem) int { return a.at - b.at })
	for _, p := range wrong {
		if !p.mended || p.at < last || p.to < p.at || p.to > len(e.text) {
			return e, false
		}
		out.append(expression{e.text[last:p.at], e.places[last:]})
		out.add(p.means, e.places[p.at])
		last = p.to
	}
	out.append(expression{e.text[last:], e.places[last:]})
	out.places = append(out.places, e.places[len(e.text)])
	return out, true
}

// tokenize splits an expression. It finds the mistakes that a parser would
// report in words of its own making, and keeps away from it what would cost it
// dearly.
func tokenize(text []rune) ([]token, []problem) {
	if len(text) > maxCharacters {
		return nil, []problem{{code: codeLimit, message: fmt.Sprintf("an expression has at most %d characters, names of let substituted; this has %d", maxCharacters, len(text))}}
	}
	z := tokenizer{text: text, tokens: make([]token, 0, len(text)/3+2)}
	for z.i < len(text) && z.next() {
	}
	if z.i >= len(text) {
		z.end()
	}
	return z.tokens, z.wrong
}

// A tokenizer reads an expression from left to right.
type tokenizer struct {
	text   []rune
	i      int // where the next token begins
	tokens []token
	wrong  []problem
	open   []bracket
	apart  bool // two values without a sign between were reported
}

// A bracket is open: ( or [.
type bracket struct {
	sign  rune
	at    int
	in    bool // it follows in
	call  bool // it follows the name of a function
	index bool // it is [ and follows a value
	comma bool // a list in round brackets was reported
}

func (z *tokenizer) at(i int) rune {
	if i >= 0 && i < len(z.text) {
		return z.text[i]
	}
	return 0
}

// bad reports what is wrong and can't be mended.
func (z *tokenizer) bad(at int, code, hint, format string, args ...any) {
	z.wrong = append(z.wrong, problem{at: at, code: code, message: fmt.Sprintf(format, args...), hint: hint})
}

// instead reports what is wrong and is read as means.
func (z *tokenizer) instead(at, to int, means, code, hint, format string, args ...any) {
	z.wrong = append(z.wrong, problem{at: at, code: code, message: fmt.Sprintf(format, args...), hint: hint, mended: true, to: to, means: means})
}

func (z *tokenizer) add(kind tokenKind, to int) {
	z.tokens = append(z.tokens, token{kind, z.i, to})
	z.i = to
}

// word returns the text of a token, counted from the last: 0 is the last.
func (z *tokenizer) word(back int) string {
	if i := len(z.tokens) - 1 - back; i >= 0 {
		return string(z.text[z.tokens[i].from:z.tokens[i].to])
	}
	return ""
}

// afterValue reports whether the last token ends a value.
func (z *tokenizer) afterValue() bool {
	if len(z.tokens) == 0 {
		return false
	}
	switch last := z.tokens[len(z.tokens)-1]; last.kind {
	case tokenNumber, tokenText:
		return true
	case tokenName:
		return z.selected(1) || !slices.Contains([]string{"in", "&&", "||", "!"}, z.word(0)) && wordSigns[strings.ToLower(z.word(0))].means == ""
	default:
		return slices.Contains([]string{")", "]", "}"}, z.word(0))
	}
}

// selected reports whether a dot stands before, counted back from the end.
func (z *tokenizer) selected(back int) bool { return z.word(back) == "." }

// next reads a token. It is false if the rest can't be read.
func (z *tokenizer) next() bool {
	c := z.text[z.i]
	switch {
	case c == ' ':
		z.i++
		return true
	case isNameStart(c):
		return z.name()
	case isDigit(c), c == '.' && isDigit(z.at(z.i+1)) && !z.afterValue():
		return z.number()
	case c == '"', c == '\'':
		return z.quoted()
	case closing[c] != "":
		return z.smart()
	}
	return z.sign()
}

// A meant sign is what people mean by a word.
type meant struct{ means, hint string }

// wordSigns are words that people write where CEL has signs.
var wordSigns = map[string]meant{
	"and": {"&&", "write &&"}, "or": {"||", "write ||"}, "not": {"!", "write !"}, "is": {"==", "write =="},
}

// infixWords are further ones, if they stand between two values.
var infixWords = map[string]meant{
	"equals": {"==", "write =="}, "equal": {"==", "write =="}, "eq": {"==", "write =="}, "ne": {"!=", "write !="},
	"lt": {"<", "write <"}, "gt": {">", "write >"}, "le": {"<=", "write <="}, "ge": {">=", "write >="},
	"isnt": {"!=", "write !="}, "xor": {"!=", "write !="}, "mod": {"%", "write %"}, "unless": {"&&", "write && !(...)"},
	"but": {"&&", "write &&"}, "plus": {"+", "write +"}, "minus": {"-", "write -"}, "times": {"*", "write *"},
	"contains": {hint: `write text.contains("part"), or item in list`}, "includes": {hint: "write item in list"},
	"like": {hint: `write text.startsWith("begin") or text.contains("part")`}, "matches": {hint: `write text.startsWith("begin") or text.contains("part")`},
	"startswith": {hint: `write text.startsWith("begin")`}, "endswith": {hint: `write text.endsWith("end")`},
	"between": {hint: "write value >= least && value <= most"}, "exists": {hint: "write has(member.age)"}, "then": {hint: "write CONDITION ? VALUE : OTHERWISE"},
	"percent": {hint: "write percent(amount, rate)"},
}

func (z *tokenizer) name() bool {
	from, to := z.i, z.i
	for isNameStart(z.at(to)) || isDigit(z.at(to)) {
		to++
	}
	word := string(z.text[from:to])
	lower := strings.ToLower(word)
	if (z.at(to) == '"' || z.at(to) == '\'') && len(word) <= 2 && (to == from+len(word)) && !z.afterValue() && wordSigns[lower].means == "" {
		if slices.Contains([]string{"r", "b", "rb", "br"}, lower) {
			z.bad(from, codeUnavailable, "leave the "+word+" away", "texts with a letter before the quote are not available")
			z.i = to // the text follows
			return true
		}
	}
	if not := string(z.text[to:min(to+2, len(z.text))]); (not == "'t" || not == "’t") && slices.Contains([]string{"isn", "aren", "wasn"}, lower) && z.afterValue() {
		z.instead(from, to+2, "!=", codeParse, "write !=", "%s is not a sign of the rules language", quote(word+not))
		z.tokens = append(z.tokens, token{tokenSign, from, to + 2})
		z.i = to + 2
		return true
	}
	called := z.at(to) == '('
	switch {
	case z.selected(0):
	case called && wordSigns[lower].means == "" && !z.afterValue() && word != "in":
	case lower == "is" || lower == "not" || lower == "isnt" && z.afterValue():
		z.negation(from, to, word)
		return true
	case wordSigns[lower].means != "":
		z.instead(from, to, wordSigns[lower].means, codeParse, wordSigns[lower].hint, "%s is not a sign of the rules language", quote(word))
		z.add(tokenName, to)
		return true
	case word == "null":
		hint := "ask with has(), as in has(member.age)"
		if fact := z.factBefore(); fact != "" {
			hint = "ask with has(" + fact + ")"
		}
		z.bad(from, codeUnavailable, hint, "no value is null: what nobody recorded is missing")
	case slices.Contains(reserved, word) && word != "in" && word != "true" && word != "false":
		hint := "use another name"
		if word == "if" || word == "else" {
			hint = "write CONDITION ? VALUE : OTHERWISE, or two rules"
		}
		z.bad(from, codeParse, hint, "%s is reserved", quote(word))
		return false
	case word == "in":
		z.operator(from, to, word)
	case z.afterValue():
		if m, ok := infixWords[lower]; ok && m.means != "" {
			z.instead(from, to, m.means, codeParse, m.hint, "%s is not a sign of the rules language", quote(word))
			z.tokens = append(z.tokens, token{tokenSign, from, to})
			z.i = to
			return true
		}
		z.side(from, to)
	}
	z.add(tokenName, to)
	return true
}

// factBefore returns the fact before a comparison, object.name.
func (z *tokenizer) factBefore() string {
	if len(z.tokens) >= 4 && z.selected(2) && slices.Contains([]string{"==", "!="}, z.word(0)) {
		return z.word(3) + "." + z.word(1)
	}
	return ""
}

// negation reads is, is not, not in and not.
func (z *tokenizer) negation(from, to int, word string) {
	rest := strings.ToLower(string(z.text[to:min(len(z.text), to+40)]))
	follows := func(word string) int {
		trimmed := strings.TrimLeft(rest, " ")
		if tail, ok := strings.CutPrefix(trimmed, word); ok && len(trimmed) < len(rest) && (tail == "" || !isNameStart(rune(tail[0])) && !isDigit(rune(tail[0]))) {
			return to + len(rest) - len(trimmed) + len(word)
		}
		return 0
	}
	means, hint, end := "==", "write ==", to
	switch strings.ToLower(word) {
	case "isnt":
		means, hint = "!=", "write !="
	case "not":
		means, hint = "!", "write !"
		if in := follows("in"); in > 0 && z.afterValue() {
			means, hint, end = "in", "write !(value in list)", in
		} else if z.afterValue() {
			means, hint = "!=", "write !="
		}
	default:
		if not := follows("not"); not > 0 {
			means, hint, end = "!=", "write !=", not
			rest, to = strings.ToLower(string(z.text[not:min(len(z.text), not+40)])), not
			if in := follows("in"); in > 0 {
				means, hint, end = "in", "write !(value in list)", in
			}
		} else if in := follows("in"); in > 0 {
			means, hint, end = "in", "write in", in
		}
	}
	z.instead(from, end, means, codeParse, hint, "%s is not a sign of the rules language", quote(string(z.text[from:end])))
	z.tokens = append(z.tokens, token{tokenSign, from, end})
	z.i = end
}

// side reports that a value stands right after another: text[from:to].
func (z *tokenizer) side(from, to int) {
	if z.apart {
		return
	}
	z.apart = true
	last := z.tokens[len(z.tokens)-1]
	before, word := z.word(0), string(z.text[from:to])
	if z.selected(1) && len(z.tokens) > 2 && z.tokens[len(z.tokens)-3].kind == tokenName {
		before = z.word(2) + "." + before
	}
	hint := "write &&, || or another sign"
	if m, ok := infixWords[strings.ToLower(word)]; ok {
		hint = m.hint
	}
	switch {
	case last.kind == tokenNumber && allDigits(before) && allDigits(word) && len(word) == 3:
		z.instead(last.to, from, "", codeParse, "write "+before+word, "a number is written without gaps")
		return
	case len(z.open) > 0 && z.open[len(z.open)-1].sign == '[':
		hint = "write a comma between them"
	case last.kind == tokenNumber && isNameStart(z.text[from]) && infixWords[strings.ToLower(word)].hint == "" && z.at(to) != '.' && z.at(to) != '(' && !slices.Contains(objectNames, word):
		z.instead(from, to, "", codeParse, "leave "+clip(word)+" away", "a number stands without its unit; money is in cents, and every fact has the unit that its declaration says")
		return
	case last.kind == tokenName && slices.Contains(objectNames, before) && !z.selected(1) && isNameStart(z.text[from]):
		z.instead(last.to, from, ".", codeParse, "write "+before+"."+clip(word), "between an object and its fact stands a dot")
		return
	case last.kind == tokenName && before == "has":
		hint = "write has(" + clip(word) + "...)"
	}
	z.bad(from, codeParse, hint, "between %s and %s a sign is missing", clip(before), clip(word))
}

func (z *tokenizer) number() bool {
	from, to := z.i, z.i
	for isDigit(z.at(to)) || isNameStart(z.at(to)) || z.at(to) == '.' && isDigit(z.at(to+1)) {
		to++
	}
	number := string(z.text[from:to])
	if z.date(from) {
		return false
	}
	if z.afterValue() && !z.apart {
		z.side(from, to)
		z.add(tokenNumber, to)
		return true
	}
	for z.at(to) == ',' && allDigits(number) && len(number) <= 3 && isDigit(z.at(to+1)) && isDigit(z.at(to+2)) && isDigit(z.at(to+3)) && !isDigit(z.at(to+4)) && !z.listing() {
		z.instead(to, to+1, "", codeParse, "write "+number+string(z.text[to+1:to+4]), "a number is written without commas")
		to += 4
	}
	switch clean := strings.ReplaceAll(number, "_", ""); {
	case allDigits(number) && len(number) > 1 && number[0] == '0':
		means := strings.TrimLeft(number, "0")
		if means == "" {
			means = "0"
		}
		z.instead(from, to, means, codeParse, "write "+means, "a number does not begin with 0")
	case allDigits(number):
	case strings.HasPrefix(number, "0x"):
		if !hexadecimal(number[2:]) || len(number) > 18 {
			z.bad(from, codeParse, "write it with the digits 0 to 9", "%s is no number", clip(number))
		}
	case allDigits(clean) && clean != "":
		z.instead(from, to, clean, codeParse, "write "+clip(clean), "a number is written with digits alone")
	case unit(number) != "":
		digits := unit(number)
		z.instead(from, to, digits, codeParse, "write "+digits, "%s: a number stands without its unit; money is in cents, and every fact has the unit that its declaration says", clip(number))
	default:
		hint := "compare with a whole number, or declare a fact of type decimal"
		if whole, cents, ok := strings.Cut(number, "."); ok && len(cents) == 2 && allDigits(cents) && allDigits(whole) && len(whole) < 12 {
			hint += "; if it is an amount of money, write " + centsOf(whole, cents) + " cents"
		}
		z.instead(from, to, "1", codeUnavailable, hint, "%s is not a whole number, and there are no others in expressions", clip(number))
	}
	z.add(tokenNumber, to)
	return true
}

// unit returns the digits of a number with a unit right after it, as in 50km.
func unit(number string) string {
	digits := strings.TrimRight(strings.ToLower(number), "abcdefghijklmnopqrstuvwxyz")
	if digits != number && allDigits(digits) && len(number)-len(digits) >= 2 && len(digits) < 16 && digits[0] != '0' {
		return digits
	}
	return ""
}

func hexadecimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// centsOf turns dollars and cents into cents.
func centsOf(whole, cents string) string {
	if out := strings.TrimLeft(whole+cents, "0"); out != "" {
		return out
	}
	return "0"
}

// listing reports whether a comma has a meaning here.
func (z *tokenizer) listing() bool {
	return len(z.open) > 0 && (z.open[len(z.open)-1].sign == '[' || z.open[len(z.open)-1].call)
}

// date reports a date, which would be read as a subtraction or a division.
func (z *tokenizer) date(from int) bool {
	digits := func(at, n int) bool {
		for i := range n {
			if !isDigit(z.at(at + i)) {
				return false
			}
		}
		return !isDigit(z.at(at+n)) && !isDigit(z.at(at-1))
	}
	iso := digits(from, 4) && z.at(from+4) == '-' && digits(from+5, 2) && z.at(from+7) == '-' && digits(from+8, 2)
	length := 10
	common := false
	for _, a := range []int{1, 2} {
		for _, b := range []int{1, 2} {
			for _, y := range []int{4, 2} {
				for _, sign := range "/." {
					if digits(from, a) && z.at(from+a) == sign && digits(from+a+1, b) && z.at(from+a+1+b) == sign && digits(from+a+b+2, y) {
						common, length = true, a+b+y+2
					}
				}
			}
		}
	}
	if iso || common {
		z.bad(from, codeUnavailable, "say with in_force from when to when a rule holds, or declare a fact", "%s is a date, and expressions have none", string(z.text[from:from+length]))
		return true
	}
	return false
}

func (z *tokenizer) quoted() bool {
	from, c := z.i, z.text[z.i]
	if z.at(from+1) == c && z.at(from+2) == c {
		z.bad(from, codeUnavailable, "write one quote", "texts in three quotes are not available")
		return false
	}
	to := from + 1
	for to < len(z.text) && z.text[to] != c && z.text[to] != '\n' {
		if z.text[to] == '\\' {
			n, wrong, hint := escape(z.text[to:])
			if wrong != "" {
				z.instead(to, min(to+n, len(z.text)), "x", codeParse, hint, "%s", wrong)
			}
			to += n
			continue
		}
		to++
	}
	if to >= len(z.text) || z.text[to] != c {
		hint := fmt.Sprintf("write %c after the text, too", c)
		z.bad(from, codeParse, hint, "a text begins here and has no closing %c", c)
		return false
	}
	to++
	if z.afterValue() {
		z.side(from, to)
	}
	z.add(tokenText, to)
	return true
}

// escape reads an escape sequence of a text. It returns its length and, if it is
// none, what is wrong and a hint.
func escape(text []rune) (length int, wrong, hint string) {
	hint = `write \\ for a backslash`
	if len(text) < 2 {
		return len(text), `a backslash begins something that is not there`, hint
	}
	read := func(from, n, base int) (int, string, string) {
		value := 0
		for i := from; i < from+n; i++ {
			digit := -1
			if i < len(text) {
				digit = strings.IndexRune("0123456789abcdef", unicode.ToLower(text[i]))
			}
			if digit < 0 || digit >= base {
				return min(i, len(text)), "the escape " + string(text[:min(i, len(text))]) + " is too short", hint
			}
			value = value*base + digit
		}
		written := string(text[:from+n])
		switch c := rune(value); {
		case value > unicode.MaxRune || value >= 0xd800 && value <= 0xdfff:
			return from + n, "the escape " + written + " is no character", "write the character itself"
		case unicode.IsControl(c) || misleads(c) || hidden(c):
			return from + n, fmt.Sprintf("the escape %s stands for a character that can't be seen, U+%04X", written, value), "leave it away"
		}
		return from + n, "", ""
	}
	switch c := text[1]; {
	case strings.ContainsRune("\\\"'?`", c), strings.ContainsRune("abfnrtv", c):
		return 2, "", ""
	case c == 'x', c == 'X':
		return read(2, 2, 16)
	case c == 'u':
		return read(2, 4, 16)
	case c == 'U':
		return read(2, 8, 16)
	case c >= '0' && c <= '3':
		return read(1, 3, 8)
	}
	return 2, "no character is written " + string(text[:2]), hint
}

// closing are the quotes of word processors, with what may close them.
var closing = map[rune]string{'“': "”“", '”': "”", '„': "“”", '«': "»", '»': "«", '‘': "’‘", '’': "’", '‚': "‘’", '‹': "›", '`': "`´", '´': "´", '＂': "＂", '″': "″", '′': "′"}

// smart reads a text in quotes of a word processor.
func (z *tokenizer) smart() bool {
	from, c := z.i, z.text[z.i]
	to := from + 1
	for to < len(z.text) && !strings.ContainsRune(closing[c]+`"`, z.text[to]) {
		to++
	}
	if to >= len(z.text) {
		z.bad(from, codeParse, `write "text"`, "%c is not a quote of the rules language", c)
		return false
	}
	z.instead(from, from+1, `"`, codeParse, `write "`+clip(string(z.text[from+1:to]))+`"`, "%c is not a quote of the rules language", c)
	if z.text[to] != '"' {
		z.instead(to, to+1, `"`, "", "", "")
	}
	z.add(tokenText, to+1)
	return true
}

// signMeant is what people mean by signs that the rules language does not have.
var signMeant = map[string]meant{
	"=": {"==", "write == to compare"}, "===": {"==", "write =="}, "!==": {"!=", "write !="}, "=>": {">=", "write >="}, "=<": {"<=", "write <="},
	"<>": {"!=", "write !="}, "=!": {"!=", "write !="}, ":=": {"==", "write =="}, "~=": {"!=", "write !="}, "&&&": {"&&", "write &&"}, "|||": {"||", "write ||"},
	"&": {"&&", "write &&"}, "|": {"||", "write ||"}, "->": {".", "write a dot"}, "::": {".", "write a dot"}, ">>": {">", "write >"}, "<<": {"<", "write <"},
	"> =": {">=", "write >= without a space"}, "< =": {"<=", "write <= without a space"}, "! =": {"!=", "write != without a space"}, "= =": {"==", "write == without a space"},
	"& &": {"&&", "write && without a space"}, "| |": {"||", "write || without a space"}, "< >": {"!=", "write !="},
	"≥": {">=", "write >="}, "≤": {"<=", "write <="}, "≠": {"!=", "write !="}, "⩾": {">=", "write >="}, "⩽": {"<=", "write <="}, "×": {"*", "write *"}, "·": {"*", "write *"},
	"÷": {"/", "write /"}, "–": {"-", "write -"}, "—": {"-", "write -"}, "−": {"-", "write -"}, "‐": {"-", "write -"}, "‑": {"-", "write -"}, "∧": {"&&", "write &&"},
	"∨": {"||", "write ||"}, "¬": {"!", "write !"}, "∈": {" in ", "write in"}, "≡": {"==", "write =="}, "⇒": {">=", "write >="}, "（": {"(", "write ("}, "）": {")", "write )"},
	"［": {"[", "write ["}, "］": {"]", "write ]"}, "，": {",", "write ,"}, "、": {",", "write ,"}, "＝": {"==", "write =="}, "＜": {"<", "write <"}, "＞": {">", "write >"}, "．": {".", "write a dot"},
	"！": {"!", "write !"}, "＆": {"&&", "write &&"}, "｜": {"||", "write ||"}, "＋": {"+", "write +"}, "：": {":", "write :"}, "？": {"?", "write ?"},
}

// signs are the longest first.
var signs = runesOf(
	"===", "!==", "&&&", "|||", "> =", "< =", "! =", "= =", "& &", "| |", "< >",
	"==", "!=", "<=", ">=", "&&", "||", "//", "/*", "=>", "=<", "<>", "=!", ":=", "~=", "?.", ".?", "[?", "->", "::", ">>", "<<",
)

func runesOf(words ...string) [][]rune {
	out := make([][]rune, len(words))
	for i, word := range words {
		out[i] = []rune(word)
	}
	return out
}

func (z *tokenizer) sign() bool {
	from := z.i
	sign := string(z.text[from])
	for _, longer := range signs {
		if longer[0] == z.text[from] && from+len(longer) <= len(z.text) && slices.Equal(z.text[from:from+len(longer)], longer) {
			sign = string(longer)
			break
		}
	}
	if (sign == "=!" || sign == "! =") && !z.afterValue() {
		sign = sign[:1]
	}
	to := from + len([]rune(sign))
	if (sign == "=" || sign == "= =" || sign == "==") && len(z.tokens) == 0 {
		z.instead(from, to, "", codeParse, "leave it away", "an expression does not begin with %s", sign)
		z.i = to
		return true
	}
	means := sign
	if m, ok := signMeant[sign]; ok {
		z.instead(from, to, m.means, codeParse, m.hint, "%s is not a sign of the rules language", sign)
		means = m.means
	}
	switch strings.TrimSpace(means) {
	case "(", "[":
		if z.afterValue() && means == "(" && z.tokens[len(z.tokens)-1].kind != tokenName {
			z.side(from, to)
		}
		before := token{kind: tokenSign}
		if len(z.tokens) > 0 {
			before = z.tokens[len(z.tokens)-1]
		}
		in := before.kind == tokenName && z.word(0) == "in"
		z.open = append(z.open, bracket{sign: []rune(means)[0], at: from, in: in, index: means == "[" && z.afterValue(), call: before.kind == tokenName && !in && wordSigns[strings.ToLower(z.word(0))].means == ""})
		if len(z.open) == maxNesting+1 {
			z.bad(from, codeLimit, "split it with let", "brackets are nested more than %d deep", maxNesting)
		}
	case ")", "]":
		return z.close(from, to, means)
	case "{":
		if before := z.word(0); before == "in" {
			if end := slices.Index(z.text[from:], '}'); end > 0 && !slices.ContainsFunc(z.text[from+1:from+end], func(c rune) bool { return strings.ContainsRune(`{[(])}:"'`, c) }) {
				z.instead(from, to, "[", codeParse, "write [ and ]", "a list stands in square brackets")
				z.text = slices.Clone(z.text)
				z.text[from+end] = ']'
				z.instead(from+end, from+end+1, "]", "", "", "")
				z.open = append(z.open, bracket{sign: '[', at: from})
				break
			}
		}
		hint := ""
		if z.at(from+1) == '{' || z.at(from-1) == '$' {
			hint = "write the name alone"
		}
		z.bad(from, codeUnavailable, hint, "maps and objects can't be made in expressions")
		return false
	case "}":
		z.bad(from, codeParse, "leave it away", "} closes nothing")
		return false
	case ",":
		return z.comma(from, to)
	case "//", "/*":
		z.instead(from, len(z.text), "", codeUnavailable, "write a remark of YAML on a line of its own, with #", "remarks can't be written inside an expression")
		z.i = len(z.text)
		return true
	case "#":
		if z.afterValue() {
			z.instead(from, len(z.text), "", codeUnavailable, "write the remark above the key", "remarks can't be written inside an expression")
			z.i = len(z.text)
			return true
		}
		z.bad(from, codeParse, "", "# means nothing in an expression")
	case "?.", ".?", "[?":
		z.bad(from, codeUnavailable, "ask with has()", "optional access is not available")
	case "$", "€", "£", "¥":
		return z.money(from)
	case ";":
		if strings.Trim(string(z.text[from:]), " ;") == "" {
			z.instead(from, len(z.text), "", codeParse, "leave it away", "a semicolon ends nothing here")
			z.i = len(z.text)
			return true
		}
		z.instead(from, to, "&&", codeParse, "write && if both must hold, or || if one is enough", "; does not join conditions")
	case ".":
		switch {
		case z.afterValue() && !slices.ContainsFunc(z.text[to:], func(c rune) bool { return !unicode.IsSpace(c) }):
			z.instead(from, len(z.text), "", codeParse, "leave it away", "an expression does not end with a dot")
			z.i = len(z.text)
			return true
		case !z.afterValue() && isNameStart(z.at(to)) && !z.selected(0):
			z.instead(from, to, "", codeParse, "leave it away", "before the dot an object is missing")
			z.i = to
			return true
		case z.selected(0):
			z.instead(from, to, "", codeParse, "leave one away", "two dots stand side by side")
			z.i = to
			return true
		}
	case "%":
		rest := strings.TrimLeft(string(z.text[to:]), " ")
		if z.afterValue() && (rest == "" || strings.ContainsAny(rest[:1], "&|)<>=,?")) {
			z.instead(from, to, "", codeUnavailable, "write percent(amount, rate) for a share of an amount", "there are no percentages in expressions")
			z.i = to
			return true
		}
		z.operator(from, to, means)
	case "==", "!=", "<=", ">=", "&&", "||", "<", ">", "*", "/", "+", "?", ":", "in":
		z.operator(from, to, means)
	case "!":
		if z.selected(0) {
			z.operator(from, to, means)
		}
		if z.afterValue() {
			if rest := string(z.text[to:min(len(z.text), to+3)]); rest == "in " {
				z.instead(from, to, "", codeParse, "write !(value in list)", "! stands before what it turns round")
				z.i = to
				return true
			}
			z.side(from, to)
		}
	case "-":
	default:
		switch c := z.text[from]; {
		case c == '\t', hidden(c), misleads(c):
			z.instead(from, to, " ", codeCharacter, "delete it", "a character that can't be seen stands here, U+%04X", c)
			z.i = to
			return true
		case likeness(c) != 0 && isNameStart(likeness(c)):
			z.instead(from, to, string(likeness(c)), codeCharacter, "type it again", "%c (U+%04X%s) looks like %c and is another letter", c, c, scriptOf(c), likeness(c))
			z.text = slices.Clone(z.text)
			z.text[from] = likeness(c)
			return true
		}
		z.bad(from, codeParse, "", "the character %s means nothing in an expression", sign)
	}
	z.add(tokenSign, to)
	return true
}

// close reads a closing bracket.
func (z *tokenizer) close(from, to int, sign string) bool {
	want := map[string]rune{")": '(', "]": '['}[sign]
	if len(z.open) == 0 {
		z.instead(from, to, "", codeParse, "leave it away, or open it before", "%s closes nothing", sign)
		z.i = to
		return true
	}
	last := z.open[len(z.open)-1]
	if last.sign != want {
		right := map[rune]string{'(': ")", '[': "]"}[last.sign]
		z.instead(from, to, right, codeParse, "write "+right, "%s closes nothing: %c is open", sign, last.sign)
	}
	if len(z.tokens) > 0 && z.tokens[len(z.tokens)-1].kind == tokenSign {
		switch before := z.word(0); {
		case before == "(" && !last.call:
			z.bad(from, codeParse, "write what is meant between them, or leave them away", "there is nothing in the brackets")
		case !slices.Contains([]string{")", "]", "(", "[", ",", "}"}, before) && !z.afterValue():
			z.bad(from, codeParse, "", "after %s something is missing", before)
		}
	}
	if last.comma {
		z.instead(from, to, "]", "", "", "")
	}
	z.open = z.open[:len(z.open)-1]
	z.add(tokenSign, to)
	return true
}

// comma reads a comma, which stands between the elements of a list and the
// arguments of a function.
func (z *tokenizer) comma(from, to int) bool {
	switch {
	case len(z.open) > 0 && z.open[len(z.open)-1].index:
		z.bad(z.open[len(z.open)-1].at, codeParse, "write value in [A, B]", "between a value and a list a sign is missing")
		return false
	case z.listing():
	case len(z.open) > 0 && z.open[len(z.open)-1].in:
		if b := &z.open[len(z.open)-1]; !b.comma {
			b.comma = true
			z.instead(b.at, b.at+1, "[", codeParse, "write [ and ]", "a list stands in square brackets")
		}
	case len(z.open) > 0 && z.open[len(z.open)-1].comma:
	case !z.afterValue():
		z.bad(from, codeParse, "", "before the comma something is missing")
	case z.inBefore():
		z.bad(from, codeParse, "write a list in [brackets] after in", "a comma joins nothing here")
		return false
	default:
		z.instead(from, to, "||", codeParse, "write || if one is enough, or && if both must hold", "a comma joins nothing here")
	}
	z.add(tokenSign, to)
	return true
}

// inBefore reports whether the values before a comma are looked for: x in A, B.
func (z *tokenizer) inBefore() bool {
	for back := range z.tokens {
		switch z.word(back) {
		case "in":
			return true
		case "&&", "||", "(", "[":
			return false
		}
	}
	return false
}

// operator reads a sign between two values.
func (z *tokenizer) operator(from, to int, sign string) {
	if z.afterValue() {
		return
	}
	before := z.word(0)
	if before == "." {
		hint := ""
		if sign == "*" {
			hint = "a pattern such as imm.* stands only under the key privilege"
		}
		z.bad(from, codeParse, hint, "after the dot the name of a fact is missing")
		return
	}
	if (sign == "&&" || sign == "||") && (before == "&&" || before == "||") {
		z.instead(from, to, "", codeParse, "leave one away", "%s and %s stand side by side", before, sign)
		return
	}
	if sign == "?" || sign == ":" {
		z.bad(from, codeParse, "write CONDITION ? VALUE : OTHERWISE", "before %s something is missing", sign)
		return
	}
	z.bad(from, codeParse, "", "before %s something is missing", strings.TrimSpace(sign))
}

// money reads an amount with the sign of a currency.
func (z *tokenizer) money(from int) bool {
	to := from + 1
	for isDigit(z.at(to)) || (z.at(to) == ',' || z.at(to) == '.') && isDigit(z.at(to+1)) {
		to++
	}
	whole, cents, _ := strings.Cut(strings.ReplaceAll(string(z.text[from+1:to]), ",", ""), ".")
	if whole == "" || len(cents) > 2 || !allDigits(whole) || len(whole) > 12 || cents != "" && !allDigits(cents) {
		hint := ""
		if isNameStart(z.at(from+1)) || z.at(from+1) == '{' {
			hint = "write the name alone"
		}
		z.bad(from, codeParse, hint, "the character %c means nothing in an expression", z.text[from])
		return false
	}
	amount := centsOf(whole, (cents + "00")[:2])
	z.instead(from, to, amount, codeUnavailable, "write "+amount, "an amount of money is a whole number of cents of the dollar")
	z.tokens = append(z.tokens, token{tokenNumber, from, to})
	z.i = to
	return true
}

// end reports what is still open at the end.
func (z *tokenizer) end() {
	switch {
	case len(z.tokens) == 0 && len(z.wrong) == 0:
		z.bad(0, codeParse, "leave the key away if the rule always holds", "the expression is empty")
	case len(z.open) > 0:
		b := z.open[len(z.open)-1]
		right := map[rune]string{'(': ")", '[': "]"}[b.sign]
		if len(z.wrong) > 0 && !slices.ContainsFunc(z.wrong, func(p problem) bool { return p.mended }) {
			return
		}
		z.bad(b.at, codeParse, "write "+right+" where it ends", "%c is not closed", b.sign)
	case len(z.wrong) == 0 && z.count("?") != z.count(":"):
		z.bad(len(z.text), codeParse, "write CONDITION ? VALUE : OTHERWISE", "every ? needs its :")
	case len(z.tokens) > 0 && !z.afterValue() && len(z.wrong) == 0:
		z.bad(len(z.text), codeParse, "", "the expression ends too early: after %s something is missing", z.word(0))
	}
}

// count counts the tokens that are a sign.
func (z *tokenizer) count(sign string) int {
	n := 0
	for _, t := range z.tokens {
		if t.kind == tokenSign && string(z.text[t.from:t.to]) == sign {
			n++
		}
	}
	return n
}

// quote quotes a word that could be read as one of the message's own.
func quote(word string) string { return `"` + clip(word) + `"` }

func isNameStart(c rune) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }
