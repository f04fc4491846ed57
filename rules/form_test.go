package rules

import (
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Every part of every form of the law that ships stands where it says: what is
// written there, checked by itself, comes to what the part comes to.
func TestPartsOfAFormStandWhereTheySay(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	editions := shipped(t)
	type pair struct {
		askedExpr
		part  Form
		alone *Expr
	}
	var pairs []pair
	for _, e := range expressions(editions) {
		if e.Form().IsZero() {
			continue
		}
		l := newLoader(editions[0])
		s := scope{each: e.each}
		if e.condition != nil {
			s.condition = e.condition.Code
		}
		var walk func(Form)
		walk = func(f Form) {
			c := l.compileNew(f.Source(), s, cel.BoolType)
			require.Empty(t, c.wrong, "%s of %s", f.Source(), e.Source())
			pairs = append(pairs, pair{e, f, &Expr{source: f.Source(), lang: e.lang, typ: c.typ, prog: c.prog}})
			from, to := f.Extent()
			assert.NotZero(t, from.Line)
			assert.True(t, from.Line < to.Line || from.Line == to.Line && from.Column < to.Column || from.File != to.File, "%s: %v %v", f.Source(), from, to)
			for _, part := range f.Parts() {
				walk(part)
			}
		}
		walk(e.Form())
	}
	require.Greater(t, len(pairs), 500)
	seen := map[Truth]int{}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.IntRange(0, 7).Draw(t, "eighth")
		for i, p := range pairs {
			if i%8 != some {
				continue
			}
			f := anyFrame(t, p.lang, p.askedExpr)
			holds, missing := p.part.Eval(f)
			want, err := p.alone.Bool(f)
			switch {
			case err == nil:
				require.Equal(t, want, holds == Yes, p.alone.source)
				require.NotEqual(t, Unclear, holds, p.alone.source)
			default:
				require.Equal(t, Unclear, holds, p.alone.source)
				if missing != nil {
					require.ErrorContains(t, err, missing.Fact, p.alone.source)
				}
			}
			seen[holds]++
		}
	})
	assert.Len(t, seen, 3)
}
