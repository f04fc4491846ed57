package balance

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Ledger is the balance of reciprocity as known at one position.
type Ledger struct {
	view facts.View
	law  Law
}

// Of returns the ledger of an office as known at k.
func Of(root *projections.Root, k domain.Position) *Ledger {
	return New(root.ViewAt(k), published{root, k})
}

// New returns the ledger of what a view knows, under a law.
func New(view facts.View, law Law) *Ledger { return &Ledger{view: view, law: law} }

// A Selection says which lines of the ledger are meant. What it leaves empty is
// no matter.
type Selection struct {
	State     domain.StateID
	Privilege domain.Privilege
}

// At returns the cells of the selected lines at t, by State and privilege; those
// in which nothing is on record are left out. From and To are those of the whole
// cell: as long as nothing changes. It fails only if a ruleset in force can't be
// read.
func (l *Ledger) At(s Selection, t timeline.Instant) ([]Cell, error) {
	var out []Cell
	err := l.lines(s, func(cells []Cell) {
		for _, c := range cells {
			if c.From <= t && t < c.To && !c.Empty() {
				out = append(out, c)
			}
		}
	})
	return out, err
}

// Over returns the cells of the selected lines from one instant until another,
// by State, privilege and time, cut to that stretch. The cells of a line follow
// one another without gaps and no two neighbours are the same; a line of which
// nothing is on record in the whole stretch is left out.
func (l *Ledger) Over(s Selection, from, to timeline.Instant) ([]Cell, error) {
	var out []Cell
	err := l.lines(s, func(cells []Cell) {
		var line []Cell
		for _, c := range cells {
			c.From, c.To = max(c.From, from), min(c.To, to)
			if c.From < c.To {
				line = append(line, c)
			}
		}
		if slices.ContainsFunc(line, func(c Cell) bool { return !c.Empty() }) {
			out = append(out, line...)
		}
	})
	return out, err
}

// lines gives do the cells of each selected line, for all of time.
func (l *Ledger) lines(s Selection, do func([]Cell)) error {
	states := []domain.StateID{s.State}
	if s.State == "" {
		states = states[:0]
		for _, id := range l.view.Subjects(domain.KindState) {
			states = append(states, domain.StateID(id))
		}
	}
	for _, state := range states {
		page, err := l.page(state)
		if err != nil {
			return err
		}
		for _, p := range page.privileges {
			if s.Privilege != "" && p != s.Privilege {
				continue
			}
			cells, err := page.line(p)
			if err != nil {
				return fmt.Errorf("the balance with %s on %s: %w", state, p, err)
			}
			do(cells)
		}
	}
	return nil
}

// A page is all lines of one State.
type page struct {
	*Ledger
	state      domain.StateID
	privileges []domain.Privilege
	measures   []*facts.Span
	held       []held // the same
	agreements []*facts.Span
	edges      []timeline.Instant // of the law
}

func (l *Ledger) page(state domain.StateID) (*page, error) {
	p := &page{Ledger: l, state: state, measures: l.view.Measures(state), agreements: l.view.Agreements(state)}
	answered, edges, err := l.law.Answered(state)
	if err != nil {
		return nil, err
	}
	for _, s := range p.measures {
		h, err := p.hold(s)
		if err != nil {
			return nil, err
		}
		p.held = append(p.held, h)
	}
	p.edges = edges
	p.privileges = append(l.view.Practised(state), answered...)
	for _, s := range slices.Concat(p.measures, p.agreements) {
		p.privileges = append(p.privileges, s.Privileges()...)
	}
	slices.Sort(p.privileges)
	p.privileges = slices.Compact(p.privileges)
	return p, nil
}

// line returns the cells of one privilege for all of time.
func (p *page) line(privilege domain.Privilege) ([]Cell, error) {
	practice, err := courseOf(p.law, p.view.Practices(p.state, privilege))
	if err != nil {
		return nil, err
	}
	points := append([]timeline.Instant{timeline.Always}, p.edges...)
	for _, o := range practice {
		points = append(points, o.From)
	}
	for _, s := range slices.Concat(p.measures, p.agreements) {
		points = append(points, s.From, s.To)
		for _, l := range s.Lifts() {
			points = append(points, l.At)
		}
	}
	slices.Sort(points)
	points = slices.Compact(points)
	var cells []Cell
	for i, from := range points {
		to := timeline.Never
		if i+1 < len(points) {
			to = points[i+1]
		}
		if from == to { // never
			continue
		}
		c, err := p.cell(privilege, practice, from)
		if err != nil {
			return nil, err
		}
		c.From, c.To = from, to
		if n := len(cells); n > 0 && alike(cells[n-1], c) {
			cells[n-1].To = to
			continue
		}
		cells = append(cells, c)
	}
	for i := range cells {
		switch {
		case !cells[i].Unanswered:
		case i > 0 && cells[i-1].Unanswered:
			cells[i].UnansweredSince = cells[i-1].UnansweredSince
		default:
			cells[i].UnansweredSince = cells[i].From
		}
	}
	return cells, nil
}

// alike reports whether two cells differ in their time only.
func alike(a, b Cell) bool {
	a.From, a.To = b.From, b.To
	return reflect.DeepEqual(a, b)
}

