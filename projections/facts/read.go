package facts

import (
	"slices"
	"sort"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// A Read reads one declared fact: its value and the events it comes from. It
// returns false if the fact is not known and its declaration has no default. A
// value that comes with false is a text that names what is missing.
type Read func(decl domain.FactDecl) (v domain.Value, from []domain.Position, ok bool)

// A constructor computes facts of one sort.
type constructor string

// The constructors. What each may be applied to stands beside it in Constructors.
const (
	ofCapacity      constructor = "capacity"      // of the capacity that the rule is evaluated in
	ofRegister      constructor = "register"      // the value of a register of the subject itself
	ofStatus        constructor = "status"        // personal status, for an ended capacity as of its end; none unless recorded
	ofNationalities constructor = "nationalities" // as recorded, else the sending State of the capacity
	ofAge           constructor = "age"           // whole years, by the calendar of the office
	ofIdentityCard  constructor = "identity_card" // the border of the latest identity card that is valid
	ofDocument      constructor = "document"      // how it stands with the person's latest card of a kind
	ofParam         constructor = "param"         // a parameter of a measure or restriction, by name
	ofField         constructor = "field"         // a field of a measure, agreement, grant, restriction or waiver; of any other subject, its id

	ofPoints       constructor = "points"       // of a member: points that count, over a window of months
	ofOverdue      constructor = "overdue"      // of a vehicle, or of all that a member or mission owned when they were issued: uncleared tickets of a place, older than so many days or months
	ofLicense      constructor = "license"      // of a member: none, suspended or revoked
	ofWithheld     constructor = "withheld"     // of a member, mission or vehicle: whether registration is withheld
	ofCharges      constructor = "charges"      // of a member or mission: the sum of unsettled fees, surcharges or duties
	ofInstallation constructor = "installation" // of a member: whether articles of first installation were cleared
	ofNoted        constructor = "noted"        // of a member: whether a warrant or a visa bar is noted
	ofPremises     constructor = "premises"     // of a mission: none, in_use, forgone or mixed, as its properties are
	ofCustody      constructor = "custody"      // of a mission: whether it has been closed or suspended for so many months
	ofVehicle      constructor = "vehicle"      // of the vehicle asked about
	ofProperty     constructor = "property"     // of the property asked about
	ofFiling       constructor = "filing"       // of the latest request that serves for what is asked
	ofThreshold    constructor = "threshold"    // of a measure: its amount in dollars
	ofUsed         constructor = "used"         // of a measure: what was used of its quantity in the period
	ofDistance     constructor = "distance"     // of a measure: how far from its centre the act is
	ofProtection   constructor = "protection"   // of the member or mission asked about
)

// Constructors returns the names that the source of a declared fact may give,
// each with what it may be applied to; nil means that anything will do. The
// list is closed: rulesets that name another are refused.
func Constructors() map[string][]string {
	var names []string
	for _, r := range registers {
		names = append(names, string(r))
	}
	return map[string][]string{
		string(ofCapacity): {
			"kind", "label", "category", "rank", "phase", "relation", "mission", "state",
			"sponsor", "start", "end_of_functions", "end_of_period",
		},
		string(ofRegister):      names,
		string(ofStatus):        nil,
		string(ofNationalities): nil,
		string(ofAge):           nil,
		string(ofIdentityCard):  nil,
		string(ofDocument):      nil,
		string(ofParam):         nil,
		string(ofPoints):        nil,
		string(ofOverdue):       nil,
		string(ofLicense):       nil,
		string(ofWithheld):      nil,
		string(ofCharges):       {"fee", "surcharge", "duty"},
		string(ofInstallation):  nil,
		string(ofNoted):         {"warrant", "visa_bar"},
		string(ofPremises):      nil,
		string(ofCustody):       nil,
		string(ofVehicle): {
			"known", "disposed", "owner", "registered", "plates", "insurance", "combined", "per_person", "per_accident", "property", "lien",
		},
		string(ofProperty):   {"known", "mission", "divest"},
		string(ofFiling):     {"clearance", "id", "ahead", "terms", "amount", "remedy"},
		string(ofThreshold):  nil,
		string(ofUsed):       nil,
		string(ofDistance):   nil,
		string(ofProtection): {"threat", "measures"},
		string(ofField): {
			"id", "level", "ground", "individual", "matter", "immunities", "stage", "by", "act",
			"states", "categories", "mission_kinds", "nationals_only", "excluded_statuses",
			"families", "as", "raises", "keeps_at_end", "privileges",
		},
	}
}

// orDefault gives a Read the defaults of the declarations.
func orDefault(read Read) Read {
	return func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		v, from, ok := read(decl)
		if !ok && decl.HasDefault {
			return decl.Default, nil, true
		}
		return v, from, ok
	}
}

