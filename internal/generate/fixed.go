package generate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
)

// A deed is what a State does, or what is done to it, on a day. How many events
// it has is known beforehand.
type deed struct {
	day    int
	events int
	tell   func(*telling)
}

// tellFixed records the deeds of today.
func (t *telling) tellFixed() {
	for ; t.deed < len(t.fixed) && t.fixed[t.deed].day == t.today; t.deed++ {
		t.fixed[t.deed].tell(t)
	}
}

// settle plans the deeds.
func (o *Office) settle() {
	d := newDice(o.Seed, streamWorld+1<<32)
	for i := range o.states {
		o.register(d, i)
		if !o.states[i].entity {
			o.reciprocate(d, i)
			o.agree(d, i)
		}
	}
	for _, i := range o.severed {
		o.sever(i)
	}
	for i := range o.missions {
		o.close(d, i)
	}
	o.recordRates(d)
	slices.SortStableFunc(o.fixed, func(a, b deed) int { return cmp.Compare(a.day, b.day) })
}

// plan adds a deed, if its day comes.
func (o *Office) plan(day, events int, tell func(*telling)) {
	if day < o.days.count {
		o.fixed = append(o.fixed, deed{o.days.office(day), events, tell})
	}
}

// register enters a State and its missions, and what they own and lease.
func (o *Office) register(d *dice, i int) {
	s := &o.states[i]
	since := -d.between(400, 2100)
	var first []int
	for _, m := range s.missions {
		if o.missions[m].opens == 0 {
			first = append(first, m)
			continue
		}
		o.plan(o.missions[m].opens, 1, func(t *telling) { t.tell(t.opened(m, t.today)) })
	}
	o.plan(0, 1+len(first), func(t *telling) {
		t.tell(t.about(domain.State(s.id), since, domain.StateRegistered{Name: s.name}))
		for _, m := range first {
			t.join(t.opened(m, since+30))
		}
	})
	use := map[domain.MissionKind]domain.PropertyUse{"embassy": "chancery", "consular_post": "consulate"}
	for _, m := range first {
		if kind := use[o.missions[m].kind]; kind != "" {
			tenure, number := pick(d, []domain.Tenure{"owned", "leased"}), d.between(100, 4000)
			o.plan(0, 1, func(t *telling) {
				t.tell(t.about(domain.Of(domain.KindProperty, o.missions[m].id+"-offices"), since+30, domain.PropertyRecorded{
					Mission: o.missions[m].id, Use: kind, Tenure: tenure, Address: fmt.Sprintf("%d Harbour Street", number),
				}))
			})
		}
	}
}

func (t *telling) opened(m, day int) domain.Envelope {
	at := &t.missions[m]
	e := t.about(domain.Mission(at.id), day, domain.MissionOpened{State: t.states[at.state].id, Kind: at.kind, City: at.city, Zone: zoneNames[at.zone]})
	e.Effective = t.days.on(at.zone, day)
	return e
}

// A treatment is a level at which privileges are extended.
type treatment struct {
	name       string
	privileges []domain.Privilege
	level      domain.Level
	params     func(o *Office, d *dice) domain.Params
	scope      domain.Scope
}

func none(*Office, *dice) domain.Params { return nil }

// treatments are those that States practise, and that the office answers with.
// None reaches below a floor that is hard.
var treatments = []lot[treatment]{
	{30, treatment{"tax", []domain.Privilege{"tax.sales", "tax.meals", "tax.lodging"}, "minimum_purchase", minimum, domain.Scope{}}},
	{12, treatment{"hotels", []domain.Privilege{"tax.lodging"}, "withdrawn", none, domain.Scope{}}},
	{10, treatment{"goods", []domain.Privilege{"tax.sales"}, "excluded_categories", func(_ *Office, d *dice) domain.Params {
		return domain.Params{"goods": domain.List([]string{pick(d, []string{"alcohol", "tobacco", "jewelry", "furniture"})})}
	}, domain.Scope{}}},
	{12, treatment{"travel", []domain.Privilege{"travel.move"}, "notification", leash, bilateral}},
	{6, treatment{"approval", []domain.Privilege{"travel.move"}, "approval", leash, bilateral}},
	{10, treatment{"vehicles", []domain.Privilege{"tax.vehicle"}, "fee_charged", func(_ *Office, d *dice) domain.Params {
		return domain.Params{"amount": domain.Int(int64(d.between(5, 60) * 1000))}
	}, domain.Scope{}}},
	{10, treatment{"imports", []domain.Privilege{"customs.personal"}, "withdrawn", none, domain.Scope{}}},
	{10, treatment{"fuel", []domain.Privilege{"tax.fuel"}, "full", none, domain.Scope{}}},
}

var bilateral = domain.Scope{MissionKinds: []domain.MissionKind{"embassy", "consular_post"}}

// minimum is a minimum purchase, at times in a currency of which rates are recorded.
func minimum(o *Office, d *dice) domain.Params {
	p := domain.Params{"amount": domain.Int(int64(d.between(3, 80) * 1000))}
	if d.chance(25) {
		p["currency"] = domain.Text(upper(currencies[d.below(o.rates())]))
	}
	return p
}

func leash(_ *Office, d *dice) domain.Params {
	return domain.Params{"radius": domain.Int(int64(pick(d, []int{25, 25, 25, 40}))), "lead": domain.Int(int64(d.between(2, 5)))}
}

