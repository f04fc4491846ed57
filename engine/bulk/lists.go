package bulk

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// A Column is one column of a list.
type Column struct {
	Name     string
	Required bool // in every row
	Doc      string
	// key is the word of the payload that it becomes, if it is that simple.
	key string
	// many says that a cell may hold several values.
	many bool
	// amount says that a cell is an amount of money.
	amount bool
}

// A list says how the rows of a kind become events.
type list struct {
	kind    Kind
	about   domain.SubjectKind // of the subject column, unless a cell names another
	also    domain.SubjectKind // which a cell may name as kind/id, or ""
	subject string             // the column of the subject
	when    string             // the column of the effective time
	event   domain.Event       // of whose type the first event is
	columns []Column
	// references says by which column the payload names a subject of a kind.
	references map[domain.SubjectKind]string
	// rest adds to the first event what is not that simple, and more events.
	rest func(b *builder)
}

// Columns lists the columns of a kind, and nil if it has none of its own.
func Columns(kind Kind) []Column {
	if l := listOf(kind); l != nil {
		return l.columns
	}
	return nil
}

func listOf(kind Kind) *list {
	for i := range lists {
		if lists[i].kind == kind {
			return &lists[i]
		}
	}
	return nil
}

var lists = []list{
	{
		kind: Members, about: domain.KindMember, subject: "member", when: "effective", event: domain.MemberAccredited{},
		columns: []Column{
			{Name: "member", Required: true, Doc: "id of the member"},
			{Name: "mission", Required: true, key: "mission", Doc: "id of the mission"},
			{Name: "category", Required: true, key: "category", Doc: "code of `category`"},
			{Name: "rank", key: "rank", Doc: "the rank, as the office writes ranks"},
			{Name: "capacity", key: "capacity", Doc: "in which capacity; otherwise `main`"},
			{Name: "nationalities", key: "nationalities", many: true, Doc: "ids of States; otherwise the sending State"},
			{Name: "status", key: "status", Doc: "code of `status`"},
			{Name: "name", key: "personal.name", Doc: "the name"},
			{Name: "birth", key: "personal.birth", Doc: "the date of birth"},
			{Name: "effective", Required: true, Doc: "when the functions began"},
			{Name: "ended", Doc: "when the functions ended; another event, `member.functions_ended`"},
		},
		references: map[domain.SubjectKind]string{domain.KindMission: "mission", domain.KindState: "nationalities"},
		rest: func(b *builder) {
			if b.row.cells["ended"] != "" {
				b.then("ended", b.first.Subject, domain.EventID{}, domain.FunctionsEnded{Capacity: b.row.cells["capacity"]})
			}
		},
	},
	{
		kind: Families, about: domain.KindMember, subject: "member", when: "effective", event: domain.FamilyJoined{},
		columns: []Column{
			{Name: "member", Required: true, Doc: "id of the relative"},
			{Name: "sponsor", Required: true, key: "sponsor", Doc: "id of the member whose household it is"},
			{Name: "relation", Required: true, key: "relation", Doc: "code of `relation`"},
			{Name: "nationalities", key: "nationalities", many: true, Doc: "ids of States; otherwise the sending State of the sponsor"},
			{Name: "status", key: "status", Doc: "code of `status`"},
			{Name: "name", key: "personal.name", Doc: "the name"},
			{Name: "birth", key: "personal.birth", Doc: "the date of birth, on which the age of children depends"},
			{Name: "effective", Required: true, Doc: "when the person joined the household"},
		},
		references: map[domain.SubjectKind]string{domain.KindMember: "sponsor", domain.KindState: "nationalities"},
	},
	{
		kind: Violations, about: domain.KindMember, also: domain.KindMission, subject: "member", when: "date", event: domain.ViolationRecorded{},
		columns: []Column{
			{Name: "member", Required: true, Doc: "id of the member, or `mission/` and the id of a mission"},
			{Name: "offence", Required: true, key: "offence", Doc: "code of `offence`"},
			{Name: "points", key: "points", Doc: "points on the license"},
			{Name: "citation", key: "citation", Doc: "the number of the citation"},
			{Name: "date", Required: true, Doc: "when it was done"},
			{Name: "place", key: "place", Doc: "where"},
			{Name: "vehicle", key: "vehicle", Doc: "id of the vehicle"},
			{Name: "matter", key: "matter", Doc: "id of the case, if it went before a court"},
		},
		references: map[domain.SubjectKind]string{domain.KindVehicle: "vehicle"},
	},
	{
		kind: Tickets, about: domain.KindVehicle, subject: "vehicle", when: "date", event: domain.TicketIssued{},
		columns: []Column{
			{Name: "vehicle", Required: true, Doc: "id of the vehicle"},
			{Name: "place", Required: true, key: "place", Doc: "code of `ticket_place`"},
			{Name: "number", key: "number", Doc: "the number of the ticket"},
			{Name: "date", Required: true, Doc: "when it was issued"},
			{Name: "cleared", Doc: "when it was paid or adjudicated; another event, `ticket.cleared`"},
		},
		rest: func(b *builder) {
			if b.row.cells["cleared"] != "" {
				b.then("cleared", b.first.Subject, b.first.ID, domain.TicketCleared{})
			}
		},
	},
	{
		kind: Rates, about: domain.KindRate, subject: "currency", when: "date", event: domain.RateRecorded{},
		columns: []Column{
			{Name: "currency", Required: true, Doc: "its three letters of ISO 4217"},
			{Name: "dollars", Required: true, key: "dollars", Doc: "what one unit is worth in United States dollars, as a decimal number"},
			{Name: "date", Required: true, Doc: "from when on"},
			{Name: "source", key: "source", Doc: "where that is known from"},
		},
	},
	{
		kind: Vehicles, about: domain.KindVehicle, subject: "vehicle", when: "effective", event: domain.VehicleRecorded{},
		columns: []Column{
			{Name: "vehicle", Required: true, Doc: "id of the vehicle"},
			{Name: "kind", Required: true, key: "kind", Doc: "code of `vehicle_kind`"},
			{Name: "owner", Required: true, Doc: "id of the member whose it is, or `mission/` and the id of a mission"},
			{Name: "leased", key: "leased", Doc: "`true` or `false`"},
			{Name: "description", key: "description", Doc: "make, model and year"},
			{Name: "effective", Required: true, Doc: "since when it is theirs"},
			{Name: "combined", amount: true, Doc: "the combined single limit of the insurance; with any limit there is another event, `insurance.recorded`"},
			{Name: "per_person", amount: true, Doc: "the limit per person"},
			{Name: "per_accident", amount: true, Doc: "the limit per accident"},
			{Name: "property", amount: true, Doc: "the limit for damage to property"},
			{Name: "insurer", Doc: "who insures"},
			{Name: "insured", Doc: "since when; otherwise as `effective`"},
			{Name: "insured_until", Doc: "when the policy ends"},
		},
		references: map[domain.SubjectKind]string{domain.KindMember: "owner", domain.KindMission: "owner"},
		rest:       (*builder).vehicle,
	},
}

