package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// A chamber is an office in which rulesets live: its clock goes on by an hour with
// every attempt.
type chamber struct {
	*record
	now time.Time
	n   byte
}

const arandia domain.RulesetID = "arandia"

const (
	h1      = "1111111111111111"
	h2      = "2222222222222222"
	h3      = "3333333333333333"
	shipped = "cccccccccccccccc" // the common edition of the founding
)

func newChamber(mode domain.Mode) *chamber {
	c := &chamber{record: &record{mode: mode}, now: domaintest.When("2025-01-01").At}
	c.events = append(c.events, c.event("desk", domain.CommonRuleset, domain.RulesetPublished{Edition: "1", Hash: shipped}, "2000-01-01"))
	return c
}

// event makes an event that somebody records now.
func (c *chamber) event(actor string, id domain.RulesetID, body domain.Event, effective string) domain.Envelope {
	c.now = c.now.Add(time.Hour)
	c.n++
	e := domain.Envelope{
		ID: domain.EventID{0: 9, 14: c.n >> 4, 15: c.n}, Subject: domain.Of(domain.KindRuleset, id),
		Recorded: c.now, Actor: actor, Authority: "note 1", Event: body,
	}
	if e.Effective.At = c.now; effective != "" {
		e.Effective = domaintest.When(effective)
	}
	return e
}

// try decides an event, and records it if it may be.
func (c *chamber) try(actor string, id domain.RulesetID, body domain.Event, effective string) error {
	e := c.event(actor, id, body, effective)
	if err := c.decide(e); err != nil {
		return err
	}
	c.events = append(c.events, e)
	return nil
}

func (c *chamber) must(t testing.TB, actor string, id domain.RulesetID, body domain.Event, effective string) domain.Envelope {
	t.Helper()
	require.NoError(t, c.try(actor, id, body, effective))
	return c.events[len(c.events)-1]
}

func (c *chamber) life(id domain.RulesetID) *domain.Life {
	return domain.LifeOf(id, c.Rulings(id), c.Rulings(domain.CommonRuleset))
}

func (c *chamber) state(hash string) domain.DraftState {
	d, known := c.life(arandia).Draft(hash)
	if !known {
		return domain.DraftUnknown
	}
	return d.State
}

const from = "2025-06-01"

func saved(hash, parent string) domain.Event {
	return domain.RulesetDraftSaved{Hash: hash, Parent: parent}
}
func proposed(hash string, withdraw bool) domain.Event {
	return domain.RulesetProposed{Hash: hash, From: domaintest.When(from), Withdraw: withdraw}
}
func approved(hash, base string, withdraw bool) domain.Event {
	return domain.RulesetApproved{Hash: hash, From: domaintest.When(from), Base: base, Common: shipped, Withdraw: withdraw}
}
func returned(hash string) domain.Event { return domain.RulesetReturned{Hash: hash, Reason: "not yet"} }
func published(hash string) domain.Event {
	return domain.RulesetPublished{Edition: "1", Hash: hash}
}
func withdrawn(hash string) domain.Event {
	return domain.RulesetWithdrawn{Hash: hash, Reason: "it ended"}
}

