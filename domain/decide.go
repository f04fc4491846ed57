package domain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// A Command asks that events be recorded, all or none. The same id never has a
// second effect.
type Command struct {
	ID    CommandID
	Actor string
	// Correlation ties the command to others of one affair.
	Correlation string
	// Recorded is stated by the loader of a history office, and zero in a live
	// one, where only the office's clock stamps.
	Recorded time.Time
	// Drafts are the events as proposed. An id may be given; what is recorded,
	// by whom and by which command is filled in when it is decided.
	Drafts []Envelope
}

// A View is what deciding a command may look at: the office at the head of the log.
type View interface {
	Founded() bool
	// Mode says whether the office is live or a history; "" before it is founded.
	Mode() Mode
	// Semantics is the greatest semantics version that the office has adopted; 1
	// if it has adopted none.
	Semantics() int
	Known(Subject) bool
	// NearSubject returns the known id of that kind that is most like id, or "".
	NearSubject(kind SubjectKind, id string) string
	EventByID(EventID) (Envelope, bool)
	// ActsOn returns the events that name the event and revise it: retractions,
	// dismissals and corrections.
	ActsOn(EventID) []Envelope
	// MissionState is the State whose mission it is, or "".
	MissionState(MissionID) StateID
	// SendingStates are the States at whose missions a person has served.
	SendingStates(MemberID) []StateID
	// Filing returns the filing of a request that stands, with what it says in
	// place of a correction; the first, if there are several. It returns false if
	// there is none.
	Filing(RequestID) (Envelope, bool)
	// Rulings returns all that was recorded about a ruleset, also what revises it,
	// in order of recording.
	Rulings(RulesetID) []Ruling
	// Vocabulary is that of the common edition in force at the time; nil if
	// none is, which is so only before the office is founded.
	Vocabulary(at time.Time) Vocabulary
}

// A Vocabulary knows the codes of the common ruleset.
type Vocabulary interface {
	Has(list, code string) bool
	Near(list, code string) string
	// Codes returns the codes of a list, in order.
	Codes(list string) []string
	// CheckParam says what is wrong with a parameter of a treatment, or nil.
	CheckParam(name string, v Value) error
	// CheckLevel returns what the parameters of a treatment lack to say something,
	// and what the level needs besides; without a level, only the former.
	CheckLevel(level Level, params Params) []ParamError
	// Security reports whether the privilege is protection, which follows the
	// threat and never reciprocity.
	Security(p Privilege) bool
	// RequestKind returns what the law says of notices and applications of a
	// kind, and false if it knows none such.
	RequestKind(kind RequestKind) (ClockLaw, bool)
}

// A ParamError says what is wrong with a parameter, and the remedy.
type ParamError struct{ Name, Text string }

// A Refusal says why one event of a command can't be recorded.
type Refusal struct {
	Index int    // of the event in the command, from 0
	Type  Type   // of the event
	Field string // where in it
	Text  string // what is wrong, and the remedy
	// First is the event that has to be recorded before, where that is the remedy.
	First Type
}

func (r Refusal) Error() string {
	where := string(r.Type)
	if r.Field != "" {
		where += ": " + r.Field
	}
	return fmt.Sprintf("event %d (%s): %s", r.Index+1, where, r.Text)
}

// Refusals are all the reasons why a command was refused. Nothing was recorded.
type Refusals []Refusal

