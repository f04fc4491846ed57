package projections

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// LawAt returns the common edition in force at t, as known at k, and the name of
// each edition. It returns ErrNoLaw if there is none.
func (r *Root) LawAt(t timeline.Instant, k domain.Position) (*rules.Edition, domain.Edition, error) {
	one, found := r.books(k).at(common, t)
	if !found {
		return nil, domain.Edition{}, ErrNoLaw
	}
	edition, err := r.library.Common(one)
	if err != nil {
		return nil, domain.Edition{}, fmt.Errorf("common edition %s: %w", one, err)
	}
	return edition, domain.Edition{Ruleset: common, Edition: edition.Edition, Hash: one}, nil
}

// StateLawAt returns a State's own edition in force at t, as known at k, or nil.
func (r *Root) StateLawAt(state domain.StateID, t timeline.Instant, k domain.Position, base string) (*rules.Edition, domain.Edition, error) {
	hash, found := r.books(k).at(domain.RulesetID(state), t)
	if !found {
		return nil, domain.Edition{}, nil
	}
	edition, err := r.library.State(hash, base)
	if err != nil {
		return nil, domain.Edition{}, fmt.Errorf("edition %s of %s: %w", hash, state, err)
	}
	return edition, domain.Edition{Ruleset: domain.RulesetID(state), Edition: edition.Edition, Hash: hash}, nil
}

// Law is the numbers of the common law at one k, as facts needs them.
type Law struct {
	root *Root
	k    domain.Position
}

// Law returns the numbers of the law as known at k.
func (r *Root) Law(k domain.Position) Law { return Law{root: r, k: k} }

// Capacities returns the numbers of the edition in force at an instant.
func (l Law) Capacities(at timeline.Instant) (domain.CapacityLaw, error) {
	edition, _, err := l.root.LawAt(at, l.k)
	if err != nil {
		return domain.CapacityLaw{}, err
	}
	return edition.Capacities, nil
}

// Clock returns what the edition in force at an instant says of requests of a kind.
func (l Law) Clock(kind domain.RequestKind, at timeline.Instant) (domain.ClockLaw, bool) {
	edition, _, err := l.root.LawAt(at, l.k)
	if err != nil {
		return domain.ClockLaw{}, false
	}
	return edition.Language.RequestKind(kind)
}

// Sources returns how facts are computed under any common edition known. The list
// must not be changed.
func (l Law) Sources() []domain.FactSource {
	b := l.root.books(l.k)
	b.sourcing.Do(func() {
		for _, hash := range l.root.Editions(common, l.k) {
			edition, err := l.root.library.Common(hash)
			if err != nil {
				continue // a question under that edition reports it
			}
			for _, s := range edition.Language.Sources() {
				if !slices.Contains(b.sources, s) {
					b.sources = append(b.sources, s)
				}
			}
		}
	})
	return b.sources
}

// RuleEdges lists the instants at which a rule of any edition known at k comes
// into force or goes out of it by its own dates. The list must not be changed.
func (r *Root) RuleEdges(k domain.Position) []timeline.Instant {
	b := r.books(k)
	b.edging.Do(func() {
		var out []timeline.Instant
		r.EachEdition(k, func(e *rules.Edition) { out = append(out, e.Edges()...) })
		out = b.draftEdges(out)
		slices.Sort(out)
		b.edges = slices.Compact(out)
	})
	return b.edges
}

// A Reading is what verdicts about some privilege may depend on.
type Reading struct {
	// Facts are those that rules read; nil is all.
	Facts *facts.Reads
	// Edges are the instants at which rules come into force or go out of it.
	Edges []timeline.Instant
	// Name is the same for equal readings.
	Name string
}