// Every state of a text against every event: which may be recorded in a live
// office, and to which state it leads. The page docs/design/0008-life-of-a-ruleset.md
// holds the same table.
func TestEveryStepFromEveryState(t *testing.T) {
	type path func(t testing.TB, c *chamber)
	save := func(t testing.TB, c *chamber) { c.must(t, "ana", arandia, saved(h1, ""), "") }
	propose := func(t testing.TB, c *chamber) { save(t, c); c.must(t, "ana", arandia, proposed(h1, false), "") }
	approve := func(t testing.TB, c *chamber) {
		propose(t, c)
		c.must(t, "ben", arandia, approved(h1, "", false), "")
	}
	publish := func(t testing.TB, c *chamber) { approve(t, c); c.must(t, "ana", arandia, published(h1), from) }
	toWithdraw := func(t testing.TB, c *chamber) { publish(t, c); c.must(t, "ana", arandia, proposed(h1, true), "") }
	mayWithdraw := func(t testing.TB, c *chamber) {
		toWithdraw(t, c)
		c.must(t, "ben", arandia, approved(h1, h1, true), "")
	}
	states := []struct {
		name  string
		state domain.DraftState
		reach path
	}{
		{"unknown", domain.DraftUnknown, func(testing.TB, *chamber) {}},
		{"draft", domain.DraftSaved, save},
		{"proposed", domain.DraftProposed, propose},
		{"approved", domain.DraftApproved, approve},
		{"void", domain.DraftApproved, func(t testing.TB, c *chamber) {
			approve(t, c)
			c.events = append(c.events, c.event("desk", arandia, published(h2), "2025-05-01"))
		}},
		{"returned", domain.DraftReturned, func(t testing.TB, c *chamber) { propose(t, c); c.must(t, "ben", arandia, returned(h1), "") }},
		{"published", domain.DraftPublished, publish},
		{"withdrawal proposed", domain.DraftProposed, toWithdraw},
		{"withdrawal approved", domain.DraftApproved, mayWithdraw},
		{"withdrawn", domain.DraftWithdrawn, func(t testing.TB, c *chamber) { mayWithdraw(t, c); c.must(t, "ana", arandia, withdrawn(h1), from) }},
	}
	steps := []struct {
		name  string
		event func(c *chamber) domain.Event
		at    string
	}{
		{"draft_saved", func(*chamber) domain.Event { return saved(h1, "") }, ""},
		{"proposed", func(*chamber) domain.Event { return proposed(h1, false) }, ""},
		{"proposed to withdraw", func(*chamber) domain.Event { return proposed(h1, true) }, ""},
		{"returned", func(*chamber) domain.Event { return returned(h1) }, ""},
		{"approved", func(c *chamber) domain.Event {
			withdraw := false
			if d, known := c.life(arandia).Draft(h1); known && d.Proposal != nil {
				withdraw = d.Proposal.Withdraw
			}
			return approved(h1, c.life(arandia).InForce(domaintest.When(from).At), withdraw)
		}, ""},
		{"published", func(*chamber) domain.Event { return published(h1) }, from},
		{"superseded by it", func(c *chamber) domain.Event {
			return domain.RulesetSuperseded{Hash: c.life(arandia).InForce(domaintest.When(from).At), By: h1}
		}, from},
		{"withdrawn", func(*chamber) domain.Event { return withdrawn(h1) }, from},
	}
	const (
		unsaved  = "!no draft"
		none     = "!nobody has approved"
		nothing  = "!nothing to withdraw"
		idle     = "!is not proposed"
		void     = "!is void"
		toVanish = "!what was approved is to withdraw it"
		toAppear = "!what was approved is to publish it"
	)
	// A state, or what refuses it.
	want := map[string][]string{
		//                      draft_saved proposed    to withdraw  returned    approved    published    superseded by withdrawn
		"unknown":             {"draft", unsaved, unsaved, unsaved, unsaved, none, none, none},
		"draft":               {"draft", "proposed", nothing, idle, idle, none, none, none},
		"proposed":            {"proposed", "proposed", nothing, "returned", "approved", none, none, none},
		"approved":            {"approved", "proposed", nothing, "returned", "approved", "published", "published", toAppear},
		"void":                {"approved", "proposed", nothing, "returned", "approved", void, void, toAppear},
		"returned":            {"returned", "proposed", nothing, idle, idle, none, none, none},
		"published":           {"draft", "proposed", "proposed", idle, idle, none, none, none},
		"withdrawal proposed": {"proposed", "proposed", "proposed", "returned", "approved", none, none, none},
		"withdrawal approved": {"approved", "proposed", "proposed", "returned", "approved", toVanish, toVanish, "withdrawn"},
		"withdrawn":           {"draft", "proposed", nothing, idle, idle, none, none, none},
	}
	require.Len(t, want, len(states))
	for _, s := range states {
		for i, step := range steps {
			t.Run(s.name+"/"+step.name, func(t *testing.T) {
				c := newChamber(domain.Live)
				s.reach(t, c)
				require.Equal(t, s.state, c.state(h1))
				err := c.try("ben", arandia, step.event(c), step.at)
				if refusal, refused := strings.CutPrefix(want[s.name][i], "!"); refused {
					require.ErrorContains(t, err, refusal)
					assert.Equal(t, s.state, c.state(h1), "what is refused changes nothing")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, domain.DraftState(want[s.name][i]), c.state(h1))
			})
		}
	}
}

