package impact

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Options say of whom and of when a draft is tried.
type Options struct {
	// When is the two times. As of zero is now, or when the draft takes effect if that
	// is later: the first moment that is looked at.
	When engine.When
	// Until ends the time that is looked at; zero looks at all that is on record.
	// Once looks at the first moment and no other.
	Until time.Time
	Once  bool
	// Against is the draft that it is compared with; nil is the law in force.
	Against *engine.Draft
	// Those who are meant; empty lists are no matter. It is one post that must be of
	// the kinds that are named.
	States   []domain.StateID
	Missions []domain.MissionID
	// Privileges are those that are looked at; nil is all.
	Privileges []domain.Privilege
	// Request holds the facts of the request, the same for everybody. It may not say
	// when the act is done.
	Request map[string]string
	// Progress, if not nil, is told how far a part of the work is. There are several
	// parts, and each begins anew.
	Progress func(what string, done, of int)
}

// Preview says what a draft would do. It records nothing. Errors are those of
// [engine.Engine.Suppose] and of a question: engine.ErrUnknown, engine.ErrKnown,
// engine.ErrRequest, projections.ErrNoLaw; or the context's.
func Preview(ctx context.Context, e *engine.Engine, d engine.Draft, o Options) (*Report, error) {
	s, err := NewSession(ctx, e, o)
	if err != nil {
		return nil, err
	}
	return s.Preview(ctx, d)
}

// A Session tries one draft after another on the same knowledge: that of the moment at
// which it began. What it finds of the law in force it keeps. It may be used by any
// number of goroutines, one after the other.
type Session struct {
	engine  *engine.Engine
	options Options
	moment  *standing.Moment // of the law that drafts are compared with
	asOf    time.Time
	against *engine.Supposition // nil: the law in force

	mu        sync.Mutex
	kept      []keptCohorts                          // the last that were used come first
	everybody []domain.Subject                       // found when they are first asked for
	reached   map[domain.RulesetID]*[]domain.Subject // nil: everybody
}

// mostKept is for how many different times or States cohorts are kept.
const mostKept = 4

type keptCohorts struct {
	scope    string
	from, to timeline.Instant
	cohorts  *standing.Cohorts
}

// NewSession begins to try drafts. Errors are those of [Preview].
func NewSession(ctx context.Context, e *engine.Engine, o Options) (*Session, error) {
	if _, says := o.Request["at"]; says {
		return nil, engine.Outward(&rules.RequestError{Wrong: []string{"request.at: everybody is asked as of the same moments: leave it out"}})
	}
	s := &Session{engine: e, options: o}
	var err error
	if s.moment, s.asOf, err = e.Moment(ctx, o.When); err != nil {
		return nil, err
	}
	if o.Against != nil {
		if s.against, err = e.Suppose(ctx, s.moment, *o.Against); err != nil {
			return nil, fmt.Errorf("the draft to compare with: %w", err)
		}
		s.moment = s.against.Moment
	}
	return s, nil
}

// Preview says what a draft would do.
func (s *Session) Preview(ctx context.Context, d engine.Draft) (*Report, error) {
	after, err := s.engine.Suppose(ctx, s.moment, d)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Report{Draft: after.Name, Effective: after.Effective, AsKnown: s.moment.Known(), Position: s.moment.Root().Position(), Semantics: engine.Semantics, Request: s.options.Request,
		before: s.moment, after: after.Moment}
	r.bound(s, after)
	change, err := s.changed(r, after)
	if err != nil {
		return nil, err
	}
	who, scope := s.concerned(after, r)
	if err := r.ask(ctx, s, who, scope, change); err != nil {
		return nil, err
	}
	return r, nil
}

// bound finds the time that is looked at.
func (r *Report) bound(s *Session, after *engine.Supposition) {
	r.From, r.To = timeline.Of(s.asOf), timeline.Never
	if s.options.When.AsOf.IsZero() && after.Effective != timeline.Always {
		r.From = max(r.From, after.Effective)
	}
	switch {
	case s.options.Once:
		r.To = r.From + 1
	case !s.options.Until.IsZero():
		r.To = max(timeline.Of(s.options.Until), r.From+1)
	}
}

