package projections

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
)

// A Digest is a fingerprint of what a root knows: each event, whether it stands and
// where it is found, and who is on record and names whom. Two roots of one position
// have the same digest if and only if they know the same, however they came to.
type Digest [sha256.Size]byte

// String writes a digest as hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Digest works out the fingerprint, on as many cores as there are. It reads all
// that the root knows. The error is that of the context, or names an event that
// can't be written as bytes.
func (r *Root) Digest(ctx context.Context) (Digest, error) {
	parts := r.parts()
	sums := make([]Digest, len(parts))
	err := inParallel(ctx, len(parts), func(i int) error {
		h := sha256.New()
		err := r.tell(parts[i], func(_ place, said []byte) bool {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(said)))) // never fails
			h.Write(said)
			return true
		})
		h.Sum(sums[i][:0])
		return err
	})
	if err != nil {
		return Digest{}, err
	}
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r.at)))
	for _, sum := range sums {
		h.Write(sum[:])
	}
	return Digest(h.Sum(nil)), nil
}

// FirstDifference names the first place at which two roots know something else, such
// as "position 17" or "member/ana", or is "" if there is none.
func FirstDifference(ctx context.Context, a, b *Root) (string, error) {
	if a.at != b.at {
		return fmt.Sprintf("position %d, where one of them ends", min(a.at, b.at)), nil
	}
	ours, theirs := a.parts(), b.parts()
	for i := range min(len(ours), len(theirs)) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		where, err := firstIn(a, b, ours[i], theirs[i])
		if err != nil || where != "" {
			return where, err
		}
	}
	if len(ours) != len(theirs) {
		return "the list of subjects", nil
	}
	return "", nil
}

func firstIn(a, b *Root, ours, theirs part) (string, error) {
	type entry struct {
		at   place
		said []byte
	}
	var have []entry
	if err := a.tell(ours, func(at place, said []byte) bool {
		have = append(have, entry{at, bytes.Clone(said)})
		return true
	}); err != nil {
		return "", err
	}
	where, n := "", 0
	err := b.tell(theirs, func(at place, said []byte) bool {
		if n == len(have) || have[n].at != at || !bytes.Equal(have[n].said, said) {
			where = at.String()
			return false
		}
		n++
		return true
	})
	if where == "" && n < len(have) {
		where = have[n].at.String()
	}
	return where, err
}

// A place is an event by its position or, if the subject is not zero, a subject.
type place struct {
	pos     domain.Position
	subject domain.Subject
}

func (p place) String() string {
	if p.subject.IsZero() {
		return fmt.Sprintf("position %d", p.pos)
	}
	return p.subject.String()
}

// A part is some of what a root knows: the events between two positions or, if a
// kind is given, some subjects of it.
type part struct {
	from, to domain.Position
	kind     domain.SubjectKind
	ids      []string
}

// partLen is how many events or subjects are in a part.
const partLen = 4096

func (r *Root) parts() []part {
	var out []part
	for from := domain.Position(0); from < r.at; from += partLen {
		out = append(out, part{from: from, to: min(r.at, from+partLen)})
	}
	for _, kind := range domain.SubjectKinds() {
		for ids := range slices.Chunk(r.view.OnRecord(kind), partLen/16) {
			out = append(out, part{kind: kind, ids: ids})
		}
	}
	return out
}

// tell says what the root knows of a part, place by place, until it is told to
// stop. The bytes are lent.
func (r *Root) tell(p part, f func(place, []byte) bool) error {
	var said []byte
	number := func(n domain.Position) { said = binary.AppendUvarint(said, uint64(n)) }
	for pos := p.from; pos < p.to; pos++ {
		e, _ := r.view.Envelope(pos)
		data, err := codec.Encode(e)
		if err != nil {
			return fmt.Errorf("the event at position %d: %w", pos, err)
		}
		said = append(said[:0], data...)
		found, _, _ := r.view.EventByID(e.ID)
		number(found)
		for _, of := range r.view.Command(e.Command) {
			number(of)
		}
		if !f(place{pos: pos}, said) {
			return nil
		}
	}
	for _, id := range p.ids {
		subject := domain.Subject{Kind: p.kind, ID: id}
		said = append(said[:0], subject.String()...)
		said = append(said, yes(r.view.Known(subject)))
		for _, pos := range r.view.Events(subject) {
			number(pos)
			said = append(said, yes(r.view.Live(pos)))
		}
		said = r.appendNamed(said, subject)
		if !f(place{subject: subject}, said) {
			return nil
		}
	}
	return nil
}

// appendNamed appends who names a subject, as far as there are lists of them.
func (r *Root) appendNamed(said []byte, of domain.Subject) []byte {
	switch of.Kind {
	case domain.KindState:
		return listed(said, r.view.Missions(domain.StateID(of.ID)))
	case domain.KindMission:
		return listed(said, r.view.Members(domain.MissionID(of.ID)))
	case domain.KindMember:
		said = listed(said, r.view.Family(domain.MemberID(of.ID)))
		return listed(said, r.view.Cards(domain.MemberID(of.ID)))
	default:
		return said
	}
}

func listed[T ~string](said []byte, ids []T) []byte {
	said = binary.AppendUvarint(said, uint64(len(ids)))
	for _, id := range ids {
		said = binary.AppendUvarint(said, uint64(len(id)))
		said = append(said, id...)
	}
	return said
}

func yes(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// inParallel does n things on as many cores as there are, until one fails, and
// returns the error of the first that did, or that of the context.
func inParallel(ctx context.Context, n int, do func(i int) error) error {
	failed := make([]error, n)
	var next, stop atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for ctx.Err() == nil && stop.Load() == 0 {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if failed[i] = do(i); failed[i] != nil {
					stop.Store(1)
				}
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