// Nobody approves what is their own: what they saved, what it was made from, or
// what they proposed, under any spelling of their name.
func TestFourEyes(t *testing.T) {
	c := newChamber(domain.Live)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	c.must(t, "ben", arandia, saved(h2, h1), "")
	c.must(t, "cem", arandia, proposed(h2, false), "")
	assert.Equal(t, []string{"ana", "ben", "cem"}, c.life(arandia).Authors(h2))
	for _, who := range []string{"ana", "ben", "cem", " ANA ", "a\u200bna", "ａｎａ", "b\u00e9n", "be\u0301n"} {
		require.ErrorContains(t, c.try(who, arandia, approved(h2, "", false), ""), "is an author of 222222222222", "%q", who)
	}
	for _, who := range []string{"", "  ", "\u200b", "аna"} {
		require.ErrorContains(t, c.try(who, arandia, approved(h2, "", false), ""), "actor): ", "%q", who)
	}
	c.must(t, "dan", arandia, approved(h2, "", false), "")

	// Who approved and then saves a draft on which it rests is an author since.
	c.must(t, "dan", arandia, saved(h1, ""), "")
	require.ErrorContains(t, c.try("ana", arandia, published(h2), from), "dan, who approved it, has become one of its authors")
	c.must(t, "eva", arandia, approved(h2, "", false), "")
	c.must(t, "", arandia, published(h2), from) // whoever publishes it

	// What was published has been looked at: its authors are not those of what
	// comes after it, nor of its own return.
	c.must(t, "fay", arandia, saved(h3, h2), "")
	assert.Equal(t, []string{"fay"}, c.life(arandia).Authors(h3))
	c.must(t, "fay", arandia, proposed(h2, true), "")
	assert.Equal(t, []string{"fay"}, c.life(arandia).Authors(h2))

	// Drafts that were made from each other have the same authors.
	c.must(t, "gus", arandia, saved("4444", h3), "")
	c.must(t, "hal", arandia, saved(h3, "4444"), "")
	assert.Equal(t, []string{"fay", "gus", "hal"}, c.life(arandia).Authors(h3))
}

// Who proposed a text and had it returned is still an author of it.
func TestAReturnedProposalKeepsItsAuthors(t *testing.T) {
	c := newChamber(domain.Live)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	c.must(t, "ben", arandia, proposed(h1, false), "")
	c.must(t, "cem", arandia, returned(h1), "")
	c.must(t, "ana", arandia, proposed(h1, false), "")
	require.ErrorContains(t, c.try("ben", arandia, approved(h1, "", false), ""), "ben is an author")
	c.must(t, "cem", arandia, approved(h1, "", false), "")
}

// Each takes their own step, whoever the event says took it.
func TestNobodySubmitsAStepOfAnother(t *testing.T) {
	c := newChamber(domain.Live)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	c.must(t, "ana", arandia, proposed(h1, false), "")
	e := c.event("ben", arandia, approved(h1, "", false), "")
	require.ErrorContains(t, domain.Decide(domain.Command{Actor: "ana", Drafts: []domain.Envelope{e}}, c), `"ana" submits a step of "ben"`)
	require.NoError(t, domain.Decide(domain.Command{Actor: "Ben", Drafts: []domain.Envelope{e}}, c))
	e.Actor = ""
	require.ErrorContains(t, domain.Decide(domain.Command{Actor: "ana", Drafts: []domain.Envelope{e}}, c), "is an author")
}