// cell works out what holds at t. It sets neither the time of the cell nor since
// when a practice is unanswered.
func (p *page) cell(privilege domain.Privilege, practice course, t timeline.Instant) (Cell, error) {
	given, restrictive := practice.at(t)
	c := Cell{State: p.state, Privilege: privilege, Practice: given}
	answered := false
	for i := range p.held {
		h := &p.held[i]
		m, ok := h.at(privilege, t)
		if !ok {
			continue
		}
		var err error
		if m.Basis, err = p.basis(h, privilege, practice, t); err != nil {
			return c, err
		}
		answered = answered || h.restrictive && !m.Individual
		c.Measures = append(c.Measures, m)
	}
	rules, err := p.law.Rules(p.state, privilege, t)
	if err != nil {
		return c, err
	}
	for _, r := range rules {
		r.Basis = practice.ruleBasis(t)
		answered = true
		c.Rules = append(c.Rules, r)
	}
	for _, s := range p.agreements {
		if a, ok := p.agreement(s, privilege, t); ok {
			c.Agreements = append(c.Agreements, a)
		}
	}
	c.Unanswered = restrictive && !answered
	return c, nil
}

// A held measure is what does not depend on the time asked about.
type held struct {
	Measure // with all parts there will be, in order
	names   []domain.Privilege
	to      timeline.Instant // when it ceases for everybody

	determined  domain.MeasureDetermined
	restrictive bool
	answersOwn  bool // it records a restrictive practice itself
}

func (p *page) hold(s *facts.Span) (held, error) {
	e := s.Event.(domain.MeasureDetermined) // that of every span that View.Measures returns
	env, _ := p.view.Envelope(s.Pos)
	m := held{names: e.Privileges, to: s.To, determined: e, Measure: Measure{
		ID: domain.MeasureID(s.ID), Level: e.Level, Params: e.Params, Scope: e.Scope, Stated: e.Ground, Authority: env.Authority,
		Individual: s.Individual, From: s.From, Pos: s.Pos, Stop: p.stop(s, Lifted),
	}}
	var err error
	if m.restrictive, err = p.law.Restricts(e.Level, s.From); err != nil {
		return m, err
	}
	if e.Observed != nil {
		if m.answersOwn, err = p.law.Restricts(e.Observed.Level, s.From); err != nil {
			return m, err
		}
	}
	take := func(part Part, whole bool) {
		switch {
		case !whole:
			part.At = max(part.At, s.From)
			m.Parts = append(m.Parts, part)
		case max(part.At, s.From) < m.to:
			m.to = max(part.At, s.From)
			m.Stop = Stop{At: m.to, How: part.How, By: part.By}
		}
	}
	for _, l := range s.Lifts() {
		take(Part{At: l.At, How: Lifted, Scope: l.Scope, By: l.Pos}, includes(l.Scope, s.Scope))
	}
	for _, d := range s.Displacers() {
		begun := !slices.ContainsFunc(d.Lifts(), func(l facts.Lift) bool { return l.At <= d.From })
		take(Part{At: d.From, How: Displaced, Scope: d.Scope, By: d.Pos, Measure: domain.MeasureID(d.ID)}, begun && includes(d.Scope, s.Scope))
	}
	slices.SortStableFunc(m.Parts, func(a, b Part) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.By, b.By)) })
	return m, nil
}

// at returns the measure as it stands at t; false if it is in force for nobody,
// or about something else.
func (m *held) at(privilege domain.Privilege, t timeline.Instant) (Measure, bool) {
	if t < m.From || t >= m.to || !slices.Contains(m.names, privilege) {
		return Measure{}, false
	}
	one := m.Measure
	one.Parts = nil
	for _, part := range m.Parts {
		if part.At <= t {
			one.Parts = append(one.Parts, part)
		}
	}
	return one, true
}

func (p *page) agreement(s *facts.Span, privilege domain.Privilege, t timeline.Instant) (Agreement, bool) {
	e := s.Event.(domain.AgreementConcluded) // that of every span that View.Agreements returns
	outcome, raises := e.Raises[privilege]
	if !raises && e.As == "" || !s.Holds(t) {
		return Agreement{}, false
	}
	return Agreement{
		ID: domain.AgreementID(s.ID), Outcome: outcome, As: e.As, Scope: s.Scope, From: s.From, Pos: s.Pos, Stop: p.stop(s, Terminated),
	}, true
}

// stop says how a span ends for everybody.
func (p *page) stop(s *facts.Span, how How) Stop {
	if s.To == timeline.Never {
		return Stop{}
	}
	for _, pos := range s.Ends {
		if env, _ := p.view.Envelope(pos); timeline.Of(env.Effective.At) == s.To {
			return Stop{At: s.To, How: how, By: pos}
		}
	}
	return Stop{At: s.To, How: Expired}
}

// basis says what a measure rests on at t.
func (p *page) basis(m *held, privilege domain.Privilege, practice course, t timeline.Instant) (Basis, error) {
	if !m.restrictive || m.Individual {
		return Basis{Ground: Unneeded}, nil // whoever is named answers for themselves, and for no State (R19)
	}
	needed, finding, err := p.law.Needs(privilege, m.From)
	if err != nil {
		return Basis{}, err
	}
	if m.determined.Finding() && m.determined.Observed == nil && (finding || !needed) {
		return Basis{Ground: Finding}, nil
	}
	answered, from := practice.answeredBy(m, t)
	switch {
	case answered != nil:
		return practice.follow(p.law, answered, from, t)
	case !needed:
		return Basis{Ground: Unneeded}, nil
	default:
		return Basis{Ground: None}, nil
	}
}
