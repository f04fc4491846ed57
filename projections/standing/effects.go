package standing

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// An Effect is that a verdict is another than it was, for as long as both stay
// what they are: at no instant of [From, To) were they alike. A verdict is nil
// where the privilege can't be asked.
type Effect struct {
	Subject   domain.Subject
	Privilege domain.Privilege
	From, To  timeline.Instant // Always and Never where nothing bounds it
	Was, Is   *Verdict
}

// A GivenAnswer is an answer that the office gave and put on record.
type GivenAnswer struct {
	// Position is its place in the log of answers given.
	Position uint64
	// Recorded is when it was given.
	Recorded time.Time
	// The question: as of when, on what knowledge, with which facts of the request.
	AsOf    time.Time
	AsKnown domain.Position
	Request map[string]string
	// The answer, as far as verdicts are compared.
	Outcome    domain.Outcome
	Conditions []domain.Condition
}

// Given is the record of answers given.
type Given interface {
	// Given yields the answers that were given about one privilege of a subject, in
	// the order in which they were given.
	Given(ctx context.Context, subject domain.Subject, privilege domain.Privilege) iter.Seq2[GivenAnswer, error]
}

// A Contradiction is an answer given that is not what would be said now.
type Contradiction struct {
	Subject   domain.Subject // also a visitor of a mission
	Privilege domain.Privilege
	GivenAnswer
	// Now is the answer to the same question on what is known now, or nil if the law
	// would not have it asked.
	Now *Verdict
}

// Consequences asks what a range of the log made otherwise: what is answered as
// known after it, and was not as known before. Every instant before Until is looked
// at, which are those between the breakpoints of both.
type Consequences struct {
	// Before and After are the moments at the two ends of the range of the log.
	Before, After *Moment
	// Until ends the time that is looked at; Never looks at all of it.
	Until timeline.Instant
	// Who is asked. See [Reached].
	Who        []domain.Subject
	Privileges []domain.Privilege // nil is every privilege of any edition of the law
	Request    map[string]string  // it may not say when the act is done
	Given      Given              // nil looks at none
	Progress   func(done, of int)
}

// A Consequence is what became otherwise for one subject.
type Consequence struct {
	Subject      domain.Subject
	Effects      []Effect        // by privilege, then by time
	Contradicted []Contradiction // by privilege, then as they were given
}

// Reached returns those whose answers the events of a range of the log may have
// changed: members first, by id. Everybody says that these are all on record.
func Reached(before, after *Moment) (who []domain.Subject, everybody bool) {
	view := after.view
	seen := map[domain.Subject]bool{}
	found := map[domain.Subject]bool{}
	for pos := before.k; pos < after.k; pos++ {
		e, known := view.Envelope(pos)
		if !known || seen[e.Subject] || domain.PreparesLaw(e.Event) {
			continue
		}
		seen[e.Subject] = true
		reached, all := view.Reached(e.Subject)
		if all {
			return after.everybody(before), true
		}
		for _, s := range reached {
			found[s] = true
		}
	}
	for s := range found {
		who = append(who, s)
	}
	slices.SortFunc(who, bySubject)
	return who, false
}

// everybody returns all members and missions that are on record at either moment.
func (m *Moment) everybody(other *Moment) []domain.Subject {
	var out []domain.Subject
	for _, kind := range []domain.SubjectKind{domain.KindMember, domain.KindMission} {
		ids := slices.Concat(m.view.Subjects(kind), other.view.Subjects(kind))
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			out = append(out, domain.Subject{Kind: kind, ID: id})
		}
	}
	return out
}

// Check refuses a request that fits no edition of the law, and privileges that none
// has.
func (c Consequences) Check() error {
	_, err := c.privileges()
	return err
}