func (r Refusals) Error() string {
	lines := make([]string, len(r))
	for i, one := range r {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Decide says whether the command's events may be recorded. It returns all
// reasons against, as [Refusals], or nil.
func Decide(cmd Command, v View) error {
	d := decision{
		view: v, actor: cmd.Actor, subjects: map[Subject]bool{}, events: map[EventID]Envelope{}, filings: map[RequestID]Envelope{}, acts: map[EventID][]Envelope{},
	}
	for i, e := range cmd.Drafts {
		d.index, d.draft = i, e
		d.decide()
	}
	if len(cmd.Drafts) == 0 {
		d.refusals = append(d.refusals, Refusal{Text: "the command holds no events"})
	}
	if len(d.refusals) > 0 {
		return d.refusals
	}
	return nil
}

// A decision in the making: the view, and what earlier events of the same
// command add to it.
type decision struct {
	view     View
	subjects map[Subject]bool
	events   map[EventID]Envelope
	filings  map[RequestID]Envelope
	acts     map[EventID][]Envelope // what revises, by what it names
	founded  bool
	actor    string     // of the command
	earlier  []Envelope // of this command, about rulesets

	index    int
	draft    Envelope
	refusals Refusals
}

func (d *decision) refuse(field, format string, args ...any) {
	r := Refusal{Index: d.index, Field: field, Text: fmt.Sprintf(format, args...)}
	if d.draft.Event != nil {
		r.Type = d.draft.Type()
	}
	d.refusals = append(d.refusals, r)
}

func (d *decision) known(s Subject) bool { return d.subjects[s] || d.view.Known(s) }

func (d *decision) event(id EventID) (Envelope, bool) {
	if e, found := d.events[id]; found {
		return e, true
	}
	return d.view.EventByID(id)
}

// live reports whether nothing that stands revises the event.
func (d *decision) live(id EventID) bool {
	return !slices.ContainsFunc(d.actsOn(id), d.stands)
}

func (d *decision) actsOn(id EventID) []Envelope {
	return slices.Concat(d.view.ActsOn(id), d.acts[id])
}

// stands reports whether what revises an event still acts: what was retracted
// does not, what was corrected does, through its replacement, and so does what
// was corrected and then dismissed.
func (d *decision) stands(act Envelope) bool {
	return !slices.ContainsFunc(d.actsOn(act.ID), func(on Envelope) bool {
		_, retracts := on.Event.(EventRetracted)
		return retracts && d.stands(on)
	})
}

func (d *decision) decide() {
	e := d.draft
	if e.Event == nil {
		d.refuse("", "the event has no payload")
		return
	}
	d.decideFounding()
	d.decideSubject()
	d.decideReferences()
	d.decideAuthority()
	d.decideTarget()
	body := e.Event
	if c, corrects := body.(EventCorrected); corrects {
		body = c.Body
	}
	if body != nil {
		d.decidePayload(body)
		d.decideCodes(body)
	}
	if e.Subject.Kind == KindRuleset {
		d.decideLife()
		d.earlier = append(d.earlier, e)
	}
	d.subjects[e.Subject] = true
	if _, files := body.(RequestFiled); files && e.Subject.Kind == KindRequest {
		d.filings[RequestID(e.Subject.ID)] = filingOf(e)
	}
	if !e.ID.IsZero() {
		if _, twice := d.event(e.ID); twice {
			d.refuse("id", "%s is taken by another event; leave the id out to have one made", e.ID)
		}
		d.events[e.ID] = e
	}
	if Revises(e.Event) {
		d.acts[e.Target] = append(d.acts[e.Target], e)
	}
}

func (d *decision) decideFounding() {
	_, founding := d.draft.Event.(OfficeFounded)
	switch {
	case founding && (d.view.Founded() || d.founded):
		d.refuse("", "the office is already founded, which happens once")
	case !founding && !d.view.Founded() && !d.founded:
		d.refuse("", "the office is not founded yet: the first event is office.founded")
	case founding:
		d.founded = true
	}
}

// introduces reports whether the event may be the first about its subject.
func introduces(e Event) bool {
	switch e.(type) {
	case OfficeFounded, RulesetDraftSaved, RulesetPublished, StateRegistered, AgreementConcluded, MeasureDetermined, MissionOpened,
		MemberAccredited, FamilyJoined, VisitorRecorded, PersonaNonGrata, CardIssued,
		VehicleRecorded, PropertyRecorded, RequestFiled, RateRecorded:
		return true
	default:
		return false
	}
}

// introducesOnce reports whether a second such event about the same subject
// would contradict the first.
func introducesOnce(e Event) bool {
	switch e.(type) {
	case StateRegistered, AgreementConcluded, MeasureDetermined, MissionOpened, CardIssued,
		VehicleRecorded, PropertyRecorded, RequestFiled:
		return true
	default:
		return false
	}
}

func (d *decision) decideSubject() {
	e := d.draft
	if err := CheckID(e.Subject.ID); err != nil {
		d.refuse("subject", "%v", err)
		return
	}
	if !slices.Contains(Kinds(e.Event), e.Subject.Kind) {
		hint := ""
		switch e.Event.(type) {
		case PrivilegeGranted, PrivilegeRestricted, RestrictionLifted, PrivilegeRevoked, PrivilegeReinstated:
			hint = "; for a State, determine a measure"
		default:
			// only of these there is a counterpart for States
		}
		d.refuse("subject", "%s is about %s, not a %s%s", e.Type(), KindsText(e.Event), e.Subject.Kind, hint)
		return
	}
	if e.Subject.Kind == KindRate && !currency.MatchString(e.Subject.ID) {
		d.refuse("subject", "%q is not a currency: write its three letters of ISO 4217 in small letters, for example rate/eur", e.Subject.ID)
		return
	}
	known := d.known(e.Subject)
	switch {
	case !known && !introduces(e.Event) && e.Target.IsZero():
		d.refuse("subject", "unknown %s %q%s: %s", e.Subject.Kind, e.Subject.ID, d.meant(e.Subject), remedyFor(e.Subject.Kind))
	case known && introducesOnce(e.Event):
		d.refuse("subject", "%s is already on record; to change what was recorded, correct that event", e.Subject)
	}
}

// currency matches the identifier of a rate.
var currency = regexp.MustCompile(`^[a-z]{3}$`)

func remedyFor(kind SubjectKind) string {
	switch kind {
	case KindState:
		return "record state.registered first"
	case KindMission:
		return "record mission.opened first"
	case KindMember:
		return "record member.accredited, family.joined or visitor.recorded first"
	case KindMeasure:
		return "record measure.determined first"
	case KindAgreement:
		return "record agreement.concluded first"
	case KindCard:
		return "record card.issued first"
	case KindRuleset:
		return "save a draft of it first"
	case KindVehicle:
		return "record vehicle.recorded first"
	case KindProperty:
		return "record property.recorded first"
	case KindRequest:
		return "record request.filed first"
	case KindRate:
		return "record rate.recorded first"
	default:
		return "found the office first"
	}
}

func (d *decision) meant(s Subject) string {
	if near := d.view.NearSubject(s.Kind, s.ID); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

func (d *decision) decideReferences() {
	for _, ref := range Named(d.draft.Event) {
		if ref.ID != "" && !d.known(ref.Subject) { // what must not be empty is said of the payload
			d.refuse(ref.Field, "unknown %s %q%s: %s", ref.Kind, ref.ID, d.meant(ref.Subject), remedyFor(ref.Kind))
		}
	}
}

func (d *decision) decideAuthority() {
	e := d.draft.Event
	if c, corrects := e.(EventCorrected); corrects && c.Body != nil {
		e = c.Body
	}
	if NeedsAuthority(e) && strings.TrimSpace(d.draft.Authority) == "" {
		d.refuse("authority", "%s needs the law, note or order relied upon, for example %q", e.Type(), "note 25-114")
	}
}

func (d *decision) decideTarget() {
	e := d.draft
	if e.Target.IsZero() {
		if NeedsTarget(e.Event) {
			d.refuse("target", "%s must name the event it acts on", e.Type())
		}
		return
	}
	if !MayTarget(e.Event) {
		d.refuse("target", "%s does not act on another event; to change one, use event.corrected or event.retracted", e.Type())
		return
	}
	target, found := d.event(e.Target)
	if !found {
		d.refuse("target", "there is no event %s in this log", e.Target)
		return
	}
	if target.Subject != e.Subject {
		d.refuse("target", "event %s is about %s, not about %s: use its subject", e.Target, target.Subject, e.Subject)
		return
	}
	if !d.live(e.Target) {
		d.refuse("target", "event %s is already retracted or corrected: act on what stands in its place, or retract that first", e.Target)
		return
	}
	root := d.rootOf(target)
	if Revises(e.Event) && !d.decideRevisedLaw(target) {
		return
	}
	switch body := e.Event.(type) {
	case EventRetracted:
		switch root.Event.(type) {
		case OfficeFounded:
			d.refuse("target", "the founding of the office can't be retracted")
		case SemanticsAdopted:
			d.refuse("target", "a semantics version that was adopted can't be retracted: what was recorded since is written for it")
		}
	case EventCorrected:
		d.decideCorrection(body, root)
	case RestrictionLifted:
		if _, ok := root.Event.(PrivilegeRestricted); !ok {
			d.refuse("target", "restriction.lifted ends a privilege.restricted, but %s is %s", e.Target, root.Type())
		}
	case PrivilegeReinstated:
		revoked, isRevocation := root.Event.(PrivilegeRevoked)
		_, isRestriction := root.Event.(PrivilegeRestricted)
		if !isRestriction && (!isRevocation || len(revoked.Privileges) == 0) {
			d.refuse("target", "privilege.reinstated ends a privilege.restricted, or a privilege.revoked that names its privileges, but %s is %s", e.Target, root.Type())
		}
	case PrivilegeRevoked:
		if _, ok := root.Event.(PrivilegeGranted); !ok {
			d.refuse("target", "privilege.revoked ends a privilege.granted, but %s is %s", e.Target, root.Type())
		}
	case ConflictNoted:
		if Retracts(root.Event) {
			d.refuse("target", "sources differ on what happened, and %s says that something did not: name the event on which they differ", root.Type())
		}
	default:
		d.decideActedOn(root)
	}
}

// actsUpon lists the types of event that an event of e's type may name.
func actsUpon(e Event) []Type {
	switch e.(type) {
	case LienReleased:
		return []Type{LienRecorded{}.Type()}
	case TicketCleared:
		return []Type{TicketIssued{}.Type()}
	case LicenseReinstated:
		return []Type{LicenseSuspended{}.Type(), LicenseRevoked{}.Type()}
	case RegistrationReleased:
		return []Type{RegistrationWithheld{}.Type()}
	case ChargeSettled:
		return []Type{FeeImposed{}.Type(), SurchargeImposed{}.Type(), DutyAssessed{}.Type()}
	case ProtectionEnded:
		return []Type{ProtectionAssigned{}.Type()}
	default: // what follows a violation
		return []Type{ViolationRecorded{}.Type()}
	}
}

// decideActedOn refuses a target that is not of a type that the event acts on.
func (d *decision) decideActedOn(root Envelope) {
	if types := actsUpon(d.draft.Event); !slices.Contains(types, root.Type()) {
		d.refuse("target", "%s acts on a %s, but %s is %s", d.draft.Type(), strings.Join(stringsOf(types), " or a "), d.draft.Target, root.Type())
	}
}

func (d *decision) decideCorrection(c EventCorrected, root Envelope) {
	switch {
	case c.Body == nil:
		d.refuse("payload.body", "a correction says what stands in place of the event; to say that it never was, use event.retracted")
	case root.Type() == "event.retracted":
		d.refuse("target", "a retraction can't be corrected: retract it, and what it retracted stands again")
	case Retracts(root.Event):
		d.refuse("target", "a dismissal can't be corrected: retract it, and the violation counts again")
	case root.Type() == "office.founded":
		d.refuse("target", "the founding of the office can't be corrected")
	case root.Type() == "semantics.adopted":
		d.refuse("target", "a semantics version that was adopted can't be corrected: adopt a greater one")
	case c.Body.Type() != root.Type():
		d.refuse("payload.type", "the correction of a %s must be a %s, not a %s", root.Type(), root.Type(), c.Body.Type())
	}
}

// rootOf follows corrections back to the event that was corrected first.
func (d *decision) rootOf(e Envelope) Envelope {
	for {
		if _, corrects := e.Event.(EventCorrected); !corrects {
			return e
		}
		before, found := d.event(e.Target)
		if !found {
			return e // unreachable unless the log is corrupt
		}
		e = before
	}
}

func (d *decision) decidePayload(e Event) {
	switch e := e.(type) {
	case OfficeFounded:
		d.zone("payload.zone", e.Zone, true)
		if e.Mode != Live && e.Mode != History {
			d.refuse("payload.mode", "%q is neither %q nor %q", e.Mode, Live, History)
		}
	case SemanticsAdopted:
		if have := d.view.Semantics(); e.Version < have {
			d.refuse("payload.version", "the office has semantics version %d, and %d is less: a log is not read again as it was before", have, e.Version)
		}
	case RulesetDraftSaved:
		d.require("payload.hash", e.Hash)
	case RulesetProposed:
		d.require("payload.hash", e.Hash)
	case RulesetReturned:
		d.require("payload.hash", e.Hash)
		d.require("payload.reason", strings.TrimSpace(e.Reason))
	case RulesetApproved:
		d.require("payload.hash", e.Hash)
	case RulesetPublished:
		d.require("payload.hash", e.Hash)
	case MissionOpened:
		d.require("payload.state", string(e.State))
		d.zone("payload.zone", e.Zone, false)
	case AgreementConcluded:
		if len(e.States) == 0 {
			d.refuse("payload.states", "an agreement has at least one other party")
		}
		if e.As == "" && len(e.Raises) == 0 {
			d.refuse("payload.raises", "an agreement gives the privileges of another category (as) or some one by one (raises); this one gives nothing")
		}
		for _, p := range sortedKeys(e.Raises) {
			if e.Raises[p].Stricter(Conditional) {
				d.refuse("payload.raises."+string(p), "an agreement raises a privilege to %q or %q, not to %q", Allowed, Conditional, e.Raises[p])
			}
		}
		d.after("payload.until", e.Until)
	case PracticeObserved:
		d.some("payload.privileges", len(e.Privileges))
	case MeasureDetermined:
		d.require("payload.state", string(e.State))
		d.some("payload.privileges", len(e.Privileges))
		d.after("payload.until", e.Until)
	case MissionSuspended:
		d.period(e.Period)
	case MissionClosed:
		d.period(e.Period)
	case ClosureOrdered:
		if e.Deadline.At.IsZero() {
			d.refuse("payload.deadline", "say by when the mission must close")
		}
		d.after("payload.deadline", e.Deadline)
		d.period(e.Period)
	case RelationsChanged:
		d.period(e.Period)
	case MemberAccredited:
		d.require("payload.mission", string(e.Mission))
		if e.Category == FamilyCategory {
			d.refuse("payload.category", "family members are not accredited: record family.joined with the sponsor")
		}
	case CategoryChanged:
		if e.Category == FamilyCategory {
			d.refuse("payload.category", "family members are not accredited: record family.joined with the sponsor")
		}
	case FunctionsEnded:
		d.period(e.Period)
	case PeriodSet:
		if e.Period == (Period{}) {
			d.refuse("payload.period", "say how long: hours, days, or until")
		}
		d.period(e.Period)
	case PersonaNonGrata:
		d.period(e.Period)
	case FamilyJoined:
		if e.Sponsor == "" {
			d.refuse("payload.sponsor", "a family member always has a sponsor: name the member whose household it is")
		}
		if string(e.Sponsor) == d.draft.Subject.ID {
			d.refuse("payload.sponsor", "nobody is their own sponsor")
		}
	case MemberReassigned:
		d.require("payload.mission", string(e.Mission))
		from, to := d.view.SendingStates(MemberID(d.draft.Subject.ID)), d.view.MissionState(e.Mission)
		if len(from) > 0 && to != "" && !slices.Contains(from, to) {
			d.refuse("payload.mission", "%s is a mission of %s, and the person served %s: functions at another State's mission begin anew, with member.accredited", e.Mission, to, from[0])
		}
	case StateSucceeded:
		d.require("payload.predecessor", string(e.Predecessor))
	case VisitorRecorded:
		d.require("payload.mission", string(e.Mission))
		d.after("payload.until", e.Until)
	case CardIssued:
		switch {
		case e.Kind == MissionTaxCard && e.Mission == "":
			d.refuse("payload.mission", "a mission's tax card is the mission's: name the mission, and the person pictured on it as holder if there is one")
		case e.Holder == "" && e.Mission == "":
			d.refuse("payload.holder", "say whose card it is: a holder or a mission")
		}
		d.after("payload.until", e.Until)
	case VisaRecorded:
		d.after("payload.until", e.Until)
	case ConflictNoted:
		d.conflict(e)
	case PrivilegeGranted:
		d.some("payload.privileges", len(e.Privileges))
		d.after("payload.until", e.Until)
	case PrivilegeRestricted:
		d.some("payload.privileges", len(e.Privileges))
		d.after("payload.until", e.Until)
	case PrivilegeRevoked:
		if d.draft.Target.IsZero() {
			d.some("payload.privileges", len(e.Privileges))
		}
	case WaiverRequested:
		d.some("payload.immunities", len(e.Immunities))
	case WaiverGranted:
		d.some("payload.immunities", len(e.Immunities))
	default:
		d.decideProgramme(e)
	}
}

func (d *decision) require(field, text string) {
	if text == "" {
		d.refuse(field, "must not be empty")
	}
}

func (d *decision) some(field string, n int) {
	if n == 0 {
		d.refuse(field, "name at least one")
	}
}

// conflict refuses a difference of which only one side is told, or that was
// left open.
func (d *decision) conflict(e ConflictNoted) {
	d.require("payload.matter", strings.TrimSpace(e.Matter))
	if len(e.Accounts) < 2 {
		d.refuse("payload.accounts", "sources differ if there are at least two accounts: write each as %q", "what it says: source")
	}
	for _, account := range e.Accounts {
		says, source, found := strings.Cut(account, ": ")
		if !found || strings.TrimSpace(says) == "" || strings.TrimSpace(source) == "" {
			d.refuse("payload.accounts", "%q does not name its source: write it as %q", account, "what it says: source")
		}
	}
	if strings.TrimSpace(e.Taken) == "" {
		d.refuse("payload.taken", "say which account was taken, and why")
	}
}

func (d *decision) zone(field, name string, required bool) {
	if name == "" && !required {
		return
	}
	if _, err := calendar.LoadZone(name); err != nil {
		d.refuse(field, "%v", err)
	}
}

func (d *decision) after(field string, w calendar.When) {
	if !w.At.IsZero() && !w.At.After(d.draft.Effective.At) {
		d.refuse(field, "%s is not after the effective time %s: intervals are half-open and must not be empty", w, d.draft.Effective)
	}
}

func (d *decision) period(p Period) {
	const field = "payload.period"
	given := 0
	for _, set := range []bool{p.Hours != 0, p.Days != 0, !p.Until.At.IsZero()} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		d.refuse(field, "give hours, days or until, not several of them")
	case p.Hours < 0 || p.Days < 0:
		d.refuse(field, "a period to leave can't be negative")
	case p.Hours > 24*366*10 || p.Days > 366*10:
		d.refuse(field, "a period to leave of more than ten years is a slip of the pen")
	}
}
