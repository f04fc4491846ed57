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
	rests   facts.Topics // of the facts that were read on the way to the verdict

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

// A noted fact was read.
type noted struct {
	role    role
	decl    *domain.FactDecl
	reading reading
}

func (now *instant) note(r role, decl *domain.FactDecl, v domain.Value, known bool) reading {
	of := readingOf(v, known)
	now.readings = append(now.readings, noted{r, decl, of})
	return of
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
		if end := in.instant(t).alike(p); end != nil {
			out[i] = end.verdict
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
func (now *instant) alike(p domain.Privilege) *twig {
	in := now.in
	if now.err != nil || now.wrong != nil || in.all || now.alone {
		return nil
	}
	decl := now.law.Language.Privileges[p]
	if decl == nil || in.subject.Kind == domain.KindMission && decl.Of&rules.OfMission == 0 {
		return nil
	}
	side := now.sideOf(decl)
	now.sideAt(side, decl)
	if now.keys[side] == nil {
		if now.keys[side] = in.keyOf(now, side); now.keys[side] == nil {
			return nil
		}
	}
	c := in.classes
	key := now.keys[side].of(p)
	c.mu.RLock()
	tree := c.trees[string(key)]
	c.mu.RUnlock()
	if end := now.follow(tree); end != nil {
		return end
	}
	v, read, err := now.afresh(p)
	if err != nil {
		return nil
	}
	end := &twig{verdict: &v, rests: facts.Standing}
	for _, one := range read {
		end.rests |= facts.TopicsOf(one.role.kind, one.decl.From)
	}
	c.grow(string(key), read, end)
	return end
}

// afresh asks the law, as of an instant of which nothing was read yet, and returns
// what it reads.
func (now *instant) afresh(p domain.Privilege) (Verdict, []noted, error) {
	fresh := &instant{in: now.in, t: now.t, alone: true}
	now.in.settle(fresh)
	v, _, err := fresh.rested(p)
	return v, fresh.readings, err
}

// follow reads the facts that a tree asks for, and returns where that ends; nil
// if nobody was like this before.
func (now *instant) follow(at *twig) *twig {
	for at != nil {
		if at.verdict != nil {
			return at
		}
		r, found := now.reading(at.role, at.decl)
		branches := at.branches.Load()
		if !found || branches == nil {
			return nil
		}
		at = (*branches)[r]
	}
	return nil
}

// reading reads a fact once; false if there is nothing of which it could be read.
func (now *instant) reading(r role, decl *domain.FactDecl) (reading, bool) {
	for i := range now.readings {
		if one := &now.readings[i]; one.decl == decl && one.role == r {
			return one.reading, true
		}
	}
	f := now.finding(r)
	if f == nil {
		return reading{}, false
	}
	v, _, known := f.fact(decl)
	return now.note(r, decl, v, known), true
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
	answered, err := now.situation(r.privilege)
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
func (c *classes) grow(key string, read []noted, end *twig) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.twigs+len(read) >= mostTwigs {
		c.forget()
		return
	}
	at := c.trees[key]
	if at == nil {
		c.trees[key] = c.branch(read, end)
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
			more[one.reading] = c.branch(read[i+1:], end)
			at.branches.Store(&more)
			return
		}
		at = next
	}
}

// branch makes what follows from reading some facts, of which none was read before.
func (c *classes) branch(read []noted, at *twig) *twig {
	for _, one := range slices.Backward(read) {
		before := &twig{role: one.role, decl: one.decl}
		before.branches.Store(&map[reading]*twig{one.reading: at})
		at = before
	}
	c.twigs += len(read) + 1
	return at
}
