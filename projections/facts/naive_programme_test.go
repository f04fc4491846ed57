package facts_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// This file specifies what the programmes of the Office hold, in the manner of
// naive_test.go: by comparing dates, and by reading the bare list of events
// from one end to the other.

func (n *naive) date(f fact) calendar.Date {
	if f.when.HasDate {
		return f.when.Date
	}
	return n.zone.DateOf(f.when.At)
}

func (n *naive) day(t instant) calendar.Date { return n.zone.DateOf(t.Time()) }

// closes reports whether by t something live of the sort names f.
func (n *naive) closes(f fact, t instant, what domain.Event) bool {
	for _, g := range n.of(f.about) {
		if g.event.Type() == what.Type() && n.names(g, f) && g.at() <= t {
			return true
		}
	}
	return false
}

func (n *naive) names(g, f fact) bool {
	root, points := n.roots[g.target]
	return points && root == f.root
}

// points counts each violation while max(D, K) <= date < D + months.
func (n *naive) points(s domain.Subject, months int, t instant) (sum int) {
	count := func(own calendar.Date, learned time.Time, points int) {
		today, from := n.day(t), own
		if k := n.zone.DateOf(learned); k.After(from) {
			from = k
		}
		if !today.Before(from) && today.Before(own.AddMonths(months)) {
			sum += points
		}
	}
	for _, f := range n.of(s) {
		v, ok := f.event.(domain.ViolationRecorded)
		if !ok {
			continue
		}
		count(n.date(f), f.learned, v.Points)
		for _, g := range n.of(s) {
			if a, ok := g.event.(domain.PointsAssessed); ok && n.names(g, f) {
				count(n.date(f), g.learned, a.Points)
			}
		}
	}
	return sum
}

func (n *naive) owner(vehicle domain.Subject, t instant) (owner string) {
	for _, f := range n.of(vehicle) {
		if f.at() > t {
			continue
		}
		name := func(member domain.MemberID, mission domain.MissionID) {
			owner = "mission/" + string(mission)
			if member != "" {
				owner = "member/" + string(member)
			}
		}
		switch e := f.event.(type) {
		case domain.VehicleRecorded:
			name(e.Owner, e.OwnerMission)
		case domain.VehicleTransferred:
			name(e.Owner, e.OwnerMission)
		case domain.VehicleDisposed:
			owner = ""
		}
	}
	return owner
}

// overdue counts the tickets that are not cleared while date > D + N.
func (n *naive) overdue(of domain.Subject, law domain.FactSource, t instant) (count int) {
	for _, f := range n.facts {
		ticket, ok := f.event.(domain.TicketIssued)
		if !ok || string(ticket.Place) != law.Attr || n.closes(f, t, domain.TicketCleared{}) {
			continue
		}
		theirs := f.about == of || n.owner(f.about, f.at()) == of.String()
		if theirs && n.day(t).After(n.date(f).AddMonths(law.Months).AddDays(law.Days)) {
			count++
		}
	}
	return count
}

func (n *naive) license(s domain.Subject, t instant) string {
	state := "none"
	for _, f := range n.of(s) {
		if f.at() > t || n.closes(f, t, domain.LicenseReinstated{}) {
			continue
		}
		switch e := f.event.(type) {
		case domain.LicenseRevoked:
			return "revoked"
		case domain.LicenseSuspended:
			zone := n.zone
			if f.when.Zone != "" {
				zone = must(calendar.LoadZone(f.when.Zone))
			}
			first := zone.DateOf(f.when.At)
			if f.when.HasDate {
				first = f.when.Date
			}
			switch {
			case !e.Term.Until.At.IsZero():
				if t >= timeline.Of(e.Term.Until.At) {
					continue
				}
			case e.Term.Days+e.Term.Months > 0:
				if t >= timeline.Of(zone.Midnight(first.AddMonths(e.Term.Months).AddDays(e.Term.Days))) {
					continue
				}
			}
			state = "suspended"
		}
	}
	return state
}

func (n *naive) insurance(s domain.Subject, t instant) string {
	state := "none"
	for _, f := range n.of(s) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.InsuranceRecorded:
			state = fmt.Sprintf("in_force %d %d", e.Combined, e.PerPerson)
			if ended(e.Until, t) {
				state = "lapsed 0 0"
			}
		case domain.InsuranceLapsed:
			state = "lapsed 0 0"
		}
	}
	return state
}

