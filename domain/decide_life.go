package domain

import (
	"strings"
	"time"
)

// farAhead is where the events of a command stand that is not recorded yet: after
// everything that is.
const farAhead Position = 1 << 62

// decideLife decides a step in the life of a ruleset. In a live office the law
// changes by steps of at least two people; a history says what happened.
func (d *decision) decideLife() {
	e := d.draft
	if !PreparesLaw(e.Event) && !ChangesLaw(e.Event) {
		return // what revises such a step is decided by its target
	}
	life := d.life(RulesetID(e.Subject.ID))
	if PreparesLaw(e.Event) {
		d.decideActor()
	}
	switch body := e.Event.(type) {
	case RulesetDraftSaved:
		d.saved(life, body)
	case RulesetProposed:
		d.proposed(life, body)
	case RulesetReturned:
		if draft, _ := d.draftOf(life, body.Hash); draft != nil && !draft.State.Open() {
			d.refuse("payload.hash", "%s is not proposed%s: there is nothing to return", orNone(body.Hash), stateText(draft))
		}
	case RulesetApproved:
		d.approved(life, body)
	case RulesetPublished:
		if body.RollbackOf != "" {
			d.rollback(life, body)
		}
		if d.bound() {
			d.mayCarryOut(life, body.Hash, false)
			d.statesReason(body.Reason)
		}
	case RulesetSuperseded:
		if d.bound() {
			d.mayCarryOut(life, body.By, false)
			if base := life.InForce(e.Effective.At); base != body.Hash {
				d.refuse("payload.hash", "the edition in force at %s is %s, not %s", e.Effective, orNone(base), orNone(body.Hash))
			}
			if e.Effective.At.Before(e.Recorded) {
				d.refuse("effective", "%s is past, and this event has no place to say why the law of the past is changed: publish the edition instead (ruleset.published)", e.Effective)
			}
		}
	case RulesetWithdrawn:
		if d.bound() {
			d.mayCarryOut(life, body.Hash, true)
			d.statesReason(body.Reason)
		}
	}
}

// bound reports whether the law may change only by what two people agreed upon: in
// a live office, but for the editions that it is founded with.
func (d *decision) bound() bool { return !d.founded && d.view.Mode() == Live }

// life is that of a ruleset up to here, with what this command does before.
func (d *decision) life(id RulesetID) *Life {
	of := func(id RulesetID) []Ruling {
		list := d.view.Rulings(id)
		for i, e := range d.earlier {
			if e.Subject.ID == string(id) {
				list = append(list[:len(list):len(list)], Ruling{farAhead + Position(i), e})
			}
		}
		return list
	}
	if id == CommonRuleset {
		return LifeOf(id, of(id), nil)
	}
	return LifeOf(id, of(id), of(CommonRuleset))
}

// who takes the step.
func (d *decision) who() string {
	if d.draft.Actor != "" {
		return d.draft.Actor
	}
	return d.actor
}

// decideActor refuses a step that nobody in particular takes, or that one takes in
// the name of another.
func (d *decision) decideActor() {
	const field = "actor"
	who := d.who()
	if strings.TrimSpace(who) == "" {
		d.refuse(field, "say who takes this step: nobody may approve what is their own")
		return
	}
	name, err := CanonicalActor(who)
	if err != nil {
		d.refuse(field, "%v", err)
		return
	}
	if d.actor != "" && d.bound() {
		if by, err := CanonicalActor(d.actor); err != nil || by != name {
			d.refuse(field, "%q submits a step of %q: each takes their own", d.actor, who)
		}
	}
}

// draftOf finds a text, and refuses one that is not known.
func (d *decision) draftOf(life *Life, hash string) (draft *RulesetDraft, known bool) {
	draft, known = life.Draft(hash)
	if !known && hash != "" {
		d.refuse("payload.hash", "no draft of %s with the hash %s was saved: save it first (ruleset.draft_saved)", life.Ruleset, orNone(hash))
	}
	return draft, known
}

// stateText says in which state a text is, after a dash.
func stateText(draft *RulesetDraft) string {
	if draft.State == DraftSaved {
		return ""
	}
	return " but " + string(draft.State)
}

func (d *decision) saved(life *Life, e RulesetDraftSaved) {
	if e.Parent != "" {
		switch _, known := life.Draft(e.Parent); {
		case e.Parent == e.Hash:
			d.refuse("payload.parent", "a draft is not made from itself: leave the parent out, or name the text before the change")
		case !known:
			d.refuse("payload.parent", "no text of %s with the hash %s is known", life.Ruleset, orNone(e.Parent))
		}
	}
	if e.Base != "" {
		if base, known := life.Draft(e.Base); !known || len(base.Published) == 0 {
			d.refuse("payload.base", "no edition of %s with the hash %s was published", life.Ruleset, orNone(e.Base))
		}
	}
}

