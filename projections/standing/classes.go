package standing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Most members stand like many others: the same category at a mission of the same
// State, the same measures, no points, no tickets. Their verdicts are worked out
// once for all of them.
//
// What the law makes of a question depends on what it is told at once (how many
// capacities, in what phase, which measures cover them) and on the facts that it
// reads, one after the other. The first is the key of a class; the facts are noted
// as they are read, with their values. The next member of the same key is asked for
// the first fact that was read; if the value is the same, for the second, and so
// on: if all of them are the same, the law would have come to the same, since it
// sees nothing else. If one is not, the law is asked, and what it read from there
// on is another branch of the same tree.
//
// The trees hold no facts about anybody, but values that were read, and outlive
// roots and times.
type classes struct {
	mu    sync.RWMutex
	trees map[string]*twig
	laws  map[*rules.Edition]*lawOf
	next  uint32 // the number of the last law, never given twice
	twigs int

	asked, met atomic.Int64 // verdicts asked for, and those that a class knew
}

// mostTwigs bounds what is kept; beyond it all is forgotten, and begun anew.
const mostTwigs = 1 << 18

type lawOf struct {
	number uint32
	edges  []timeline.Instant // at which rules come into force or go out of it
	// Some rule names States, ranks, or members or missions.
	states, ranks, names bool
}

// A twig is what is known after some facts were read: the verdict, or the fact
// that is read next and what follows from each of its values.
type twig struct {
	verdict *Verdict

	role     role
	decl     *domain.FactDecl
	branches atomic.Pointer[map[reading]*twig] // replaced, never changed
}

// A role says of which of the things that a question is about a fact was read.
type role struct {
	kind      string           // member, mission, measure, ...
	privilege domain.Privilege // of what is made anew for each question
	side      uint8
	capacity  uint8 // by its place
	depth     uint8 // 0: the capacity, 1: its principal
	nobody    bool
	bound     int // by its place
}

// A reading is what came of reading a fact.
type reading struct {
	known bool
	kind  domain.ValueKind
	n     int64
	text  string
}

func readingOf(v domain.Value, known bool) reading {
	r := reading{known: known, kind: v.Kind(), text: v.Text()}
	switch v.Kind() {
	case domain.IntValue:
		r.n = v.Int()
	case domain.BoolValue:
		if v.Bool() {
			r.n = 1
		}
	case domain.ListValue:
		r.n = int64(len(v.List()))
		r.text = strings.Join(v.List(), "\x00")
	default:
		// the text says it
	}
	return r
}

// notes are the facts that were read for one sheet, in order.
type notes struct{ all []noted }

type noted struct {
	role    role
	decl    *domain.FactDecl
	reading reading
}

func (n *notes) note(r role, decl *domain.FactDecl, v domain.Value, known bool) {
	n.all = append(n.all, noted{r, decl, readingOf(v, known)})
}

type classesKey struct{}

func classesOf(root *projections.Root) *classes {
	if found, ok := root.Kept().Load(classesKey{}); ok {
		return found.(*classes)
	}
	made, _ := root.Kept().LoadOrStore(classesKey{}, newClasses())
	return made.(*classes)
}

func newClasses() *classes {
	c := &classes{}
	c.forget()
	return c
}

func (c *classes) forget() {
	c.trees, c.twigs = map[string]*twig{}, 0
	c.laws = map[*rules.Edition]*lawOf{}
}

// law returns what is to be known of an edition.
func (c *classes) law(e *rules.Edition) *lawOf {
	c.mu.RLock()
	law := c.laws[e]
	c.mu.RUnlock()
	if law != nil {
		return law
	}
	edges := slices.Clone(e.Edges())
	slices.Sort(edges)
	made := &lawOf{edges: slices.Compact(edges)}
	made.states, made.ranks, made.names = e.Compares()
	c.mu.Lock()
	defer c.mu.Unlock()
	if law := c.laws[e]; law != nil {
		return law
	}
	c.next++
	made.number = c.next
	c.laws[e] = made
	return made
}

// A roll is a list of privileges that many subjects are asked about.
type roll struct{ privileges []domain.Privilege }

// together answers for all privileges of the roll.
func (in *inquiry) together(r *roll, t timeline.Instant) ([]*Verdict, error) {
	out := make([]*Verdict, len(r.privileges))
	for i, p := range r.privileges {
		if out[i] = in.alike(p, t); out[i] != nil {
			continue
		}
		var err error
		if out[i], err = in.asked(p, t); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", p, in.subject, err)
		}
	}
	return out, nil
}

