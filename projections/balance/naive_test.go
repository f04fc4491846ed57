package balance_test

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/projections/timeline"
)

// naive is the ledger in the fewest words: a plain list of what was recorded,
// read through for every question, and days counted one by one. Whom a measure
// reaches it finds out by trying everybody.
type naive struct{ log []domain.Envelope }

// live reports whether what was recorded at a position counts.
func (n naive) live(pos int) bool {
	for i, e := range n.log {
		if e.Target == n.log[pos].ID && acts(e) && n.stands(i) {
			return false
		}
	}
	return true
}

func acts(e domain.Envelope) bool {
	_, retracts := e.Event.(domain.EventRetracted)
	return retracts || corrects(e)
}

func corrects(e domain.Envelope) bool {
	_, yes := e.Event.(domain.EventCorrected)
	return yes
}

// stands reports whether an act still acts: it is live, or a correction took the
// place of the correction that it is, and stands.
func (n naive) stands(pos int) bool {
	for i, e := range n.log {
		if corrects(e) && corrects(n.log[pos]) && e.Target == n.log[pos].ID && n.stands(i) {
			return true
		}
	}
	return n.live(pos)
}

func (n naive) root(pos int) int {
	if !corrects(n.log[pos]) {
		return pos
	}
	return n.root(slices.IndexFunc(n.log, func(e domain.Envelope) bool { return e.ID == n.log[pos].Target }))
}

func said(e domain.Envelope) domain.Event {
	if c, corrects := e.Event.(domain.EventCorrected); corrects {
		return c.Body
	}
	return e.Event
}

// practice is what was observed last by a day.
func (n naive) practice(state domain.StateID, p domain.Privilege, at int) *balance.Practice {
	var out *balance.Practice
	var root int
	for pos, e := range n.log {
		since := timeline.Of(e.Effective.At)
		if !n.live(pos) || since > day(at) {
			continue
		}
		var found domain.Observation
		switch said := said(e).(type) {
		case domain.PracticeObserved:
			if e.Subject.ID != string(state) || !slices.Contains(said.Privileges, p) {
				continue
			}
			found = domain.Observation{Level: said.Level, Params: said.Params, Source: said.Source}
		case domain.MeasureDetermined:
			if said.State != state || !slices.Contains(said.Privileges, p) || said.Observed == nil {
				continue
			}
			found = *said.Observed
		default:
			continue
		}
		if out == nil || cmp.Or(cmp.Compare(since, out.Since), cmp.Compare(n.root(pos), root), cmp.Compare(pos, int(out.Pos))) > 0 {
			out, root = &balance.Practice{Observation: found, Since: since, Pos: domain.Position(pos)}, n.root(pos)
		}
	}
	return out
}

func (n naive) cell(state domain.StateID, p domain.Privilege, at int) balance.Cell {
	c := n.content(state, p, at)
	if c.Unanswered { // since the first of the days before without a break
		since := at
		for since > -1 && n.content(state, p, since-1).Unanswered {
			since--
		}
		c.UnansweredSince = day(since)
	}
	return c
}

func (n naive) content(state domain.StateID, p domain.Privilege, at int) balance.Cell {
	c := balance.Cell{State: state, Privilege: p, Practice: n.practice(state, p, at)}
	answered := false
	for _, m := range n.measures(state) {
		if m.from > day(at) || !slices.Contains(m.said.Privileges, p) || m.to <= day(at) {
			continue
		}
		one := balance.Measure{
			ID: domain.MeasureID(m.id), Level: m.said.Level, Params: m.said.Params, Scope: m.said.Scope, Stated: m.said.Ground,
			Authority: n.log[m.pos].Authority, Individual: len(m.said.Scope.Members) > 0, From: m.from, Pos: domain.Position(m.pos), Stop: m.stop,
			Basis: n.basis(m, p, at),
		}
		for _, part := range m.parts {
			if part.At <= day(at) {
				one.Parts = append(one.Parts, part)
			}
		}
		answered = answered || restricts(one.Level) && len(m.said.Scope.Members) == 0
		c.Measures = append(c.Measures, one)
	}
	rules, _ := statute{}.Rules(state, p, day(at))
	for _, r := range rules {
		r.Basis, answered = n.ruleBasis(state, p, at), true
		c.Rules = append(c.Rules, r)
	}
	c.Agreements = n.agreements(state, p, at)
	c.Unanswered = c.Practice != nil && restricts(c.Practice.Level) && !answered
	return c
}

func restricts(l domain.Level) bool {
	return l == "minimum_purchase" || l == "approval" || l == "withdrawn"
}

