package standing

import (
	"encoding/binary"
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
	lists map[string]uint32
	twigs int

	asked, met atomic.Int64 // sheets asked for, and those that a class answered
}

// mostTwigs bounds what is kept; beyond it all is forgotten, and begun anew.
const mostTwigs = 1 << 19

type lawOf struct {
	number uint32
	edges  []timeline.Instant // at which rules come into force or go out of it
	names  bool               // some rule names members or missions
}

// A twig is what is known after some facts were read: the verdicts, or the fact
// that is read next and what follows from each of its values.
type twig struct {
	verdicts []*Verdict

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
	c.laws, c.lists = map[*rules.Edition]*lawOf{}, map[string]uint32{}
}

// learn gives numbers to editions and to a list of privileges.
func (c *classes) learn(editions []*rules.Edition, list string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range editions {
		if c.laws[e] != nil {
			continue
		}
		edges := slices.Clone(e.Edges())
		slices.Sort(edges)
		c.laws[e] = &lawOf{number: uint32(len(c.laws)), edges: slices.Compact(edges), names: e.NamesAnybody()}
	}
	if _, known := c.lists[list]; !known {
		c.lists[list] = uint32(len(c.lists))
	}
}

// A Roll is a list of privileges that many subjects are asked about.
type roll struct {
	privileges []domain.Privilege
	name       string
}

func newRoll(privileges []domain.Privilege) *roll {
	words := make([]string, len(privileges))
	for i, p := range privileges {
		words[i] = string(p)
	}
	return &roll{privileges, strings.Join(words, ",")}
}

// together answers for all privileges of the roll, from a class if there is one.
func (in *inquiry) together(r *roll, t timeline.Instant) ([]*Verdict, error) {
	c := in.classes
	c.asked.Add(1)
	now := &instant{in: in, t: t}
	in.settle(now)
	if now.err != nil || now.wrong != nil || in.all {
		return in.apart(r.privileges, t)
	}
	in.instants[t] = now
	key, fits := in.keyOf(now, r)
	if !fits {
		return in.apart(r.privileges, t)
	}
	c.mu.RLock()
	tree := c.trees[string(key)]
	c.mu.RUnlock()
	if found := now.follow(tree); found != nil {
		c.met.Add(1)
		return found, nil
	}
	// The law is asked, with a fresh instant of which nothing was read yet.
	fresh := &instant{in: in, t: t, notes: &notes{}}
	in.settle(fresh)
	in.instants[t] = fresh
	verdicts, err := in.apart(r.privileges, t)
	if err != nil {
		return nil, err
	}
	c.grow(string(key), fresh.notes.all, verdicts)
	return verdicts, nil
}

// follow reads the facts that a tree asks for, and returns what it comes to; nil
// if nobody was like this before.
func (now *instant) follow(at *twig) []*Verdict {
	for at != nil {
		if at.verdicts != nil {
			return at.verdicts
		}
		f := now.finding(at.role)
		if f == nil {
			return nil
		}
		v, _, known := f.fact(at.decl)
		branches := at.branches.Load()
		if branches == nil {
			return nil
		}
		at = (*branches)[readingOf(v, known)]
	}
	return nil
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
func (c *classes) grow(key string, read []noted, verdicts []*Verdict) {
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
	fresh := at.verdicts == nil && at.decl == nil
	for _, one := range read {
		switch {
		case fresh:
			at.role, at.decl = one.role, one.decl
		case at.verdicts != nil || at.role != one.role || at.decl != one.decl:
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
		at.verdicts = verdicts
	}
}

// keyOf writes down all that the law is told at once. It returns false if that
// can't be shared.
func (in *inquiry) keyOf(now *instant, r *roll) ([]byte, bool) {
	var editions []*rules.Edition
	sides := []uint8{0, 1}
	if in.subject.Kind == domain.KindMission {
		sides = sides[1:]
	}
	for _, i := range sides {
		s := now.sideAt(i, sideDecl[i])
		if s.err != nil || len(s.capacities) > 200 {
			return nil, false
		}
		editions = append(editions, s.law.Common)
		for _, c := range s.capacities {
			if own := s.law.States[c.Reach.State]; own != nil {
				editions = append(editions, own)
			}
		}
	}
	c := in.classes
	c.mu.RLock()
	defer c.mu.RUnlock()
	list, known := c.lists[r.name]
	for _, e := range editions {
		known = known && c.laws[e] != nil
	}
	if !known {
		c.mu.RUnlock()
		c.learn(editions, r.name)
		c.mu.RLock()
		list = c.lists[r.name]
	}
	k := keys{b: make([]byte, 0, 256)}
	k.n(uint64(list))
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
	names := false
	k.n(uint64(len(editions)))
	for _, e := range editions {
		law := c.laws[e]
		if law == nil {
			return nil, false // all was forgotten meanwhile
		}
		names = names || law.names
		in, _ := slices.BinarySearch(law.edges, now.t+1)
		k.n(uint64(law.number))
		k.n(uint64(in))
	}
	for _, i := range sides {
		in.keyOfSide(&k, now.sides[i], now.t, names)
	}
	return k.b, true
}

// sideDecl stands for the privileges of persons, and for those of missions.
var sideDecl = [2]*rules.PrivilegeDecl{{Of: rules.OfPerson}, {Of: rules.OfMission}}

func (in *inquiry) keyOfSide(k *keys, s *side, t timeline.Instant, names bool) {
	bindings := in.binding(s.capacities)
	k.n(uint64(len(bindings)))
	for i := range bindings {
		k.text(string(bindings[i].each))
		k.n(uint64(bindings[i].Pos))
	}
	k.n(uint64(len(s.capacities)))
	for i := range s.capacities {
		in.keyOfCapacity(k, &s.capacities[i], bindings, t, names)
	}
	in.keyOfCapacity(k, &s.nobody, bindings, t, names)
}

func (in *inquiry) keyOfCapacity(k *keys, c *rules.Capacity, bindings []binding, t timeline.Instant, names bool) {
	reach := c.Reach
	k.flag(c.Ended)
	k.text(c.Missing)
	k.text(string(reach.State))
	k.text(string(reach.MissionKind))
	k.text(string(reach.Category))
	k.text(reach.Rank)
	k.text(string(reach.Status))
	k.flag(reach.Family)
	k.flag(reach.Visitor)
	k.flag(reach.Member != "")
	k.flag(reach.Mission != "")
	if names {
		k.text(string(reach.Member))
		k.text(string(reach.Mission))
	}
	for _, liberty := range []bool{false, true} {
		reach.Liberty = liberty
		for i := range bindings {
			k.flag(bindings[i].covers(in, &reach, t))
		}
	}
	k.flag(c.Principal != nil)
	if c.Principal != nil {
		in.keyOfCapacity(k, c.Principal, bindings, t, names)
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
