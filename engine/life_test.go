package engine_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// enact takes an edition through all steps that a live office asks for: one
// analyst saves and proposes it, another approves it, and the first publishes it.
func (o office) enact(t testing.TB, p engine.Publication) engine.Receipt {
	t.Helper()
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: p.Bundle, Actor: "analyst/1"})
	require.NoError(t, err)
	step := engine.Step{Hash: rules.Hash(p.Bundle), Actor: "analyst/1"}
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step, From: p.Effective, Reason: "a test"})
	require.NoError(t, err)
	step.Actor = "analyst/2"
	_, err = o.Approve(t.Context(), engine.Approving{Step: step})
	require.NoError(t, err)
	p.Actor = "analyst/1"
	receipt, err := o.Publish(t.Context(), p)
	require.NoError(t, err)
	return receipt
}

// edition is a text of Arandia with one rule.
func edition(name, outcome string) []byte {
	return []byte("-- ruleset.yaml --\nruleset: arandia\nedition: \"" + name + "\"\ntitle: Arandia\nrules:\n" +
		"  - {id: A-1, tier: reciprocity, privilege: [tax.sales], outcome: " + outcome + ", basis: {practice: same}, cite: [VCDR 47(2)(a)], because: A test.}\n")
}

// practised is an office that knows a restrictive practice of Arandia.
func practised(t testing.TB, mode domain.Mode) office {
	t.Helper()
	o := found(t, mode, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Event("state/arandia", "2024-01-01", domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn"}))...)
	return o
}

func (o office) sales(t testing.TB, day string, known engine.Known) domain.Outcome {
	t.Helper()
	return o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "tax.sales", AsOf: domaintest.When(day).At, AsKnown: known}).Outcome
}

// Every edition that was ever published answers for its time: superseded, rolled
// back, withdrawn, and after the office was opened anew.
func TestEveryEditionStaysRunnable(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := practised(t, domain.Live)
	strict, mild := edition("1", "denied"), edition("2", "permission_required")
	step := func(actor string, of []byte) engine.Step { return engine.Step{Hash: rules.Hash(of)[:8], Actor: actor} }
	first := o.enact(t, engine.Publication{Bundle: strict, Effective: domaintest.When("2024-03-01"), Reason: "it was so agreed"})
	o.enact(t, engine.Publication{Bundle: mild, Effective: domaintest.When("2024-06-01")})

	// The first comes back, by hash.
	_, err := o.Rollback(t.Context(), engine.Publication{Hash: rules.Hash(strict), Effective: domaintest.When("2024-09-01"), Actor: "x"})
	require.ErrorContains(t, err, "nobody has approved")
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step("analyst/2", strict), From: domaintest.When("2024-09-01"), Reason: "too mild"})
	require.NoError(t, err)
	_, err = o.Approve(t.Context(), engine.Approving{Step: step("analyst/2", strict)})
	require.ErrorContains(t, err, "analyst/2 is an author")
	_, err = o.Approve(t.Context(), engine.Approving{Step: step("analyst/1", strict)})
	require.NoError(t, err, "who wrote it long ago may, since it was published")
	back, err := o.Rollback(t.Context(), engine.Publication{Ruleset: "arandia", Hash: rules.Hash(strict)[:8], Actor: "analyst/2"})
	require.NoError(t, err)
	e, _ := o.Root().View().Envelope(back.First)
	assert.Equal(t, domain.RulesetPublished{Edition: "1", Hash: rules.Hash(strict), Reason: "too mild", RollbackOf: rules.Hash(mild)}, e.Event)
	assert.Equal(t, domaintest.When("2024-09-01").At, e.Effective.At)

	// And it is withdrawn.
	_, err = o.Withdraw(t.Context(), engine.Withdrawing{Step: step("x", strict), Effective: domaintest.When("2024-12-01"), Reason: "x"})
	require.ErrorContains(t, err, "nobody has approved")
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step("analyst/1", strict), From: domaintest.When("2024-12-01"), Withdraw: true, Reason: "it ended"})
	require.NoError(t, err)
	_, err = o.Approve(t.Context(), engine.Approving{Step: step("analyst/2", strict)})
	require.NoError(t, err)
	_, err = o.Withdraw(t.Context(), engine.Withdrawing{Step: step("analyst/1", strict)})
	require.NoError(t, err)

	days := map[string]domain.Outcome{
		"2024-02-01": domain.Allowed, "2024-03-01": domain.Denied, "2024-06-01": domain.Permission, "2024-08-31": domain.Permission,
		"2024-09-01": domain.Denied, "2024-11-30": domain.Denied, "2024-12-01": domain.Allowed,
	}
	again := office{log: o.log, clock: o.clock}
	again.Engine, err = engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now})
	require.NoError(t, err)
	for day, want := range days {
		assert.Equal(t, want, o.sales(t, day, engine.Known{}), day)
		assert.Equal(t, want, again.sales(t, day, engine.Known{}), day)
		known := engine.Known{Position: first.Position, AtPosition: true}
		if want = domain.Denied; day == "2024-02-01" {
			want = domain.Allowed
		}
		assert.Equal(t, want, again.sales(t, day, known), "%s, when only the first was known", day)
	}
	lives, err := again.Lives("arandia")
	require.NoError(t, err)
	require.Len(t, lives, 1)
	require.Len(t, lives[0].Drafts(), 2)
	assert.Equal(t, domain.DraftWithdrawn, lives[0].Drafts()[0].State)
	assert.Equal(t, domain.DraftPublished, lives[0].Drafts()[1].State)
	_, err = o.Lives("arandai")
	require.ErrorIs(t, err, engine.ErrUnknown)
}

