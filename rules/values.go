package rules

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/comity-project/comity/domain"
)

// What rules compute with. Booleans, whole numbers (and money, in cents) and
// texts are CEL's own; the values below are ours. All are made once, when an
// object is, so that reading them allocates nothing.

var errNotNative = errors.New("a value of the rules language has no native form")

// An enum is a list of codes as CEL sees it.
type enum struct {
	list   *CodeList
	typ    *cel.Type
	values []*enumVal
}

func newEnum(list *CodeList) *enum {
	e := &enum{list: list, typ: types.NewOpaqueType(list.Name)}
	for i := range list.Codes {
		e.values = append(e.values, &enumVal{enum: e, code: list.Codes[i].Code, index: i})
	}
	return e
}

func (e *enum) value(code string) (*enumVal, bool) {
	i, found := e.list.index[code]
	if !found {
		return nil, false
	}
	return e.values[i], true
}

// read finds the code that somebody wrote: as it is spelled or, failing that, as
// domain.Fold spells the word.
func (e *enum) read(word string) (*enumVal, bool) {
	if v, found := e.value(word); found {
		return v, true
	}
	return e.value(domain.Fold(word))
}

// An enumVal is one code of a list. Codes of one language are equal if they are
// the same pointer.
type enumVal struct {
	enum  *enum
	code  string
	index int
}

func (v *enumVal) ConvertToNative(t reflect.Type) (any, error) {
	if t.Kind() == reflect.String {
		return reflect.ValueOf(v.code).Convert(t).Interface(), nil
	}
	return nil, errNotNative
}

func (v *enumVal) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(v.code)
	}
	return types.NewErr("a code can't be made into another type")
}

func (v *enumVal) Equal(other ref.Val) ref.Val { return types.Bool(v.same(other)) }

func (v *enumVal) same(other ref.Val) bool {
	w, ok := other.(*enumVal)
	return ok && (v == w || v.code == w.code && v.enum.list.Name == w.enum.list.Name)
}

func (v *enumVal) Type() ref.Type { return v.enum.typ }
func (v *enumVal) Value() any     { return v }
func (v *enumVal) String() string { return v.code }

// A code is also a key of maps; these methods let CEL look it up as a constant.

func (v *enumVal) ID() int64        { return 0 }
func (v *enumVal) IsOptional() bool { return false }

func (v *enumVal) Qualify(_ cel.Activation, of any) (any, error) {
	m, ok := of.(traits.Mapper)
	if !ok {
		return nil, fmt.Errorf("%s is not a key of this", v.code)
	}
	if found, has := m.Find(v); has {
		return found, nil
	}
	return nil, noSuchKey(v.code)
}

func (v *enumVal) QualifyIfPresent(_ cel.Activation, of any, _ bool) (any, bool, error) {
	m, ok := of.(traits.Mapper)
	if !ok {
		return nil, false, nil
	}
	found, has := m.Find(v)
	return found, has, nil
}

func noSuchKey(code string) error { return fmt.Errorf("the map says nothing of %s", code) }

// decimalType is the type of exact numbers with a fixed number of places.
var decimalType = types.NewOpaqueType("decimal")

// A decimal is n / 10^scale.
type decimal struct {
	n     int64
	scale int
}

// maxScale leaves room for seven digits before the point.
const maxScale = 9

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// compare is exact: numbers of different scale are brought to 128 bits.
func (d *decimal) compare(e *decimal) int {
	if d.scale == e.scale {
		return cmp.Compare(d.n, e.n)
	}
	if (d.n < 0) != (e.n < 0) {
		return cmp.Compare(d.n, e.n)
	}
	hi1, lo1 := bits.Mul64(magnitude(d.n), uint64(pow10[e.scale]))
	hi2, lo2 := bits.Mul64(magnitude(e.n), uint64(pow10[d.scale]))
	c := cmp.Or(cmp.Compare(hi1, hi2), cmp.Compare(lo1, lo2))
	if d.n < 0 {
		return -c
	}
	return c
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// of returns d percent of an amount of cents, rounded half up (away from zero).
func (d *decimal) of(cents int64) ref.Val {
	product := new(big.Int).Mul(big.NewInt(d.n), big.NewInt(cents))
	scale := new(big.Int).Mul(big.NewInt(pow10[d.scale]), big.NewInt(100))
	half := new(big.Int).Rsh(scale, 1)
	if product.Sign() < 0 {
		half.Neg(half)
	}
	share := product.Quo(product.Add(product, half), scale)
	if !share.IsInt64() {
		return types.NewErr("integer overflow")
	}
	return types.Int(share.Int64())
}

func (d *decimal) ConvertToNative(reflect.Type) (any, error) { return nil, errNotNative }

func (d *decimal) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(d.String())
	}
	return types.NewErr("a decimal can't be made into another type")
}

