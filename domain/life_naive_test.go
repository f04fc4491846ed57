package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// The naive specification of the life of a ruleset: every question is answered by
// going through the whole list of what was recorded, from the start.
type naiveLife []domain.Envelope

func (n naiveLife) about(id domain.RulesetID) naiveLife {
	var out naiveLife
	for _, e := range n {
		if e.Subject.ID == string(id) {
			out = append(out, e)
		}
	}
	return out
}

// inForce returns the edition in force, and which event put it there.
func (n naiveLife) inForce(id domain.RulesetID, t time.Time) (hash string, by domain.EventID) {
	list := n.about(id)
	slices.SortStableFunc(list, func(a, b domain.Envelope) int { return a.Effective.At.Compare(b.Effective.At) })
	for _, e := range list {
		if e.Effective.At.After(t) {
			continue
		}
		was := hash
		switch b := e.Event.(type) {
		case domain.RulesetPublished:
			hash = b.Hash
		case domain.RulesetSuperseded:
			if b.Hash == hash {
				hash = b.By
			}
		case domain.RulesetWithdrawn:
			if b.Hash == hash {
				hash = ""
			}
		}
		if hash != was {
			by = e.ID
		}
	}
	return hash, by
}

// lastly returns the index after the last event that is so, or 0.
func (n naiveLife) lastly(is func(domain.Event) bool) int {
	for i := len(n); i > 0; i-- {
		if is(n[i-1].Event) {
			return i
		}
	}
	return 0
}

func brings(hash string) func(domain.Event) bool {
	return func(e domain.Event) bool {
		p, publishes := e.(domain.RulesetPublished)
		s, supersedes := e.(domain.RulesetSuperseded)
		return publishes && p.Hash == hash || supersedes && s.By == hash
	}
}

func ends(hash string) func(domain.Event) bool {
	return func(e domain.Event) bool {
		w, withdraws := e.(domain.RulesetWithdrawn)
		return withdraws && w.Hash == hash
	}
}

// wrote reports whether an actor, by canonical name, is an author of a text.
func (n naiveLife) wrote(hash, who string, seen []string) bool {
	if hash == "" || slices.Contains(seen, hash) {
		return false
	}
	after := n[n.lastly(brings(hash)):]
	since := n[n.lastly(func(e domain.Event) bool { return brings(hash)(e) || ends(hash)(e) }):]
	for _, e := range after {
		if d, saves := e.Event.(domain.RulesetDraftSaved); saves && d.Hash == hash {
			if plain(e.Actor) == who || n.wrote(d.Parent, who, append(seen, hash)) {
				return true
			}
		}
	}
	for _, e := range since {
		if p, proposes := e.Event.(domain.RulesetProposed); proposes && p.Hash == hash && len(seen) == 0 && plain(e.Actor) == who {
			return true
		}
	}
	return false
}

// plain undoes the few ways in which this test writes names.
func plain(name string) string {
	return map[string]string{"ana": "ana", " ANA": "ana", "ａna": "ana", "ben": "ben", "be\u200bn": "ben", "cem": "cem"}[name]
}

// open returns the proposal of a text that waits, and its last approval, each with
// how much was recorded before it.
func (n naiveLife) open(hash string) (p, a int, found bool) {
	p = n.lastly(func(e domain.Event) bool {
		is, proposes := e.(domain.RulesetProposed)
		return proposes && is.Hash == hash
	})
	over := n.lastly(func(e domain.Event) bool {
		r, returns := e.(domain.RulesetReturned)
		return returns && r.Hash == hash || brings(hash)(e) || ends(hash)(e)
	})
	if p == 0 || over > p {
		return 0, 0, false
	}
	a = n.lastly(func(e domain.Event) bool {
		is, approves := e.(domain.RulesetApproved)
		return approves && is.Hash == hash
	})
	if a < p {
		a = 0
	}
	return p, a, true
}

// saves reports whether a text is known.
func (n naiveLife) knows(hash string) bool {
	return n.lastly(brings(hash)) > 0 || n.lastly(func(e domain.Event) bool {
		d, saves := e.(domain.RulesetDraftSaved)
		return saves && d.Hash == hash
	}) > 0
}