// Read returns the facts of a person at t in one capacity, or as nobody if c is nil.
func (p *Person) Read(c *Capacity, t timeline.Instant) Read {
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		switch constructor(decl.From.Constructor) {
		case ofCapacity:
			return c.read(decl.From.Attr, t)
		case ofRegister:
			return register(p.history, decl.From.Attr, t)
		case ofStatus:
			status, from := p.Status(c, t)
			return domain.Text(status), from, true
		case ofNationalities:
			if n, found := p.history.Value(attrNationalities, t); found {
				return n.Value, at(n.Pos), true
			}
			if c != nil && c.State != "" {
				return domain.List([]domain.StateID{c.State}), c.Basis(c.Start), true
			}
			return domain.Value{}, nil, false
		case ofAge:
			return p.age(t)
		case ofIdentityCard:
			return p.view.identityCard(p.ID, t)
		case ofDocument:
			return document(p.view, p.view.cards(p.ID, domain.CardKind(decl.From.Attr)), t)
		case ofField:
			if decl.From.Attr == "id" {
				return text(string(p.ID), nil)
			}
			return domain.Value{}, nil, false
		default:
			return p.view.programme(domain.Member(p.ID), decl.From, t)
		}
	})
}

// programme returns the facts that the programmes of the Office give of a member
// or a mission.
func (v View) programme(of domain.Subject, from domain.FactSource, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	switch constructor(from.Constructor) {
	case ofPoints:
		return v.points(of, from.Months, t)
	case ofOverdue:
		return count(v.overdueOf(of, from, t))
	case ofLicense:
		return v.license(of, t)
	case ofWithheld:
		return v.holds(of, attrWithheld, t)
	case ofCharges:
		return v.charges(of, from.Attr, t)
	case ofInstallation:
		return v.installation(of, t)
	case ofNoted:
		return v.noted(of, from.Attr, t)
	default:
		return domain.Value{}, nil, false
	}
}

// read returns what is known of the capacity by t. A nil capacity is nobody's.
func (c *Capacity) read(attr string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	if c == nil || t < c.Start {
		switch attr {
		case "phase":
			return domain.Text(NoPhase), nil, true
		case "category", "kind":
			return domain.Text(""), nil, true
		default:
			return domain.Value{}, nil, false
		}
	}
	began := c.Basis(c.Start)
	switch attr {
	case "kind":
		return domain.Text(c.Kind), began, true
	case "label":
		return domain.Text(c.Label), began, true
	case "category":
		return domain.Text(c.Category), began, true
	case "rank":
		return text(c.Rank, began)
	case "relation":
		return text(string(c.Relation), began)
	case "sponsor":
		return text(string(c.Sponsor), began)
	case "mission":
		return text(string(c.Mission), began)
	case "state":
		return text(string(c.State), began)
	case "phase":
		return domain.Text(c.Phase(t)), c.Basis(t), true
	case "start":
		return instant(c.Start), began, true
	case "end_of_functions":
		if t < c.EndOfFunctions {
			return domain.Value{}, nil, false
		}
		return instant(c.EndOfFunctions), []domain.Position{c.Cause}, true
	case "end_of_period":
		end, found := c.Period(t)
		if !found {
			return domain.Value{}, nil, false
		}
		return instant(end), c.Basis(t), true
	default:
		return domain.Value{}, nil, false
	}
}

// ReadMission returns the facts of a mission at t.
func (v View) ReadMission(id domain.MissionID, t timeline.Instant) Read {
	return v.readSubject(domain.Mission(id), t, func(from domain.FactSource) (domain.Value, []domain.Position, bool) {
		switch constructor(from.Constructor) {
		case ofDocument:
			return document(v, v.missionCards(id, domain.CardKind(from.Attr)), t)
		case ofPremises:
			return v.premises(id, t)
		case ofCustody:
			return v.custody(id, from.Months, t)
		default:
			return v.programme(domain.Mission(id), from, t)
		}
	})
}