// A State's edition is read under the common edition of its time, also one that
// gave way; and who approved it under one common edition has to look again under
// another.
func TestAnEditionUnderTwoCommonOnes(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := practised(t, domain.Live)
	strict := edition("1", "denied")
	o.enact(t, engine.Publication{Bundle: strict, Effective: domaintest.When("2024-03-01"), Reason: "x"})
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: edition("2", "denied"), Parent: rules.Hash(strict)[:10], Actor: "analyst/1"})
	require.NoError(t, err)
	step := engine.Step{Hash: rules.Hash(edition("2", "denied")), Actor: "analyst/1"}
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step, From: domaintest.When("2025-06-01")})
	require.NoError(t, err)
	step.Actor = "analyst/2"
	_, err = o.Approve(t.Context(), engine.Approving{Step: step})
	require.NoError(t, err)

	o.enact(t, engine.Publication{Bundle: amended(t, "period: {days: 30}", "period: {days: 10}"), Effective: domaintest.When("2025-02-01")})
	assert.Equal(t, domain.Denied, o.sales(t, "2024-04-01", engine.Known{}))
	assert.Equal(t, domain.Denied, o.sales(t, "2025-03-01", engine.Known{}))
	_, err = o.Publish(t.Context(), engine.Publication{Hash: step.Hash, Actor: "analyst/1"})
	require.ErrorContains(t, err, "the common edition in force then has moved since")
	_, err = o.Approve(t.Context(), engine.Approving{Step: step})
	require.NoError(t, err)
	_, err = o.Publish(t.Context(), engine.Publication{Hash: step.Hash, Actor: "analyst/1"})
	require.NoError(t, err)
}