func (d *decision) proposed(life *Life, e RulesetProposed) {
	_, known := d.draftOf(life, e.Hash)
	if from := e.From.At; d.bound() && !from.IsZero() && from.Before(d.draft.Recorded) && strings.TrimSpace(e.Reason) == "" {
		d.refuse("payload.reason", pastLaw, e.From)
	}
	if !known {
		return
	}
	t := d.takesEffect(e.From.At)
	if !e.Withdraw {
		d.lasts(life, e.Hash, "payload.from", t)
		return
	}
	if base := life.InForce(t); base != e.Hash {
		d.refuse("payload.withdraw", "%s is not the edition of %s in force then, which is %s: there is nothing to withdraw", orNone(e.Hash), life.Ruleset, orNone(base))
	}
}

// lasts refuses in a live office to bring an edition into force from a time after
// which it went out of force again, on record, so that it would be no law now.
func (d *decision) lasts(life *Life, hash, field string, from time.Time) {
	if !d.bound() {
		return
	}
	end, ended := life.ends(hash, from, d.draft.Recorded)
	if !ended {
		return
	}
	how := "withdrawn"
	if by, superseded := end.Event.(RulesetSuperseded); superseded {
		how = "superseded by " + orNone(by.By)
	}
	d.refuse(field, "%s of %s is on record as %s from %s, so that it would not be in force afterwards: have it proposed to take effect then or later", orNone(hash), life.Ruleset, how, end.Effective)
}

// takesEffect is when a step takes effect that is to do so at an instant, or now if
// that is zero.
func (d *decision) takesEffect(from time.Time) time.Time {
	if from.IsZero() {
		return d.draft.Recorded
	}
	return from
}

// approved decides the four eyes: whoever wrote or proposed a text can't approve it.
// What is approved is what is proposed, against what is in force.
func (d *decision) approved(life *Life, e RulesetApproved) {
	draft, known := d.draftOf(life, e.Hash)
	if !known {
		return
	}
	if !draft.State.Open() {
		d.refuse("payload.hash", "%s is not proposed%s: propose it first (ruleset.proposed)", orNone(e.Hash), stateText(draft))
		return
	}
	if who := d.who(); life.Wrote(e.Hash, who) {
		d.refuse("actor", "%s is an author of %s and can't approve it: its authors are %s, and it takes somebody else", who, orNone(e.Hash), strings.Join(life.Authors(e.Hash), ", "))
	}
	p := draft.Proposal
	switch {
	case e.Withdraw != p.Withdraw:
		d.refuse("payload.withdraw", "what is proposed is to %s: approve that, or return it", matterOf(p.Withdraw))
	case !e.From.At.Equal(p.From.At):
		d.refuse("payload.from", "what is proposed is to take effect %s: approve that, or have it proposed anew", fromText(p))
	}
	t := d.takesEffect(p.From.At)
	if !p.Withdraw {
		d.lasts(life, e.Hash, "payload.from", t)
	}
	if base := life.InForce(t); base != e.Base {
		d.refuse("payload.base", "the edition of %s in force then is %s, not %s: look at what is proposed against that one", life.Ruleset, orNone(base), orNone(e.Base))
	}
	if life.Ruleset == CommonRuleset {
		if e.Common != "" {
			d.refuse("payload.common", "the common law has no other to be checked against: leave this out")
		}
	} else if common := life.CommonInForce(t); common != e.Common {
		d.refuse("payload.common", "the common edition in force then is %s, not %s: look at what is proposed against that one", orNone(common), orNone(e.Common))
	}
}

func matterOf(withdraw bool) string {
	if withdraw {
		return "withdraw it"
	}
	return "publish it"
}

func fromText(p *Proposal) string {
	if p.From.At.IsZero() {
		return "when it is published"
	}
	return "at " + p.From.String()
}