// What is carried out is what was approved, when it was to be, against what was in
// force.
func TestAnApprovalIsOfJustThat(t *testing.T) {
	c := newChamber(domain.Live)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	c.must(t, "ana", arandia, proposed(h1, false), "")
	other := domain.RulesetApproved{Hash: h1, From: domaintest.When("2025-07-01"), Common: shipped}
	require.ErrorContains(t, c.try("ben", arandia, other, ""), "what is proposed is to take effect at 2025-06-01")
	other = domain.RulesetApproved{Hash: h1, From: domaintest.When(from), Common: shipped, Withdraw: true}
	require.ErrorContains(t, c.try("ben", arandia, other, ""), "what is proposed is to publish it")
	require.ErrorContains(t, c.try("ben", arandia, approved(h1, h2, false), ""), "the edition of arandia in force then is none, not 2222")
	other = domain.RulesetApproved{Hash: h1, From: domaintest.When(from)}
	require.ErrorContains(t, c.try("ben", arandia, other, ""), "the common edition in force then is cccccccccccc, not none")
	c.must(t, "ben", arandia, approved(h1, "", false), "")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), "2025-07-01"), "have it proposed for that and approved anew")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetPublished{Edition: "1", Hash: h1, RollbackOf: h2}, from), "was never published")

	// A new proposal, for another date, has no approval.
	again := domain.RulesetProposed{Hash: h1, From: domaintest.When("2025-07-01")}
	c.must(t, "ana", arandia, again, "")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), from), "nobody has approved")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), "2025-07-01"), "nobody has approved")

	// One from its publication on takes effect then, and never in the past.
	c.must(t, "ana", arandia, domain.RulesetProposed{Hash: h1}, "")
	c.must(t, "ben", arandia, domain.RulesetApproved{Hash: h1, Common: shipped}, "")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), from), "leave the effective time out")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), "2024-01-01"), "leave the effective time out")
	c.must(t, "ana", arandia, published(h1), "")
}

// The approval is void once the edition in force then has moved, of the ruleset or
// of the common law, also if it came back meanwhile; not if another time moved.
func TestAnApprovalIsVoid(t *testing.T) {
	enact := func(t testing.TB, c *chamber, id domain.RulesetID, hash, at string) {
		base, common := c.life(id).InForce(domaintest.When(at).At), ""
		if id != domain.CommonRuleset {
			common = c.life(id).CommonInForce(domaintest.When(at).At)
		}
		c.must(t, "xi", id, saved(hash, ""), "")
		c.must(t, "xi", id, domain.RulesetProposed{Hash: hash, From: domaintest.When(at)}, "")
		c.must(t, "yo", id, domain.RulesetApproved{Hash: hash, From: domaintest.When(at), Base: base, Common: common}, "")
		c.must(t, "xi", id, published(hash), at)
	}
	for name, c := range map[string]struct {
		meanwhile func(t testing.TB, c *chamber)
		void      string
	}{
		"nothing":                      {func(testing.TB, *chamber) {}, ""},
		"another text":                 {func(t testing.TB, c *chamber) { enact(t, c, arandia, h3, "2025-05-01") }, "from 222222222222 to 333333333333"},
		"at that instant":              {func(t testing.TB, c *chamber) { enact(t, c, arandia, h3, from) }, "from 222222222222 to 333333333333"},
		"later":                        {func(t testing.TB, c *chamber) { enact(t, c, arandia, h3, "2025-06-02") }, ""},
		"earlier, with no effect then": {func(t testing.TB, c *chamber) { enact(t, c, arandia, h3, "2025-01-15") }, ""},
		"there and back": {func(t testing.TB, c *chamber) {
			enact(t, c, arandia, h3, "2025-05-01")
			enact(t, c, arandia, h2, "2025-05-02")
		}, "the edition of arandia in force then has moved"},
		"the common law":             {func(t testing.TB, c *chamber) { enact(t, c, domain.CommonRuleset, "dddd", "2025-05-01") }, "from cccccccccccc to dddd"},
		"the common law, later":      {func(t testing.TB, c *chamber) { enact(t, c, domain.CommonRuleset, "dddd", "2025-07-01") }, ""},
		"another State":              {func(t testing.TB, c *chamber) { enact(t, c, "borvia", "dddd", "2025-05-01") }, ""},
		"a proposal of another text": {func(t testing.TB, c *chamber) { c.must(t, "xi", arandia, saved(h3, ""), "") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newChamber(domain.Live)
			enact(t, o, arandia, h2, "2025-02-01")
			o.must(t, "ana", arandia, saved(h1, h2), "")
			o.must(t, "ana", arandia, proposed(h1, false), "")
			o.must(t, "ben", arandia, approved(h1, h2, false), "")
			c.meanwhile(t, o)
			err := o.try("ana", arandia, published(h1), from)
			if c.void == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "is void: ")
			require.ErrorContains(t, err, c.void)
			assert.Contains(t, o.life(arandia).Void(h1, o.now), c.void)
			l := o.life(arandia)
			at := domaintest.When(from).At
			o.must(t, "ben", arandia, domain.RulesetApproved{Hash: h1, From: domaintest.When(from), Base: l.InForce(at), Common: l.CommonInForce(at)}, "")
			o.must(t, "ana", arandia, published(h1), from)
		})
	}
}