// vehicle says whether it is known or disposed of, whose it is, whether it is registered, and
// what became of its plates.
func (n *naive) vehicle(s domain.Subject, t instant) string {
	recorded, known, registered, plates := false, false, false, "none"
	for _, f := range n.of(s) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.VehicleRecorded:
			recorded, known = true, known || !n.disposed(f, t, domain.VehicleDisposed{})
		case domain.VehicleRegistered:
			registered = registered || !ended(e.Until, t) && !n.disposed(f, t, domain.VehicleDisposed{})
			plates = "held"
			if ended(e.Until, t) {
				plates = "expired"
			}
		case domain.PlatesRecalled:
			plates = "recalled"
		case domain.PlatesSurrendered:
			plates = "returned"
		}
	}
	return fmt.Sprint(known, recorded && !known, registered, plates, n.owner(s, t))
}

// disposed reports whether by t something of the sort ended what f began: what
// had been recorded by then, and what had begun by then.
func (n *naive) disposed(f fact, t instant, what domain.Event) bool {
	for _, g := range n.of(f.about) {
		if g.event.Type() == what.Type() && g.at() <= t && (g.root > f.root || g.at() >= f.at()) {
			return true
		}
	}
	return false
}

func (n *naive) withheld(s domain.Subject, t instant) bool {
	return slices.ContainsFunc(n.of(s), func(f fact) bool {
		_, ok := f.event.(domain.RegistrationWithheld)
		return ok && f.at() <= t && !n.closes(f, t, domain.RegistrationReleased{})
	})
}

func (n *naive) charges(s domain.Subject, t instant) (fees, duties domain.Cents) {
	for _, f := range n.of(s) {
		if f.at() > t || n.closes(f, t, domain.ChargeSettled{}) {
			continue
		}
		switch e := f.event.(type) {
		case domain.FeeImposed:
			fees += e.Amount
		case domain.DutyAssessed:
			duties += e.Amount
		}
	}
	return fees, duties
}

func (n *naive) installation(s domain.Subject, t instant) bool {
	return slices.ContainsFunc(n.of(s), func(f fact) bool {
		use, ok := f.event.(domain.BenefitUsed)
		return ok && use.FirstInstallation && f.at() < t
	})
}

// property says of which mission it is, and whether its use is forgone.
func (n *naive) property(s domain.Subject, t instant) (mission domain.MissionID, forgone bool) {
	for _, f := range n.of(s) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.PropertyRecorded:
			if !n.disposed(f, t, domain.PropertyDisposed{}) {
				mission = e.Mission
			}
		case domain.PropertyUseForgone:
			forgone = true
		case domain.PropertyUseRestored:
			forgone = false
		}
	}
	return mission, forgone
}

func (n *naive) premises(id domain.MissionID, t instant) string {
	var uses []bool
	for _, property := range properties {
		if mission, forgone := n.property(domain.Of(domain.KindProperty, property), t); mission == id {
			uses = append(uses, forgone)
		}
	}
	switch {
	case len(uses) == 0:
		return "none"
	case !slices.Contains(uses, true):
		return "in_use"
	case !slices.Contains(uses, false):
		return "forgone"
	default:
		return "mixed"
	}
}

// custody goes back from t, change by change, as long as the mission did not work.
func (n *naive) custody(id domain.MissionID, months int, t instant) bool {
	out := func(x instant) bool {
		status, _ := n.missionStatus(id, x)
		return slices.Contains([]string{"suspended", "closed", "in_custody"}, status)
	}
	if !out(t) {
		return false
	}
	began := timeline.Never
	for _, x := range slices.Backward(n.edges) {
		if x > t {
			continue
		}
		if !out(x) {
			break
		}
		began = x
	}
	_, by := n.missionStatus(id, began)
	w := by.when
	if e, ok := by.event.(domain.ClosureOrdered); ok && timeline.Of(e.Deadline.At) == began {
		w = e.Deadline
	}
	zone := n.zone
	if n.opened(id).Zone != "" {
		zone = must(calendar.LoadZone(n.opened(id).Zone))
	}
	if w.Zone != "" {
		zone = must(calendar.LoadZone(w.Zone))
	}
	date := zone.DateOf(w.At)
	if w.HasDate {
		date = w.Date
	}
	return t >= timeline.Of(zone.Midnight(date.AddMonths(months)))
}

// threshold multiplies and rounds with whole numbers.
func (n *naive) threshold(params domain.Params, from, t instant) string {
	amount, currency := params["amount"], strings.ToLower(params["currency"].Text())
	switch {
	case amount.IsZero():
		return "missing nothing"
	case currency == "", currency == "usd":
		return amount.String()
	case params["conversion"].Text() != "floating":
		t = from
	}
	rate := ""
	for _, f := range n.of(domain.Of(domain.KindRate, currency)) {
		if e, ok := f.event.(domain.RateRecorded); ok && f.at() <= t {
			rate = e.Dollars
		}
	}
	if rate == "" {
		return "missing rate/" + currency
	}
	whole, fraction, _ := strings.Cut(rate, ".")
	product := new(big.Int)
	product.SetString(whole+fraction, 10)
	product.Mul(product, big.NewInt(amount.Int()))
	unit := int64(1)
	for range fraction {
		unit *= 10
	}
	cents, rest := new(big.Int).QuoRem(product, big.NewInt(unit), new(big.Int))
	if 2*rest.Int64() >= unit {
		cents.Add(cents, big.NewInt(1))
	}
	return cents.String()
}