// A builder makes the events of one row, and gathers what is wrong with it.
type builder struct {
	l     *list
	row   *row
	zone  calendar.Zone
	ids   ids
	first domain.Envelope
	// events are first and what follows from other cells; columns are, of each
	// event, where its effective time comes from.
	events  []domain.Envelope
	columns []string
	wrong   []*Mistake
}

func (b *builder) mistake(column, format string, args ...any) {
	b.wrong = append(b.wrong, b.row.wrong(column, format, args...))
}

// build makes the events of a row.
func (b *builder) build() {
	for _, c := range b.l.columns {
		if c.Required && b.row.cells[c.Name] == "" {
			b.mistake(c.Name, "is empty, and every row needs it")
		}
	}
	if len(b.wrong) > 0 {
		return
	}
	b.first = domain.Envelope{ID: b.ids.event(b.row.first, 0), Subject: b.subject(b.l.subject, b.l.about, b.l.also), Authority: b.row.cells[authorityColumn]}
	b.first.Effective = b.when(b.l.when)
	var fields []codec.Field
	for _, c := range b.l.columns {
		if cell := b.row.cells[c.Name]; c.key != "" && cell != "" {
			if c.many {
				cell = separators.ReplaceAllString(cell, ",")
			}
			fields = append(fields, codec.Field{Key: c.key, Value: cell})
		}
	}
	b.events, b.columns = append(b.events, b.first), append(b.columns, b.l.when)
	if b.l.kind == Vehicles { // the owner is one of two keys
		fields = append(fields, b.owner()...)
	}
	b.events[0].Event = b.parse(b.l.event.Type(), fields)
	if b.l.rest != nil {
		b.l.rest(b)
	}
	if len(b.wrong) == 0 {
		b.inOrder()
	}
}

