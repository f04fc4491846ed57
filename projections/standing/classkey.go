package standing

import (
	"encoding/binary"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

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