// changed compares, for as long as both laws differ, the editions in force under each.
func (s *Session) changed(r *Report, after *engine.Supposition) (rules.Change, error) {
	code, k := after.Name.Ruleset, s.moment.Known()
	was, is := s.moment.Root(), after.Root()
	load := func(root *projections.Root, hash string, t timeline.Instant) (*rules.Edition, error) {
		switch {
		case hash == "":
			return nil, nil //nolint:nilnil // none is in force
		case code == "common":
			return root.Library().Common(hash)
		}
		_, base, err := root.LawAt(t, k)
		if errors.Is(err, projections.ErrNoLaw) {
			return nil, nil //nolint:nilnil // it can't be asked about
		}
		if err != nil {
			return nil, err
		}
		return root.Library().State(hash, base.Hash)
	}
	r.Before, r.After = editionAt(was, code, r.From, k), editionAt(is, code, r.From, k)
	edges := []timeline.Instant{timeline.Always, r.From}
	for _, one := range slices.Concat(was.Changes(code, k), is.Changes(code, k), was.Changes("common", k)) {
		edges = append(edges, one.From)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out rules.Change
	for i, t := range edges {
		before, now := inForce(was, code, t, k), inForce(is, code, t, k)
		if before == now {
			continue
		}
		seen := t < r.To && (i+1 == len(edges) || r.From < edges[i+1])
		if !seen && code != "common" {
			continue
		}
		a, err := load(was, before, t)
		if err != nil {
			return out, err
		}
		b, err := load(is, now, t)
		if err != nil {
			r.Unsupported = append(r.Unsupported, projections.Unsupported{Ruleset: code, Hash: now, Err: err})
			continue
		}
		one := rules.Changed(a, b)
		if code == "common" && (a == nil || b == nil) {
			one.Facts, one.All = true, true
		}
		if one.Facts { // what is on record comes to other facts, also later
			out.Facts, out.All = true, true
		}
		if !seen {
			continue
		}
		out.All = out.All || one.All
		for _, p := range one.Privileges {
			if !slices.Contains(out.Privileges, p) {
				out.Privileges = append(out.Privileges, p)
			}
		}
	}
	if code == "common" {
		r.Unsupported = append(r.Unsupported, is.Supports(r.From, r.To, k)...)
	}
	return out, s.pick(r, &out, is)
}

// pick orders the privileges as the law has them, and leaves out those that nobody
// asked for. Where an edition can't be applied, every privilege is concerned.
func (s *Session) pick(r *Report, change *rules.Change, after *projections.Root) error {
	var order []domain.Privilege
	for _, root := range []*projections.Root{after, s.moment.Root()} {
		law, _, err := root.LawAt(r.From, s.moment.Known())
		if err != nil {
			return root.Lawless(err, r.From, s.moment.Known())
		}
		for _, p := range law.Language.PrivilegeOrder {
			if !slices.Contains(order, p) {
				order = append(order, p)
			}
		}
		if _, err := law.Language.Request(s.options.Request); err != nil && root == after {
			return engine.Outward(err)
		}
	}
	for _, p := range change.Privileges {
		if !slices.Contains(order, p) {
			order = append(order, p) // of an edition that comes later
		}
	}
	for _, p := range s.options.Privileges {
		if !slices.Contains(order, p) {
			return &engine.UnknownError{What: "privilege", Name: string(p), Near: domain.Nearest(string(p), texts(order))}
		}
	}
	all := change.All || len(r.Unsupported) > 0
	for _, p := range order {
		if len(s.options.Privileges) > 0 && !slices.Contains(s.options.Privileges, p) {
			continue
		}
		if all || slices.Contains(change.Privileges, p) {
			r.privileges = append(r.privileges, p)
		} else {
			r.Same = append(r.Same, p)
		}
	}
	return nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = string(one)
	}
	return out
}

