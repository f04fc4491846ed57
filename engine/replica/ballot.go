package replica

import (
	"context"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// A ballot is what the replicas say that the root of the log is at one position. Usually
// one of them says it for all; where somebody has another root all of them do, and most
// of them are believed:
//
//	position 4000   one: ab12…   two: ff07…   three: ab12…     two halts
//
// Where as many say the one as the other, as two replicas must, it is the root that was
// published first. A replica that says something else than before has thought better of it: it was
// started anew.
type ballot struct {
	position domain.Position
	own      eventlog.Hash
	said     []seen    // the last of each replica, in the order in which they first spoke
	since    time.Time // when this replica found that there are two roots; zero: there is one
}

func (b *ballot) put(c seen) {
	for i := range b.said {
		if b.said[i].Replica == c.Replica {
			b.said[i] = c
			return
		}
	}
	b.said = append(b.said, c)
}

// of returns what a replica says, if it has spoken.
func (b *ballot) of(name string) (root eventlog.Hash, spoke bool) {
	for i := range b.said {
		if b.said[i].Replica == name {
			return b.said[i].Root, true
		}
	}
	return eventlog.Hash{}, false
}

// count counts the others who say what this replica has, and who say something else, and
// returns the first of those.
func (b *ballot) count(name string) (with, against int, other *seen) {
	for i := range b.said {
		switch s := &b.said[i]; {
		case s.Replica == name:
		case s.Root == b.own:
			with++
		default:
			if against++; other == nil {
				other = s
			}
		}
	}
	return with, against, other
}

// A finding is what a ballot comes to for one replica.
type finding int

const (
	upheld finding = iota // its root is that of most, or nobody has another
	open                  // it depends on who has not spoken
	lost
)

// find finds that out, if mine say what this replica says and theirs something else, and as
// many as silent may still speak.
func (b *ballot) find(mine, theirs, silent int) finding {
	first := len(b.said) > 0 && b.said[0].Root == b.own
	wins := func(mine, theirs int) bool { return mine > theirs || mine == theirs && first }
	switch {
	case theirs == 0, wins(mine, theirs+silent):
		return upheld
	case wins(mine+silent, theirs):
		return open
	default:
		return lost
	}
}

// begin finds what the ballot comes to for a replica that starts. It has no say but by what
// it said before. If that was something else, it has thought better of it, as long as there
// is another who says the same now; else it may be one of two that have the same name.
func (b *ballot) begin(name string) finding {
	with, against, _ := b.count(name)
	switch said, spoke := b.of(name); {
	case spoke && said == b.own:
		with++
	case spoke && with == 0:
		against++
	}
	return b.find(with, against, 0)
}

// grace is for how long those who have not spoken are waited for.
const grace = 10 * time.Second

// mostBallots bounds the ballots that are kept: those of the last checkpoints.
const mostBallots = 2 * newest

// ballot returns that of a position, and makes room for it.
func (k *Keeper) ballot(at domain.Position, own eventlog.Hash) *ballot {
	if b := k.ballots[at]; b != nil {
		return b
	}
	if len(k.order) >= mostBallots {
		delete(k.ballots, k.order[0])
		k.order = k.order[1:]
	}
	b := &ballot{position: at, own: own}
	if k.ballots == nil {
		k.ballots = map[domain.Position]*ballot{}
	}
	k.ballots[at] = b
	k.order = append(k.order, at)
	return b
}

// silent counts the replicas that were heard of lately and have not spoken on a ballot.
func (k *Keeper) silent(b *ballot) (n int) {
	for name, at := range k.names {
		if _, spoke := b.of(name); !spoke && name != k.Name && at+newest >= k.next {
			n++
		}
	}
	return n
}

// judge finds what becomes of this replica where another has another root.
func (k *Keeper) judge(ctx context.Context, b *ballot) {
	with, against, other := b.count(k.Name)
	if against == 0 {
		b.since = time.Time{}
		return
	}
	if b.since.IsZero() {
		b.since = time.Now()
		k.count(func(s *Stats) { s.Disputed++ })
	}
	silent := k.silent(b)
	if time.Since(b.since) >= grace {
		silent = 0
	}
	switch b.find(with+1, against, silent) {
	case lost:
		k.Engine.Halt(k.fork(b))
		if _, spoke := b.of(k.Name); !spoke { // for whoever looks into it, and so that the other can be started anew
			k.publish(ctx, b.position)
		}
	case upheld:
		k.notice(fmt.Sprint("dispute ", b.position), fmt.Sprintf("at position %d %s has the root %s, and this replica%s has %s, which is believed: %s did not read what was recorded; look after it",
			b.position, other.Replica, other.Root, more(with), b.own, other.Replica))
	case open:
	}
}

// fork says why this replica has to halt.
func (k *Keeper) fork(b *ballot) *Fork {
	with, against, other := b.count(k.Name)
	if other == nil { // under its own name
		other, against = &b.said[0], 1
	}
	return &Fork{
		Position: b.position, Own: b.own, Theirs: other.Root, Name: k.Name, With: with, Against: against,
		Replica: other.Replica, Program: other.Program, At: other.at,
	}
}

// disputes judges every ballot on which others say something else, and publishes what
// this replica has to say there: of a position of which it said something else before it
// was started anew, too.
func (k *Keeper) disputes(ctx context.Context) {
	if !k.present && !(k.begins && k.next >= k.old) {
		return // what is there already may settle it
	}
	for _, at := range k.order {
		b := k.ballots[at]
		if k.judge(ctx, b); k.Engine.Halted() != nil {
			return
		}
		if said, spoke := b.of(k.Name); said != b.own && (spoke || !b.since.IsZero()) {
			k.publish(ctx, b.position)
		}
	}
}