func (d *decimal) Equal(other ref.Val) ref.Val {
	e, ok := asDecimal(other)
	return types.Bool(ok && d.compare(&e) == 0)
}

func (d *decimal) Type() ref.Type { return decimalType }
func (d *decimal) Value() any     { return d }

// String writes the number without needless zeros: 25, 2.5.
func (d *decimal) String() string {
	whole, rest := magnitude(d.n)/uint64(pow10[d.scale]), magnitude(d.n)%uint64(pow10[d.scale])
	text := strconv.FormatUint(whole, 10)
	if rest > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%0*d", d.scale, rest), "0")
	}
	if d.n < 0 {
		text = "-" + text
	}
	return text
}

// asDecimal takes decimals and whole numbers.
func asDecimal(v ref.Val) (decimal, bool) {
	switch v := v.(type) {
	case *decimal:
		return *v, true
	case types.Int:
		return decimal{n: int64(v)}, true
	}
	return decimal{}, false
}

// parseDecimal reads digits with at most scale places after the point.
func parseDecimal(text string, scale int) (*decimal, error) {
	whole, rest, point := strings.Cut(text, ".")
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || !allDigits(digits) || point && (rest == "" || !allDigits(rest)) {
		return nil, fmt.Errorf("a number such as 25 or 2.5 is expected")
	}
	if len(rest) > scale {
		if rest = strings.TrimRight(rest, "0"); len(rest) > scale {
			return nil, fmt.Errorf("at most %d decimal places are kept", scale)
		}
	}
	n, err := strconv.ParseInt(whole+rest+strings.Repeat("0", scale-len(rest)), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the number is too large")
	}
	return &decimal{n: n, scale: scale}, nil
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// A set is a list of texts or codes, each once.
type set struct {
	elems []ref.Val
	// texts finds what large sets of texts hold; codes are a bit for each code.
	texts map[string]struct{}
	codes []uint64
}

// largeSet is from how many texts on a set is hashed.
const largeSet = 8

func newSet(elems []ref.Val) *set {
	s := &set{elems: elems}
	for _, e := range elems {
		switch e := e.(type) {
		case *enumVal:
			for len(s.codes) <= e.index/64 {
				s.codes = append(s.codes, 0)
			}
			s.codes[e.index/64] |= 1 << (e.index % 64)
		case types.String:
			if len(elems) < largeSet {
				continue
			}
			if s.texts == nil {
				s.texts = make(map[string]struct{}, len(elems))
			}
			s.texts[string(e)] = struct{}{}
		}
	}
	return s
}

func (s *set) has(v ref.Val) bool {
	switch v := v.(type) {
	case *enumVal:
		return v.index/64 < len(s.codes) && s.codes[v.index/64]&(1<<(v.index%64)) != 0
	case types.String:
		if s.texts != nil {
			_, found := s.texts[string(v)]
			return found
		}
		for _, e := range s.elems {
			if t, ok := e.(types.String); ok && t == v {
				return true
			}
		}
	case types.Int:
		for _, e := range s.elems {
			if n, ok := e.(types.Int); ok && n == v {
				return true
			}
		}
	}
	return false
}

func (s *set) Contains(v ref.Val) ref.Val { return types.Bool(s.has(v)) }

func (s *set) Get(i ref.Val) ref.Val {
	n, ok := i.(types.Int)
	if !ok || n < 0 || int64(n) >= int64(len(s.elems)) {
		return types.NewErr("the list has %d elements, and element %v is asked for", len(s.elems), i)
	}
	return s.elems[n]
}

func (s *set) Equal(other ref.Val) ref.Val {
	l, ok := other.(traits.Lister)
	if !ok || l.Size() != s.Size() {
		return types.False
	}
	for it := l.Iterator(); it.HasNext() == types.True; {
		if !s.has(it.Next()) {
			return types.False
		}
	}
	return types.True
}

func (s *set) Add(ref.Val) ref.Val                       { return types.NewErr("lists can't be added") }
func (s *set) Size() ref.Val                             { return types.Int(len(s.elems)) }
func (s *set) Iterator() traits.Iterator                 { return &iterator{elems: s.elems} }
func (s *set) ConvertToNative(reflect.Type) (any, error) { return nil, errNotNative }
func (s *set) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("a list can't be made into another type")
}
func (s *set) Type() ref.Type { return types.ListType }
func (s *set) Value() any     { return s }

