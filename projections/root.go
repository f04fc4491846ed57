package projections

import (
	"errors"
	"io"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// common is the ruleset of the law that applies to everybody.
const common domain.RulesetID = "common"

// ErrNoLaw is returned when no edition of the common law is in force at the two
// times of a question. Without law there are no answers.
var ErrNoLaw = errors.New("no edition of the common law is in force")

// A Builder is the writer's side: it applies events in order.
type Builder struct {
	store   *facts.Store
	library *Library
	kept    sync.Map
	shelf   atomic.Pointer[books] // those asked for last
}

// NewBuilder returns the state of an empty log, with the editions loaded so far.
func NewBuilder(library *Library) *Builder {
	return &Builder{store: facts.NewStore(), library: library}
}

// Load returns the state that was saved, with the editions loaded so far. It goes
// on using the bytes; see [facts.Load].
func Load(data []byte, library *Library) (*Builder, error) {
	store, err := facts.Load(data)
	if err != nil {
		return nil, err
	}
	return &Builder{store: store, library: library}, nil
}

// Save writes the state, at its position. Nobody may apply events meanwhile.
func (b *Builder) Save(to io.Writer) error { return b.store.Save(to) }

// Expect tells how many events there will be in all, as far as is known.
func (b *Builder) Expect(n domain.Position) { b.store.Expect(n) }

// Position is how many events were applied.
func (b *Builder) Position() domain.Position { return b.store.Position() }

// Apply adds the event at position at, which must be the next. On error
// nothing has changed.
func (b *Builder) Apply(at domain.Position, e domain.Envelope) error { return b.store.Apply(at, e) }

// ApplyPrepared is Apply for an event that was prepared.
func (b *Builder) ApplyPrepared(at domain.Position, p *facts.Prepared) error {
	return b.store.ApplyPrepared(at, p)
}

// Truncate takes back the events from a position on, which no root has shown.
func (b *Builder) Truncate(to domain.Position) {
	b.store.Truncate(to)
	b.shelf.Store(nil)
}

// Touch marks whom the events between two positions reach, before they are shown;
// see [facts.Anchors].
func (b *Builder) Touch(from, to domain.Position) { b.store.Touch(from, to) }

// Root returns all projections at a position that was reached.
func (b *Builder) Root(at domain.Position) *Root {
	return &Root{store: b.store, library: b.library, kept: &b.kept, shelf: &b.shelf, at: at, view: b.store.At(at)}
}

// Kept is where those who answer from roots keep, under keys of their own types,
// what is as good for every root of one builder.
func (r *Root) Kept() *sync.Map { return r.kept }

// A Root is all projections at one position. It is immutable.
type Root struct {
	store   *facts.Store
	library *Library
	kept    *sync.Map
	shelf   *atomic.Pointer[books]
	at      domain.Position
	view    facts.View
	drafts  []Draft // taken as if they were published; none but for [Root.Under]
}

// Position is the number of events that the root has seen.
func (r *Root) Position() domain.Position { return r.at }

// View returns the facts as known at the root's position.
func (r *Root) View() facts.View { return r.view }

// ViewAt returns the facts as known at k, which is not beyond the root.
func (r *Root) ViewAt(k domain.Position) facts.View { return r.store.At(min(k, r.at)) }

// Library returns the editions.
func (r *Root) Library() *Library { return r.library }

// KnownAt returns the number of events that were recorded at t or before.
func (r *Root) KnownAt(t time.Time) domain.Position {
	return domain.Position(sort.Search(int(r.at), func(i int) bool {
		return r.view.Recorded(domain.Position(i)).After(t)
	}))
}

// Last is when the last event was recorded; the zero time if there is none.
func (r *Root) Last() time.Time {
	if r.at == 0 {
		return time.Time{}
	}
	return r.view.Recorded(r.at - 1)
}

// Splits reports whether k lies inside a command, and between which positions
// that command's events lie.
func (r *Root) Splits(k domain.Position) (first, after domain.Position, inside bool) {
	if k == 0 || k >= r.at {
		return 0, 0, false
	}
	id := r.command(k)
	if r.command(k-1) != id {
		return 0, 0, false
	}
	for first = k; first > 0 && r.command(first-1) == id; first-- {
	}
	for after = k; after < r.at && r.command(after) == id; after++ {
	}
	return first, after, true
}

func (r *Root) command(at domain.Position) domain.CommandID { return r.view.CommandAt(at) }

// An Office is who keeps the log.
type Office struct {
	ID   domain.OfficeID
	Name string
	Mode domain.Mode
}

// Office returns who the office is, as its first event says.
func (r *Root) Office() Office {
	id, founded, _ := r.view.Office()
	return Office{ID: id, Name: founded.Name, Mode: founded.Mode}
}

// Zone returns the office's time zone; UTC before it is founded.
func (r *Root) Zone() calendar.Zone { return r.view.Zone() }

// Editions lists the hashes of every edition of a ruleset that was published,
// in the order of publication.
func (r *Root) Editions(code domain.RulesetID, k domain.Position) []string {
	var out []string
	view := r.ViewAt(k)
	for _, at := range view.Events(domain.Of(domain.KindRuleset, code)) {
		e, _ := view.Envelope(at)
		body := e.Event
		if c, corrects := body.(domain.EventCorrected); corrects {
			body = c.Body
		}
		if p, publishes := body.(domain.RulesetPublished); publishes {
			out = append(out, p.Hash)
		}
	}
	return append(out, r.adopted(code)...)
}

// CommonFor returns the common edition by whose codes an event with effective
// time at is checked: the one in force then, or the first that there is for what
// took effect before there was any.
func (r *Root) CommonFor(at time.Time) (*rules.Edition, error) {
	edition, _, err := r.LawAt(timeline.Of(at), r.at)
	if errors.Is(err, ErrNoLaw) {
		if all := r.Editions(common, r.at); len(all) > 0 {
			return r.library.Common(all[0])
		}
	}
	return edition, err
}