// What a publication would change of the past is what it changes.
func TestForeseenAsItComes(t *testing.T) {
	o := practised(t, domain.Live)
	p := engine.Publication{Bundle: edition("1", "denied"), Effective: domaintest.When("2024-03-01"), Actor: "analyst/1"}
	_, _, err := o.Foresee(t.Context(), p, false, engine.EffectsQuery{})
	require.ErrorContains(t, err, "nobody has approved")
	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: p.Bundle, Actor: "analyst/1"})
	require.NoError(t, err)
	step := engine.Step{Hash: rules.Hash(p.Bundle), Actor: "analyst/1"}
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step, From: p.Effective})
	require.ErrorContains(t, err, "say why the law of the past is changed")
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step, From: p.Effective, Reason: "it was so agreed"})
	require.NoError(t, err)
	step.Actor = "analyst/2"
	_, err = o.Approve(t.Context(), engine.Approving{Step: step})
	require.NoError(t, err)
	p.Reason = "a test"
	head := o.Position()
	list := func(found *engine.Effects) (out []standing.Consequence) {
		for c, err := range found.Changed {
			require.NoError(t, err)
			out = append(out, c)
		}
		return out
	}
	foreseen, _, err := o.Foresee(t.Context(), p, false, engine.EffectsQuery{})
	require.NoError(t, err)
	before := list(foreseen)
	require.Len(t, before, 2)
	assert.Equal(t, domain.Member("ana"), before[0].Subject)
	assert.Equal(t, domain.Mission("arandia-embassy"), before[1].Subject)
	assert.Equal(t, head, o.Position(), "nothing was recorded")
	assert.Equal(t, domain.Allowed, o.sales(t, "2024-04-01", engine.Known{}))

	receipt, err := o.Publish(t.Context(), p)
	require.NoError(t, err)
	came, err := o.Effects(t.Context(), engine.EffectsQuery{Event: receipt.First, AtEvent: true})
	require.NoError(t, err)
	assert.Equal(t, before, list(came))
}

// A step that is taken again, by its command, is one step, also when what it was
// taken against has moved.
func TestAStepIsTakenOnce(t *testing.T) {
	o := practised(t, domain.Live)
	text := edition("1", "denied")
	id := func(n byte) domain.CommandID { return domain.CommandID{15: n} }
	save := engine.Saving{Bundle: text, Actor: "analyst/1", Command: id(1)}
	propose := engine.Proposing{Step: engine.Step{Hash: rules.Hash(text), Actor: "analyst/1", Command: id(2)}, From: domaintest.When("2025-06-01")}
	approve := engine.Approving{Step: engine.Step{Hash: rules.Hash(text), Actor: "analyst/2", Command: id(3)}}
	publish := engine.Publication{Hash: rules.Hash(text), Actor: "analyst/1", Command: id(4)}
	take := func() (out []engine.Receipt) {
		for _, f := range []func() (engine.Receipt, error){
			func() (engine.Receipt, error) { return o.SaveDraft(t.Context(), save) },
			func() (engine.Receipt, error) { return o.Propose(t.Context(), propose) },
			func() (engine.Receipt, error) { return o.Approve(t.Context(), approve) },
			func() (engine.Receipt, error) { return o.Publish(t.Context(), publish) },
		} {
			r, err := f()
			require.NoError(t, err)
			out = append(out, r)
		}
		return out
	}
	first := take()
	o.clock.set("2025-01-02T12:00Z")
	o.enact(t, engine.Publication{Bundle: edition("2", "denied"), Effective: domaintest.When("2025-01-15")})
	head := o.Position()
	for i, r := range take() {
		assert.True(t, r.Repeated)
		assert.Equal(t, first[i].Events, r.Events)
	}
	assert.Equal(t, head, o.Position())
	approve.Note = "another"
	_, err := o.Approve(t.Context(), approve)
	require.ErrorIs(t, err, engine.ErrRepeated)
}

