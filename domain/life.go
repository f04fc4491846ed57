package domain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// CommonRuleset is the ruleset of the law that applies to everybody.
const CommonRuleset RulesetID = "common"

// A Ruling is an event about a ruleset, and where the log has it.
type Ruling struct {
	At Position
	Envelope
}

// A DraftState says how far a text of a ruleset has come.
type DraftState string

// The states of a text. That an edition gave way to another is no state of its
// text: which is in force is a question of time.
const (
	DraftUnknown   DraftState = ""          // nobody saved or published it
	DraftSaved     DraftState = "draft"     // saved, and not proposed since
	DraftProposed  DraftState = "proposed"  // waits for somebody other than its authors
	DraftApproved  DraftState = "approved"  // may be carried out, unless the approval is void
	DraftReturned  DraftState = "returned"  // not taken up; it takes a new proposal
	DraftPublished DraftState = "published" // an edition
	DraftWithdrawn DraftState = "withdrawn" // was an edition, and was withdrawn
)

// DraftStates lists the states of a text that is known, in the order in which it
// comes to them.
func DraftStates() []DraftState {
	return []DraftState{DraftSaved, DraftProposed, DraftApproved, DraftReturned, DraftPublished, DraftWithdrawn}
}

// Open reports whether a proposal waits, for an approval or to be carried out.
func (s DraftState) Open() bool { return s == DraftProposed || s == DraftApproved }

// A RulesetDraft is one text of a ruleset, named by its hash.
type RulesetDraft struct {
	Ruleset RulesetID
	Hash    string
	Edition string // what it calls itself, if that is known
	Title   string
	State   DraftState
	Saves   []Save
	// Proposal is the last one; nil if it was never proposed.
	Proposal *Proposal
	// Published are where the log has the publications of the text, in order.
	Published []Position

	proposers []Save // since it was last published
}

// A Save is one saving of a text.
type Save struct {
	At       Position
	By       string // the actor
	Recorded time.Time
	Parent   string // hash of the text that it was made from, or ""
	Base     string
	Common   string
	Note     string
}

// A Proposal is the last proposal of a text, with what became of it.
type Proposal struct {
	At       Position
	By       string
	Recorded time.Time
	From     calendar.When // zero: when it will be published
	Withdraw bool
	Reason   string
	// Approval is the last one; nil if there is none.
	Approval *Approval
	// Returned is why it was returned; nil if it was not.
	Returned *Return
	// Done is where the log has what carried it out, plus one; 0 if nothing has.
	Done Position
}

// A Return says who did not take a proposal up, and why.
type Return struct {
	At       Position
	By       string
	Recorded time.Time
	Reason   string
}

// An Approval says who approved a proposal, against which editions.
type Approval struct {
	At           Position
	By           string
	Recorded     time.Time
	Base, Common string
	Note         string

	base, common Position // of what put these into force, plus one
}

// A Life is what became of all texts of one ruleset, as the log tells it.
type Life struct {
	Ruleset RulesetID
	// Steps are the events that stand, in order of recording. What was corrected
	// has its place, and says what it should have said.
	Steps []Ruling

	drafts map[string]*RulesetDraft
	order  []*RulesetDraft
	law    map[RulesetID][]Ruling // that change the law, by effective time
}

// LifeOf tells the life of a ruleset from what was recorded about it and about the
// common one, each in order of recording, with whatever revises it.
func LifeOf(id RulesetID, own, common []Ruling) *Life {
	l := &Life{Ruleset: id, Steps: standing(own), drafts: map[string]*RulesetDraft{}, law: map[RulesetID][]Ruling{}}
	all := l.Steps
	if id != CommonRuleset {
		changes := slices.DeleteFunc(standing(common), func(r Ruling) bool { return !ChangesLaw(r.Event) })
		all = slices.Concat(all, changes)
		slices.SortStableFunc(all, func(a, b Ruling) int { return cmp.Compare(a.At, b.At) })
	}
	for _, r := range all {
		if ChangesLaw(r.Event) {
			l.rule(r)
		}
		if RulesetID(r.Subject.ID) == id {
			l.step(r)
		}
	}
	return l
}