// alike answers one privilege, from a class if somebody was like this before, and
// else for everybody who will be. It returns nil if that can't be shared, or can't
// be asked. The verdict must not be changed.
func (in *inquiry) alike(p domain.Privilege, t timeline.Instant) *Verdict {
	now := in.instant(t)
	if now.err != nil || now.wrong != nil || in.all || now.notes != nil {
		return nil
	}
	decl := now.law.Language.Privileges[p]
	if decl == nil || in.subject.Kind == domain.KindMission && decl.Of&rules.OfMission == 0 {
		return nil
	}
	side := now.sideOf(decl)
	if now.keys[side] == nil {
		if now.keys[side] = in.keyOf(now, side); now.keys[side] == nil {
			return nil
		}
	}
	c := in.classes
	key := now.keys[side].of(p)
	c.asked.Add(1)
	c.mu.RLock()
	tree := c.trees[string(key)]
	c.mu.RUnlock()
	if v := now.follow(tree); v != nil {
		c.met.Add(1)
		return v
	}
	v, read, err := in.afresh(p, now)
	if v == nil || err != nil {
		return nil
	}
	c.grow(string(key), read, v)
	return v
}

// afresh asks the law, with an instant of which nothing was read yet, and notes
// what it reads.
func (in *inquiry) afresh(p domain.Privilege, now *instant) (*Verdict, []noted, error) {
	fresh := &instant{in: in, t: now.t, notes: &notes{}}
	in.settle(fresh)
	in.instants[now.t] = fresh
	defer func() { in.instants[now.t] = now }()
	v, err := in.asked(p, now.t)
	if err != nil {
		return nil, nil, fmt.Errorf("%s of %s: %w", p, in.subject, err)
	}
	return v, fresh.notes.all, nil
}

// follow reads the facts that a tree asks for, and returns what it comes to; nil
// if nobody was like this before.
func (now *instant) follow(at *twig) *Verdict {
	for at != nil {
		if at.verdict != nil {
			return at.verdict
		}
		f := now.finding(at.role)
		branches := at.branches.Load()
		if f == nil || branches == nil {
			return nil
		}
		at = (*branches)[f.reading(at.decl)]
	}
	return nil
}

// reading reads a fact once.
func (f *finding) reading(decl *domain.FactDecl) reading {
	for i := range f.readings {
		if f.readings[i].decl == decl {
			return f.readings[i].reading
		}
	}
	v, _, known := f.fact(decl)
	r := readingOf(v, known)
	f.readings = append(f.readings, noted{decl: decl, reading: r})
	return r
}

// finding makes, or finds, what a role stands for.
func (now *instant) finding(r role) *finding {
	for _, f := range now.made {
		if f.role == r {
			return f
		}
	}
	f := &finding{now: now, kind: r.kind, role: r}
	switch r.kind {
	case "member", "mission", "state":
		if f = now.describe(r); f == nil {
			return nil
		}
	case "vehicle", "property":
		v, _ := now.request.Value("object")
		f.id = v.Text()
	case "protection", "filing":
		s, through := now.question(r)
		if through == nil {
			return nil
		}
		f.of, f.asked, f.through = asker(through), s, through
	default:
		s, _ := now.question(r)
		if s == nil {
			return nil
		}
		all := now.in.binding(s.Capacities)
		if r.bound >= len(all) {
			return nil
		}
		f.asked, f.span, f.about = s, all[r.bound].Span, new(*facts.Asked)
	}
	now.made = append(now.made, f)
	return f
}

// question is that of one privilege, and the capacity in question.
func (now *instant) question(r role) (*rules.Situation, *rules.Capacity) {
	answered, err := now.in.situation(r.privilege, now.t)
	if err != nil {
		return nil, nil
	}
	s := answered.situation
	switch {
	case r.nobody:
		return s, &s.Nobody
	case int(r.capacity) < len(s.Capacities):
		return s, &s.Capacities[r.capacity]
	default:
		return s, nil
	}
}

// grow adds what was read on the way to a verdict. Others follow the tree
// meanwhile, without locks: whatever they can reach is finished.
func (c *classes) grow(key string, read []noted, verdict *Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.twigs+len(read) >= mostTwigs {
		c.forget()
		return
	}
	at := c.trees[key]
	if at == nil {
		c.trees[key] = c.branch(read, verdict)
		return
	}
	for i, one := range read {
		if at.verdict != nil || at.role != one.role || at.decl != one.decl {
			return // it was read in another order: that is not how it is meant, and does no harm
		}
		have := *at.branches.Load()
		next := have[one.reading]
		if next == nil {
			more := maps.Clone(have)
			more[one.reading] = c.branch(read[i+1:], verdict)
			at.branches.Store(&more)
			return
		}
		at = next
	}
}

// branch makes what follows from reading some facts, of which none was read before.
func (c *classes) branch(read []noted, verdict *Verdict) *twig {
	at := &twig{verdict: verdict}
	for _, one := range slices.Backward(read) {
		before := &twig{role: one.role, decl: one.decl}
		before.branches.Store(&map[reading]*twig{one.reading: at})
		at = before
	}
	c.twigs += len(read) + 1
	return at
}