// inOrder refuses a cell that says that something ended before it began: it would
// never end.
func (b *builder) inOrder() {
	from, column := b.first.Effective, b.l.when
	for i, e := range b.events {
		switch body := e.Event.(type) {
		case domain.FunctionsEnded:
			if !e.Effective.At.After(from.At) {
				b.mistake(b.columns[i], "%s is not after effective, %s: functions end after they began", b.row.cells[b.columns[i]], b.row.cells[column])
			}
		case domain.TicketCleared:
			if e.Effective.At.Before(from.At) {
				b.mistake(b.columns[i], "%s is before date, %s: a ticket is cleared after it was issued", b.row.cells[b.columns[i]], b.row.cells[column])
			}
		case domain.InsuranceRecorded:
			if !body.Until.At.IsZero() && !body.Until.At.After(e.Effective.At) {
				b.mistake("insured_until", "%s is not after %s, %s: a policy ends after it began", b.row.cells["insured_until"], b.columns[i], b.row.cells[b.columns[i]])
			}
		case domain.MemberAccredited:
			b.born(body.Personal)
		case domain.FamilyJoined:
			b.born(body.Personal)
		default:
			// nothing else ends or was born
		}
	}
}

// born refuses a person who was born after the row took effect.
func (b *builder) born(p *domain.Personal) {
	if p == nil || p.Birth.IsZero() {
		return
	}
	day := b.first.Effective.Date
	if !b.first.Effective.HasDate {
		day = b.zone.DateOf(b.first.Effective.At)
	}
	if p.Birth.After(day) {
		b.mistake("birth", "%s is after effective, %s", b.row.cells["birth"], b.row.cells["effective"])
	}
}

// longest is the column with the longest cell.
func (b *builder) longest() string {
	column, most := "", 0
	for _, name := range slices.Sorted(maps.Keys(b.row.cells)) {
		if n := len(b.row.cells[name]); n > most && name != errorColumn {
			column, most = name, n
		}
	}
	return column
}

// separators stand between the values of one cell.
var separators = regexp.MustCompile(`[\s,;|]+`)