// standing leaves out what does not stand, and puts what corrects in the place of
// what it corrects.
func standing(raw []Ruling) []Ruling {
	at, retracted, corrected, revised := map[EventID]int{}, map[EventID]bool{}, map[EventID]bool{}, map[EventID]bool{}
	for i, r := range raw {
		at[r.ID] = i
	}
	place, keep := make([]int, len(raw)), make([]bool, len(raw))
	for i, r := range slices.Backward(raw) { // what revises comes after what it revises
		keep[i] = !Retracts(r.Event) && (!revised[r.ID] || r.ID.IsZero())
		switch {
		case Retracts(r.Event) && !revised[r.ID]:
			retracted[r.Target], revised[r.Target] = true, true
		case Revises(r.Event) && !Retracts(r.Event) && (!retracted[r.ID] || corrected[r.ID]):
			// also if another correction has taken its place, through which it stands
			corrected[r.Target], revised[r.Target] = true, true
		}
	}
	var out []Ruling
	for i, r := range raw {
		place[i] = i
		if c, corrects := r.Event.(EventCorrected); corrects {
			if first, found := at[r.Target]; found && first < i {
				place[i] = place[first]
			}
			r.Event = c.Body
		}
		if !keep[i] || r.Event == nil || !PreparesLaw(r.Event) && !ChangesLaw(r.Event) {
			continue
		}
		r.At = raw[place[i]].At
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Ruling) int { return cmp.Compare(a.At, b.At) })
	return out
}

// rule adds a change of the law after those that take effect then or before.
func (l *Life) rule(r Ruling) {
	id := RulesetID(r.Subject.ID)
	list := l.law[id]
	n := len(list)
	for n > 0 && list[n-1].Effective.At.After(r.Effective.At) {
		n--
	}
	l.law[id] = slices.Insert(list, n, r)
}

// InForce returns the hash of the edition in force at an instant; "" if none is.
func (l *Life) InForce(t time.Time) string {
	hash, _ := l.inForce(l.Ruleset, t)
	return hash
}

// CommonInForce is [Life.InForce] of the common law.
func (l *Life) CommonInForce(t time.Time) string {
	hash, _ := l.inForce(CommonRuleset, t)
	return hash
}

// inForce returns the edition in force and where the log has what put it there,
// plus one. An edition that is replaced by itself goes on.
func (l *Life) inForce(id RulesetID, t time.Time) (hash string, by Position) {
	for _, r := range l.law[id] {
		if r.Effective.At.After(t) {
			break
		}
		if next := after(r.Event, hash); next != hash {
			hash, by = next, r.At+1
		}
	}
	return hash, by
}

// after is the edition in force after a change of the law, of the one before it.
func after(e Event, before string) string {
	switch e := e.(type) {
	case RulesetPublished:
		return e.Hash
	case RulesetSuperseded:
		if before == e.Hash {
			return e.By
		}
	case RulesetWithdrawn:
		if before == e.Hash {
			return ""
		}
	}
	return before
}

// ends finds what would put an edition out of force again that took effect at from,
// until now: its own withdrawal or supersession that is on record for a later time.
// That another was published later is none.
func (l *Life) ends(hash string, from, now time.Time) (end Ruling, ended bool) {
	inForce := hash
	for _, r := range l.law[l.Ruleset] {
		if !r.Effective.At.After(from) {
			continue
		}
		if r.Effective.At.After(now) {
			break
		}
		if next := after(r.Event, inForce); next != inForce {
			_, another := r.Event.(RulesetPublished)
			end, ended = r, inForce == hash && !another
			inForce = next
		}
	}
	return end, ended
}

// Withdrawn reports whether an edition was in force before t, and went out of force
// the last time by being withdrawn. It does not matter what became of its text since.
func (l *Life) Withdrawn(hash string, t time.Time) bool {
	inForce, withdrawn := "", false
	for _, r := range l.law[l.Ruleset] {
		if r.Effective.At.After(t) {
			break
		}
		next := after(r.Event, inForce)
		if inForce == hash && next != hash {
			withdrawn = next == ""
		}
		inForce = next
	}
	return withdrawn && inForce != hash
}

// Draft returns a text by its hash, and false if it is not known.
func (l *Life) Draft(hash string) (*RulesetDraft, bool) {
	d, found := l.drafts[hash]
	return d, found
}

// Drafts returns all texts in the order in which they became known. The list must
// not be changed.
func (l *Life) Drafts() []*RulesetDraft { return l.order }

func (l *Life) draft(hash string) *RulesetDraft {
	d := l.drafts[hash]
	if d == nil {
		d = &RulesetDraft{Ruleset: l.Ruleset, Hash: hash}
		l.drafts[hash] = d
		l.order = append(l.order, d)
	}
	return d
}

