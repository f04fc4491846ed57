package rules

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestDecimalsAreExact compares decimals with rational numbers.
func TestDecimalsAreExact(t *testing.T) {
	draw := func(t *rapid.T, name string) *decimal {
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2000, 2000)).Draw(t, name)
		return &decimal{n: n, scale: rapid.IntRange(0, maxScale).Draw(t, name+" scale")}
	}
	rat := func(d *decimal) *big.Rat { return big.NewRat(d.n, pow10[d.scale]) }
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		if got, want := a.compare(b), rat(a).Cmp(rat(b)); got != want {
			t.Fatalf("%v against %v: got %d, want %d", a, b, got, want)
		}
		back, err := parseDecimal(a.String(), maxScale)
		if err == nil && back.compare(a) != 0 {
			t.Fatalf("%v comes back as %v", a, back)
		}
	})
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"25": "25", "25.0": "25", "-2.50": "-2.5", "0.001": "0.001", "007": "7", "1.5000": "1.5",
		"": "!", "-": "!", ".5": "!", "5.": "!", "1e3": "!", "+1": "!", "1.2345": "!", "9999999999999999999": "!", "٣": "!", "--1": "!", "1.-5": "!",
	} {
		d, err := parseDecimal(text, 3)
		if want == "!" {
			assert.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, d.String(), text)
	}
}

// TestSetContains compares sets with a search through the elements.
func TestSetContains(t *testing.T) {
	list := &CodeList{Name: "many", index: map[string]int{}}
	for i := range 130 {
		code := "c" + strings.Repeat("x", i)
		list.index[code] = i
		list.Codes = append(list.Codes, Code{Code: code})
	}
	e := newEnum(list)
	rapid.Check(t, func(t *rapid.T) {
		var elems []ref.Val
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 129)).Draw(t, "elems") {
			elems = append(elems, e.values[i])
		}
		s := newSet(elems)
		v := e.values[rapid.IntRange(0, 129).Draw(t, "v")]
		want := false
		for _, x := range elems {
			want = want || x == ref.Val(v)
		}
		if s.Contains(v) != types.Bool(want) {
			t.Fatalf("%v in %v: want %t", v, elems, want)
		}
	})
	for _, n := range []int{0, 3, largeSet, 100} {
		var elems []ref.Val
		for i := range n {
			elems = append(elems, types.String(strings.Repeat("x", i)))
		}
		s := newSet(elems)
		for i := range n + 2 {
			assert.Equal(t, types.Bool(i < n), s.Contains(types.String(strings.Repeat("x", i))))
		}
		assert.Equal(t, types.True, s.Equal(newSet(elems)))
	}
}

func TestConstantOf(t *testing.T) {
	for code, want := range map[string]string{"dip.agent": "DIP_AGENT", "a-b_c": "A_B_C", "2nd": "_2ND", "é": "_"} {
		assert.Equal(t, want, constantOf(code))
	}
}

func TestTokenize(t *testing.T) {
	tokens, wrong := tokenize([]rune(`a.b >= 3 && "x\"y" in [c]`))
	require.Empty(t, wrong)
	var words []string
	for _, x := range tokens {
		words = append(words, `a.b >= 3 && "x\"y" in [c]`[x.from:x.to])
	}
	assert.Equal(t, []string{"a", ".", "b", ">=", "3", "&&", `"x\"y"`, "in", "[", "c", "]"}, words)
}