// mayCarryOut refuses to change the law without an approval that is good.
func (d *decision) mayCarryOut(life *Life, hash string, withdraw bool) {
	draft, known := life.Draft(hash)
	if !known || draft.State != DraftApproved {
		state, first, next := "", RulesetProposed{}.Type(), "propose it"
		switch {
		case !known || draft.State == DraftUnknown:
			first, next = RulesetDraftSaved{}.Type(), "save it as a draft"
		case draft.State == DraftProposed:
			first, next = RulesetApproved{}.Type(), "have somebody approve it who is not its author"
		}
		if known && draft.State != DraftUnknown && draft.State != DraftPublished && draft.State != DraftWithdrawn {
			state = " (it is " + string(draft.State) + ")"
		}
		d.refuse("payload.hash", "nobody has approved %s of %s%s, and the law of a live office takes two people: first %s (%s)", orNone(hash), life.Ruleset, state, next, first)
		d.refusals[len(d.refusals)-1].First = first
		return
	}
	p := draft.Proposal
	if p.Withdraw != withdraw {
		d.refuse("payload.hash", "what was approved is to %s", matterOf(p.Withdraw))
		return
	}
	if void := life.Void(hash, d.draft.Recorded); void != "" {
		d.refuse("payload.hash", "the approval of %s of %s is void: %s; have it approved again", orNone(hash), life.Ruleset, void)
	}
	if !withdraw {
		d.lasts(life, hash, "effective", d.draft.Effective.At)
	}
	switch at := d.draft.Effective; {
	case p.From.At.IsZero() && !at.At.Equal(d.draft.Recorded):
		d.refuse("effective", "it was approved to take effect when it is published: leave the effective time out, or have it proposed for %s and approved anew", at)
	case !p.From.At.IsZero() && !at.At.Equal(p.From.At):
		d.refuse("effective", "it was approved to take effect at %s, not at %s: have it proposed for that and approved anew", p.From, at)
	}
}

// pastLaw is what is said of a change of the law of the past that has no reason.
const pastLaw = "%s is past: say why the law of the past is changed"

// statesReason refuses to change the law of the past without saying why.
func (d *decision) statesReason(reason string) {
	if d.draft.Effective.At.Before(d.draft.Recorded) && strings.TrimSpace(reason) == "" {
		d.refuse("payload.reason", pastLaw, d.draft.Effective)
	}
}

func (d *decision) rollback(life *Life, e RulesetPublished) {
	const field = "payload.rollback_of"
	if draft, known := life.Draft(e.Hash); !known || len(draft.Published) == 0 {
		d.refuse(field, "%s was never published: a rollback brings an edition back that was", orNone(e.Hash))
		return
	}
	switch base := life.InForce(d.draft.Effective.At); {
	case e.RollbackOf == e.Hash:
		d.refuse(field, "an edition is not rolled back to itself")
	case base != e.RollbackOf:
		d.refuse(field, "the edition of %s in force at %s is %s, not %s", life.Ruleset, d.draft.Effective, orNone(base), orNone(e.RollbackOf))
	}
}

// decideRevisedLaw says whether an event about the law may be retracted or
// corrected: a step towards it never, since who took it decides who may take the
// next; and in a live office what changes the law only so that the law stays.
func (d *decision) decideRevisedLaw(target Envelope) bool {
	first := target
	for Revises(first.Event) {
		before, found := d.event(first.Target)
		if !found {
			return true // unreachable unless the log is corrupt
		}
		first = before
	}
	switch {
	case PreparesLaw(first.Event):
		d.refuse("target", "a step in the life of a ruleset stands as it was recorded, since it decides who may take the next: take another step, such as a new draft or proposal")
		return false
	case !ChangesLaw(first.Event) || !d.bound():
		return true
	}
	if c, corrects := d.draft.Event.(EventCorrected); corrects && !Retracts(target.Event) {
		was := target.Event
		if before, corrected := was.(EventCorrected); corrected {
			was = before.Body
		}
		if sameLaw(was, c.Body) && d.draft.Effective.At.Equal(target.Effective.At) {
			return true
		}
		d.refuse("target", "in a live office a correction can't change the law, only how it is described: propose its withdrawal, or another edition")
		return false
	}
	d.refuse("target", "in a live office %s can't be retracted, nor what was said of it taken back, since that would change the law without a second pair of eyes: propose its withdrawal, or another edition", first.Type())
	return false
}

// sameLaw reports whether two events change the law in the same way.
func sameLaw(a, b Event) bool {
	switch a := a.(type) {
	case RulesetPublished:
		b, same := b.(RulesetPublished)
		return same && a.Hash == b.Hash && a.RollbackOf == b.RollbackOf
	case RulesetSuperseded:
		return a == b
	case RulesetWithdrawn:
		b, same := b.(RulesetWithdrawn)
		return same && a.Hash == b.Hash
	default:
		return false
	}
}
