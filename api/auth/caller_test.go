package auth_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

var (
	allRights  = []auth.Right{auth.Nothing, auth.Ask, auth.Read, auth.Watch, auth.Record, auth.Draft, auth.Approve, auth.Publish, auth.Audit, auth.Operate, auth.Personal}
	offices    = rapid.SampledFrom([]string{"", "protocol", "north", "*"})
	states     = rapid.SampledFrom([]string{"", "xa", "xb", "*"})
	privileges = rapid.SampledFrom([]string{"", "tax", "tax.sales", "taxi.fare", "travel.move", ".", ".tax", "*", "*.sales"})
	grant      = rapid.Custom(func(t *rapid.T) auth.Grant {
		codes := func(name string, of ...string) []string {
			return rapid.SliceOfN(rapid.SampledFrom(of), 0, 3).Draw(t, name)
		}
		return auth.Grant{
			Role:       rapid.SampledFrom(append(auth.Roles(), "", "root", "*")).Draw(t, "role"),
			Offices:    codes("offices", "", "protocol", "north", "*"),
			Countries:  codes("countries", "", "xa", "xb", "*"),
			Programmes: codes("programmes", "", "tax", "taxi", "travel", "tax.sales", "*"),
		}
	})
)

// question is what somebody might be allowed to.
type question struct {
	right     auth.Right
	office    domain.OfficeID
	state     domain.StateID
	privilege domain.Privilege
}

func draw(t *rapid.T) question {
	return question{
		rapid.SampledFrom(append(slices.Clone(allRights[1:]), "*", "root")).Draw(t, "right"),
		domain.OfficeID(offices.Draw(t, "office")), domain.StateID(states.Draw(t, "state")), domain.Privilege(privileges.Draw(t, "privilege")),
	}
}

func (q question) put(c *auth.Caller) bool { return c.Over(q.right, q.office, q.state, q.privilege) }

// within is the rule as it is written down: what is named is in the list, and what is
// all of them is only in *.
func within(list []string, code string) bool {
	for _, l := range list {
		if l == "*" || l == code && code != "" {
			return true
		}
	}
	return false
}

func TestOverIsWhatGrantsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, grants := draw(t), rapid.SliceOfN(grant, 0, 4).Draw(t, "grants")
		c := &auth.Caller{ID: "x", Grants: grants}
		want := slices.ContainsFunc(grants, func(g auth.Grant) bool {
			return slices.Contains(g.Role.Rights(), q.right) && within(g.Offices, string(q.office)) &&
				within(g.Countries, string(q.state)) && within(g.Programmes, auth.Programme(q.privilege))
		})
		assert.Equal(t, want, q.put(c))
		if want {
			assert.True(t, c.May(q.right, q.office), "a right about something is a right")
		}
	})
}

// Nobody has a right without a grant, and nobody has one who is nobody.
func TestDenyByDefault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := draw(t)
		assert.False(t, q.put(&auth.Caller{ID: "x"}))
		assert.False(t, q.put(nil))
		assert.False(t, q.put(&auth.Caller{Grants: auth.Anybody().Grants}))
		g := grant.Draw(t, "grant")
		switch rapid.IntRange(0, 3).Draw(t, "lacks") {
		case 0:
			g.Role = "root"
		case 1:
			g.Offices = nil
		case 2:
			g.Countries = nil
		case 3:
			g.Programmes = nil
		}
		assert.False(t, q.put(&auth.Caller{ID: "x", Grants: []auth.Grant{g}}))
	})
}