// A mapping is a map from codes: privileges to outcomes, mostly.
type mapping struct {
	keys, values []ref.Val
}

func (m *mapping) Find(key ref.Val) (ref.Val, bool) {
	k, ok := key.(*enumVal)
	if !ok {
		return nil, false
	}
	for i, have := range m.keys {
		if k.same(have) {
			return m.values[i], true
		}
	}
	return nil, false
}

func (m *mapping) Get(key ref.Val) ref.Val {
	if v, found := m.Find(key); found {
		return v
	}
	return types.WrapErr(noSuchKey(fmt.Sprint(key)))
}

func (m *mapping) Contains(key ref.Val) ref.Val {
	_, found := m.Find(key)
	return types.Bool(found)
}

func (m *mapping) Equal(other ref.Val) ref.Val {
	o, ok := other.(*mapping)
	if !ok || len(o.keys) != len(m.keys) {
		return types.False
	}
	for i, k := range m.keys {
		if v, found := o.Find(k); !found || v.Equal(m.values[i]) != types.True {
			return types.False
		}
	}
	return types.True
}

func (m *mapping) Size() ref.Val                             { return types.Int(len(m.keys)) }
func (m *mapping) Iterator() traits.Iterator                 { return &iterator{elems: m.keys} }
func (m *mapping) ConvertToNative(reflect.Type) (any, error) { return nil, errNotNative }
func (m *mapping) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("a map can't be made into another type")
}
func (m *mapping) Type() ref.Type { return types.MapType }
func (m *mapping) Value() any     { return m }

// An iterator walks over elements. It is a value only to fit CEL's interface.
type iterator struct {
	elems []ref.Val
	next  int
}

func (i *iterator) HasNext() ref.Val { return types.Bool(i.next < len(i.elems)) }

func (i *iterator) Next() ref.Val {
	v := i.elems[i.next]
	i.next++
	return v
}

func (i *iterator) ConvertToNative(reflect.Type) (any, error) { return nil, errNotNative }
func (i *iterator) ConvertToType(ref.Type) ref.Val            { return types.NewErr("not a value") }
func (i *iterator) Equal(other ref.Val) ref.Val               { return types.Bool(other == ref.Val(i)) }
func (i *iterator) Type() ref.Type                            { return types.IteratorType }
func (i *iterator) Value() any                                { return nil }

// toValue returns what an expression came to.
func toValue(v ref.Val) (domain.Value, error) {
	switch v := v.(type) {
	case types.Bool:
		return domain.Bool(bool(v)), nil
	case types.Int:
		return domain.Int(int64(v)), nil
	case types.String:
		return domain.Text(string(v)), nil
	case *enumVal:
		return domain.Text(v.code), nil
	case *decimal:
		return domain.Text(v.String()), nil
	case *mapping:
		var out []string
		for i, k := range v.keys {
			out = append(out, fmt.Sprint(k)+"="+fmt.Sprint(v.values[i]))
		}
		slices.Sort(out)
		return domain.List(out), nil
	case traits.Lister:
		out := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			e, err := toValue(it.Next())
			if err != nil {
				return domain.Value{}, err
			}
			out = append(out, e.String())
		}
		return domain.List(out), nil
	}
	return domain.Value{}, fmt.Errorf("an expression came to a value of type %s, which no fact has", v.Type().TypeName())
}
