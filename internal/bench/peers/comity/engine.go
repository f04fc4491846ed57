package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
)

// office is a whole office: the law is published in it, and its members are
// recorded as events, in a log in memory.
type office struct {
	*engine.Engine
	// with says that facts of a request are brought. Otherwise what is kept of the
	// member is looked up, and answers that depend on the request are none.
	with bool
}

func loadGlance(from any) (harness.Engine, error)     { return found(from, false) }
func loadGlanceWith(from any) (harness.Engine, error) { return found(from, true) }

// found founds the office: loading includes publishing the editions.
func found(from any, with bool) (harness.Engine, error) {
	s := from.(*sources)
	log := memlog.New()
	clock := func() time.Time { return at.Time() }
	e, err := engine.Found(context.Background(), engine.Config{Log: log, Bodies: log, Clock: clock, Library: projections.NewLibrary()}, engine.Founding{
		Office: "office", Name: "The office of the workload", Zone: "UTC", Mode: domain.Live, Actor: "peers", Bundles: append([][]byte{s.common}, s.own...),
	})
	if err != nil {
		return nil, err
	}
	return &office{Engine: e, with: with}, nil
}

// People records the States, for each a mission of every kind, and the members.
func (o *office) People(law *workload.Law, members []workload.Member) error {
	const together = 500
	ctx := context.Background()
	on := func(text string) calendar.When {
		when, err := calendar.ParseWhen(text, calendar.Zone{})
		if err != nil {
			panic(err)
		}
		return when
	}
	begin, later := on("2025-01-01T12:00Z"), on("2025-02-01T12:00Z")
	var drafts []domain.Envelope
	flush := func() error {
		if len(drafts) == 0 {
			return nil
		}
		_, err := o.Submit(ctx, domain.Command{Actor: "peers", Drafts: drafts})
		drafts = nil
		return err
	}
	add := func(subject domain.Subject, when calendar.When, e domain.Event) {
		drafts = append(drafts, domain.Envelope{Subject: subject, Effective: when, Event: e})
	}
	for _, state := range law.States {
		add(domain.Of(domain.KindState, domain.StateID(state)), begin, domain.StateRegistered{Name: state})
		for _, kind := range law.Kinds {
			add(domain.Of(domain.KindMission, missionOf(state, kind)), begin, domain.MissionOpened{State: domain.StateID(state), Kind: domain.MissionKind(kind)})
		}
		if err := flush(); err != nil {
			return err
		}
	}
	for i := range members {
		m := &members[i]
		who := domain.Member(domain.MemberID(m.ID))
		add(who, begin, domain.MemberAccredited{
			Mission: missionOf(m.State, m.Kind), Category: domain.Category(m.Category), Status: domain.Status(m.Status),
			Personal: &domain.Personal{Birth: calendar.Date{Year: 2025 - int(m.Age), Month: time.January, Day: 15}},
		})
		if m.LocalHire {
			add(who, begin, domain.LocalHireChanged{LocalHire: true})
		}
		if m.Points > 0 {
			add(who, later, domain.ViolationRecorded{Offence: "traffic", Points: int(m.Points)})
		}
		if len(drafts) >= together || i == len(members)-1 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if o.with {
		return nil
	}
	return o.Warm(ctx, nil)
}

func missionOf(state, kind string) domain.MissionID {
	return domain.MissionID(state + "-" + workload.Dashed(kind))
}

func (o *office) Decider() (harness.Decider, error) {
	if !o.with {
		return func(q *workload.Request) (workload.Decision, error) {
			v, err := o.GlanceOf(domain.Member(domain.MemberID(q.Member)), domain.Privilege(q.Privilege))
			if err != nil {
				return workload.Decision{}, err
			}
			if v.Outcome == "" {
				return workload.Decision{}, harness.ErrDepends
			}
			return verdict(v)
		}, nil
	}
	return func(q *workload.Request) (workload.Decision, error) {
		h, err := o.Handle(domain.Member(domain.MemberID(q.Member)), domain.Privilege(q.Privilege))
		if err != nil {
			return workload.Decision{}, err
		}
		v, err := o.GlanceWithAt(h, map[string]string{
			"amount": "$" + strconv.FormatInt(q.Amount/100, 10) + "." + fmt.Sprintf("%02d", q.Amount%100),
			"miles":  strconv.FormatInt(q.Distance, 10), "article": q.Goods, "in_person": strconv.FormatBool(q.InPerson),
		}, at)
		if err != nil {
			return workload.Decision{}, err
		}
		return verdict(v)
	}, nil
}

func verdict(v *standing.Verdict) (workload.Decision, error) {
	if v == nil {
		return workload.Decision{}, errors.New("no verdict")
	}
	o, ok := workload.OutcomeOf(string(v.Outcome))
	if !ok {
		return workload.Decision{}, fmt.Errorf("no outcome: %+v", *v)
	}
	return workload.Decision{Outcome: o, Rule: v.Rule}, nil
}