// An event names only texts that are stored: one that was only looked at is not.
func TestATextIsStoredBeforeItIsNamed(t *testing.T) {
	o := practised(t, domain.Live)
	text := edition("never stored", "denied")
	_, err := o.Publish(t.Context(), engine.Publication{Bundle: text, Actor: "analyst/1"})
	require.ErrorContains(t, err, "takes two people")
	e := drafts(domaintest.Event("ruleset/arandia", "2025-01-01", domain.RulesetDraftSaved{Hash: rules.Hash(text)}))
	_, err = o.Submit(t.Context(), domain.Command{Actor: "desk/1", Drafts: e})
	require.ErrorContains(t, err, "the text is not in the office")

	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: []byte(strings.Repeat("x", 1<<20)), Actor: "a"})
	require.ErrorIs(t, err, eventlog.ErrTooLarge)
	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: []byte("rules: []"), Actor: "a"})
	require.ErrorContains(t, err, "does not say of which ruleset it is")
	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: text})
	require.ErrorContains(t, err, "say who takes this step")
	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: text, Actor: "a", Recorded: o.Now()})
	require.ErrorIs(t, err, engine.ErrMode)
}

// Texts are found by eight digits of their hash or more.
func TestFindDraft(t *testing.T) {
	o := practised(t, domain.Live)
	text := edition("1", "denied")
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: text, Actor: "a"})
	require.NoError(t, err)
	hash := rules.Hash(text)
	for _, word := range []string{hash, hash[:8], strings.ToUpper(hash[:12])} {
		id, d, err := o.FindDraft("", word)
		require.NoError(t, err)
		assert.Equal(t, domain.RulesetID("arandia"), id)
		assert.Equal(t, hash, d.Hash)
	}
	for word, want := range map[string]string{hash[:7]: "8 hexadecimal digits", "": "8 hexadecimal digits", "00000000": "save it as a draft first"} {
		_, _, err := o.FindDraft("", word)
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, engine.ErrUnknown)
	}
	_, _, err = o.FindDraft(domain.CommonRuleset, hash)
	require.ErrorContains(t, err, "no text of common begins so")
}

// In one submission a later command sees the steps of an earlier one.
func TestStepsOfOneSubmission(t *testing.T) {
	o := practised(t, domain.Live)
	text := edition("1", "denied")
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: text, Actor: "analyst/1"})
	require.NoError(t, err)
	hash, common := rules.Hash(text), o.Root().View().Life("arandia").CommonInForce(o.Now())
	command := func(actor string, body domain.Event) domain.Command {
		return domain.Command{Actor: actor, Drafts: []domain.Envelope{{Subject: domain.Of(domain.KindRuleset, domain.RulesetID("arandia")), Authority: "x", Event: body}}}
	}
	steps := []domain.Command{
		command("analyst/1", domain.RulesetProposed{Hash: hash}),
		command("analyst/1", domain.RulesetApproved{Hash: hash, Common: common}),
		command("analyst/1", domain.RulesetPublished{Edition: "1", Hash: hash}),
	}
	_, err = o.Submit(t.Context(), steps...)
	require.ErrorContains(t, err, "analyst/1 is an author")
	steps[1].Actor = "analyst/2"
	_, err = o.Submit(t.Context(), steps...)
	require.NoError(t, err)
	assert.Equal(t, hash, o.Root().View().Life("arandia").InForce(o.Root().Last()))
	// The approval is used up.
	_, err = o.Submit(t.Context(), command("analyst/1", domain.RulesetPublished{Edition: "1", Hash: hash}))
	require.ErrorContains(t, err, "nobody has approved")
}