// used sums over the dates that share the period with t.
func (n *naive) used(params domain.Params, q facts.Asked) string {
	per := func(d calendar.Date) string {
		switch params["per"].Text() {
		case "day":
			return d.String()
		case "month":
			return fmt.Sprint(d.Year, int(d.Month))
		case "quarter":
			return fmt.Sprint(d.Year, (d.Month-1)/3)
		case "half_year":
			return fmt.Sprint(d.Year, d.Month >= time.July)
		default:
			return fmt.Sprint(d.Year)
		}
	}
	if params["per"].IsZero() {
		return "missing measure.per"
	}
	sum := 0
	for _, f := range n.of(q.Subject) {
		use, ok := f.event.(domain.BenefitUsed)
		if !ok || f.at() > q.At || use.Privilege != q.Privilege || per(n.date(f)) != per(n.day(q.At)) {
			continue
		}
		if q.Object != "" && q.Object == use.Object {
			continue
		}
		if goods := params["goods"].List(); len(goods) > 0 && !slices.Contains(goods, use.Goods) {
			continue
		}
		if unit := params["unit"].Text(); unit != "" && use.Unit != "" && use.Unit != unit {
			continue
		}
		sum += use.Quantity
	}
	return fmt.Sprint(sum)
}

func (n *naive) protection(s domain.Subject, t instant) string {
	threat, kinds := "", []string{}
	for _, f := range n.of(s) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.ThreatAssessed:
			if !ended(e.Until, t) {
				threat = string(e.Level)
			}
		case domain.ProtectionAssigned:
			if !ended(e.Until, t) && !n.closes(f, t, domain.ProtectionEnded{}) && !slices.Contains(kinds, string(e.Kind)) {
				kinds = append(kinds, string(e.Kind))
			}
		}
	}
	slices.Sort(kinds)
	return fmt.Sprint(threat, kinds)
}

// programme renders all of it at t, in the order in which programme of the
// property test reads it.
func (n *naive) programme(t instant) []string {
	var out []string
	say := func(what string, about any, said ...any) {
		out = append(out, fmt.Sprintf("%s of %v: %v", what, about, said))
	}
	both := []domain.Subject{domain.Member(people[0]), domain.Member(people[1]), domain.Mission("embassy"), domain.Mission("post")}
	for _, s := range both {
		for _, law := range sources {
			switch law.Constructor {
			case "points":
				say("points", s, n.points(s, law.Months, t))
			case "overdue":
				say("overdue", s, n.overdue(s, law, t))
			case "custody":
				if s.Kind == domain.KindMission {
					say("custody", s, n.custody(domain.MissionID(s.ID), law.Months, t))
				}
			}
		}
		fees, duties := n.charges(s, t)
		say("license, withheld, charges, installation", s, n.license(s, t), n.withheld(s, t), fees, duties, n.installation(s, t))
		if s.Kind == domain.KindMission {
			say("premises", s, n.premises(domain.MissionID(s.ID), t))
		}
		say("protection", s, n.protection(s, t))
	}
	for _, id := range vehicles {
		s := domain.Of(domain.KindVehicle, id)
		recorded := slices.ContainsFunc(n.of(s), func(f fact) bool {
			_, ok := f.event.(domain.VehicleRecorded)
			return ok && f.at() <= t
		})
		if recorded {
			say("vehicle", s, n.vehicle(s, t), n.insurance(s, t))
		} else {
			say("vehicle", s, false)
		}
		for _, law := range sources {
			if law.Constructor == "overdue" {
				say("overdue", s, n.overdue(s, law, t))
			}
		}
	}
	for _, id := range properties {
		s := domain.Of(domain.KindProperty, id)
		mission, forgone := n.property(s, t)
		say("property", s, mission != "", mission, forgone, n.protection(s, t))
	}
	for _, f := range n.facts {
		m, ok := f.event.(domain.MeasureDetermined)
		if !ok || m.State != "arandia" || !slices.Contains(bounds, domain.MeasureID(f.about.ID)) || ended(m.Until, f.at()) {
			continue
		}
		say("threshold", f.about, f.pos, n.threshold(m.Params, f.at(), t))
		for _, s := range both[1:3] {
			for _, object := range []string{"", "s1"} {
				say("used", f.about, f.pos, s, object, n.used(m.Params, facts.Asked{Subject: s, Privilege: "customs.personal", Object: object, At: t}))
			}
		}
	}
	return out
}