// All yields what became otherwise, by subject, leaving out those for whom nothing
// did. The errors are those of the request and of Given, and the context's.
func (c Consequences) All(ctx context.Context) iter.Seq2[Consequence, error] {
	return func(yield func(Consequence, error) bool) {
		privileges, err := c.privileges()
		if err != nil {
			yield(Consequence{}, err)
			return
		}
		for one, err := range inOrder(ctx, len(c.Who), c.Progress, func(i int) (Consequence, error) {
			return c.of(ctx, c.Who[i], privileges)
		}) {
			if err == nil && len(one.Effects) == 0 && len(one.Contradicted) == 0 {
				continue
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// privileges are those of any edition of the common law, as the newest orders them.
// A request has to fit one edition at least; where another does not know it, nothing
// can be asked.
func (c Consequences) privileges() ([]domain.Privilege, error) {
	if _, says := c.Request[atWord]; says {
		return nil, &rules.RequestError{Wrong: []string{"request.at: all of the past is looked at: leave it out"}}
	}
	var out []domain.Privilege
	var misfit error
	fits := false
	editions := c.After.root.Editions("common", c.After.k)
	for _, hash := range slices.Backward(editions) {
		edition, err := c.After.root.Library().Common(hash)
		if err != nil {
			continue // a question under that edition reports it
		}
		if _, err := edition.Language.Request(c.Request); err == nil {
			fits = true
		} else if misfit == nil {
			misfit = err
		}
		for _, p := range edition.Language.PrivilegeOrder {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	if !fits {
		return nil, misfit
	}
	return only(out, c.Privileges)
}

func (c Consequences) of(ctx context.Context, s domain.Subject, privileges []domain.Privilege) (Consequence, error) {
	out := Consequence{Subject: s}
	before, err := c.Before.inquire(s, c.Request)
	if err != nil {
		return out, err
	}
	after, err := c.After.inquire(s, c.Request)
	if err != nil {
		return out, err
	}
	pieces := piecesOf(slices.Concat(before.breakpoints(), after.breakpoints()), c.Until)
	about := []domain.Subject{s}
	if s.Kind == domain.KindMission {
		about = append(about, domain.Member(domain.MemberID("visitor@"+s.ID)))
	}
	for _, p := range privileges {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		effects, err := effectsOn(before, after, p, pieces)
		if err != nil {
			return out, err
		}
		out.Effects = append(out.Effects, effects...)
		for _, of := range about {
			if err := c.contradicted(ctx, of, p, &out); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// A piece is a time within which no answer changes, and an instant in it.
type piece struct{ from, to, at timeline.Instant }

// piecesOf divides all time before an instant at breakpoints.
func piecesOf(breaks []timeline.Instant, until timeline.Instant) []piece {
	slices.Sort(breaks)
	breaks = slices.DeleteFunc(slices.Compact(breaks), func(t timeline.Instant) bool { return t >= until })
	ends := append(breaks, until)
	out := []piece{{timeline.Always, ends[0], ends[0] - 1}}
	for i, from := range breaks {
		out = append(out, piece{from, ends[i+1], from})
	}
	return out
}

// effectsOn returns the times in which a privilege is answered otherwise.
func effectsOn(before, after *inquiry, p domain.Privilege, pieces []piece) ([]Effect, error) {
	var out []Effect
	for _, one := range pieces {
		was, err := before.askedIfFit(p, one.at)
		if err != nil {
			return nil, err
		}
		is, err := after.askedIfFit(p, one.at)
		if err != nil {
			return nil, err
		}
		if alike(was, is) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == one.from && alike(out[n-1].Was, was) && alike(out[n-1].Is, is) {
			out[n-1].To = one.to
			continue
		}
		out = append(out, Effect{Subject: after.subject, Privilege: p, From: one.from, To: one.to, Was: was, Is: is})
	}
	return out, nil
}

// askedIfFit is asked, with nil for a request that the law then does not know.
func (in *inquiry) askedIfFit(p domain.Privilege, t timeline.Instant) (*Verdict, error) {
	v, err := in.asked(p, t)
	if _, misfit := errors.AsType[*rules.RequestError](err); misfit {
		return nil, nil //nolint:nilnil // no verdict is an answer, too
	}
	return v, err
}

// contradicted adds the answers given about a privilege of a subject that the range
// of the log contradicts: which were given on less than is known after it, would be
// otherwise because of it, and are not what would be said.
func (c Consequences) contradicted(ctx context.Context, s domain.Subject, p domain.Privilege, to *Consequence) error {
	if c.Given == nil {
		return nil
	}
	for a, err := range c.Given.Given(ctx, s, p) {
		if err != nil {
			return fmt.Errorf("answers given about %s of %s: %w", p, s, err)
		}
		if a.AsKnown >= c.After.k {
			continue
		}
		was, at, err := At(c.Before.root, max(a.AsKnown, c.Before.k)).again(s, p, a)
		if err != nil {
			return err
		}
		if at >= c.Until {
			continue
		}
		is, _, err := c.After.again(s, p, a)
		if err != nil {
			return err
		}
		if !alike(was, is) && !a.says(is) {
			to.Contradicted = append(to.Contradicted, Contradiction{Subject: s, Privilege: p, GivenAnswer: a, Now: is})
		}
	}
	return nil
}

// again answers the question of an answer given as known at the moment, and says
// as of when.
func (m *Moment) again(s domain.Subject, p domain.Privilege, a GivenAnswer) (*Verdict, timeline.Instant, error) {
	in, err := m.inquire(s, a.Request)
	if err != nil {
		return nil, 0, err
	}
	t := in.time(timeline.Of(a.AsOf))
	v, err := in.askedIfFit(p, t)
	return v, t, err
}

// says reports whether a verdict is what was said.
func (a GivenAnswer) says(v *Verdict) bool {
	return v != nil && Verdict{Outcome: a.Outcome, Conditions: a.Conditions}.Same(Verdict{Outcome: v.Outcome, Conditions: v.Conditions})
}