// Another grant, or a wider scope, takes nothing away; what is about everything is a
// right about each part.
func TestOverIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, grants := draw(t), rapid.SliceOfN(grant, 1, 4).Draw(t, "grants")
		if !q.put(&auth.Caller{ID: "x", Grants: grants}) {
			return
		}
		more := append([]auth.Grant{grant.Draw(t, "another")}, grants...)
		assert.True(t, q.put(&auth.Caller{ID: "x", Grants: more}))
		wider := slices.Clone(grants)
		for i := range wider {
			wider[i].Offices = append(slices.Clone(wider[i].Offices), offices.Draw(t, "wider office"))
			wider[i].Countries = append(slices.Clone(wider[i].Countries), "xc", "*")
			wider[i].Programmes = append([]string{"pass"}, wider[i].Programmes...)
		}
		assert.True(t, q.put(&auth.Caller{ID: "x", Grants: wider}))
	})
	rapid.Check(t, func(t *rapid.T) {
		q := draw(t)
		c := &auth.Caller{ID: "x", Grants: rapid.SliceOfN(grant, 1, 4).Draw(t, "grants")}
		if c.Whole(q.right, q.office) {
			assert.True(t, q.put(c))
		}
		part := q
		part.state = ""
		if part.put(c) {
			assert.True(t, q.put(c), "all States, and not this one")
		}
	})
}

// The rights are a matter of duties that are kept apart.
func TestRightsOfRoles(t *testing.T) {
	who := func(right auth.Right) []auth.Role {
		var out []auth.Role
		for _, r := range auth.Roles() {
			if slices.Contains(r.Rights(), right) {
				out = append(out, r)
			}
		}
		return out
	}
	assert.Equal(t, []auth.Role{auth.Analyst}, who(auth.Draft))
	assert.Equal(t, []auth.Role{auth.Approver}, who(auth.Approve), "who drafts does not approve")
	assert.Equal(t, []auth.Role{auth.Officer, auth.System}, who(auth.Record))
	assert.Equal(t, []auth.Role{auth.Officer, auth.Auditor}, who(auth.Personal))
	assert.Equal(t, []auth.Role{auth.Auditor}, who(auth.Audit))
	assert.Equal(t, []auth.Role{auth.Operator}, who(auth.Operate))
	assert.Equal(t, []auth.Right{auth.Operate}, auth.Operator.Rights(), "who runs the machine reads nothing")
	assert.Empty(t, auth.Role("root").Rights())
	auth.Officer.Rights()[0] = auth.Operate
	assert.NotContains(t, auth.Officer.Rights(), auth.Operate)
}

func TestNothingIsForWhoeverIsKnown(t *testing.T) {
	known := &auth.Caller{ID: "x"}
	assert.True(t, known.May(auth.Nothing, "protocol"))
	assert.True(t, known.Over(auth.Nothing, "protocol", "xa", "tax.sales"))
	for _, nobody := range []*auth.Caller{nil, {}, {Grants: auth.Anybody().Grants}} {
		for _, right := range allRights {
			assert.False(t, nobody.May(right, "protocol"), right)
			assert.False(t, nobody.Over(right, "protocol", "xa", "tax.sales"), right)
			assert.False(t, nobody.Whole(right, "protocol"), right)
		}
	}
	for _, right := range allRights {
		assert.True(t, auth.Anybody().Whole(right, "protocol"), right)
	}
}

// Grants that cover a thing only together do not cover it.
func TestGrantsAreNotAddedUp(t *testing.T) {
	c := &auth.Caller{ID: "x", Grants: []auth.Grant{
		{Role: auth.Officer, Offices: []string{"*"}, Countries: []string{"xa"}, Programmes: []string{"tax"}},
		{Role: auth.Officer, Offices: []string{"*"}, Countries: []string{"xb"}, Programmes: []string{"travel"}},
		{Role: auth.Approver, Offices: []string{"north"}, Countries: []string{"*"}, Programmes: []string{"*"}},
	}}
	assert.True(t, c.Over(auth.Record, "protocol", "xa", "tax.sales"))
	assert.True(t, c.Over(auth.Record, "protocol", "xb", "travel.move"))
	assert.False(t, c.Over(auth.Record, "protocol", "xa", "travel.move"))
	assert.False(t, c.Over(auth.Record, "protocol", "", "tax.sales"))
	assert.False(t, c.Over(auth.Record, "protocol", "xa", ""))
	assert.False(t, c.Over(auth.Record, "north", "", ""), "the office of one grant, the role of another")
	assert.True(t, c.Whole(auth.Approve, "north"))
	assert.False(t, c.May(auth.Approve, "protocol"))
	assert.False(t, c.Over(auth.Record, "protocol", "xa", "taxi.fare"), "tax is not the beginning of a word")
}