// kept reports whether the ledger has a line: something names the privilege at
// some time. An agreement that gives what another category has opens none.
func (n naive) kept(state domain.StateID, p domain.Privilege) bool {
	for at := range days + 1 {
		c := n.content(state, p, at)
		c.Agreements = slices.DeleteFunc(c.Agreements, func(a balance.Agreement) bool { return a.Outcome == "" })
		if !c.Empty() {
			return true
		}
	}
	return slices.ContainsFunc(n.measures(state), func(m *term) bool { return slices.Contains(m.said.Privileges, p) })
}

// A term is what was determined, for as long as it is in force for somebody.
type term struct {
	id       string
	pos      int
	root     int
	said     domain.MeasureDetermined
	from, to timeline.Instant
	stop     balance.Stop
	lifts    []balance.Part
	parts    []balance.Part
}

func (n naive) measures(state domain.StateID) []*term {
	var out []*term
	for pos, e := range n.log {
		m, ok := said(e).(domain.MeasureDetermined)
		if !ok || m.State != state || !n.live(pos) {
			continue
		}
		one := &term{id: e.Subject.ID, pos: pos, root: n.root(pos), said: m, from: timeline.Of(e.Effective.At), to: timeline.Never}
		if !m.Until.At.IsZero() {
			one.end(timeline.Of(m.Until.At), balance.Expired, 0)
		}
		n.eachLift(e.Subject, one.from, one.root, func(pos int, at timeline.Instant, said domain.Event) {
			lifted, ok := said.(domain.MeasureLifted)
			switch {
			case !ok:
			case lifted.Scope.IsZero():
				one.end(at, balance.Lifted, pos)
			default:
				one.lifts = append(one.lifts, balance.Part{At: at, How: balance.Lifted, Scope: lifted.Scope, By: domain.Position(pos)})
			}
		})
		if one.from < one.to {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b *term) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
	})
	for _, m := range out {
		for _, l := range m.lifts {
			l.At = max(l.At, m.from)
			m.part(l, func(domain.Reach) bool { return true })
		}
		for _, d := range out {
			if d.id == m.id || !slices.Contains(d.said.Replaces, domain.MeasureID(m.id)) {
				continue
			}
			begun := !slices.ContainsFunc(d.lifts, func(l balance.Part) bool { return l.At <= d.from })
			m.part(balance.Part{At: d.from, How: balance.Displaced, Scope: d.said.Scope, By: domain.Position(d.pos), Measure: domain.MeasureID(d.id)},
				func(domain.Reach) bool { return begun })
		}
		slices.SortStableFunc(m.parts, func(a, b balance.Part) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.By, b.By)) })
	}
	return out
}

// end ends it at the earliest of several instants.
func (m *term) end(at timeline.Instant, how balance.How, by int) {
	if at < m.to || at == m.to && m.stop.How == balance.Expired && how == balance.Lifted {
		m.to, m.stop = at, balance.Stop{At: at, How: how, By: domain.Position(by)}
	}
}

// part takes away what a scope covers. If nobody is left, it ends.
func (m *term) part(p balance.Part, reached func(domain.Reach) bool) {
	for _, r := range reaches() {
		if m.said.Scope.Covers(r) && !(p.Scope.Covers(r) && reached(r)) {
			p.At = max(p.At, m.from)
			m.parts = append(m.parts, p)
			return
		}
	}
	if p.At < m.to {
		m.to, m.stop = p.At, balance.Stop{At: p.At, How: p.How, By: p.By}
	}
}

// eachLift finds what ends a determination or an agreement without naming an event.
func (n naive) eachLift(of domain.Subject, from timeline.Instant, root int, do func(pos int, at timeline.Instant, said domain.Event)) {
	for pos, e := range n.log {
		at := timeline.Of(e.Effective.At)
		if e.Subject == of && n.live(pos) && !(from > at && root > n.root(pos)) {
			do(pos, at, said(e))
		}
	}
}