// One command can't move what another of its events was approved against.
func TestAnApprovalInOneCommand(t *testing.T) {
	c := newChamber(domain.Live)
	for _, hash := range []string{h1, h2} {
		c.must(t, "ana", arandia, saved(hash, ""), "")
		c.must(t, "ana", arandia, proposed(hash, false), "")
		c.must(t, "ben", arandia, approved(hash, "", false), "")
	}
	err := c.decide(c.event("ana", arandia, published(h1), from), c.event("ana", arandia, published(h2), from))
	require.ErrorContains(t, err, "event 2 (ruleset.published: payload.hash): the approval of 222222222222 of arandia is void")

	// Nor can all steps be taken at once by one person; by two they can.
	steps := []domain.Envelope{c.event("ana", arandia, saved(h3, ""), ""), c.event("ana", arandia, proposed(h3, false), ""), c.event("ana", arandia, approved(h3, "", false), ""), c.event("ana", arandia, published(h3), from)}
	require.ErrorContains(t, c.decide(steps...), "ana is an author")
	steps[2].Actor = "ben"
	require.NoError(t, c.decide(steps...))
}

// To change the law of the past takes a reason.
func TestThePastTakesAReason(t *testing.T) {
	const past = "2024-06-01"
	c := newChamber(domain.Live)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	proposal := domain.RulesetProposed{Hash: h1, From: domaintest.When(past), Reason: " "}
	require.ErrorContains(t, c.try("ana", arandia, proposal, ""), "payload.reason): 2024-06-01", "when it is proposed, too")
	proposal.Reason = "it was so agreed"
	c.must(t, "ana", arandia, proposal, "")
	c.must(t, "ben", arandia, domain.RulesetApproved{Hash: h1, From: domaintest.When(past), Common: shipped}, "")
	require.ErrorContains(t, c.try("ana", arandia, published(h1), past), "payload.reason): 2024-06-01")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetPublished{Edition: "1", Hash: h1, Reason: " \t"}, past), "is past: say why")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetSuperseded{Hash: "", By: h1}, past), "publish the edition instead")
	c.must(t, "ana", arandia, domain.RulesetPublished{Edition: "1", Hash: h1, Reason: "it was so agreed"}, past)
}

// A rollback names the edition that it replaces, and brings one back that was law.
func TestARollbackSaysOfWhat(t *testing.T) {
	c := newChamber(domain.Live)
	enact := func(hash, base, of, at string) error {
		c.must(t, "ana", arandia, saved(hash, ""), "")
		c.must(t, "ana", arandia, domain.RulesetProposed{Hash: hash, From: domaintest.When(at)}, "")
		c.must(t, "ben", arandia, domain.RulesetApproved{Hash: hash, From: domaintest.When(at), Base: base, Common: shipped}, "")
		return c.try("ana", arandia, domain.RulesetPublished{Edition: "1", Hash: hash, RollbackOf: of}, at)
	}
	require.NoError(t, enact(h1, "", "", "2025-05-01"))
	require.ErrorContains(t, enact(h2, h1, h1, "2025-05-02"), "222222222222 was never published")
	require.NoError(t, enact(h2, h1, "", "2025-05-02"))
	require.ErrorContains(t, enact(h1, h2, h1, "2025-05-03"), "not rolled back to itself")
	require.ErrorContains(t, enact(h1, h2, h3, "2025-05-03"), "is 222222222222, not 333333333333")
	require.NoError(t, enact(h1, h2, h2, "2025-05-03"))
	assert.Equal(t, h1, c.life(arandia).InForce(domaintest.When("2025-05-03").At))
	assert.Equal(t, h2, c.life(arandia).InForce(domaintest.When("2025-05-02").At), "what was law then stays so")
}