// inForce is the hash of the edition of a ruleset in force at t, or "".
func inForce(root *projections.Root, code domain.RulesetID, t timeline.Instant, k domain.Position) string {
	hash := ""
	for _, one := range root.Changes(code, k) {
		if one.From <= t {
			hash = one.Hash
		}
	}
	return hash
}

// editionAt names the edition of a ruleset in force at t; without one only the ruleset.
func editionAt(root *projections.Root, code domain.RulesetID, t timeline.Instant, k domain.Position) domain.Edition {
	name := domain.Edition{Ruleset: code}
	_, common, err := root.LawAt(t, k)
	switch {
	case err != nil:
		return name
	case code == "common":
		return common
	}
	if own, found, err := root.StateLawAt(domain.StateID(code), t, k, common.Hash); err == nil && own != nil {
		return found
	}
	return name
}

// concerned lists those whose answers may differ: everybody, unless the law is a State's.
func (s *Session) concerned(after *engine.Supposition, r *Report) (who []domain.Subject, scope string) {
	view := s.moment.Root().ViewAt(s.moment.Known())
	if len(r.privileges) == 0 {
		return nil, "nobody"
	}
	if code := after.Name.Ruleset; code != "common" {
		reached, found := s.reached[code]
		if !found {
			who, everybody := view.Reached(domain.State(domain.StateID(code)))
			if reached = &who; everybody {
				reached = nil
			}
			if s.reached == nil {
				s.reached = map[domain.RulesetID]*[]domain.Subject{}
			}
			s.reached[code] = reached
		}
		if reached != nil {
			return *reached, "state " + string(code)
		}
	}
	if s.everybody == nil {
		for _, kind := range []domain.SubjectKind{domain.KindMember, domain.KindMission} {
			for _, id := range view.Subjects(kind) {
				s.everybody = append(s.everybody, domain.Subject{Kind: kind, ID: id})
			}
		}
	}
	return s.everybody, "everybody"
}

// ask compares both laws for everybody who is concerned.
func (r *Report) ask(ctx context.Context, s *Session, who []domain.Subject, scope string, change rules.Change) error {
	progress := func(what string) func(done, of int) {
		if s.options.Progress == nil {
			return nil
		}
		return func(done, of int) { s.options.Progress(what, done, of) }
	}
	var cohorts *standing.Cohorts
	var pairs iter.Seq2[[]standing.Pair, error]
	if change.Facts {
		cohorts, pairs = standing.Between(ctx, r.before, r.after, who, r.From, r.To, r.privileges, s.options.Request, progress("asking"))
	} else {
		var err error
		if cohorts, err = s.cohorts(ctx, r, who, scope, progress("sorting")); err != nil {
			return err
		}
		pairs = cohorts.Under(ctx, r.after, r.privileges, progress("asking"))
	}
	return r.count(cohorts, pairs, s.options)
}

// cohorts returns those that are kept, or sorts everybody anew.
func (s *Session) cohorts(ctx context.Context, r *Report, who []domain.Subject, scope string, progress func(done, of int)) (*standing.Cohorts, error) {
	reads := standing.Reads(r.privileges, r.before, r.after)
	i := slices.IndexFunc(s.kept, func(k keptCohorts) bool { return k.scope == scope && k.from == r.From && k.to == r.To })
	if i >= 0 {
		one := s.kept[i]
		if one.cohorts.Covers(reads) {
			s.kept = slices.Insert(slices.Delete(s.kept, i, i+1), 0, one)
			return one.cohorts, nil
		}
		reads = one.cohorts.Joined(reads)
		s.kept = slices.Delete(s.kept, i, i+1)
	}
	made, err := r.before.Cohorts(ctx, who, r.From, r.To, reads, s.options.Request, progress)
	if err != nil {
		return nil, err
	}
	s.kept = slices.Insert(s.kept, 0, keptCohorts{scope, r.From, r.To, made})
	s.kept = s.kept[:min(len(s.kept), mostKept)]
	return made, nil
}
