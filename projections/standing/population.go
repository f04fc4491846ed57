package standing

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Sheet is how one subject stands: its verdicts on the privileges asked about, in
// their order. A verdict is nil where the law in force then does not have the
// privilege, or has it for others. Verdicts are shared with others who stand alike:
// they must not be changed.
type Sheet struct {
	Subject  domain.Subject
	Verdicts []*Verdict
}

// Verdicts asks every subject about every privilege as of t, with the facts of one
// request, and yields a sheet for each subject in their order. Where the request
// says when the act is done, that takes the place of t. It works on all
// processors; progress, if not nil, is told how many sheets were yielded. What a board
// keeps is taken from there, if the moment is [Moment.Using] one.
//
// Everything that asks the whole population asks it here.
func (m *Moment) Verdicts(ctx context.Context, t timeline.Instant, subjects []domain.Subject, privileges []domain.Privilege, request map[string]string, progress func(done, of int)) iter.Seq2[Sheet, error] {
	r := &roll{privileges}
	known := m.board != nil && len(request) == 0
	return inOrder(ctx, len(subjects), progress, func(i int) (Sheet, error) {
		if known {
			if e := m.board.entry(m, subjects[i], t); e != nil {
				return Sheet{Subject: subjects[i], Verdicts: m.board.pick(e, privileges)}, nil
			}
		}
		in, err := m.inquire(subjects[i], request)
		if err != nil {
			return Sheet{}, err
		}
		verdicts, err := in.together(r, in.time(t))
		return Sheet{Subject: in.subject, Verdicts: verdicts}, err
	})
}

// asked is verdict, with nil for what can't be asked.
func (in *inquiry) asked(p domain.Privilege, t timeline.Instant) (*Verdict, error) {
	v, err := in.verdict(p, t)
	if _, wrong := errors.AsType[*WrongSubject](err); wrong {
		return nil, nil //nolint:nilnil // no verdict is an answer, too
	}
	if u, unknown := errors.AsType[*Unknown](err); unknown && u.What == "privilege" {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// alike reports whether two verdicts, or none, come to the same.
func alike(a, b *Verdict) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Same(*b)
}

// An Answer is one verdict of the population.
type Answer struct {
	Somebody
	Privilege domain.Privilege
	Verdict   Verdict
}

// A Census asks everybody. The zero Census asks every member who has a capacity
// that has begun and not ended about every privilege of the law in force.
type Census struct {
	Choice
	// Privileges are those asked about, in any order; nil is all.
	Privileges []domain.Privilege
	// Request holds the facts of the request, the same for everybody.
	Request map[string]string
	// Outcomes are those that are listed; nil is all. The empty outcome stands for
	// answers that can't be told.
	Outcomes []domain.Outcome
	// May lists only what permits something, to whoever ignores the small print.
	May bool
	// Progress, if not nil, is told how many of those asked have been.
	Progress func(done, of int)
}

func (c *Census) lists(v *Verdict) bool {
	return (c.Outcomes == nil || slices.Contains(c.Outcomes, v.Outcome)) && (!c.May || v.Permits())
}

// A Poll is a census that is ready to be taken.
type Poll struct {
	// At is as of when: when the act is done, if the request says so.
	At timeline.Instant
	// Privileges are those asked about, as the law in force orders them.
	Privileges []domain.Privilege
	// Answers asks everybody and yields the answers that are listed: by subject,
	// members first, and for each in the order of Privileges. The error is the
	// context's or that of a ruleset that can't be read.
	Answers iter.Seq2[Answer, error]
}

// A face is somebody with the verdicts on the privileges asked about; none if
// nobody asked for him.
type face struct {
	Somebody
	verdicts []*Verdict
}

// faces asks everybody whom the census means, and yields a face also for those whom
// it does not. What the board keeps is taken from there.
func (m *Moment) faces(ctx context.Context, t timeline.Instant, c *Census, privileges []domain.Privilege) iter.Seq2[face, error] {
	subjects, r := m.candidates(c.Choice), &roll{privileges}
	known := m.board != nil && len(c.Request) == 0
	return inOrder(ctx, len(subjects), c.Progress, func(i int) (face, error) {
		if known {
			if e := m.board.entry(m, subjects[i], t); e != nil {
				f := face{Somebody: Somebody{Subject: subjects[i], Posts: c.pick(e.posts)}}
				if c.means(f.Posts) {
					f.verdicts = m.board.pick(e, privileges)
				}
				return f, nil
			}
		}
		in, err := m.inquire(subjects[i], c.Request)
		if err != nil {
			return face{}, err
		}
		f := face{Somebody: Somebody{Subject: subjects[i], Posts: c.pick(in.posts(t))}}
		if c.means(f.Posts) {
			f.verdicts, err = in.together(r, in.time(t))
		}
		return f, err
	})
}

// Population asks everybody whom the census means, as of t. It returns an error
// matching projections.ErrNoLaw if no law is in force, an [Unknown] for a privilege
// that the law does not have, and a [rules.RequestError] for a request that does
// not fit it.
func (m *Moment) Population(ctx context.Context, t timeline.Instant, c Census) (Poll, error) {
	t, err := m.TimeOf(t, c.Request)
	if err != nil {
		return Poll{}, err
	}
	privileges, err := m.ask(c.Privileges, c.Request, t)
	if err != nil {
		return Poll{}, err
	}
	return Poll{At: t, Privileges: privileges, Answers: func(yield func(Answer, error) bool) {
		for f, err := range m.faces(ctx, t, &c, privileges) {
			if err != nil {
				yield(Answer{}, err)
				return
			}
			for i, v := range f.verdicts {
				if v != nil && c.lists(v) && !yield(Answer{f.Somebody, privileges[i], *v}, nil) {
					return
				}
			}
		}
	}}, nil
}

func subjectsOf(people []Somebody) []domain.Subject {
	out := make([]domain.Subject, len(people))
	for i := range people {
		out[i] = people[i].Subject
	}
	return out
}

// TimeOf is when a request is answered for: when the act is done, if it says so.
func (m *Moment) TimeOf(t timeline.Instant, request map[string]string) (timeline.Instant, error) {
	in, err := m.inquire(domain.Mission(""), request)
	if err != nil {
		return t, err
	}
	return in.time(t), nil
}

// ask returns the privileges that are asked about in the order of the law in force
// at t, once each, and refuses what that law does not have. Without any named it
// is all of them.
func (m *Moment) ask(named []domain.Privilege, request map[string]string, t timeline.Instant) ([]domain.Privilege, error) {
	law, _, err := m.root.LawAt(t, m.k)
	if err != nil {
		return nil, m.root.Lawless(err, t, m.k)
	}
	in, err := m.inquire(domain.Mission(""), request)
	if err != nil {
		return nil, err
	}
	if _, err := law.Language.Request(in.words); err != nil {
		return nil, err
	}
	return only(law.Language.PrivilegeOrder, named)
}

// Asked says of whom the law in force at t has a privilege; false if it does not
// have it.
func (m *Moment) Asked(p domain.Privilege, t timeline.Instant) (of rules.Of, found bool) {
	law, _, err := m.root.LawAt(t, m.k)
	if err != nil || law.Language.Privileges[p] == nil {
		return 0, false
	}
	return law.Language.Privileges[p].Of, true
}
