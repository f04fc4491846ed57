package facts_test

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// The specification of clearance, in the fewest words: for each request the
// last filing, all that was done after it, and what follows.

// clearance says what the latest filed request that serves comes to at q.At, and
// which it is; "" if none serves.
func (n *naive) clearance(q facts.Asked, law facts.Law) (string, domain.RequestID) {
	var latest fact
	said, id := "", domain.RequestID("")
	for _, f := range n.facts { // by rank: the last that serves is the latest filed
		filed, ok := f.event.(domain.RequestFiled)
		if !ok || f.at() > q.At || n.refiled(f, q.At) {
			continue
		}
		clock, _ := law.Clock(filed.Kind, f.at())
		done := n.handled(f, q.At)
		if !covers(filed, clock, q) || slices.ContainsFunc(done, func(d fact) bool { return d.event.Type() == "request.withdrawn" }) {
			continue
		}
		latest, id = f, domain.RequestID(f.about.ID)
		said = n.cleared(latest, clock, done, q.At)
	}
	return said, id
}

func (n *naive) refiled(f fact, t instant) bool {
	all := n.filings(f.about)
	i := slices.IndexFunc(all, func(o fact) bool { return o.pos == f.pos })
	return i+1 < len(all) && all[i+1].at() <= t
}

func (n *naive) filings(of domain.Subject) (out []fact) {
	for _, f := range n.of(of) {
		if _, filed := f.event.(domain.RequestFiled); filed {
			out = append(out, f)
		}
	}
	return out
}

// handled is what was done about a filing by t. With a single filing, that is all
// that was done.
func (n *naive) handled(f fact, t instant) (out []fact) {
	first := n.filings(f.about)[0].pos == f.pos
	after := false
	for _, o := range n.of(f.about) {
		if o.pos == f.pos {
			after = true
			continue
		}
		if _, filed := o.event.(domain.RequestFiled); !filed && (after || first) && o.at() <= t {
			out = append(out, o)
		}
	}
	return out
}

func covers(filed domain.RequestFiled, clock domain.ClockLaw, q facts.Asked) bool {
	about := filed.Privileges
	if len(about) == 0 {
		about = clock.Privileges
	}
	who := q.Subject == domain.Mission(filed.Mission) || q.Subject == domain.Member(filed.Applicant)
	for _, m := range filed.Members {
		who = who || q.Subject == domain.Member(m)
	}
	inside := (filed.From.At.IsZero() || timeline.Of(filed.From.At) <= q.At) && (filed.Until.At.IsZero() || q.At < timeline.Of(filed.Until.At))
	return who && inside && slices.Contains(about, q.Privilege) &&
		(filed.Object == "" || filed.Object == q.Object || q.Object == "" || q.Object == "none")
}

func (n *naive) cleared(f fact, clock domain.ClockLaw, done []fact, t instant) string {
	end := timeline.Never
	date, local := f.when.Date, must(calendar.LoadZone(f.when.Zone))
	if clock.Days+clock.Months > 0 {
		end = timeline.Of(local.Midnight(date.AddMonths(clock.Months).AddDays(clock.Days)))
	}
	said := ""
	for _, d := range done {
		switch e := d.event.(type) {
		case domain.RequestAcknowledged:
			if shorter := timeline.Of(local.Midnight(date.AddDays(e.Days))); e.Days > 0 && end != timeline.Never && shorter < end {
				end = shorter
			}
		case domain.RequestApproved:
			said = "approved"
			if !e.Until.At.IsZero() && timeline.Of(e.Until.At) <= t {
				said = "none"
			}
		case domain.RequestDisapproved:
			if !clock.Free || d.at() < end {
				said = "refused"
			}
		}
	}
	switch {
	case said != "":
		return said
	case end == timeline.Never:
		return "noticed"
	case t >= end && clock.Free:
		return "free"
	default:
		return "waiting"
	}
}
