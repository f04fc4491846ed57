package decisions

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
)

func sortHoles(list []Hole) {
	slices.SortStableFunc(list, func(a, b Hole) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Session.String(), b.Session.String()))
	})
}

// A GivenAnswer is a decision that was given, with where and when it was recorded.
type GivenAnswer struct {
	Position  eventlog.Position // in the log of answers
	ID        domain.EventID
	Recorded  time.Time
	By        string // as claimed
	Question  Asked
	Semantics int
	Decision  domain.Decision
}

// Given finds the decisions that were given about a privilege of a subject, in
// the order in which they were recorded. Cards are not among them.
type Given interface {
	Given(ctx context.Context, subject domain.Subject, privilege domain.Privilege) iter.Seq2[GivenAnswer, error]
}

// An Index finds answers in a log. It holds their positions and reads them when
// they are asked for. It does not see what is recorded after it was made.
type Index struct {
	log eventlog.Log
	at  map[about][]eventlog.Position
}

type about struct {
	subject   domain.Subject
	privilege domain.Privilege
}

// NewIndex reads a log of answers.
func NewIndex(ctx context.Context, log eventlog.Log) (*Index, error) {
	x := &Index{log: log, at: map[about][]eventlog.Position{}}
	for e, err := range Read(ctx, log, 0) {
		if err != nil {
			return nil, err
		}
		if a, answered := e.Body.(Answer); answered && a.Question.Privilege != "" {
			key := about{a.Question.Subject, a.Question.Privilege}
			x.at[key] = append(x.at[key], e.Position)
		}
	}
	return x, nil
}

// Given implements [Given].
func (x *Index) Given(ctx context.Context, subject domain.Subject, privilege domain.Privilege) iter.Seq2[GivenAnswer, error] {
	return func(yield func(GivenAnswer, error) bool) {
		for _, at := range x.at[about{subject, privilege}] {
			given, err := x.read(ctx, at)
			if !yield(given, err) || err != nil {
				return
			}
		}
	}
}

func (x *Index) read(ctx context.Context, at eventlog.Position) (GivenAnswer, error) {
	for e, err := range Read(ctx, x.log, at) {
		if err != nil {
			return GivenAnswer{}, err
		}
		a, _ := e.Body.(Answer) // as it was when the index was made: the log only grows
		d, err := codec.DecodeDecision(a.Bytes)
		if err != nil {
			return GivenAnswer{}, fmt.Errorf("record %d of the log of answers: %w", at, err)
		}
		return GivenAnswer{at, e.ID, e.Recorded, a.By, a.Question, a.Semantics, d}, nil
	}
	return GivenAnswer{}, fmt.Errorf("record %d of the log of answers: %w", at, eventlog.ErrPastEnd)
}