// may says whether an event may be recorded in a live office.
func (n naiveLife) may(e domain.Envelope) bool {
	id := domain.RulesetID(e.Subject.ID)
	own := n.about(id)
	when := func(from time.Time, otherwise time.Time) time.Time {
		if from.IsZero() {
			return otherwise
		}
		return from
	}
	// carried reports whether a text may be carried out now.
	carried := func(hash string, withdraw bool) bool {
		p, a, open := own.open(hash)
		if !open || a == 0 {
			return false
		}
		proposal, approval := own[p-1].Event.(domain.RulesetProposed), own[a-1]
		if proposal.Withdraw != withdraw || own.wrote(hash, plain(approval.Actor), nil) {
			return false
		}
		then := n[:slices.IndexFunc(n, func(one domain.Envelope) bool { return one.ID == approval.ID })]
		for _, of := range []domain.RulesetID{id, domain.CommonRuleset} {
			hash, by := then.inForce(of, when(proposal.From.At, approval.Recorded))
			now, byNow := n.inForce(of, when(proposal.From.At, e.Recorded))
			if hash != now || by != byNow {
				return false
			}
		}
		return e.Effective.At.Equal(when(proposal.From.At, e.Recorded))
	}
	// fades reports whether a text that takes effect then would be out of force again
	// by now, since it was withdrawn or superseded itself.
	fades := func(hash string, from time.Time) bool {
		supposed := domain.Envelope{ID: domain.EventID{0: 1}, Subject: e.Subject, Effective: e.Effective, Event: domain.RulesetPublished{Hash: hash}}
		supposed.Effective.At = from
		later := append(slices.DeleteFunc(slices.Clone(own), func(one domain.Envelope) bool { return !one.Effective.At.After(from) }), supposed)
		_, by := later.inForce(id, e.Recorded)
		return slices.ContainsFunc(later, func(one domain.Envelope) bool {
			s, supersedes := one.Event.(domain.RulesetSuperseded)
			return one.ID == by && (ends(hash)(one.Event) || supersedes && s.Hash == hash)
		})
	}
	past := e.Effective.At.Before(e.Recorded)
	switch b := e.Event.(type) {
	case domain.RulesetDraftSaved:
		return b.Parent == "" || b.Parent != b.Hash && own.knows(b.Parent)
	case domain.RulesetProposed:
		base, _ := n.inForce(id, when(b.From.At, e.Recorded))
		retroactive := !b.From.At.IsZero() && b.From.At.Before(e.Recorded)
		return own.knows(b.Hash) && (b.Withdraw && base == b.Hash || !b.Withdraw && !fades(b.Hash, when(b.From.At, e.Recorded))) && (!retroactive || b.Reason != "")
	case domain.RulesetReturned:
		_, _, open := own.open(b.Hash)
		return open
	case domain.RulesetApproved:
		p, _, open := own.open(b.Hash)
		if !open || own.wrote(b.Hash, plain(e.Actor), nil) {
			return false
		}
		proposal := own[p-1].Event.(domain.RulesetProposed)
		base, _ := n.inForce(id, when(proposal.From.At, e.Recorded))
		common, _ := n.inForce(domain.CommonRuleset, when(proposal.From.At, e.Recorded))
		if id == domain.CommonRuleset {
			common = ""
		}
		return b.Withdraw == proposal.Withdraw && b.From.At.Equal(proposal.From.At) && b.Base == base && b.Common == common && (b.Withdraw || !fades(b.Hash, when(b.From.At, e.Recorded)))
	case domain.RulesetPublished:
		base, _ := n.inForce(id, e.Effective.At)
		rolls := b.RollbackOf == "" || b.RollbackOf == base && b.RollbackOf != b.Hash && own.lastly(brings(b.Hash)) > 0
		return rolls && carried(b.Hash, false) && !fades(b.Hash, e.Effective.At) && (!past || b.Reason != "")
	case domain.RulesetSuperseded:
		base, _ := n.inForce(id, e.Effective.At)
		return carried(b.By, false) && base == b.Hash && !past
	case domain.RulesetWithdrawn:
		return carried(b.Hash, true)
	default:
		return false
	}
}