// Reading returns what verdicts about a privilege may depend on under any edition
// known at k, for somebody of whom measures, agreements or waivers that concern the
// privilege are on record, as listed.
func (r *Root) Reading(p domain.Privilege, k domain.Position, each ...rules.Each) *Reading {
	b := r.books(k)
	key := readingKey{p: p}
	copy(key.each[:], each)
	if found, ok := b.readings.Load(key); ok {
		return found.(*Reading)
	}
	reads, out := &facts.Reads{Constructors: map[string]bool{}, Privilege: p}, &Reading{}
	r.EachEdition(k, func(e *rules.Edition) {
		for _, c := range e.Constructors(p, each...) {
			reads.Constructors[c] = true
		}
		ages, all := e.Ages(p, each...)
		reads.Ages, reads.AllAges = append(reads.Ages, ages...), reads.AllAges || all
		out.Edges = append(out.Edges, e.EdgesOf(p)...)
	})
	out.Edges = b.draftEdges(out.Edges)
	slices.Sort(reads.Ages)
	slices.Sort(out.Edges)
	reads.Ages, out.Edges = slices.Compact(reads.Ages), slices.Compact(out.Edges)
	out.Facts = reads
	out.Name = fmt.Sprint(p, slices.Sorted(maps.Keys(reads.Constructors)), reads.Ages, reads.AllAges, out.Edges)
	b.readings.Store(key, out)
	return out
}

type readingKey struct {
	p    domain.Privilege
	each [3]rules.Each
}

// EachEdition calls f for every edition known at k that can be read; a question
// under one that can't reports it.
func (r *Root) EachEdition(k domain.Position, f func(*rules.Edition)) {
	r.TryEditions(k, func(_ domain.RulesetID, e *rules.Edition, err error) {
		if err == nil {
			f(e)
		}
	})
}

// TryEditions calls f for every edition known at k, those of States with each common one
// that can be read; with the error for those that can't.
func (r *Root) TryEditions(k domain.Position, f func(domain.RulesetID, *rules.Edition, error)) {
	codes := r.rulesets(k)
	for _, hash := range r.Editions(common, k) {
		edition, err := r.library.Common(hash)
		f(common, edition, err)
		if err != nil {
			continue
		}
		for _, code := range codes {
			if code == common {
				continue
			}
			for _, own := range r.Editions(code, k) {
				e, err := r.library.State(own, hash)
				f(code, e, err)
			}
		}
	}
}

// books are the editions in force as known at one position, looked up once for all
// questions that are asked of it.
type books struct {
	k      domain.Position
	view   facts.View
	drafts []Draft

	mu   sync.RWMutex
	runs map[domain.RulesetID][]run

	sourcing, edging sync.Once
	sources          []domain.FactSource
	edges            []timeline.Instant
	readings         sync.Map // readingKey to *Reading
}

// A run is an edition, by its hash, from an instant on; an empty hash is none.
type run struct {
	from timeline.Instant
	hash string
}

// books returns those of a position. The last that were asked for are kept.
func (r *Root) books(k domain.Position) *books {
	k = min(k, r.at)
	if b := r.shelf.Load(); b != nil && b.k == k {
		return b
	}
	b := &books{k: k, view: r.store.At(k), drafts: r.drafts, runs: map[domain.RulesetID][]run{}}
	r.shelf.Store(b)
	return b
}

// at returns the hash of the edition in force at t, and false if none is.
func (b *books) at(id domain.RulesetID, t timeline.Instant) (string, bool) {
	runs := b.runsOf(id)
	for i := len(runs) - 1; i >= 0; i-- {
		if runs[i].from <= t {
			return runs[i].hash, runs[i].hash != ""
		}
	}
	return "", false
}

// runsOf returns the editions of a ruleset, in order of time.
func (b *books) runsOf(id domain.RulesetID) []run {
	b.mu.RLock()
	runs, known := b.runs[id]
	b.mu.RUnlock()
	if known {
		return runs
	}
	for _, from := range b.view.RulesetChanges(id) {
		hash, _, _ := b.view.Ruleset(id, from)
		runs = append(runs, run{from, hash})
	}
	for _, d := range b.drafts {
		if d.Ruleset == id {
			runs = drafted(b.view, runs, d)
		}
	}
	b.mu.Lock()
	b.runs[id] = runs
	b.mu.Unlock()
	return runs
}
