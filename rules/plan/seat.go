package plan

import "github.com/comity-project/comity/rules"

// A Seat is a question of which all but the request is known. It is good for as long
// as the situation's facts are, and for requests that name no vehicle or property:
// what is on record of those is part of the situation.
//
// It is safe for concurrent use if the situation's objects are.
type Seat struct {
	plan   *Plan
	law    rules.Law
	s      *rules.Situation
	frames *rules.Frames // of the situation, for what is asked of requests
	root   *node
	at     *node // the first node that asks of the request, or a leaf; nil: not learned
}

// Seat prepares a situation for requests; the one that it has is as good as any.
func (p *Plan) Seat(law rules.Law, s *rules.Situation) Seat {
	seat := Seat{plan: p, law: law, s: s, root: p.root(law, s)}
	if seat.settle(); seat.at == nil {
		p.learn(seat.root, law, s)
		seat.settle()
	}
	return seat
}

// settle walks as far as the situation alone says.
func (seat *Seat) settle() {
	seat.frames = rules.FramesOf(seat.law, seat.s)
	n := seat.root.next(entry)
	for n != nil && n.leaf == nil && !n.request {
		n = n.next(seat.frames.Ask(&n.step))
	}
	if seat.at = n; n != nil && n.leaf != nil {
		seat.frames.Release()
		seat.frames = nil
	}
}

// Settled returns the answer that holds whatever the request; nil if that depends.
func (seat *Seat) Settled() *rules.Answer {
	if seat.at == nil {
		return nil
	}
	return seat.at.leaf
}

// Weigh answers for a request. The answer must not be changed.
func (seat *Seat) Weigh(request *rules.Object) *rules.Answer {
	consults := seat.law.Common.Language.Consults()
	if seat.at != nil && seat.at.leaf != nil && !consults {
		return seat.at.leaf
	}
	if seat.at != nil && !consults {
		frames := seat.frames.Again(request)
		leaf := walk(seat.at, frames)
		frames.Release()
		if leaf != nil {
			return leaf
		}
	}
	s := *seat.s
	s.Request = request
	return seat.plan.learn(seat.root, seat.law, &s)
}