func (n naive) agreements(state domain.StateID, p domain.Privilege, at int) []balance.Agreement {
	type ranked struct {
		balance.Agreement
		root int
	}
	var found []ranked
	for pos, e := range n.log {
		a, ok := said(e).(domain.AgreementConcluded)
		if !ok || !slices.Contains(a.States, state) || !n.live(pos) {
			continue
		}
		one := &term{from: timeline.Of(e.Effective.At), to: timeline.Never}
		if !a.Until.At.IsZero() {
			one.end(timeline.Of(a.Until.At), balance.Expired, 0)
		}
		n.eachLift(e.Subject, one.from, n.root(pos), func(pos int, at timeline.Instant, said domain.Event) {
			if _, ends := said.(domain.AgreementTerminated); ends {
				one.end(at, balance.Lifted, pos)
			}
		})
		if one.stop.How == balance.Lifted {
			one.stop.How = balance.Terminated
		}
		if one.from > day(at) || day(at) >= one.to || a.As == "" && a.Raises[p] == "" {
			continue
		}
		found = append(found, ranked{balance.Agreement{
			ID: domain.AgreementID(e.Subject.ID), Outcome: a.Raises[p], As: a.As, From: one.from, Pos: domain.Position(pos), Stop: one.stop,
			Scope: domain.Scope{MissionKinds: a.MissionKinds, Categories: a.Categories, Family: &a.Families},
		}, n.root(pos)})
	}
	slices.SortFunc(found, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.root, b.root), cmp.Compare(a.Pos, b.Pos))
	})
	var out []balance.Agreement
	for _, f := range found {
		out = append(out, f.Agreement)
	}
	return out
}

func (n naive) basis(m *term, p domain.Privilege, at int) balance.Basis {
	needed, finding, _ := statute{}.Needs(p, m.from)
	if !restricts(m.said.Level) || len(m.said.Scope.Members) > 0 {
		return balance.Basis{Ground: balance.Unneeded}
	}
	if m.said.Finding() && m.said.Observed == nil && (finding || !needed) {
		return balance.Basis{Ground: balance.Finding}
	}
	var answered *balance.Practice
	start := daysAfter(m.from)
	if m.said.Observed != nil && restricts(m.said.Observed.Level) {
		answered = &balance.Practice{Observation: *m.said.Observed, Since: m.from, Pos: domain.Position(m.pos)}
	}
	for ; answered == nil && start <= at; start++ {
		if seen := n.practice(m.said.State, p, start); seen != nil && restricts(seen.Level) {
			answered = seen
			break
		}
	}
	if answered == nil {
		if !needed {
			return balance.Basis{Ground: balance.Unneeded}
		}
		return balance.Basis{Ground: balance.None}
	}
	b := balance.Basis{Ground: balance.Stands, Practice: answered}
	for d := start; d <= at; d++ {
		seen := n.practice(m.said.State, p, d)
		if seen.Level == answered.Level && amountOf(seen.Params) == amountOf(answered.Params) && overOf(seen.Params, seen.Since) == overOf(answered.Params, seen.Since) {
			b = balance.Basis{Ground: balance.Stands, Practice: answered}
			continue
		}
		lose(&b, becameOf(seen.Level), d, seen.Pos)
	}
	return b
}

// amountOf is 0 if none is stated: no amount is that.
func amountOf(p domain.Params) float64 {
	n, _ := strconv.ParseFloat(p["amount"].String(), 64)
	return n
}

// overOf reports whether only more than the amount is enough, which is meant since
// day 3 when nothing is said.
func overOf(p domain.Params, said timeline.Instant) bool {
	if how, stated := p["compare"]; stated {
		return how.Text() == "over"
	}
	return said >= day(3)
}

// lose says on a day that the ground is no more, and since when, in this way and
// in any.
func lose(b *balance.Basis, g balance.Ground, on int, by domain.Position) {
	if b.Ground == balance.Stands {
		b.LostSince, b.LostBy = day(on), by
	}
	if b.Ground != g {
		b.Since, b.By = day(on), by
	}
	b.Ground = g
}

func becameOf(l domain.Level) balance.Ground {
	switch {
	case l == "unknown":
		return balance.Unobserved
	case restricts(l):
		return balance.Changed
	default:
		return balance.Ended
	}
}

func (n naive) ruleBasis(state domain.StateID, p domain.Privilege, at int) balance.Basis {
	b := balance.Basis{Ground: balance.None}
	for d := 0; d <= at; d++ {
		seen := n.practice(state, p, d)
		switch {
		case seen == nil:
		case restricts(seen.Level):
			b = balance.Basis{Ground: balance.Stands, Practice: seen}
		case b.Practice != nil:
			lose(&b, becameOf(seen.Level), d, seen.Pos)
		}
	}
	return b
}

// reaches is everybody: of each key of a scope what generated scopes name, and one more.
func reaches() []domain.Reach {
	var out []domain.Reach
	for _, mission := range []domain.MissionID{"embassy", "post"} {
		for _, category := range []domain.Category{"dip.agent", "dip.at", "dip.service"} {
			for _, member := range []domain.MemberID{"ana", "bo"} {
				for bits := range 8 {
					out = append(out, domain.Reach{
						Mission: mission, Category: category, Member: member,
						Family: bits&1 != 0, Visitor: bits&2 != 0, Liberty: bits&4 != 0,
					})
				}
			}
		}
	}
	return out
}
