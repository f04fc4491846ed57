package bulk

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// ExportEvents writes the first k events of a log, each on a line as it is
// stored, and before those that publish an edition its text. [Import] makes an
// equal office of it.
func ExportEvents(ctx context.Context, to io.Writer, log eventlog.Log, bodies eventlog.Bodies, k domain.Position) error {
	at := domain.Position(0)
	brought := map[string]bool{}
	for record, err := range log.Read(ctx, 0) {
		if at == k {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read record %d: %w", at, err)
		}
		if hash, err := published(record); err != nil {
			return fmt.Errorf("record %d: %w", at, err)
		} else if hash != "" && !brought[hash] {
			brought[hash] = true
			if err := exportEdition(ctx, to, bodies, hash); err != nil {
				return fmt.Errorf("the edition of record %d: %w", at, err)
			}
		}
		if _, err := to.Write(append(slices.Clip(record.Data), '\n')); err != nil {
			return err
		}
		at++
	}
	return nil
}

// published returns the hash of the edition that a record publishes, or "".
func published(record eventlog.Record) (string, error) {
	if record.Type != string(domain.RulesetDraftSaved{}.Type()) && record.Type != string(domain.RulesetPublished{}.Type()) && record.Type != string(domain.EventCorrected{}.Type()) {
		return "", nil
	}
	e, err := codec.Decode(record.Data)
	if err != nil {
		return "", err
	}
	return domain.TextOf(e.Event), nil
}