// What may be recorded of a life is what the naive specification allows; and what
// is recorded tells the same of which edition is in force.
func TestALifeIsAsSpecified(t *testing.T) {
	seen := map[domain.Type]int{}
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		c := newChamber(domain.Live)
		pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
		for range rapid.IntRange(20, 80).Draw(t, "steps") {
			id := domain.RulesetID(pick("ruleset", "arandia", "arandia", "arandia", "common"))
			own := naiveLife(c.events).about(id)
			hash := pick("hash", h1, h1, h2, h3)
			who := pick("who", "ana", " ANA", "ａna", "ben", "be\u200bn", "cem")
			dates := []string{"", "2025-01-01", "2025-01-02", "2025-01-02", "2025-01-03", "2025-06-01", "2025-06-02"}
			e := c.event(who, id, nil, "")
			from := domaintest.When("2025-01-01")
			if d := pick("from", dates...); d != "" {
				from = domaintest.When(d)
			} else {
				from.At = time.Time{}
				from.HasDate, from.Zone = false, ""
			}
			withdraw := rapid.IntRange(0, 4).Draw(t, "withdraw") == 0
			// Mostly what is proposed is what is approved and carried out.
			if p, _, open := own.open(hash); open && rapid.IntRange(0, 9).Draw(t, "as proposed") > 0 {
				proposal := own[p-1].Event.(domain.RulesetProposed)
				from, withdraw = proposal.From, proposal.Withdraw
			}
			at := from
			if at.At.IsZero() {
				at.At = e.Recorded
			}
			all := naiveLife(c.events)
			base, _ := all.inForce(id, at.At)
			common, _ := all.inForce(domain.CommonRuleset, at.At)
			if id == domain.CommonRuleset {
				common = ""
			}
			kind := rapid.IntRange(0, 11).Draw(t, "kind")
			if rapid.IntRange(0, 3).Draw(t, "next") > 0 { // the step that comes next
				p, a, open := own.open(hash)
				switch {
				case open && a > 0:
					kind = 8
				case open && p > 0:
					kind = 6
				case own.knows(hash):
					kind = 4
				default:
					kind = 0
				}
			}
			if kind == 4 && base == hash && rapid.IntRange(0, 1).Draw(t, "end it") == 0 {
				withdraw = true
			}
			if kind == 8 && base != "" && !withdraw && rapid.IntRange(0, 2).Draw(t, "supersede") == 0 {
				kind = 10
			}
			switch {
			case kind < 3:
				e.Event = domain.RulesetDraftSaved{Hash: hash, Parent: pick("parent", "", "", h1, h2, h3)}
			case kind < 5:
				e.Event = domain.RulesetProposed{Hash: hash, From: from, Withdraw: withdraw, Reason: pick("why", "", "x", "x", "x")}
			case kind < 6:
				e.Event = domain.RulesetReturned{Hash: hash, Reason: "x"}
			case kind < 8:
				if rapid.IntRange(0, 9).Draw(t, "another base") == 0 {
					base = h3
				}
				e.Event = domain.RulesetApproved{Hash: hash, From: from, Withdraw: withdraw, Base: base, Common: common}
			case kind < 10 && withdraw:
				e.Event, e.Effective = domain.RulesetWithdrawn{Hash: hash, Reason: "x"}, at
			case kind < 10:
				e.Event, e.Effective = domain.RulesetPublished{Edition: "1", Hash: hash, Reason: pick("reason", "", "x", "x"), RollbackOf: pick("of", "", "", base)}, at
			default:
				e.Event, e.Effective = domain.RulesetSuperseded{Hash: base, By: hash}, at
			}
			err := c.decide(e)
			require.Equal(t, all.may(e), err == nil, "%s of %s by %q: %v", e.Type(), id, who, err)
			if err != nil {
				refused++
				continue
			}
			seen[e.Type()]++
			c.events = append(c.events, e)
			for _, of := range []domain.RulesetID{arandia, domain.CommonRuleset} {
				want, _ := naiveLife(c.events).inForce(of, at.At)
				require.Equal(t, want, c.life(of).InForce(at.At))
			}
			for _, who := range []string{"ana", "ben", "cem"} {
				require.Equal(t, naiveLife(c.events).about(id).wrote(hash, who, nil), c.life(id).Wrote(hash, who), "%s and %s", who, hash)
			}
		}
	})
	for _, e := range []domain.Event{domain.RulesetDraftSaved{}, domain.RulesetProposed{}, domain.RulesetReturned{}, domain.RulesetApproved{}, domain.RulesetPublished{}, domain.RulesetSuperseded{}, domain.RulesetWithdrawn{}} {
		require.NotZero(t, seen[e.Type()], e.Type())
	}
	require.NotZero(t, refused)
	t.Logf("recorded %v, refused %d", seen, refused)
}