// reciprocate plans how a State treats us, and how the office answers.
func (o *Office) reciprocate(d *dice, i int) {
	state := o.states[i].id
	for n := 1; n <= 3 && d.chance(45); n++ {
		how := draw(d, treatments)
		params := how.params(o, d)
		seen := d.below(o.days.count)
		source := fmt.Sprintf("report %d", d.between(1, 400))
		o.plan(seen, 1, func(t *telling) {
			e := t.about(domain.State(state), t.today-20, domain.PracticeObserved{Privileges: how.privileges, Level: how.level, Params: params, Source: source})
			t.mayRevise(t.tell(e), e)
		})
		if !d.chance(75) {
			continue
		}
		id := domain.MeasureID(fmt.Sprintf("%s-%s-%d", state, how.name, n))
		day := seen + d.between(20, 200)
		o.determine(day, state, id, how, params, source, nil)
		switch {
		case d.chance(30): // the practice changes, and so does the answer
			params = how.params(o, d)
			next := id + "-2"
			o.determine(day+d.between(200, 900), state, next, how, params, source, []domain.MeasureID{id})
		case d.chance(40):
			o.plan(day+d.between(200, 1500), 1, func(t *telling) {
				t.tell(t.ordered("determination", domain.Of(domain.KindMeasure, id), t.today+10, domain.MeasureLifted{}))
			})
		}
	}
}

// determine plans a measure that answers a practice.
func (o *Office) determine(day int, state domain.StateID, id domain.MeasureID, how treatment, params domain.Params, source string, replaces []domain.MeasureID) {
	o.plan(day, 1, func(t *telling) {
		t.tell(t.ordered("determination", domain.Of(domain.KindMeasure, id), t.today+20, domain.MeasureDetermined{
			State: state, Privileges: how.privileges, Level: how.level, Params: params, Scope: how.scope, Ground: "reciprocity",
			Observed: &domain.Observation{Level: how.level, Params: params, Source: source}, Replaces: replaces,
		}))
	})
}

// agree plans the agreements of a State.
func (o *Office) agree(d *dice, i int) {
	if !d.chance(12) {
		return
	}
	id, day := o.states[i].id+"-agreement", d.below(o.days.count)
	subject := domain.Of(domain.KindAgreement, id)
	agreed := domain.AgreementConcluded{
		States: []domain.StateID{o.states[i].id}, MissionKinds: []domain.MissionKind{"embassy"},
		NationalsOnly: true, ExcludedStatuses: []domain.Status{"us_national", "lpr", "permanently_resident"}, Families: d.chance(50),
		KeepsAtEnd: d.chance(30),
	}
	if d.chance(50) {
		agreed.Categories, agreed.As = []domain.Category{"dip.at"}, "dip.agent"
	} else {
		agreed.Raises = map[domain.Privilege]domain.Outcome{"tax.fuel": domain.Allowed}
	}
	o.plan(day, 1, func(t *telling) { t.tell(t.ordered("agreement", subject, t.today-30, agreed)) })
	if d.chance(25) {
		o.plan(day+d.between(400, 2000), 1, func(t *telling) { t.tell(t.about(subject, t.today+90, domain.AgreementTerminated{})) })
	}
}

// sever plans that relations are broken off, and perhaps mended.
func (o *Office) sever(i int) {
	embassy := &o.missions[o.states[i].missions[0]]
	change := func(day int, to domain.Relations, period domain.Period) {
		o.plan(day, 1, func(t *telling) {
			e := t.about(domain.State(o.states[i].id), min(day, t.today), domain.RelationsChanged{Relations: to, Period: period})
			t.tell(e)
		})
	}
	change(embassy.closes, "severed", domain.Period{Days: 7})
	change(embassy.closes+900, "normal", domain.Period{})
}

// close plans the closing of a post that has to close.
func (o *Office) close(d *dice, i int) {
	m := &o.missions[i]
	if m.kind != "consular_post" || m.closes == never || slices.Contains(o.severed, m.state) {
		return
	}
	if d.chance(50) {
		o.plan(m.closes-5, 1, func(t *telling) {
			e := t.ordered("note", domain.Mission(m.id), m.closes-6, domain.ClosureOrdered{Deadline: t.days.on(m.zone, m.closes), Period: domain.Period{Days: 30}})
			t.tell(e)
		})
		return
	}
	o.plan(m.closes, 1, func(t *telling) {
		e := t.about(domain.Mission(m.id), m.closes, domain.MissionClosed{})
		e.Effective = t.days.on(m.zone, m.closes)
		t.tell(e)
	})
}

// rates is of how many currencies rates are recorded.
func (o *Office) rates() int { return min(max(o.Events/8000, 1), len(currencies)) }

// recordRates plans a rate for every currency and month.
func (o *Office) recordRates(d *dice) {
	for _, currency := range currencies[:o.rates()] {
		rate := d.between(2_000, 40_000) // in ten-thousandths of a dollar
		for month := 0; ; month++ {
			day := o.days.first.AddMonths(month).DaysSince(o.days.first)
			if day >= o.days.count {
				break
			}
			rate = max(rate+rate*d.between(-30, 30)/1000, 100)
			text := fmt.Sprintf("%d.%04d", rate/10_000, rate%10_000)
			o.plan(day, 1, func(t *telling) {
				e := t.about(domain.Of(domain.KindRate, currency), day, domain.RateRecorded{Dollars: text, Source: "monthly table"})
				t.mayRevise(t.tell(e), e)
			})
		}
	}
}