// A draft is no law: what is kept of how everybody stands stays good, and no event
// of its life reaches anybody until it is published.
func TestADraftReachesNobody(t *testing.T) {
	o := practised(t, domain.Live)
	h, err := o.Handle(domain.Member("ana"), "tax.sales")
	require.NoError(t, err)
	before, err := o.Glance(h)
	require.NoError(t, err)
	bundle := edition("1", "permission_required")
	_, err = o.SaveDraft(t.Context(), engine.Saving{Bundle: bundle, Actor: "analyst/1"})
	require.NoError(t, err)
	step := engine.Step{Hash: rules.Hash(bundle), Actor: "analyst/1"}
	_, err = o.Propose(t.Context(), engine.Proposing{Step: step, Reason: "a test"})
	require.NoError(t, err)
	step.Actor = "analyst/2"
	_, err = o.Approve(t.Context(), engine.Approving{Step: step})
	require.NoError(t, err)
	after, err := o.Glance(h)
	require.NoError(t, err)
	require.Same(t, before, after, "nothing was worked out again")
	who, everybody := standing.Reached(standing.At(o.Root(), o.Position()-3), standing.At(o.Root(), o.Position()))
	require.Empty(t, who)
	require.False(t, everybody)

	_, err = o.Publish(t.Context(), engine.Publication{Ruleset: "arandia", Hash: rules.Hash(bundle), Actor: "analyst/1"})
	require.NoError(t, err)
	published, err := o.GlanceAt(h, timeline.Of(o.Now().Add(time.Hour)))
	require.NoError(t, err)
	require.Equal(t, domain.Permission, published.Outcome)
}

// A rule that lowers what is due only to some, which trying every kind of person does
// not see, is proved to go below the floor before it can be proposed.
func TestAFloorIsProvedBeforePublication(t *testing.T) {
	o := practised(t, domain.Live)
	below := []byte("-- ruleset.yaml --\nruleset: arandia\nedition: \"1\"\ntitle: Arandia\nrules:\n" +
		"  - {id: A-1, tier: programme, of: mission, privilege: [prem.archives], applies: {mission_kind: [honorary_post]}, outcome: denied, cite: [a note], because: A test.}\n")
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: below, Actor: "analyst/1"})
	require.NoError(t, err)
	before := o.Position()
	_, err = o.Propose(t.Context(), engine.Proposing{Step: engine.Step{Hash: rules.Hash(below), Actor: "analyst/1"}})
	require.ErrorContains(t, err, "rule A-1 goes below the floor of prem.archives")
	require.ErrorContains(t, err, "for instance for")
	require.Equal(t, before, o.Position())
}

// A common edition under which a State's own can't be read would leave its people
// without answers.
func TestACommonEditionThatLeavesAStateBehind(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := practised(t, domain.Live)
	o.enact(t, engine.Publication{Bundle: edition("1", "denied"), Effective: domaintest.When("2024-03-01"), Reason: "x"})
	strict := amended(t, "floors:\n", "floors:\n  - {privilege: [tax.sales], mark: H, cite: [a test]}\n")
	_, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: strict, Actor: "analyst/1"})
	require.NoError(t, err)
	_, err = o.Propose(t.Context(), engine.Proposing{Step: engine.Step{Hash: rules.Hash(strict), Actor: "analyst/1"}, From: domaintest.When("2030-01-01")})
	require.ErrorContains(t, err, "of arandia, in force then or later, can't be read under this one")
}

// A text that can't be proposed is not saved, either: MayPropose says what proposing
// would.
func TestMayPropose(t *testing.T) {
	o := practised(t, domain.Live)
	head := o.Position()
	may := func(text []byte, from, reason string) error {
		return o.MayPropose(t.Context(), engine.Saving{Bundle: text, Actor: "analyst/1"}, engine.Proposing{Step: engine.Step{Actor: "analyst/1"}, From: domaintest.When(from), Reason: reason})
	}
	fit := edition("1", "denied")
	require.NoError(t, may(fit, "2024-03-01", "a test"))
	require.ErrorContains(t, may(fit, "2024-03-01", ""), "2024-03-01 America/New_York is past: say why")
	require.ErrorContains(t, may(fit, "2023-01-01", "a test"), "no restrictive practice of arandia", "none was on record then")
	_, invalid := errors.AsType[rules.Diagnostics](may(bytes.ReplaceAll(fit, []byte("tax.sales"), []byte("tax.sale")), "2024-03-01", "a test"))
	assert.True(t, invalid)
	assert.Equal(t, head, o.Position())
	_, _, err := o.FindDraft("arandia", rules.Hash(fit))
	require.ErrorIs(t, err, engine.ErrUnknown)
}