func exportEdition(ctx context.Context, to io.Writer, bodies eventlog.Bodies, hash string) error {
	h, err := eventlog.ParseHash(hash)
	if err != nil {
		return err
	}
	text, err := bodies.Get(ctx, h)
	if err != nil {
		return err
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	return out.Encode(editionLine{Edition: hash, Text: string(text)})
}

// A Listing is a list of an office as it stood.
type Listing struct {
	Columns []string
	Rows    [][]string
}

// CSV writes the list with a header.
func (l *Listing) CSV(to io.Writer) error {
	out := csv.NewWriter(to)
	if err := out.Write(l.Columns); err != nil {
		return err
	}
	if err := out.WriteAll(l.Rows); err != nil {
		return err
	}
	return out.Error()
}

// JSONLines writes every row as an object, without the cells that are empty.
func (l *Listing) JSONLines(to io.Writer) error {
	for _, row := range l.Rows {
		var b strings.Builder
		for i, cell := range row {
			if cell == "" {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			text, err := json.Marshal(cell)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%q:%s", l.Columns[i], text)
		}
		if _, err := fmt.Fprintf(to, "{%s}\n", b.String()); err != nil {
			return err
		}
	}
	return nil
}

// Export lists what there was of a kind at a moment, as known at k. A kind that
// can be imported has the columns that its import reads.
func Export(root *projections.Root, kind Kind, k domain.Position, asOf time.Time) (*Listing, error) {
	x := &export{view: root.ViewAt(k), law: root.Law(k), at: timeline.Of(asOf), zone: root.Zone()}
	l := &Listing{}
	for _, c := range Columns(kind) {
		l.Columns = append(l.Columns, c.Name)
	}
	if l.Columns == nil {
		l.Columns = onlyExported[kind]
	}
	list, found := exports[kind]
	if !found {
		return nil, fmt.Errorf("%s are no list", kind)
	}
	x.add = func(cells map[string]string) {
		row := make([]string, len(l.Columns))
		for i, name := range l.Columns {
			row[i] = cells[name]
		}
		l.Rows = append(l.Rows, row)
	}
	list(x)
	return l, nil
}

// onlyExported are the columns of the lists that are not imported.
var onlyExported = map[Kind][]string{
	Missions: {"mission", "state", "kind", "status", "city", "zone", "effective"},
	States:   {"state", "name", "relations", "effective"},
	Measures: {"measure", "state", "privileges", "level", "params", "scope", "ground", "authority", "effective", "until"},
	Cards:    {"card", "kind", "holder", "mission", "border", "design", "status", "effective", "until"},
	Requests: {"request", "kind", "applicant", "mission", "members", "privileges", "object", "status", "filed", "due", "due_by", "from", "until", "place", "amount", "description"},
}

var exports = map[Kind]func(*export){
	Members: (*export).members, Families: (*export).families, Missions: (*export).missions, States: (*export).states,
	Measures: (*export).measures, Vehicles: (*export).vehicles, Tickets: (*export).tickets, Violations: (*export).violations,
	Cards: (*export).cards, Requests: (*export).requests, Rates: (*export).rates,
}

// export is an office at two times, and where rows go.
type export struct {
	view facts.View
	law  facts.Law
	at   timeline.Instant
	zone calendar.Zone
	add  func(cells map[string]string)
}

// said is an event that stands, as it is to be read.
type said struct {
	domain.Envelope
	body domain.Event // that of a correction, if it is one
}

// standing returns what stands about a subject and took effect by the moment asked
// about, in order of effect.
func (x *export) standing(of domain.Subject) []said {
	var out []said
	for _, pos := range x.view.Events(of) {
		e, known := x.view.Envelope(pos)
		if !known || !x.view.Live(pos) || timeline.Of(e.Effective.At) > x.at {
			continue
		}
		body := e.Event
		if c, corrects := body.(domain.EventCorrected); corrects {
			body = c.Body
		}
		out = append(out, said{e, body})
	}
	slices.SortStableFunc(out, func(a, b said) int { return a.Effective.At.Compare(b.Effective.At) })
	return out
}

// date writes a moment as people do: a date if it is 00:00 in the office's zone.
func (x *export) date(at timeline.Instant) string {
	t := at.Time()
	if day := x.zone.DateOf(t); x.zone.Midnight(day).Equal(t) {
		return day.String()
	}
	return calendar.FormatInstant(t)
}

// when writes a moment as it was stated.
func (x *export) when(w calendar.When) string {
	switch {
	case w.At.IsZero():
		return ""
	case w.HasDate && w.Zone == x.zone.String():
		return w.Date.String()
	}
	return w.String()
}

func (x *export) register(read facts.Read, attr string) string {
	v, _, _ := read(domain.FactDecl{From: domain.FactSource{Constructor: "register", Attr: attr}})
	return v.Text()
}

// personal returns the name and the birth date of a person as recorded last.
func (x *export) personal(id domain.MemberID) (name, birth string) {
	for _, s := range x.standing(domain.Member(id)) {
		var p *domain.Personal
		switch e := s.body.(type) {
		case domain.MemberAccredited:
			p = e.Personal
		case domain.FamilyJoined:
			p = e.Personal
		case domain.VisitorRecorded:
			p = e.Personal
		case domain.BirthRecorded:
			p = e.Personal
		default:
			continue
		}
		if p != nil && p.Name != "" {
			name = p.Name
		}
		if p != nil && !p.Birth.IsZero() {
			birth = p.Birth.String()
		}
	}
	return name, birth
}

// people adds a row for every capacity of a kind that has begun and not ended.
func (x *export) people(kind facts.Kind, more func(cells map[string]string, c *facts.Capacity)) {
	for _, id := range x.view.Subjects(domain.KindMember) {
		person := x.view.Person(domain.MemberID(id), x.law)
		for _, c := range person.At(x.at) {
			if phase := c.Phase(x.at); c.Kind != kind || phase != facts.Current && phase != facts.Leaving {
				continue
			}
			cells := map[string]string{"member": id, "effective": x.date(c.Start)}
			cells["name"], cells["birth"] = x.personal(domain.MemberID(id))
			status, _ := person.Status(c, x.at)
			if status != "none" {
				cells["status"] = string(status)
			}
			v, _, _ := person.Read(c, x.at)(domain.FactDecl{From: domain.FactSource{Constructor: "nationalities"}})
			cells["nationalities"] = strings.Join(v.List(), " ")
			if c.EndOfFunctions <= x.at {
				cells["ended"] = x.date(c.EndOfFunctions)
			}
			more(cells, c)
			x.add(cells)
		}
	}
}

func (x *export) members() {
	x.people(facts.Accredited, func(cells map[string]string, c *facts.Capacity) {
		cells["mission"], cells["category"], cells["rank"] = string(c.Mission), string(c.Category), c.Rank
		if c.Label != "main" {
			cells["capacity"] = c.Label
		}
	})
}

func (x *export) families() {
	x.people(facts.Family, func(cells map[string]string, c *facts.Capacity) {
		cells["sponsor"], cells["relation"] = string(c.Sponsor), string(c.Relation)
	})
}

func (x *export) missions() {
	for _, id := range x.view.Subjects(domain.KindMission) {
		for _, s := range x.standing(domain.Mission(domain.MissionID(id))) {
			opened, ok := s.body.(domain.MissionOpened)
			if !ok {
				continue
			}
			read := x.view.ReadMission(domain.MissionID(id), x.at)
			x.add(map[string]string{
				"mission": id, "state": string(opened.State), "kind": string(opened.Kind), "city": opened.City, "zone": opened.Zone,
				"status": x.register(read, "status"), "effective": x.when(s.Effective),
			})
		}
	}
}

func (x *export) states() {
	for _, id := range x.view.Subjects(domain.KindState) {
		for _, s := range x.standing(domain.State(domain.StateID(id))) {
			if registered, ok := s.body.(domain.StateRegistered); ok {
				relations := x.register(x.view.ReadState(domain.StateID(id), x.at), "relations")
				x.add(map[string]string{"state": id, "name": registered.Name, "relations": cmp.Or(relations, "normal"), "effective": x.when(s.Effective)})
			}
		}
	}
}

func (x *export) measures() {
	for _, state := range x.view.Subjects(domain.KindState) {
		for _, span := range x.view.Measures(domain.StateID(state)) {
			m, ok := span.Event.(domain.MeasureDetermined)
			if !ok || !span.Holds(x.at) {
				continue
			}
			e, _ := x.view.Envelope(span.Pos)
			cells := map[string]string{
				"measure": span.ID, "state": state, "privileges": spaced(m.Privileges), "level": string(m.Level), "ground": m.Ground,
				"authority": e.Authority, "effective": x.when(e.Effective),
			}
			if span.To != timeline.Never {
				cells["until"] = x.date(span.To)
			}
			cells["params"], cells["scope"] = inside(e, "params"), inside(e, "scope")
			x.add(cells)
		}
	}
}

// inside is a part of an event's payload as JSON, or "".
func inside(e domain.Envelope, key string) string {
	data, err := codec.Encode(e)
	var stored struct {
		Payload struct {
			Body   map[string]json.RawMessage `json:"body"`
			Params json.RawMessage            `json:"params"`
			Scope  json.RawMessage            `json:"scope"`
		} `json:"payload"`
	}
	if err != nil || json.Unmarshal(data, &stored) != nil {
		return ""
	}
	if part, corrected := stored.Payload.Body[key]; corrected {
		return string(part)
	}
	if key == "params" {
		return string(stored.Payload.Params)
	}
	return string(stored.Payload.Scope)
}

func (x *export) vehicles() {
	for _, id := range x.view.Subjects(domain.KindVehicle) {
		cells := map[string]string{}
		for _, s := range x.standing(domain.Of(domain.KindVehicle, id)) {
			switch e := s.body.(type) {
			case domain.VehicleRecorded:
				cells["vehicle"], cells["kind"], cells["description"] = id, string(e.Kind), e.Description
				if e.Leased {
					cells["leased"] = "true"
				}
				cells["owner"], cells["effective"] = ownerOf(e.Owner, e.OwnerMission), x.when(s.Effective)
			case domain.VehicleTransferred:
				cells["owner"], cells["effective"] = ownerOf(e.Owner, e.OwnerMission), x.when(s.Effective)
			case domain.VehicleDisposed:
				delete(cells, "vehicle")
			case domain.InsuranceRecorded:
				for name, limit := range map[string]domain.Cents{"combined": e.Combined, "per_person": e.PerPerson, "per_accident": e.PerAccident, "property": e.Property} {
					cells[name] = dollars(limit)
				}
				cells["insurer"], cells["insured"], cells["insured_until"] = e.Insurer, x.when(s.Effective), x.when(e.Until)
			case domain.InsuranceLapsed:
				for _, name := range []string{"combined", "per_person", "per_accident", "property", "insurer", "insured", "insured_until"} {
					delete(cells, name)
				}
			default:
				// plates, liens and tickets are other lists' matter
			}
		}
		if cells["vehicle"] != "" {
			x.add(cells)
		}
	}
}

func ownerOf(member domain.MemberID, mission domain.MissionID) string {
	if mission != "" {
		return domain.Mission(mission).String()
	}
	return string(member)
}

// dollars writes an amount as a list has it: nothing for none.
func dollars(c domain.Cents) string {
	if c == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", c/100, c%100)
}

func (x *export) tickets() {
	for _, id := range x.view.Subjects(domain.KindVehicle) {
		for _, span := range x.view.Tickets(domain.VehicleID(id)) {
			issued, ok := span.Event.(domain.TicketIssued)
			if !ok || span.From > x.at {
				continue
			}
			e, _ := x.view.Envelope(span.Pos)
			cells := map[string]string{"vehicle": id, "place": string(issued.Place), "number": issued.Number, "date": x.when(e.Effective)}
			if span.To <= x.at {
				cells["cleared"] = x.date(span.To)
			}
			x.add(cells)
		}
	}
}

func (x *export) violations() {
	for _, of := range x.view.Violators() {
		who := of.ID
		if of.Kind == domain.KindMission {
			who = of.String()
		}
		for _, v := range x.view.Violations(of) {
			if timeline.Of(v.When.At) > x.at {
				continue
			}
			cells := map[string]string{
				"member": who, "offence": string(v.Event.Offence), "citation": v.Event.Citation, "date": x.when(v.When), "place": v.Event.Place,
				"vehicle": string(v.Event.Vehicle), "matter": string(v.Event.Matter),
			}
			if v.Event.Points != 0 {
				cells["points"] = strconv.Itoa(v.Event.Points)
			}
			x.add(cells)
		}
	}
}

func (x *export) cards() {
	for _, id := range x.view.Subjects(domain.KindCard) {
		cells := map[string]string{}
		for _, s := range x.standing(domain.Of(domain.KindCard, id)) {
			switch e := s.body.(type) {
			case domain.CardIssued:
				cells = map[string]string{
					"card": id, "kind": string(e.Kind), "holder": string(e.Holder), "mission": string(e.Mission), "border": e.Border, "design": string(e.Design),
					"status": "held", "effective": x.when(s.Effective), "until": x.when(e.Until),
				}
				if !e.Until.At.IsZero() && timeline.Of(e.Until.At) <= x.at {
					cells["status"] = "expired"
				}
			case domain.CardRecalled:
				cells["status"] = "recalled"
			case domain.CardReturned:
				cells["status"] = "returned"
			default:
				// nothing else is about a card
			}
		}
		if cells["card"] != "" {
			x.add(cells)
		}
	}
}

func (x *export) requests() {
	for _, id := range x.view.Requests() {
		f, filed := x.view.Filing(id, x.at, x.law)
		if !filed {
			continue
		}
		cells := map[string]string{
			"request": string(id), "kind": string(f.Kind), "applicant": string(f.Applicant), "mission": string(f.Mission), "members": spaced(f.Members),
			"privileges": spaced(f.Privileges), "object": f.Object, "status": string(f.State), "filed": x.when(f.Filed), "due_by": f.DueBy,
			"from": x.when(f.From), "until": x.when(f.Until), "place": f.Place, "amount": dollars(f.Amount), "description": f.Description,
		}
		if f.Due != timeline.Never {
			cells["due"] = x.date(f.Due)
		}
		x.add(cells)
	}
}

func (x *export) rates() {
	for _, id := range x.view.Subjects(domain.KindRate) {
		var cells map[string]string
		for _, s := range x.standing(domain.Of(domain.KindRate, id)) {
			if rate, ok := s.body.(domain.RateRecorded); ok {
				cells = map[string]string{"currency": strings.ToUpper(id), "dollars": rate.Dollars, "date": x.when(s.Effective), "source": rate.Source}
			}
		}
		if cells != nil {
			x.add(cells)
		}
	}
}

func spaced[T ~string](of []T) string {
	out := make([]string, len(of))
	for i, one := range of {
		out[i] = string(one)
	}
	return strings.Join(out, " ")
}