// A step stands as it was recorded, and so does in a live office what changed the
// law, but for how it is described.
func TestWhatIsRevisedOfALife(t *testing.T) {
	c := newChamber(domain.Live)
	steps := []domain.Envelope{
		c.must(t, "ana", arandia, saved(h1, ""), ""),
		c.must(t, "ana", arandia, proposed(h1, false), ""),
		c.must(t, "ben", arandia, returned(h1), ""),
		c.must(t, "ana", arandia, proposed(h1, false), ""),
		c.must(t, "ben", arandia, approved(h1, "", false), ""),
	}
	revise := func(target domain.Envelope, body domain.Event) error {
		e := c.event("ana", arandia, body, "")
		e.Target, e.Effective = target.ID, target.Effective
		return c.decide(e)
	}
	for _, step := range steps {
		require.ErrorContains(t, revise(step, domain.EventRetracted{Reason: "x"}), "stands as it was recorded", step.Type())
		require.ErrorContains(t, revise(step, domain.EventCorrected{Reason: "x", Body: step.Event}), "stands as it was recorded", step.Type())
	}
	law := c.must(t, "ana", arandia, published(h1), from)
	require.ErrorContains(t, revise(law, domain.EventRetracted{Reason: "x"}), "can't be retracted")
	require.ErrorContains(t, revise(law, domain.EventCorrected{Reason: "x", Body: published(h2)}), "can't change the law")
	require.ErrorContains(t, revise(law, domain.EventCorrected{Reason: "x", Body: withdrawn(h1)}), "can't change the law")
	moved := c.event("ana", arandia, domain.EventCorrected{Reason: "x", Body: published(h1)}, "2025-07-01")
	moved.Target = law.ID
	require.ErrorContains(t, c.decide(moved), "can't change the law")
	described := c.event("ana", arandia, domain.EventCorrected{Reason: "x", Body: domain.RulesetPublished{Edition: "2", Hash: h1, Reason: "order 3"}}, from)
	described.Target = law.ID
	require.NoError(t, c.decide(described))
	c.events = append(c.events, described)
	require.ErrorContains(t, revise(described, domain.EventRetracted{Reason: "x"}), "can't be retracted")
	require.ErrorContains(t, revise(described, domain.EventCorrected{Reason: "x", Body: published(h2)}), "can't change the law")
	assert.Equal(t, h1, c.life(arandia).InForce(domaintest.When(from).At))
	d, _ := c.life(arandia).Draft(h1)
	assert.Equal(t, "2", d.Edition)

	// A retraction from before such offices knew these rules is not taken back either.
	old := c.event("ana", arandia, domain.EventRetracted{Reason: "x"}, "")
	old.Target = described.ID
	c.events = append(c.events, old)
	require.ErrorContains(t, revise(old, domain.EventRetracted{Reason: "x"}), "can't be retracted")

	// A history says what happened, also that it did not; but who looked at what stays.
	past := newChamber(domain.History)
	law = past.must(t, "ana", arandia, published(h1), from)
	gone := past.event("ana", arandia, domain.EventRetracted{Reason: "x"}, "")
	gone.Target = law.ID
	require.NoError(t, past.decide(gone))
	past.events = append(past.events, gone)
	assert.Empty(t, past.life(arandia).InForce(domaintest.When(from).At))
	step := past.must(t, "ana", arandia, saved(h2, ""), "")
	gone = past.event("ana", arandia, domain.EventRetracted{Reason: "x"}, "")
	gone.Target = step.ID
	require.ErrorContains(t, past.decide(gone), "stands as it was recorded")
}

// A history office publishes what is said to have been published, and holds steps
// to their order and to the four eyes.
func TestALifeInAHistory(t *testing.T) {
	c := newChamber(domain.History)
	c.must(t, "ana", arandia, saved(h1, ""), "")
	c.must(t, "ana", arandia, proposed(h1, false), "")
	require.ErrorContains(t, c.try("ana", arandia, approved(h1, "", false), ""), "ana is an author")
	c.must(t, "ana", arandia, published(h1), "2024-01-01")
	assert.Equal(t, domain.DraftPublished, c.state(h1))
	c.must(t, "ana", arandia, withdrawn(h1), "2024-02-01")
	assert.Equal(t, domain.DraftWithdrawn, c.state(h1))
	require.ErrorContains(t, c.try("ana", arandia, returned(h3), ""), "no draft of arandia")
}

// The editions that a live office is founded with need no approval: there is
// nobody yet to ask. After the founding there is.
func TestAFoundingNeedsNoApproval(t *testing.T) {
	r := &unfounded{record: &record{}}
	office := domaintest.Event("office/ofm", from, domain.OfficeFounded{Zone: "UTC", Mode: domain.Live})
	law := domaintest.Event("ruleset/common", from, published(shipped))
	require.NoError(t, r.decide(office, law))
	live := newChamber(domain.Live)
	require.ErrorContains(t, live.try("ana", domain.CommonRuleset, published(h1), from), "takes two people")
}