// parse makes a payload of words. Mistakes are said of the columns.
func (b *builder) parse(typ domain.Type, fields []codec.Field) domain.Event {
	event, err := codec.ParseFields(typ, fields, b.zone)
	if err == nil {
		return event
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, one := range all {
		column, text := "", one.Error()
		for _, f := range fields {
			if said, found := strings.CutPrefix(text, f.Key+": "); found {
				column, text = b.l.columnOf(f.Key), said
			}
		}
		b.mistake(column, "%s", text)
	}
	return nil
}

// columnOf returns the column that a key of a payload comes from.
func (l *list) columnOf(key string) string {
	for _, c := range l.columns {
		if c.key == key {
			return c.Name
		}
	}
	switch {
	case l.kind == Vehicles && strings.HasPrefix(key, "owner"):
		return "owner"
	case l.kind == Vehicles && key == "until":
		return "insured_until"
	}
	return key
}

// subject reads the id in a cell, or kind/id where another kind is possible.
func (b *builder) subject(column string, kind, also domain.SubjectKind) domain.Subject {
	cell := b.row.cells[column]
	id := cell
	if named, rest, found := strings.Cut(cell, "/"); found {
		switch domain.SubjectKind(named) {
		case kind:
			id = rest
		case also:
			kind, id = also, rest
		default:
			allowed := string(kind) + "/ID"
			if also != "" {
				allowed += " or " + string(also) + "/ID"
			}
			b.mistake(column, "%q: write %s", cell, allowed)
			return domain.Subject{}
		}
	}
	if kind == domain.KindRate {
		id = strings.ToLower(id)
	}
	if err := domain.CheckID(id); err != nil {
		b.mistake(column, "%v", err)
		return domain.Subject{}
	}
	return domain.Of(kind, id)
}

// owner reads whose a vehicle is.
func (b *builder) owner() []codec.Field {
	owner := b.subject("owner", domain.KindMember, domain.KindMission)
	switch owner.Kind {
	case domain.KindMember:
		return []codec.Field{{Key: "owner", Value: owner.ID}}
	case domain.KindMission:
		return []codec.Field{{Key: "owner_mission", Value: owner.ID}}
	default:
		return []codec.Field{{Key: "owner", Value: "x"}} // a mistake that was said
	}
}

// when reads the time in a cell.
func (b *builder) when(column string) calendar.When {
	w, err := calendar.ParseWhen(b.row.cells[column], b.zone)
	if err != nil {
		b.mistake(column, "%v", err)
	}
	return w
}

// then adds another event, effective as a column says.
func (b *builder) then(column string, about domain.Subject, target domain.EventID, event domain.Event) {
	b.events = append(b.events, domain.Envelope{
		ID: b.ids.event(b.row.first, len(b.events)), Subject: about, Effective: b.when(column),
		Authority: b.row.cells[authorityColumn], Target: target, Event: event,
	})
	b.columns = append(b.columns, column)
}

var bareNumber = regexp.MustCompile(`^[0-9]+$`)

// vehicle adds the insurance of a vehicle.
func (b *builder) vehicle() {
	var fields []codec.Field
	limited := false
	for _, c := range b.l.columns {
		cell := b.row.cells[c.Name]
		switch {
		case cell == "":
		case c.amount && bareNumber.MatchString(cell):
			b.mistake(c.Name, "%q may be dollars or cents: write $%s or %s.00", cell, cell, cell)
		case c.amount:
			limited = true
			fields = append(fields, codec.Field{Key: c.Name, Value: cell})
		case c.Name == "insurer":
			fields = append(fields, codec.Field{Key: "insurer", Value: cell})
		case c.Name == "insured_until":
			fields = append(fields, codec.Field{Key: "until", Value: cell})
		}
	}
	if len(b.wrong) > 0 {
		return
	}
	switch {
	case len(fields) == 0 && b.row.cells["insured"] != "", len(fields) > 0 && !limited:
		b.mistake("combined", "the insurance has no limit: state at least one, or leave the insurance out")
	case limited:
		column := b.l.when
		if b.row.cells["insured"] != "" {
			column = "insured"
		}
		if event := b.parse(domain.InsuranceRecorded{}.Type(), fields); event != nil {
			b.then(column, b.first.Subject, domain.EventID{}, event)
		}
	}
}

// refused says of what the office refused in which columns it stands.
func (b *builder) refused(err error) {
	refusals, ok := errors.AsType[domain.Refusals](err)
	if !ok {
		b.mistake("", "%v", err)
		return
	}
	for _, r := range refusals {
		field := strings.TrimPrefix(r.Field, "payload.")
		column := b.l.columnOf(field)
		if to, named := b.l.references[domain.SubjectKind(field)]; named {
			column = to
		}
		switch field {
		case "subject":
			column = b.l.subject
		case "effective":
			column = b.columns[min(max(r.Index, 0), len(b.columns)-1)]
		case "target":
			column = ""
		}
		b.mistake(column, "%s", r.Text)
	}
}
