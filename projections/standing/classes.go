package standing

import (
	"encoding/binary"
	"fmt"
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
const mostTwigs = 1 << 19

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

// grow adds what was read on the way to some verdicts.
func (c *classes) grow(key string, read []noted, verdict *Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.twigs+len(read) > mostTwigs {
		c.forget()
		return
	}
	at := c.trees[key]
	if at == nil {
		at = &twig{}
		c.trees[key] = at
		c.twigs++
	}
	fresh := at.verdict == nil && at.decl == nil
	for _, one := range read {
		switch {
		case fresh:
			at.role, at.decl = one.role, one.decl
		case at.verdict != nil || at.role != one.role || at.decl != one.decl:
			return // it was read in another order: that is not how it is meant, and does no harm
		}
		have := at.branches.Load()
		if have != nil {
			if next := (*have)[one.reading]; next != nil {
				at, fresh = next, false
				continue
			}
		}
		more := map[reading]*twig{}
		if have != nil {
			for k, v := range *have {
				more[k] = v
			}
		}
		next := &twig{}
		more[one.reading] = next
		at.branches.Store(&more)
		at, fresh = next, true
		c.twigs++
	}
	if fresh {
		at.verdict = verdict
	}
}

// A key is all that the law is told at once of one side, whatever the privilege.
type key struct {
	head  []byte // of everything but the measures
	bonds []bond // what binds those whom it is asked of
	whole keys   // room for the key of one privilege
}

// A bond is a measure, agreement or waiver, with whom it covers, written down.
type bond struct {
	privileges []domain.Privilege // nil: all
	key        []byte
}

// keyOf writes down all that the law is told at once. It returns nil if that can't
// be shared.
func (in *inquiry) keyOf(now *instant, side uint8) *key {
	s := now.sideAt(side, sideDecl[side])
	if s.err != nil || len(s.capacities) > 200 {
		return nil
	}
	k := keys{b: make([]byte, 0, 160)}
	k.n(uint64(side))
	k.text(string(in.subject.Kind))
	k.flag(in.host != "")
	k.n(uint64(len(in.words)))
	if len(in.words) > 0 {
		words := make([]string, 0, len(in.words))
		for word, value := range in.words {
			words = append(words, word+"\x00"+value)
		}
		slices.Sort(words)
		for _, word := range words {
			k.text(word)
		}
	}
	var all lawOf
	law := func(e *rules.Edition) {
		if e == nil {
			k.n(0) // no law has this number
			return
		}
		law := in.classes.law(e)
		all.states, all.ranks, all.names = all.states || law.states, all.ranks || law.ranks, all.names || law.names
		edge, _ := slices.BinarySearch(law.edges, now.t+1)
		k.n(uint64(law.number))
		k.n(uint64(edge))
	}
	law(s.law.Common)
	k.n(uint64(len(s.capacities)))
	for i := range s.capacities {
		law(s.law.States[s.capacities[i].Reach.State])
	}
	for i := range s.capacities {
		k.capacity(&s.capacities[i], &all)
	}
	k.capacity(&s.nobody, &all)
	return &key{head: k.b, bonds: in.bonds(s, now.t), whole: keys{b: make([]byte, 0, 256)}}
}

// of is the key of one privilege: only what concerns it binds.
func (k *key) of(p domain.Privilege) []byte {
	w := &k.whole
	w.b = append(w.b[:0], k.head...)
	w.text(string(p))
	for i, b := range k.bonds {
		if len(b.privileges) == 0 || slices.Contains(b.privileges, p) {
			w.n(uint64(i))
			w.b = append(w.b, b.key...)
		}
	}
	return w.b
}

func (in *inquiry) bonds(s *side, t timeline.Instant) []bond {
	bindings := in.binding(s.capacities)
	if len(bindings) == 0 {
		return nil
	}
	out := make([]bond, len(bindings))
	for i := range bindings {
		b := &bindings[i]
		k := keys{b: make([]byte, 0, 32)}
		k.text(string(b.each))
		k.n(uint64(b.Pos))
		for j := range s.capacities {
			for c := &s.capacities[j]; c != nil; c = c.Principal {
				k.covered(b, in, c.Reach, t)
			}
		}
		k.covered(b, in, s.nobody.Reach, t)
		out[i] = bond{b.Privileges(), k.b}
	}
	return out
}

func (k *keys) covered(b *binding, in *inquiry, reach domain.Reach, t timeline.Instant) {
	for _, liberty := range [2]bool{false, true} {
		reach.Liberty = liberty
		k.flag(b.covers(in, &reach, t))
	}
}

// sideDecl stands for the privileges of persons, and for those of missions.
var sideDecl = [2]*rules.PrivilegeDecl{{Of: rules.OfPerson}, {Of: rules.OfMission}}

func (k *keys) capacity(c *rules.Capacity, law *lawOf) {
	reach := &c.Reach
	k.flag(c.Ended)
	k.text(c.Missing)
	k.flag(reach.State != "")
	if law.states {
		k.text(string(reach.State))
	}
	k.text(string(reach.MissionKind))
	k.text(string(reach.Category))
	if law.ranks {
		k.text(reach.Rank)
	}
	k.text(string(reach.Status))
	k.flag(reach.Family)
	k.flag(reach.Visitor)
	k.flag(reach.Member != "")
	k.flag(reach.Mission != "")
	if law.names {
		k.text(string(reach.Member))
		k.text(string(reach.Mission))
	}
	k.flag(c.Principal != nil)
	if c.Principal != nil {
		k.capacity(c.Principal, law)
	}
}

// keys writes a key in which no two lists of things look the same.
type keys struct{ b []byte }

func (k *keys) n(v uint64) { k.b = binary.AppendUvarint(k.b, v) }

func (k *keys) text(s string) {
	k.n(uint64(len(s)))
	k.b = append(k.b, s...)
}

func (k *keys) flag(yes bool) {
	if yes {
		k.b = append(k.b, 1)
	} else {
		k.b = append(k.b, 0)
	}
}