// step takes one step. It judges nothing: what may be recorded is for [Decide].
func (l *Life) step(r Ruling) {
	switch e := r.Event.(type) {
	case RulesetDraftSaved:
		d := l.draft(e.Hash)
		d.Saves = append(d.Saves, Save{At: r.At, By: r.Actor, Recorded: r.Recorded, Parent: e.Parent, Base: e.Base, Common: e.Common, Note: e.Note})
		d.Edition, d.Title = cmp.Or(e.Edition, d.Edition), cmp.Or(e.Title, d.Title)
		switch d.State {
		case DraftUnknown, DraftPublished, DraftWithdrawn:
			d.State = DraftSaved
		case DraftSaved, DraftProposed, DraftApproved, DraftReturned:
			// the same text again, by one more author
		}
	case RulesetProposed:
		d := l.draft(e.Hash)
		d.Proposal = &Proposal{At: r.At, By: r.Actor, Recorded: r.Recorded, From: e.From, Withdraw: e.Withdraw, Reason: e.Reason}
		d.proposers = append(d.proposers, Save{At: r.At, By: r.Actor})
		d.State = DraftProposed
	case RulesetReturned:
		if d := l.draft(e.Hash); d.State.Open() {
			d.Proposal.Returned = &Return{At: r.At, By: r.Actor, Recorded: r.Recorded, Reason: e.Reason}
			d.State = DraftReturned
		}
	case RulesetApproved:
		if d := l.draft(e.Hash); d.State.Open() {
			a := &Approval{At: r.At, By: r.Actor, Recorded: r.Recorded, Base: e.Base, Common: e.Common, Note: e.Note}
			t := d.Proposal.takesEffect(r.Recorded)
			_, a.base = l.inForce(l.Ruleset, t)
			_, a.common = l.inForce(CommonRuleset, t)
			d.Proposal.Approval = a
			d.State = DraftApproved
		}
	case RulesetPublished:
		d := l.draft(e.Hash)
		d.Edition = cmp.Or(e.Edition, d.Edition)
		l.carryOut(d, r.At, DraftPublished)
		d.Published = append(d.Published, r.At)
	case RulesetSuperseded:
		d := l.draft(e.By)
		l.carryOut(d, r.At, DraftPublished)
		d.Published = append(d.Published, r.At)
	case RulesetWithdrawn:
		l.carryOut(l.draft(e.Hash), r.At, DraftWithdrawn)
	}
}

func (l *Life) carryOut(d *RulesetDraft, at Position, as DraftState) {
	if d.State.Open() {
		d.Proposal.Done = at + 1
	}
	d.State = as
	d.proposers = nil
}

// takesEffect is when the proposal would take effect if it were carried out now.
func (p *Proposal) takesEffect(now time.Time) time.Time {
	if p.From.At.IsZero() {
		return now
	}
	return p.From.At
}

// Authors returns who may not approve a text, as they are named in the log, each
// once, by canonical name: whoever proposed it, saved it, or saved a draft that it
// was made from, however far back. A text that was published has been looked at by
// two people, so what was done to it before counts no more.
func (l *Life) Authors(hash string) []string {
	var found []Save
	seen := map[string]bool{}
	for todo := []string{hash}; len(todo) > 0; todo = todo[1:] {
		d := l.drafts[todo[0]]
		if d == nil || seen[d.Hash] {
			continue
		}
		seen[d.Hash] = true
		for _, s := range d.Saves {
			if n := len(d.Published); n > 0 && s.At < d.Published[n-1] {
				continue
			}
			found = append(found, s)
			todo = append(todo, s.Parent)
		}
	}
	if d := l.drafts[hash]; d != nil {
		found = append(found, d.proposers...)
	}
	slices.SortStableFunc(found, func(a, b Save) int { return cmp.Compare(a.At, b.At) })
	var out, names []string
	for _, s := range found {
		if name := canonicalOr(s.By); !slices.Contains(names, name) {
			names = append(names, name)
			out = append(out, s.By)
		}
	}
	return out
}

// canonicalOr is the canonical name of an actor, or the name itself if it has none.
func canonicalOr(name string) string {
	if canonical, err := CanonicalActor(name); err == nil {
		return canonical
	}
	return name
}

// Wrote reports whether an actor is an author of a text.
func (l *Life) Wrote(hash, actor string) bool {
	return slices.ContainsFunc(l.Authors(hash), func(a string) bool { return canonicalOr(a) == canonicalOr(actor) })
}

// Void says why the approval of a text is worth nothing now, or "" if it is good or
// there is none.
func (l *Life) Void(hash string, now time.Time) string {
	d := l.drafts[hash]
	if d == nil || d.State != DraftApproved {
		return ""
	}
	a, t := d.Proposal.Approval, d.Proposal.takesEffect(now)
	if base, by := l.inForce(l.Ruleset, t); base != a.Base || by != a.base {
		return fmt.Sprintf("the edition of %s in force then has moved since, from %s to %s", l.Ruleset, orNone(a.Base), orNone(base))
	}
	if l.Ruleset != CommonRuleset {
		if base, by := l.inForce(CommonRuleset, t); base != a.Common || by != a.common {
			return fmt.Sprintf("the common edition in force then has moved since, from %s to %s", orNone(a.Common), orNone(base))
		}
	}
	if l.Wrote(hash, a.By) {
		return fmt.Sprintf("%s, who approved it, has become one of its authors", a.By)
	}
	return ""
}

// orNone is the beginning of a hash, enough to tell editions apart.
func orNone(hash string) string {
	if hash == "" {
		return "none"
	}
	return hash[:min(12, len(hash))]
}
