package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

func TestObject(t *testing.T) {
	e := mini(t)
	o := objectOf(e, "member", map[string]domain.Value{"category": domain.Text("dip.at"), "age": domain.Int(20)})
	v, known := o.Value("category")
	assert.True(t, known)
	assert.Equal(t, domain.Text("dip.at"), v)
	assert.Equal(t, []domain.Position{7}, o.Events("category"))
	v, known = o.Value("status")
	assert.True(t, known, "a fact with a default is never missing")
	assert.Equal(t, domain.Text("none"), v)
	assert.Empty(t, o.Events("status"))
	_, known = o.Value("relation")
	assert.False(t, known)
	_, known = o.Value("no_such_fact")
	assert.False(t, known)
	assert.Equal(t, "20 years", o.Format("age", domain.Int(20)))

	with := o.With("category", domain.Text("dip.agent"))
	v, _ = with.Value("category")
	assert.Equal(t, "dip.agent", v.Text())
	v, _ = o.Value("category")
	assert.Equal(t, "dip.at", v.Text(), "the first is as it was")

	_, known = objectOf(e, "member", map[string]domain.Value{"category": domain.Text("")}).Value("category")
	assert.False(t, known, "an empty code is none")

	var names []string
	o.Facts(func(d domain.FactDecl, _ domain.Value) bool {
		names = append(names, d.Name)
		return true
	})
	assert.Equal(t, []string{"category", "rank", "status", "nationalities", "age", "local_hire", "private_work"}, names)
}

// TestObjectOfWrongValues reads facts that don't hold what is declared: they
// are not missing, and reading them is an error that says so.
func TestObjectOfWrongValues(t *testing.T) {
	e := mini(t)
	f := frame(t, e, nil)
	f.Member = objectOf(e, "member", map[string]domain.Value{"category": domain.Text("dip.unheard_of"), "age": domain.Text("old"), "nationalities": domain.Int(3)})
	for when, want := range map[string]string{
		"member.category == DIP_AGENT":      `member.category holds "dip.unheard_of", which is not one of dip.agent, dip.at, dip.service, con.officer, con.honorary, visitor, family`,
		"member.age > 3":                    `member.age holds "old", which is not a whole number in years`,
		`"xa" in member.nationalities`:      `member.nationalities holds "3", which is not a list of texts`,
		"has(member.age) && 3 > member.age": `member.age holds "old"`,
	} {
		_, err := exprOf(t, e, "", when).Bool(f)
		assert.ErrorContains(t, err, want, when)
	}
	_, known := f.Member.Value("age")
	assert.False(t, known)

	f.Member = objectOf(e, "member", map[string]domain.Value{"nationalities": domain.Text("xa")})
	holds, err := exprOf(t, e, "", `"xa" in member.nationalities`).Bool(f)
	require.NoError(t, err)
	assert.True(t, holds, "a text alone is a list of one")
}

// TestObjectsAreMissing reads objects that are not there at all.
func TestObjectsAreMissing(t *testing.T) {
	e := mini(t)
	for when, want := range map[string]string{
		"member.age > 3":             "member.age is not known",
		"m.level == FULL":            "measure.level is not known",
		"request.stage == EXECUTION": "request.stage is not known",
		"privilege == TAX_SALES":     "no privilege is asked about",
	} {
		_, err := exprOf(t, e, "each: measure m,", when).Bool(&rules.Frame{})
		assert.ErrorContains(t, err, want, when)
	}
	holds, err := exprOf(t, e, "", "has(member.age)").Bool(&rules.Frame{})
	require.NoError(t, err)
	assert.False(t, holds)
	sponsor := objectOf(e, "sponsor", nil)
	_, err = exprOf(t, e, "", "sponsor.age > 3").Bool(&rules.Frame{Sponsor: sponsor})
	assert.EqualError(t, err, "sponsor.age is not known")
	other := objectOf(mini(t), "member", map[string]domain.Value{"age": domain.Int(3)})
	_, err = exprOf(t, e, "", "member.age > 3").Bool(&rules.Frame{Member: other})
	assert.ErrorContains(t, err, "an object of another language is read")
}

func TestRequest(t *testing.T) {
	e := mini(t)
	o, err := e.Language.Request(map[string]string{"offence": "felony", "amount": "$1250", "distance": "25.000", "first": "true"})
	require.NoError(t, err)
	for name, want := range map[string]domain.Value{
		"offence": domain.Text("felony"), "amount": domain.Int(125000), "distance": domain.Text("25"), "first": domain.Bool(true),
		"matter": domain.Text("none"), "stage": domain.Text("jurisdiction"),
	} {
		got, known := o.Value(name)
		assert.True(t, known, name)
		assert.Equal(t, want, got, name)
	}
	assert.Equal(t, "$1,250.00", o.Format("amount", domain.Int(125000)))
	assert.Equal(t, "25 mi", o.Format("distance", domain.Text("25")))

	o, err = e.Language.Request(nil)
	require.NoError(t, err)
	_, known := o.Value("amount")
	assert.False(t, known)

	_, err = e.Language.Request(map[string]string{"offense": "felony", "amount": "12.5", "distance": "far", "first": "yes", "stage": "jurisdicton"})
	assert.EqualError(t, err, `request.amount: "12.5" is not an amount of money: cents such as 30000, or dollars such as $300 or 300.00
request.distance: "far" is not a number with at most 3 decimal places in mi; a number such as 25 or 2.5 is expected
request.first: "yes" is not true or false
a question can't bring "offense"; did you mean offence?
request.stage: "jurisdicton" is not one of jurisdiction, execution; did you mean jurisdiction?`)
}

// Treatment said in other words has equal parameters.
func TestMeant(t *testing.T) {
	l := mini(t).Language
	one := l.Meant(domain.Params{"radius": domain.Text("25.50"), "places": domain.List([]string{"b", "a", "b"})})
	other := l.Meant(domain.Params{"radius": domain.Text("25.5"), "places": domain.List([]string{"a", "b"})})
	assert.Equal(t, one, other)
	assert.Equal(t, domain.Text("25.5"), one["radius"])
	assert.Equal(t, l.Meant(domain.Params{"radius": domain.Int(25)}), l.Meant(domain.Params{"radius": domain.Text("25.000")}))
	kept := l.Meant(domain.Params{"remark": domain.Text("As it Is"), "amount": domain.Text("many")})
	assert.Equal(t, domain.Text("As it Is"), kept["remark"], "which no rule reads")
	assert.Equal(t, domain.Text("many"), kept["amount"], "which is no amount")
}

// Parameters of a treatment are checked when they are recorded, not when they
// are read.
func TestCheckParam(t *testing.T) {
	l := mini(t).Language
	require.NoError(t, l.CheckParam("radius", domain.Int(25)))
	require.NoError(t, l.CheckParam("radius", domain.Text("25.5")))
	assert.ErrorContains(t, l.CheckParam("remark", domain.Text("kept for people")), `no rule reads "remark"; known are amount, radius, places`)
	assert.ErrorContains(t, l.CheckParam("radius", domain.Int(-25)), "can't be negative")
	assert.ErrorContains(t, l.CheckParam("amount", domain.Int(domain.MaxCents+1)), "too large")
	assert.ErrorContains(t, l.CheckParam("radius", domain.Bool(true)), "is not a number")
	assert.ErrorContains(t, l.CheckParam("raduis", domain.Int(25)), `did you mean "radius"?`)
	assert.ErrorContains(t, l.CheckParam("amount", domain.Text("$300")), "write whole cents, such as 30000 for $300.00")
}
