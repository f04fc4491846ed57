package standing

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Board keeps how everybody stands now: for each member or mission that was
// asked about, the verdicts on all privileges, with the instants between which no
// fact about it changes and with what would have to be touched for it to change
// (see facts.Anchors). An entry that is out of date is worked out again when
// somebody asks; with the board switched off every answer is the same, and later.
//
// Its methods may be called by any number of goroutines.
type Board struct {
	root func() *projections.Root

	growing sync.Mutex
	entries atomic.Pointer[[]*entries] // by handle

	// Privileges have numbers, as subjects have handles: from all editions of the
	// law that an entry was made under.
	naming  sync.Mutex
	numbers atomic.Pointer[map[domain.Privilege]Number]
	names   atomic.Pointer[[]domain.Privilege]

	seed   maphash.Seed
	shared sync.Map // of the hash of a list of verdicts to the list
	lists  atomic.Int64
	rolls  sync.Map // of an edition of the common law to its *roll
	seats  seats
}

// mostLists bounds how many lists of verdicts are kept to be shared.
const mostLists = 1 << 16

// A Number is a short name for a privilege, good for one board.
type Number int32

const entriesLen = 1024

type entries [entriesLen]atomic.Pointer[entry]

// An entry never changes.
type entry struct {
	since       domain.Position  // of the root that it was worked out from
	from, until timeline.Instant // half-open
	anchors     facts.Anchors
	verdicts    []*Verdict // by number; nil: can't be asked
	posts       []Post
}

// NewBoard returns a board for what a root shows. Root returns the root of the
// moment; the board asks for it whenever it has to work something out.
func NewBoard(root func() *projections.Root) *Board {
	return &Board{root: root, seed: maphash.MakeSeed()}
}

// Number returns the number of a privilege, and false if the board has met no law
// that has it.
func (b *Board) Number(p domain.Privilege) (Number, bool) {
	if numbers := b.numbers.Load(); numbers != nil {
		n, found := (*numbers)[p]
		return n, found
	}
	return 0, false
}

// Privilege returns the privilege with a number.
func (b *Board) Privilege(n Number) domain.Privilege { return (*b.names.Load())[n] }

// number returns the number of a privilege, and gives it one.
func (b *Board) number(p domain.Privilege) Number {
	if n, found := b.Number(p); found {
		return n
	}
	b.naming.Lock()
	defer b.naming.Unlock()
	if n, found := b.Number(p); found {
		return n
	}
	numbers, names := map[domain.Privilege]Number{}, []domain.Privilege(nil)
	if have := b.names.Load(); have != nil {
		names = slices.Clone(*have)
	}
	names = append(names, p)
	for i, name := range names {
		numbers[name] = Number(i)
	}
	b.names.Store(&names)
	b.numbers.Store(&numbers)
	return Number(len(names) - 1)
}

// Check answers a question without facts of a request, as of now, from all that is
// known now. It returns nil if that can't be asked: the privilege is not in the
// law in force, or not for such a subject; or if the verdict can't be worked out,
// with the error. The verdict must not be changed.
func (b *Board) Check(h facts.Handle, n Number, now timeline.Instant) (*Verdict, error) {
	e := b.at(h)
	if e == nil || !e.holds(now) {
		var err error
		if e, err = b.work(h, now); err != nil {
			return nil, err
		}
	}
	if int(n) >= len(e.verdicts) {
		return nil, nil //nolint:nilnil // no verdict is an answer, too
	}
	return e.verdicts[n], nil
}

// Row returns the verdicts on all privileges, by number; those beyond its end, and
// those that are nil, can't be asked.
func (b *Board) Row(h facts.Handle, now timeline.Instant) ([]*Verdict, error) {
	e := b.at(h)
	if e == nil || !e.holds(now) {
		var err error
		if e, err = b.work(h, now); err != nil {
			return nil, err
		}
	}
	return e.verdicts, nil
}

// holds reports whether an entry is as good as new.
func (e *entry) holds(now timeline.Instant) bool {
	if (now < e.from || now >= e.until) && !mutant.On(mutant.CacheForever) {
		return false
	}
	return e.anchors.Untouched(e.since) || mutant.On(mutant.KeepStale)
}

func (b *Board) at(h facts.Handle) *entry {
	all := b.entries.Load()
	if all == nil || int(h/entriesLen) >= len(*all) {
		return nil
	}
	return (*all)[h/entriesLen][h%entriesLen].Load()
}

