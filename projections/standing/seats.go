package standing

import (
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// Seats are kept for who is asked about with facts of a request: all else is known
// already, and good for as long as the entry is.
type seats struct {
	kept  sync.Map // of a place to its *seat
	count atomic.Int64
	plans sync.Map // of an edition of the common law to its *plan.Plan
}

// A place is one question but for the request, of which it has the facts by which
// filings and quantities on record are looked up; empty where one is not brought. There
// are few of them for each question: kinds of goods, and distances.
type place struct {
	of                      facts.Handle
	n                       Number
	goods, distance, centre string
}

// words are the facts of the request that the place has.
func (p *place) words() map[string]string {
	var out map[string]string
	for name, value := range map[string]string{"goods": p.goods, "distance": p.distance, "centre": p.centre} {
		if value != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = value
		}
	}
	return out
}

// A seat is what is known of it.
type seat struct {
	entry  *entry
	mu     sync.Mutex // the facts of the situation are found out while requests are answered
	wrong  error      // why it can't be asked
	at     plan.Seat
	lang   *rules.Language
	judged map[*rules.Answer]*Verdict
}

// mostSeats bounds how many seats a board keeps, at some kilobytes each; beyond it
// all are left, and taken anew.
const mostSeats = 1 << 15

// mostJudged bounds the verdicts that a seat keeps.
const mostJudged = 64

// sought are the facts of a request that say at what other time, or about what else on
// record, it is asked: the answer then hangs on more than the entry of the subject does.
var sought = []string{atWord, "object"}

// Weigh answers a question with facts of a request, as of now, from all that is
// known now. It returns nil if that can't be asked, as [Board.Check] does; the error
// is a *rules.RequestError if the request does not fit. The verdict must not be
// changed.
func (b *Board) Weigh(h facts.Handle, n Number, now timeline.Instant, request map[string]string) (*Verdict, error) {
	if len(request) == 0 {
		return b.Check(h, n, now)
	}
	e := b.at(h)
	if e == nil || !e.holds(now) {
		var err error
		if e, err = b.work(h, now); err != nil {
			return nil, err
		}
	}
	if int(n) >= len(e.verdicts) || e.verdicts[n] == nil {
		return nil, nil //nolint:nilnil // no verdict is an answer, too
	}
	for _, name := range sought {
		if _, stated := request[name]; stated {
			return b.alone(h, n, now, request)
		}
	}
	at := place{of: h, n: n, goods: request["goods"], distance: request["distance"], centre: request["centre"]}
	if kept, found := b.seats.kept.Load(at); found && kept.(*seat).entry == e {
		return kept.(*seat).weigh(request)
	}
	root := b.root()
	m := At(root, root.Position())
	if !e.anchors.Untouched(e.since) {
		return b.alone(h, n, now, request) // recorded a moment ago
	}
	s := b.seated(m, at, now)
	if s.wrong != nil && at != (place{of: h, n: n}) {
		return b.alone(h, n, now, request) // which says all that is wrong with the request
	}
	s.entry = e
	if b.seats.count.Add(1) > mostSeats {
		b.seats.kept.Clear()
		b.seats.count.Store(0)
	}
	b.seats.kept.Store(at, s)
	return s.weigh(request)
}

// alone works the answer out for itself.
func (b *Board) alone(h facts.Handle, n Number, now timeline.Instant, request map[string]string) (*Verdict, error) {
	root := b.root()
	m := At(root, root.Position())
	v, err := m.Verdict(m.view.Subject(h), b.Privilege(n), now, request)
	return &v, err
}

// seated prepares a question for requests.
func (b *Board) seated(m *Moment, at place, now timeline.Instant) *seat {
	in, err := m.inquire(m.view.Subject(at.of), at.words())
	if err != nil {
		return &seat{wrong: err}
	}
	r, err := in.situation(b.Privilege(at.n), now)
	if err != nil {
		return &seat{wrong: err}
	}
	p, found := b.seats.plans.Load(r.law.Common)
	if !found {
		p, _ = b.seats.plans.LoadOrStore(r.law.Common, plan.New())
	}
	return &seat{at: p.(*plan.Plan).Seat(r.law, r.situation), lang: r.law.Common.Language, judged: map[*rules.Answer]*Verdict{}}
}

func (s *seat) weigh(words map[string]string) (*Verdict, error) {
	if s.wrong != nil {
		return nil, s.wrong
	}
	request, err := s.lang.Request(words)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.at.Weigh(request)
	v, found := s.judged[a]
	if !found {
		made := verdictOf(*a)
		v = &made
		if len(s.judged) < mostJudged {
			s.judged[a] = v
		}
	}
	return v, nil
}
