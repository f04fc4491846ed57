package rules_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// atoms of random conditions; those that read a measure or the request often lack
// what they ask for, and one errs.
var randomAtoms = []string{
	"member.category == DIP_AGENT", "member.age > 30", "member.age <= 21", "member.local_hire", "has(member.age)", "has(request.offence)",
	"request.offence == FELONY", "request.distance > m.radius", "m.level in [APPROVAL, NOTICE]", "member.status != status.NONE",
	`member.nationalities.exists(n, n == "xb")`, `member.rank.startsWith("att")`, "member.age / (member.age - 30) == 1", "true", "false",
}

func randomCondition(t *rapid.T, depth int) string {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 4).Draw(t, "kind")
	}
	sub := func() string { return "(" + randomCondition(t, depth-1) + ")" }
	switch kind {
	case 1:
		return sub() + " && " + sub()
	case 2:
		return sub() + " || " + sub() + " || " + sub()
	case 3:
		return "!" + sub()
	case 4:
		return sub() + " ? " + sub() + " : " + sub()
	default:
		return rapid.SampledFrom(randomAtoms).Draw(t, "atom")
	}
}

func randomFrame(t *rapid.T, e *rules.Edition) *rules.Frame {
	maybe := func(facts map[string]domain.Value) map[string]domain.Value {
		out := map[string]domain.Value{}
		for name, v := range facts {
			if rapid.IntRange(0, 3).Draw(t, name) > 0 {
				out[name] = v
			}
		}
		return out
	}
	member := objectOf(e, "member", maybe(map[string]domain.Value{
		"category": domain.Text(rapid.SampledFrom([]string{"dip.agent", "dip.at"}).Draw(t, "category")), "status": domain.Text("lpr"),
		"age": domain.Int(int64(rapid.SampledFrom([]int{20, 30, 40}).Draw(t, "age"))), "rank": domain.Text("attaché"),
		"local_hire": domain.Bool(rapid.Bool().Draw(t, "hire")), "nationalities": domain.List([]string{"xa", "xb"}),
	}))
	words := map[string]string{}
	for name, word := range map[string]string{"offence": "felony", "distance": "30"} {
		if rapid.Bool().Draw(t, name) {
			words[name] = word
		}
	}
	request, err := e.Language.Request(words)
	require.NoError(t, err)
	return &rules.Frame{
		Member: member, Sponsor: member, Request: request, Mission: objectOf(e, "mission", nil), State: objectOf(e, "state", nil),
		Bound: objectOf(e, "measure", maybe(map[string]domain.Value{"level": domain.Text("approval"), "radius": domain.Text("25.5")})),
	}
}

// The tree of clauses comes to what the whole expression comes to, and a clause is
// decisive exactly if putting its opposite in its place turns the whole around.
func TestTreeAgreesWithTheWhole(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	e := mini(t)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		text := randomCondition(t, 3)
		x, err := rules.ParseExpr(e, text, rules.EachMeasure)
		require.NoError(t, err, text)
		require.False(t, x.Form().IsZero(), text)
		frame := randomFrame(t, e)
		w := x.Form().Weigh(frame)
		holds, err := x.Bool(frame)
		want := rules.No
		if err != nil {
			want = rules.Unclear
		} else if holds {
			want = rules.Yes
		}
		require.Equal(t, want, w.Truth, text)
		seen["whole "+want.String()]++
		runes := []rune(text)
		w.Atoms(func(atom *rules.Weighed) {
			require.Equal(t, atom.Truth == rules.Unclear, atom.Err != nil, text)
			if atom.Truth == rules.Unclear {
				require.False(t, atom.Decisive, text)
				return
			}
			from, to := atom.Form.Extent()
			turned := string(runes[:from.Column-1]) + fmt.Sprint(atom.Truth == rules.No) + string(runes[to.Column-1:])
			other, err := rules.ParseExpr(e, turned, rules.EachMeasure)
			require.NoError(t, err, "%s from %s", turned, text)
			held, err := other.Bool(frame)
			require.Equal(t, want != rules.Unclear && err == nil && held != (want == rules.Yes), atom.Decisive, "%s in %s", atom.Form.Source(), text)
			seen[fmt.Sprintf("decisive %t", atom.Decisive)]++
		})
	})
	assert.Len(t, seen, 5, "%v", seen)
}

func TestWeigh(t *testing.T) {
	e := mini(t)
	x, err := rules.ParseExpr(e, "member.age > 20 && (request.first ? member.local_hire : member.category == DIP_AGENT)", rules.EachNothing)
	require.NoError(t, err)
	say := func(request map[string]string) string {
		out := ""
		w := x.Form().Weigh(frame(t, e, request))
		w.Atoms(func(a *rules.Weighed) {
			out += fmt.Sprintf("%s=%s,%t,%v; ", a.Form.Source(), a.Truth, a.Decisive, a.Err)
		})
		return w.Truth.String() + ": " + out
	}
	assert.Equal(t, "unclear: member.age > 20=yes,false,<nil>; request.first=unclear,false,request.first is not known; ", say(nil))
	assert.Equal(t, "no: member.age > 20=yes,false,<nil>; request.first=yes,true,<nil>; member.local_hire=no,true,<nil>; ", say(map[string]string{"first": "true"}))
	assert.Equal(t, "yes: member.age > 20=yes,true,<nil>; request.first=no,true,<nil>; member.category == DIP_AGENT=yes,true,<nil>; ", say(map[string]string{"first": "false"}))
}