func (b *Board) put(h facts.Handle, e *entry) {
	all := b.entries.Load()
	if all == nil || int(h/entriesLen) >= len(*all) {
		b.growing.Lock()
		var longer []*entries
		if all = b.entries.Load(); all != nil {
			longer = slices.Clone(*all)
		}
		for int(h/entriesLen) >= len(longer) {
			longer = append(longer, new(entries))
		}
		all = &longer
		b.entries.Store(all)
		b.growing.Unlock()
	}
	place := &(*all)[h/entriesLen][h%entriesLen]
	for {
		have := place.Load()
		if have != nil && have.since > e.since || place.CompareAndSwap(have, e) {
			return
		}
	}
}

// work works an entry out from the root of the moment, and keeps it.
func (b *Board) work(h facts.Handle, now timeline.Instant) (*entry, error) {
	root := b.root()
	m := At(root, root.Position())
	return b.workAt(m, h, m.view.Subject(h), now)
}

// workAt works an entry out from a moment at which all is known that its root knows.
func (b *Board) workAt(m *Moment, h facts.Handle, subject domain.Subject, now timeline.Instant) (*entry, error) {
	e, err := b.make(m, subject, now)
	if err != nil {
		return nil, err
	}
	b.put(h, e)
	return e, nil
}

// entry returns what is kept of how a subject stands at a moment as of t; nil if
// nothing is, or it is out of date. To keep an answer takes longer than to give it,
// so that who asks once for everybody keeps nothing: see [Board.Warm].
func (b *Board) entry(m *Moment, subject domain.Subject, t timeline.Instant) *entry {
	h, found := m.view.Handle(subject)
	if !found || m.k != m.root.Position() {
		return nil
	}
	// What was worked out from a later root knows more than the moment does.
	if e := b.at(h); e != nil && e.since <= m.k && e.holds(t) {
		return e
	}
	return nil
}

// Warm works out how everybody of a kind stands now, so that the first who ask need
// not wait. Progress, if not nil, is told how many are done. The error is the
// context's, or that of a ruleset that can't be read.
func (b *Board) Warm(ctx context.Context, kind domain.SubjectKind, now timeline.Instant, progress func(done, of int)) error {
	handles := b.root().View().Handles(kind)
	for _, err := range inOrder(ctx, len(handles), progress, func(i int) ([]*Verdict, error) { return b.Row(handles[i], now) }) {
		if err != nil {
			return err
		}
	}
	return nil
}

// pick returns the verdicts of an entry on some privileges.
func (b *Board) pick(e *entry, privileges []domain.Privilege) []*Verdict {
	out := make([]*Verdict, len(privileges))
	for i, p := range privileges {
		if n, found := b.Number(p); found && int(n) < len(e.verdicts) {
			out[i] = e.verdicts[n]
		}
	}
	return out
}

// share returns the one list that is kept of those with the same verdicts.
func (b *Board) share(list []*Verdict) []*Verdict {
	hash := maphash.Comparable(b.seed, len(list))
	for _, v := range list {
		hash = hash*31 + maphash.Comparable(b.seed, v)
	}
	if have, found := b.shared.Load(hash); found && slices.Equal(have.([]*Verdict), list) {
		return have.([]*Verdict)
	}
	if b.lists.Add(1) > mostLists {
		b.lists.Store(0)
		b.shared.Clear()
	}
	b.shared.Store(hash, list)
	return list
}

// verdicts asks an inquiry about every privilege of the law in force.
func (b *Board) verdicts(in *inquiry, t timeline.Instant) ([]*Verdict, error) {
	law, _, err := in.root.LawAt(t, in.k)
	if err != nil {
		return nil, err
	}
	r, found := b.rolls.Load(law)
	if !found {
		r, _ = b.rolls.LoadOrStore(law, &roll{law.Language.PrivilegeOrder})
	}
	verdicts, err := in.together(r.(*roll), t)
	if err != nil || len(verdicts) == 0 {
		return nil, err
	}
	out := make([]*Verdict, 0, len(verdicts))
	for i, p := range law.Language.PrivilegeOrder {
		n := b.number(p)
		for int(n) >= len(out) {
			out = append(out, nil)
		}
		out[n] = verdicts[i]
	}
	return b.share(out), nil
}
