package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// Rulesets of many States say the same with other numbers and codes:
//
//	request.amount < 30000 && member.category in [DIP_AGENT, DIP_AT]
//	request.amount < 45000 && member.category in [DIP_AGENT, DIP_SERVICE]
//
// Such expressions are of one cast. The first of it is parsed and checked by cel-go
// and lowered; a mould is taken of its form, from which the others are made with
// their own numbers and codes. Nothing that cel-go or the loader finds out of an
// expression depends on which number or which code of a list stands where these do:
// names, types, cost, depth and what is refused are those of the cast. Whatever
// might depend on it is part of the cast, letter by letter: texts, numbers that
// may be too large or are written in another way, numbers after a minus, which belong
// to the sign, codes with the name of their list, and every other sign.
//
// A mould is taken only of what is wholly of our own form and without a mistake. The
// oracle evaluates what came of it by cel-go, which reads the expression itself.

// A cast is an expression without its numbers and codes.
type cast struct {
	key    string
	tokens []token
	// values are the numbers and codes, by token; nil where there is none.
	values []ref.Val
}

// A mould makes the forms of all expressions of a cast.
type mould struct {
	of    compiled
	slots []int // the token of each constant, in the order of filling; -1: it is the same in all
}

// mostMoulded bounds what the moulds of a language keep, in bytes of their casts, of
// which each takes a few dozen bytes of forms. When they are more, all are forgotten.
const mostMoulded = 100_000

// longestNumber is how many digits a number may have that always fits.
const longestNumber = 18

// castOf takes the numbers and codes out of an expression. It is false for a text that
// the loader would refuse or read otherwise.
func (env *environment) castOf(text []rune, tokens []token, s scope, want *cel.Type) (cast, bool) {
	c := cast{tokens: tokens, values: make([]ref.Val, len(tokens))}
	var key strings.Builder
	key.WriteString(s.key())
	key.WriteByte(0)
	key.WriteString(want.String())
	key.WriteByte(0)
	last, found := 0, false
	sign := func(i int) rune {
		if i < 0 || i >= len(tokens) || tokens[i].kind != tokenSign {
			return 0
		}
		return text[tokens[i].from]
	}
	for i, t := range tokens {
		word := text[t.from:t.to]
		if sign(i-1) == '.' {
			continue // the name of a fact
		}
		mark := "\x01"
		switch t.kind {
		case tokenNumber:
			if len(word) > longestNumber || sign(i-1) == '-' || slices.ContainsFunc(word, func(c rune) bool { return !isDigit(c) }) {
				continue
			}
			n, _ := strconv.ParseInt(string(word), 10, 64) // it is short enough
			c.values[i] = types.Int(n)
		case tokenName:
			v := env.constants[string(word)]
			if v == nil || sign(i+1) == '.' || sign(i+1) == '(' {
				continue
			}
			c.values[i], mark = v, "\x02"+v.enum.list.Name+"\x02"
		case tokenText, tokenSign:
			continue
		}
		key.WriteString(string(text[last:t.from]))
		key.WriteString(mark)
		last, found = t.to, true
	}
	key.WriteString(string(text[last:]))
	c.key = key.String()
	return c, found && !slices.ContainsFunc(text, func(c rune) bool { return c < ' ' })
}

// moulded makes an expression from the mould of its cast; nil if there is none.
func (env *environment) moulded(c *cast) *compiled {
	env.mu.Lock()
	m := env.moulds[c.key]
	env.mu.Unlock()
	if m == nil {
		return nil
	}
	slots := m.slots
	fill := copier{
		place: func(from, to int) (int, int) { return c.tokens[from].from, c.tokens[to].to },
		constant: func(v ref.Val) ref.Val {
			at := slots[0]
			slots = slots[1:]
			if at < 0 {
				return v
			}
			return c.values[at]
		},
	}
	out := m.of
	out.test, out.value = fill.test(m.of.test), fill.choice(m.of.value)
	return &out
}

// mould takes a mould of an expression that was compiled, if it can: slots are the
// tokens of its constants in the order of their places in the form, -1 for what is no
// number or code of the cast.
func (env *environment) mould(c *cast, of *compiled, slots []int) {
	left, sound := slots, true
	take := copier{
		place: func(from, to int) (int, int) {
			first, begins := slices.BinarySearchFunc(c.tokens, from, func(t token, at int) int { return cmp.Compare(t.from, at) })
			last, ends := slices.BinarySearchFunc(c.tokens, to, func(t token, at int) int { return cmp.Compare(t.to, at) })
			sound = sound && begins && ends
			return first, last
		},
		constant: func(v ref.Val) ref.Val {
			if len(left) == 0 {
				sound = false
				return v
			}
			at := left[0]
			left = left[1:]
			sound = sound && (at < 0 || c.values[at] == v)
			return v
		},
	}
	m := &mould{of: *of, slots: slots}
	m.of.prog = nil
	m.of.test, m.of.value = take.test(of.test), take.choice(of.value)
	if !sound || take.foreign || len(left) > 0 || m.of.test == nil && m.of.value == nil {
		return
	}
	env.mu.Lock()
	defer env.mu.Unlock()
	if env.moulds[c.key] != nil {
		return // somebody else was faster
	}
	if env.held += len(c.key); env.held > mostMoulded {
		clear(env.moulds)
		env.held = len(c.key)
	}
	env.moulds[c.key] = m
}

// A copier copies a form, with other places and constants, in the order of [lowering].
type copier struct {
	place    func(from, to int) (int, int)
	constant func(ref.Val) ref.Val
	foreign  bool // some part is left to cel-go
}

func (k *copier) test(t *test) *test {
	if t == nil {
		return nil
	}
	k.foreign = k.foreign || t.op == foreign
	out := *t
	out.from, out.to = k.place(t.from, t.to)
	out.a, out.b = k.operand(t.a), k.operand(t.b)
	if t.set != nil {
		elems := make([]ref.Val, len(t.set.elems))
		for i, v := range t.set.elems {
			elems[i] = k.constant(v)
		}
		out.set = newSet(elems)
	}
	if t.kids != nil {
		out.kids = make([]*test, len(t.kids))
		for i, kid := range t.kids {
			out.kids[i] = k.test(kid)
		}
	}
	return &out
}

func (k *copier) operand(o operand) operand {
	if o.constant != nil {
		o.constant = k.constant(o.constant)
	}
	return o
}

func (k *copier) choice(c *choice) *choice {
	if c == nil {
		return nil
	}
	out := &choice{operand: k.operand(c.operand), when: k.test(c.when)}
	out.chosen, out.otherwise = k.choice(c.chosen), k.choice(c.otherwise)
	return out
}