// ReadState returns the facts of a State at t.
func (v View) ReadState(id domain.StateID, t timeline.Instant) Read {
	return v.readSubject(domain.State(id), t, func(domain.FactSource) (domain.Value, []domain.Position, bool) {
		return domain.Value{}, nil, false
	})
}

// readSubject reads the registers of a subject and its id, and the rest from own.
func (v View) readSubject(s domain.Subject, t timeline.Instant, own func(domain.FactSource) (domain.Value, []domain.Position, bool)) Read {
	h := v.history(s)
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		switch constructor(decl.From.Constructor) {
		case ofRegister:
			return register(h, decl.From.Attr, t)
		case ofField:
			if decl.From.Attr == "id" && s.ID != "" {
				return text(s.ID, nil)
			}
			return domain.Value{}, nil, false
		default:
			return own(decl.From)
		}
	})
}

// Read returns the facts of the span itself.
func (s *Span) Read() Read {
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		var v domain.Value
		switch constructor(decl.From.Constructor) {
		case ofParam:
			v = s.params()[decl.From.Attr]
			if one := v.Text(); one != "" && decl.Type == domain.SetFact {
				v = domain.List([]string{one})
			}
		case ofField:
			v = s.field(decl.From.Attr)
		default:
			// not a fact of a span
		}
		if v.IsZero() {
			return v, nil, false
		}
		return v, []domain.Position{s.Pos}, true
	})
}

func (s *Span) params() domain.Params {
	switch e := s.Event.(type) {
	case domain.MeasureDetermined:
		return e.Params
	case domain.PrivilegeRestricted:
		return e.Params
	default:
		return nil
	}
}

// field returns a field of what stands; nothing if events of its type have no
// such field, or it is an empty code.
func (s *Span) field(name string) domain.Value {
	switch name {
	case "id":
		return domain.Text(s.ID)
	case "individual":
		return domain.Bool(s.Individual)
	case "privileges":
		return domain.List(s.Privileges())
	}
	switch e := s.Event.(type) {
	case domain.MeasureDetermined:
		switch name {
		case "level":
			return code(e.Level)
		case "ground":
			return code(e.Ground)
		case "categories":
			return domain.List(e.Scope.Categories)
		case "mission_kinds":
			return domain.List(e.Scope.MissionKinds)
		case "states":
			return domain.List([]domain.StateID{e.State})
		}
	case domain.PrivilegeGranted:
		if name == "level" {
			return domain.Text(levelGranted)
		}
	case domain.PrivilegeRestricted:
		if name == "level" {
			if e.Level == "" {
				return domain.Text(levelWithdrawn)
			}
			return domain.Text(e.Level)
		}
	case domain.PrivilegeRevoked:
		if name == "level" {
			return domain.Text(levelWithdrawn)
		}
	case domain.AgreementConcluded:
		return agreementField(e, name)
	case domain.WaiverRequested:
		return waiverField(name, "requested", e.Matter, e.Immunities, e.Stage, "")
	case domain.WaiverGranted:
		return waiverField(name, "granted", e.Matter, e.Immunities, e.Stage, e.By)
	case domain.WaiverRefused:
		return waiverField(name, "refused", e.Matter, e.Immunities, e.Stage, "")
	}
	return domain.Value{}
}

func agreementField(e domain.AgreementConcluded, name string) domain.Value {
	switch name {
	case "states":
		return domain.List(e.States)
	case "categories":
		return domain.List(e.Categories)
	case "mission_kinds":
		return domain.List(e.MissionKinds)
	case "nationals_only":
		return domain.Bool(e.NationalsOnly)
	case "excluded_statuses":
		return domain.List(e.ExcludedStatuses)
	case "families":
		return domain.Bool(e.Families)
	case "as":
		return code(e.As)
	case "raises":
		raises := []string{}
		for privilege, outcome := range e.Raises {
			raises = append(raises, string(privilege)+"="+string(outcome))
		}
		slices.Sort(raises)
		return domain.List(raises)
	case "keeps_at_end":
		return domain.Bool(e.KeepsAtEnd)
	default:
		return domain.Value{}
	}
}

func waiverField(name, act string, matter domain.MatterID, immunities []domain.Privilege, stage domain.Stage, by domain.WaivedBy) domain.Value {
	switch name {
	case "act":
		return domain.Text(act)
	case "matter":
		return code(matter)
	case "immunities":
		return domain.List(immunities)
	case "stage":
		if stage == "" {
			return domain.Text(jurisdiction)
		}
		return domain.Text(stage)
	case "by":
		return code(by)
	default:
		return domain.Value{}
	}
}

