package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// Digests are the fingerprints of a state at one position.
type Digests struct {
	// Content is over all that it knows; see [projections.Root.Digest].
	Content projections.Digest
	// Answers is over what is answered about a sample of the members at three
	// times: every privilege is asked of some of them.
	Answers projections.Digest
}

// A Rebuilt says how a state that was built anew compares with the one in use.
type Rebuilt struct {
	// Position is where they were compared.
	Position    domain.Position
	InUse, Anew Digests
}

// ErrDiffers is returned when a state that was built anew from the log is not the
// one in use. That one goes on being used: which of them is wrong is not known.
var ErrDiffers = errors.New("the state that was built anew from the log differs from the one in use")

// fewEvents is how many events may be replayed while no command is decided.
const fewEvents = 256

// Rebuild builds the state again from the first record on, without a snapshot,
// beside the one in use: questions and commands go on. If both know and answer the
// same at one position, the new one takes the place of the old. If not, the error
// matches [ErrDiffers] and names the first place where they differ, and nothing has
// changed; nor has it after any other error. Until it returns, both are in memory.
func (e *Engine) Rebuild(ctx context.Context, progress func(done, of domain.Position)) (Rebuilt, error) {
	return e.rebuild(ctx, nil, progress)
}

func (e *Engine) rebuild(ctx context.Context, alter alteration, progress func(done, of domain.Position)) (Rebuilt, error) {
	e.rebuilding.Lock()
	defer e.rebuilding.Unlock()
	if err := e.Halted(); err != nil {
		return Rebuilt{}, err
	}
	inUse, b := e.Root(), projections.NewBuilder(e.library)
	at := inUse.Position()
	b.Expect(at)
	if err := e.replay(ctx, b, at, alter, progress); err != nil {
		return Rebuilt{}, err
	}
	result, err := compare(ctx, inUse, b.Root(at))
	if err != nil {
		return result, err
	}
	for e.Position() > b.Position()+fewEvents {
		if err := e.replay(ctx, b, e.Position(), alter, nil); err != nil {
			return result, err
		}
	}
	if err := e.quiet(ctx); err != nil {
		return result, err
	}
	defer e.mu.Unlock()
	if err := e.replay(ctx, b, e.head, alter, nil); err != nil {
		return result, err
	}
	if err := sameEvents(e.Root(), b.Root(e.head), at); err != nil {
		return result, err
	}
	e.begin(b)
	return result, nil
}

// compare holds two states of one position against each other.
func compare(ctx context.Context, inUse, anew *projections.Root) (r Rebuilt, err error) {
	r.Position = inUse.Position()
	for _, one := range []struct {
		root *projections.Root
		into *Digests
	}{{inUse, &r.InUse}, {anew, &r.Anew}} {
		if one.into.Content, err = one.root.Digest(ctx); err != nil {
			return r, err
		}
	}
	if r.InUse.Content != r.Anew.Content {
		where, err := projections.FirstDifference(ctx, inUse, anew)
		if err != nil {
			return r, err
		}
		return r, fmt.Errorf("%w: first at %s", ErrDiffers, where)
	}
	sample, times := sampleOf(inUse)
	ours, err := answersOf(ctx, inUse, sample, times)
	if err != nil {
		return r, err
	}
	theirs, err := answersOf(ctx, anew, sample, times)
	if err != nil {
		return r, err
	}
	r.InUse.Answers, r.Anew.Answers = sumOfAll(ours), sumOfAll(theirs)
	for i := range sample {
		if ours[i] != theirs[i] {
			return r, fmt.Errorf("%w: first in the answers about member/%s", ErrDiffers, sample[i])
		}
	}
	return r, nil
}

// sameEvents makes sure that two states know the same events from a position on.
func sameEvents(inUse, anew *projections.Root, from domain.Position) error {
	for at := from; at < inUse.Position(); at++ {
		ours, _ := inUse.View().Envelope(at)
		theirs, _ := anew.View().Envelope(at)
		a, err := codec.Encode(ours)
		if err != nil {
			return err
		}
		if b, err := codec.Encode(theirs); err != nil || !bytes.Equal(a, b) {
			return fmt.Errorf("%w: first at position %d", ErrDiffers, at)
		}
	}
	return nil
}

// sampleLen is how many members are asked about.
const sampleLen = 100

// sampleOf returns members that lie evenly among all, and the times at which a
// third, two thirds and all of the log had been recorded.
func sampleOf(root *projections.Root) (members []string, times []timeline.Instant) {
	all := root.View().Subjects(domain.KindMember)
	n := min(len(all), sampleLen)
	for i := range n {
		members = append(members, all[i*len(all)/n])
	}
	for third := domain.Position(1); third <= 3 && root.Position() > 0; third++ {
		at := max(root.Position()*third/3, 1) - 1
		times = append(times, timeline.Of(root.View().Recorded(at)))
	}
	return members, times
}

// answersOf returns a fingerprint of all answers about each member.
func answersOf(ctx context.Context, root *projections.Root, members []string, times []timeline.Instant) ([]projections.Digest, error) {
	sums := make([]projections.Digest, len(members))
	failed := make([]error, len(members))
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := worker; i < len(members) && ctx.Err() == nil; i += workers {
				sums[i], failed[i] = answersAbout(root, members[i], i, times)
			}
		})
	}
	all.Wait()
	return sums, errors.Join(append(failed, ctx.Err())...)
}

// answersAbout returns a fingerprint of the answers about one member: to one
// privilege at each time, so that all together every privilege has its turn. To say
// until when an answer holds takes long.
func answersAbout(root *projections.Root, member string, turn int, times []timeline.Instant) (projections.Digest, error) {
	m := standing.At(root, root.Position())
	h := sha256.New()
	for i, t := range times {
		law, _, err := root.LawAt(t, root.Position())
		if errors.Is(err, projections.ErrNoLaw) {
			h.Write([]byte(err.Error())) // there was none yet, which is an answer too
			continue
		}
		if err != nil {
			return projections.Digest{}, fmt.Errorf("ask about member/%s: %w", member, err)
		}
		all := law.Language.PrivilegeOrder
		d, err := m.Decide(domain.Of(domain.KindMember, member), all[(turn*len(times)+i)%len(all)], t, nil)
		if _, wrong := errors.AsType[*standing.WrongSubject](err); wrong {
			continue // it is a privilege of missions
		}
		if err != nil {
			return projections.Digest{}, fmt.Errorf("ask about member/%s: %w", member, err)
		}
		d.Semantics = Semantics
		data, err := codec.EncodeDecision(d)
		if err != nil {
			return projections.Digest{}, fmt.Errorf("the answer about member/%s: %w", member, err)
		}
		h.Write(append(data, '\n'))
	}
	return projections.Digest(h.Sum(nil)), nil
}

func sumOfAll(sums []projections.Digest) projections.Digest {
	h := sha256.New()
	for _, sum := range sums {
		h.Write(sum[:])
	}
	return projections.Digest(h.Sum(nil))
}
