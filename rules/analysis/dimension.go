package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A dimension is one thing that may be this or that: whom it is about, the time, a
// fact, or something that is free because it is not looked into.
type dimension struct {
	key    string // member.status, size(measure.places), request.place in measure.places
	sort   sort
	ref    rules.FactRef // of a fact
	decl   domain.FactDecl
	values []value
	order  []int // in which values are tried for a witness
	// left and right are what a comparison and a membership look at.
	left, right string
	element     string // the constant whose membership it is
	part        rules.Form
}

// A sort says what the values of a dimension are.
type sort uint8

const (
	ofSubject sort = iota
	ofTime
	ofPrivilege
	ofCode
	ofBool
	ofNumber
	ofSize
	ofText
	ofPresence   // of a list
	ofMembership // no, yes
	ofComparison // less, equal, more
	ofOpaque     // no, yes, unclear
)

// A value of a dimension: a code, or everything between two constants.
type value struct {
	text    string
	missing bool // nobody recorded it
	broken  bool // it is there, and can't be worked out
	holds   bool // of bool and membership
	// from and to bound the whole numbers of it, both included; of a decimal that
	// lies between two whole numbers, between says so and from is the lower one.
	from, to int64
	between  bool
	at       timeline.Instant // an instant of it
}

// absent reports whether reading it is an error.
func (v *value) absent() bool { return v.missing || v.broken }

// twice is twice a number of the value, which tells on which side of a constant it
// lies. Constants are well within what can be doubled.
func (v *value) twice() int64 {
	n := v.from
	if n == math.MinInt64 {
		n = v.to
	}
	n = 2 * min(max(n, -mostDoubled), mostDoubled)
	if v.between {
		n++
	}
	return n
}

// mostDoubled is the largest constant with which numbers are compared here.
const mostDoubled = math.MaxInt64 / 4

// constants are what a fact is compared with.
type constants struct {
	ints  []int64
	texts []string
	asked int // how often the fact is looked at
}

func (c *constants) add(v domain.Value) {
	switch v.Kind() {
	case domain.IntValue:
		c.ints = append(c.ints, v.Int())
	case domain.TextValue:
		c.texts = append(c.texts, v.Text())
	default:
		// true and false need not be kept
	}
}

// regions divides the whole numbers at the constants.
func (c *constants) regions(least int64) []value {
	slices.Sort(c.ints)
	ints := slices.DeleteFunc(slices.Compact(c.ints), func(n int64) bool { return n < least })
	var out []value
	add := func(from, to int64) {
		if from <= to {
			out = append(out, value{from: from, to: to})
		}
	}
	low := least
	for _, n := range ints {
		if n > math.MinInt64 {
			add(low, n-1)
		}
		add(n, n)
		if n == math.MaxInt64 {
			return out
		}
		low = n + 1
	}
	add(low, math.MaxInt64)
	return out
}

// decimals divides the numbers with decimal places at the constants: each constant,
// and what lies between two of them.
func (c *constants) decimals(least int64) []value {
	slices.Sort(c.ints)
	ints := slices.DeleteFunc(slices.Compact(c.ints), func(n int64) bool { return n < least })
	var out []value
	for i, n := range ints {
		switch {
		case i > 0:
			out = append(out, value{from: ints[i-1], to: n, between: true})
		case least == math.MinInt64:
			out = append(out, value{from: n - 1, to: n, between: true})
		case n > least:
			out = append(out, value{from: least, to: n, between: true})
		}
		out = append(out, value{from: n, to: n})
	}
	last := max(least, 0)
	if len(ints) > 0 {
		last = ints[len(ints)-1]
	}
	return append(out, value{from: last, to: math.MaxInt64, between: true})
}

// words are the constants of a text, and any other text.
func (c *constants) words(fold bool) []value {
	slices.Sort(c.texts)
	var out []value
	for _, text := range slices.Compact(c.texts) {
		if !fold || domain.Fold(text) == text {
			out = append(out, value{text: text})
		}
	}
	other := "elsewhere"
	for slices.Contains(c.texts, other) {
		other += "_too"
	}
	return append(out, value{text: other})
}

// prefer puts the values first that make an inconspicuous witness: the default, or
// that nothing is recorded.
func (d *dimension) prefer() {
	d.order = make([]int, len(d.values))
	for i := range d.order {
		d.order[i] = i
	}
	rank := func(i int) int {
		v := &d.values[i]
		switch {
		case v.broken:
			return 9
		case v.missing:
			if d.sort == ofCode && d.ref.Object == "measure" {
				return 8 // a measure always has its level
			}
			if d.ref.Object == "request" || d.ref.Object == "measure" || d.ref.Object == "agreement" || d.ref.Object == "vehicle" || d.ref.Object == "property" {
				return 0
			}
			return 8
		case d.decl.HasDefault && d.isDefault(v):
			return 1
		case d.sort == ofCode && (v.text == "current" || v.text == "open"):
			return 1
		case d.sort == ofNumber && v.from < 0:
			return 5
		case d.sort == ofMembership && !v.holds, d.sort == ofSubject && i == 0:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(d.order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
}

func (d *dimension) isDefault(v *value) bool {
	switch d.sort {
	case ofBool:
		return v.holds == d.decl.Default.Bool()
	case ofCode, ofText:
		return v.text == d.decl.Default.Text()
	case ofNumber:
		return !v.between && v.from <= d.decl.Default.Int() && d.decl.Default.Int() <= v.to
	default:
		return false
	}
}

// String writes a value for people.
func (v *value) String() string {
	switch {
	case v.missing:
		return "not on record"
	case v.broken:
		return "not to be worked out"
	case v.text != "":
		return v.text
	default:
		return strconv.FormatInt(v.from, 10)
	}
}