// oldest is the age that all who are older have too.
const oldest = 130

// age counts the birthdays that have begun by t. Before birth there is no age.
func (p *Person) age(t timeline.Instant) (domain.Value, []domain.Position, bool) {
	birth, found := p.history.Value(attrBirth, timeline.Never)
	if !found {
		return domain.Value{}, nil, false
	}
	begun := func(years int) bool { return p.birthday(birth.Value, years) <= t }
	if !begun(0) {
		return domain.Value{}, nil, false
	}
	age := sort.Search(oldest, func(years int) bool { return !begun(years + 1) })
	return domain.Int(int64(age)), at(birth.Pos), true
}

// identityCard returns the border of the latest identity card that was neither
// recalled nor returned and has not expired.
func (v View) identityCard(holder domain.MemberID, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	var latest *Span
	for _, s := range v.identityCards(holder) {
		if s.Holds(t) && (latest == nil || byRank(latest, s) < 0) {
			latest = s
		}
	}
	if latest == nil {
		return domain.Value{}, nil, false
	}
	card, _ := latest.Event.(domain.CardIssued)
	return text(card.Border, []domain.Position{latest.Pos})
}

func (v View) identityCards(holder domain.MemberID) []*Span { return v.cards(holder, identityCard) }

// cards returns the cards of a kind that were issued to a person; no kind is all.
func (v View) cards(holder domain.MemberID, kind domain.CardKind) []*Span {
	return v.issued(v.Cards(holder), func(c domain.CardIssued) bool {
		return c.Holder == holder && (kind == "" || c.Kind == kind)
	})
}

// missionCards returns the cards of a kind that name a mission, whoever
// is pictured on them; no kind is all.
func (v View) missionCards(id domain.MissionID, kind domain.CardKind) []*Span {
	return v.issued(named[domain.CardID](v, domain.Mission(id), domain.KindCard), func(c domain.CardIssued) bool {
		return c.Mission == id && (kind == "" || c.Kind == kind)
	})
}

func (v View) issued(cards []domain.CardID, is func(domain.CardIssued) bool) []*Span {
	var out []*Span
	for _, id := range cards {
		of := domain.Of(domain.KindCard, id)
		for _, s := range v.lift(of, v.spans(of, attrCard)) {
			if card, ok := s.Event.(domain.CardIssued); ok && is(card) {
				out = append(out, s)
			}
		}
	}
	return out
}

// document says how it stands at t with the latest of the cards: held while one
// is in force, else returned, recalled or expired. It is missing if none was
// issued by then.
func document(v View, cards []*Span, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	var latest *Span
	for _, s := range cards {
		if s.From > t {
			continue
		}
		if latest == nil || s.Holds(t) && !latest.Holds(t) || s.Holds(t) == latest.Holds(t) && byRank(latest, s) < 0 {
			latest = s
		}
	}
	if latest == nil {
		return domain.Value{}, nil, false
	}
	from := []domain.Position{latest.Pos}
	if latest.Holds(t) {
		return domain.Text("held"), from, true
	}
	for _, end := range latest.Ends {
		said, when := v.said(timeline.Position(end))
		if timeline.Of(when.At) > t {
			continue
		}
		switch said.(type) {
		case domain.CardReturned:
			return domain.Text("returned"), append(from, end), true
		case domain.CardRecalled:
			return domain.Text("recalled"), append(from, end), true
		}
	}
	return domain.Text("expired"), from, true
}

func register(h historyView, name string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	if !slices.Contains(registers, attribute(name)) {
		return domain.Value{}, nil, false
	}
	last, found := h.Value(attribute(name), t)
	if !found {
		return domain.Value{}, nil, false
	}
	return last.Value, at(last.Pos), true
}

func at(p timeline.Position) []domain.Position { return []domain.Position{domain.Position(p)} }

func text(s string, from []domain.Position) (domain.Value, []domain.Position, bool) {
	if s == "" {
		return domain.Value{}, nil, false
	}
	return domain.Text(s), from, true
}

// code is a text, or nothing if there is none.
func code[T ~string](s T) domain.Value {
	if s == "" {
		return domain.Value{}
	}
	return domain.Text(s)
}

func instant(t timeline.Instant) domain.Value { return domain.Text(calendar.FormatInstant(t.Time())) }
