package projections

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Draft is an edition that is not published, to be taken as if it were.
type Draft struct {
	Ruleset domain.RulesetID
	Hash    string
	// From is when it comes into force. Editions that come into force later take its
	// place then, as they would if it were published after all that is known.
	From timeline.Instant
	// Instead says that it is taken at all times in place of every other edition of
	// its ruleset; then From does not matter.
	Instead bool
}

// Under returns a root of the same events under a law that was never published: as if
// the drafts had been, after everything that is known at the position of a question.
// The library holds their texts; see [Library.Over]. Neither root knows of the other:
// nothing that is kept for one is used for the other.
func (r *Root) Under(library *Library, drafts ...Draft) *Root {
	return &Root{
		store: r.store, library: library, kept: &sync.Map{}, shelf: &atomic.Pointer[books]{}, at: r.at, view: r.view,
		drafts: slices.Concat(r.drafts, drafts),
	}
}

// Drafts returns the editions that are taken as if they were published.
func (r *Root) Drafts() []Draft { return r.drafts }

// Over returns a library that also has every edition of this one. What is put into it
// or loaded for its sake is not kept by this one.
func (l *Library) Over() *Library {
	over := NewLibrary()
	over.base, over.Oracle = l, l.Oracle
	return over
}

// Changes lists the instants at which another edition of a ruleset comes into force, as
// known at k, and its hash, which is empty where none does.
func (r *Root) Changes(id domain.RulesetID, k domain.Position) []EditionFrom {
	var out []EditionFrom
	for _, one := range r.books(k).runsOf(id) {
		out = append(out, EditionFrom{one.from, one.hash})
	}
	return out
}

// An EditionFrom is an edition from an instant on; an empty hash is none.
type EditionFrom struct {
	From timeline.Instant
	Hash string
}

// draftEdges adds the instants at which drafts and what takes their place come into
// force, which no view of the facts knows of.
func (b *books) draftEdges(to []timeline.Instant) []timeline.Instant {
	for _, d := range b.drafts {
		for _, one := range b.runsOf(d.Ruleset) {
			if one.from != timeline.Always {
				to = append(to, one.from)
			}
		}
	}
	return to
}

// drafted returns which editions of a ruleset are in force if a draft of it were
// published after all that is known.
func drafted(view facts.View, runs []run, d Draft) []run {
	if d.Instead {
		return []run{{timeline.Always, d.Hash}}
	}
	var out []run
	for _, one := range runs {
		if one.from < d.From {
			out = append(out, one)
		}
	}
	hash := d.Hash
	add := func(from timeline.Instant) {
		if n := len(out); n > 0 && out[n-1].from == from {
			out = out[:n-1]
		}
		if n := len(out); n == 0 && hash != "" || n > 0 && out[n-1].hash != hash {
			out = append(out, run{from, hash})
		}
	}
	add(d.From)
	for _, act := range editionActs(view, d.Ruleset) {
		if act.from <= d.From {
			continue
		}
		switch e := act.event.(type) {
		case domain.RulesetPublished:
			hash = e.Hash
		case domain.RulesetSuperseded:
			if hash == e.Hash {
				hash = e.By
			}
		case domain.RulesetWithdrawn:
			if hash == e.Hash {
				hash = ""
			}
		default:
			continue
		}
		add(act.from)
	}
	return out
}

// An editionAct is an event that says which edition is in force from an instant on.
type editionAct struct {
	from  timeline.Instant
	pos   domain.Position // of the event that it corrects, if it does
	event domain.Event
}

// editionActs lists what stands of a ruleset, in order of effect.
func editionActs(view facts.View, id domain.RulesetID) []editionAct {
	var out []editionAct
	for _, at := range view.Events(domain.Of(domain.KindRuleset, id)) {
		e, known := view.Envelope(at)
		if !known || !view.Live(at) {
			continue
		}
		act := editionAct{from: timeline.Of(e.Effective.At), pos: at, event: e.Event}
		for {
			correction, corrects := e.Event.(domain.EventCorrected)
			if !corrects {
				break
			}
			if act.pos == at {
				act.event = correction.Body
			}
			pos, target, found := view.EventByID(e.Target)
			if !found {
				break
			}
			act.pos, e = pos, target
		}
		out = append(out, act)
	}
	slices.SortFunc(out, func(a, b editionAct) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.pos, b.pos)) })
	return out
}

// Supports lists the States' own editions in force at any time in [from, to), as known at
// k, that can't be read under the common editions in force then, with why.
func (r *Root) Supports(from, to timeline.Instant, k domain.Position) []Unsupported {
	var out []Unsupported
	base := r.within(common, from, to, k)
	for _, code := range r.rulesets(k) {
		if code == common {
			continue
		}
		for _, own := range r.within(code, from, to, k) {
			for _, hash := range base {
				if _, err := r.library.Common(hash); err != nil {
					continue // a question under that edition reports it
				}
				if _, err := r.library.State(own, hash); err != nil {
					out = append(out, Unsupported{code, own, hash, err})
				}
			}
		}
	}
	return out
}

// SupportedBy lists the States' own editions in force at t or later that can't be read
// under an edition of the common law, with why.
func (r *Root) SupportedBy(library *Library, hash string, t timeline.Instant) []Unsupported {
	var out []Unsupported
	for _, code := range r.rulesets(r.Position()) {
		if code == common {
			continue
		}
		for _, own := range r.within(code, t, timeline.Never, r.Position()) {
			if _, err := library.State(own, hash); err != nil {
				out = append(out, Unsupported{code, own, hash, err})
			}
		}
	}
	return out
}

// An Unsupported edition of a State can't be read under one of the common law.
type Unsupported struct {
	Ruleset      domain.RulesetID
	Hash, Common string
	Err          error
}

// within lists the editions of a ruleset that are in force at any time in [from, to).
func (r *Root) within(id domain.RulesetID, from, to timeline.Instant, k domain.Position) []string {
	var out []string
	runs := r.books(k).runsOf(id)
	for i, one := range runs {
		until := timeline.Never
		if i+1 < len(runs) {
			until = runs[i+1].from
		}
		if one.hash != "" && one.from < to && from < until && !slices.Contains(out, one.hash) {
			out = append(out, one.hash)
		}
	}
	return out
}

// rulesets returns those of which an edition was published, or is taken as if it were.
func (r *Root) rulesets(k domain.Position) []domain.RulesetID {
	out := r.ViewAt(k).Rulesets()
	for _, d := range r.drafts {
		if !slices.Contains(out, d.Ruleset) {
			out = append(out, d.Ruleset)
		}
	}
	return out
}

// adopted are the hashes of drafts of a ruleset.
func (r *Root) adopted(id domain.RulesetID) []string {
	var out []string
	for _, d := range r.drafts {
		if d.Ruleset == id {
			out = append(out, d.Hash)
		}
	}
	return out
}