type unfounded struct{ *record }

func (*unfounded) Founded() bool { return false }
func (r *unfounded) decide(drafts ...domain.Envelope) error {
	return domain.Decide(domain.Command{Drafts: drafts}, r)
}

// What a draft says of other texts is true.
func TestWhatADraftNames(t *testing.T) {
	c := newChamber(domain.Live)
	require.ErrorContains(t, c.try("ana", arandia, saved(h1, h2), ""), "no text of arandia with the hash 222222222222 is known")
	require.ErrorContains(t, c.try("ana", arandia, saved(h1, h1), ""), "not made from itself")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetDraftSaved{Hash: h1, Base: h2}, ""), "no edition of arandia with the hash 222222222222 was published")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetDraftSaved{}, ""), "payload.hash): must not be empty")
	require.ErrorContains(t, c.try("ana", arandia, domain.RulesetReturned{Hash: h1, Reason: " "}, ""), "payload.reason): must not be empty")
}

// An edition that was withdrawn is not brought back from a time before that: it would
// be law no more at once. It is brought back from then on.
func TestAWithdrawnEditionComesBackOnlyAfterwards(t *testing.T) {
	const head = "2024-01-01" // the date in the head of the text
	for _, by := range []string{"withdrawn", "superseded"} {
		t.Run(by, func(t *testing.T) {
			c := newChamber(domain.Live)
			from := domaintest.When(head)
			publish := func(hash, base string, at string) {
				c.must(t, "ana", arandia, domain.RulesetProposed{Hash: hash, From: from, Reason: "late"}, "")
				c.must(t, "ben", arandia, domain.RulesetApproved{Hash: hash, From: from, Base: base, Common: shipped}, "")
				c.must(t, "ana", arandia, domain.RulesetPublished{Edition: "1", Hash: hash, Reason: "late"}, at)
			}
			c.must(t, "ana", arandia, saved(h1, ""), "")
			publish(h1, "", head)
			from.At = time.Time{}
			if by == "withdrawn" {
				c.must(t, "ana", arandia, domain.RulesetProposed{Hash: h1, Withdraw: true}, "")
				c.must(t, "ben", arandia, domain.RulesetApproved{Hash: h1, Withdraw: true, Base: h1, Common: shipped}, "")
				c.must(t, "ana", arandia, withdrawn(h1), "")
			} else {
				c.must(t, "ana", arandia, saved(h2, ""), "")
				c.must(t, "ana", arandia, domain.RulesetProposed{Hash: h2}, "")
				c.must(t, "ben", arandia, domain.RulesetApproved{Hash: h2, Base: h1, Common: shipped}, "")
				c.must(t, "ana", arandia, domain.RulesetSuperseded{Hash: h1, By: h2}, "")
			}
			ended := c.now
			require.Equal(t, by == "withdrawn", c.life(arandia).Withdrawn(h1, ended))
			require.False(t, c.life(arandia).Withdrawn(h1, ended.Add(-time.Hour)))
			require.False(t, c.life(arandia).Withdrawn(h2, ended))

			c.must(t, "ana", arandia, saved(h1, ""), "")
			require.Equal(t, by == "withdrawn", c.life(arandia).Withdrawn(h1, c.now), "saved again, it is what it was")
			err := c.try("ana", arandia, domain.RulesetProposed{Hash: h1, From: domaintest.When(head), Reason: "late"}, "")
			require.ErrorContains(t, err, "payload.from")
			require.ErrorContains(t, err, "of arandia is on record as "+by)
			require.ErrorContains(t, err, "so that it would not be in force afterwards: have it proposed to take effect then or later")

			// another text may take effect then, and this one from now on
			c.must(t, "ana", arandia, saved(h3, ""), "")
			c.must(t, "ana", arandia, domain.RulesetProposed{Hash: h3, From: domaintest.When(head), Reason: "late"}, "")
			publish(h1, c.life(arandia).InForce(c.now), "")
			require.Equal(t, h1, c.life(arandia).InForce(c.now))
			require.False(t, c.life(arandia).Withdrawn(h1, c.now))
		})
	}
}
