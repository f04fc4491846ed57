package impact_test

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
)

// library is shared by the tests, so that every text is loaded once.
var library = sync.OnceValue(projections.NewLibrary)

// An office is a history office of which copies can be made.
type office struct {
	*engine.Engine
	now  atomic.Pointer[time.Time]
	told [][]domain.Envelope
	// published are the editions that were published between them.
	published map[int]publication
}

type publication struct {
	bundle []byte
	day    string
}

var (
	crew   = []domain.MemberID{"ana", "bo", "cy", "dee", "eve"}
	houses = []domain.MissionID{"xa-embassy", "xa-chicago", "borvia-embassy"}
	lands  = []domain.StateID{"xa", "borvia"}
	days   = []string{"2024-01-01", "2024-02-01", "2024-02-29", "2024-03-01", "2024-06-01", "2025-02-01", "2025-07-01"}
	lots   = []domain.Privilege{"imm.arrest", "imm.civil", "tax.sales", "tax.fuel", "travel.move", "customs.personal"}
)

func found(t testing.TB) *office {
	o := &office{published: map[int]publication{}}
	now := domaintest.When("2020-01-01T12:00Z").At
	o.now.Store(&now)
	log := memlog.New()
	var err error
	o.Engine, err = engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Clock: func() time.Time { return *o.now.Load() }, Library: library()},
		engine.Founding{Office: "office", Zone: "America/New_York", Mode: domain.History, Bundles: [][]byte{common(t)}, At: now})
	require.NoError(t, err)
	return o
}

// begun is an office with missions of two States.
func begun(t testing.TB) *office {
	o := found(t)
	require.True(t, o.tell(t, domaintest.Registered("xa", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("xa-embassy", "xa", "embassy", "2020-01-01"),
		domaintest.Opened("xa-chicago", "xa", "consular_post", "2024-02-01"),
		domaintest.Opened("borvia-embassy", "borvia", "embassy", "2020-01-01")))
	return o
}

// at is when the next command is recorded.
func (o *office) at() time.Time {
	at := time.Date(2023, 12, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, 7*(len(o.told)+1))
	now := at.Add(time.Hour)
	o.now.Store(&now)
	return at
}

// tell records events in one command, and reports whether the office took them.
func (o *office) tell(t testing.TB, events ...domain.Envelope) bool {
	n := len(o.told) + 1
	for i := range events {
		e := &events[i]
		e.ID, e.Command, e.Recorded = domain.EventID{1, byte(n >> 8), byte(n), byte(i)}, domain.CommandID{}, time.Time{}
	}
	o.told = append(o.told, events)
	_, err := o.Submit(t.Context(), domain.Command{ID: domain.CommandID{2, byte(n >> 8), byte(n)}, Actor: "test", Recorded: o.at(), Drafts: events})
	if err != nil {
		o.told = o.told[:len(o.told)-1]
	}
	return err == nil
}

// publish publishes an edition, and reports whether the office took it.
func (o *office) publish(t testing.TB, bundle []byte, day string) bool {
	n := len(o.told) + 1
	o.told = append(o.told, nil)
	_, err := o.Publish(t.Context(), engine.Publication{Bundle: bundle, Effective: domaintest.When(day), Authority: "note", Actor: "test", Command: domain.CommandID{3, byte(n)}, Recorded: o.at()})
	if err != nil {
		o.told = o.told[:len(o.told)-1]
		return false
	}
	o.published[n-1] = publication{bundle, day}
	return true
}

// with is a copy of the office in which an edition was really published at the end.
func (o *office) with(t testing.TB, bundle []byte, effective time.Time) *office {
	c := found(t)
	for i, events := range o.told {
		if p, publishes := o.published[i]; publishes {
			require.True(t, c.publish(t, p.bundle, p.day))
		} else {
			require.True(t, c.tell(t, events...))
		}
	}
	n := len(c.told) + 1
	_, err := c.Publish(t.Context(), engine.Publication{Bundle: bundle, Effective: calendar.When{At: effective}, Authority: "note", Actor: "test", Command: domain.CommandID{4, byte(n)}, Recorded: c.at()})
	require.NoError(t, err)
	return c
}

// happens draws an event that an office might hear of.
func (o *office) happens(r *rapid.T) domain.Envelope {
	day, who := draw(r, days, "day"), draw(r, crew, "who")
	member, state := "member/"+string(who), draw(r, lands, "state")
	some := []domain.Privilege{draw(r, lots, "privilege")}
	switch rapid.IntRange(0, 18).Draw(r, "what") {
	case 0, 1, 2:
		return domaintest.Accredited(who, draw(r, houses, "mission"), draw(r, []domain.Category{"dip.agent", "dip.at", "con.officer", "dip.service"}, "category"), day)
	case 3:
		return domaintest.Joined(who, draw(r, crew, "sponsor"), draw(r, []domain.Relation{"spouse", "child"}, "relation"), day)
	case 4:
		return domaintest.StatusChanged(who, draw(r, []domain.Status{"none", "lpr", "us_national"}, "status"), day)
	case 5:
		return domaintest.Ended(who, day)
	case 6:
		return domaintest.Departed(who, day)
	case 7, 8:
		return domaintest.Determined(draw(r, []domain.MeasureID{"m1", "m2"}, "measure"), state, draw(r, []domain.Level{"withdrawn", "more_favorable"}, "level"), some, day)
	case 9:
		return domaintest.Restricted(member, some, day)
	case 10:
		return domaintest.Granted(member, some, day)
	case 11:
		return domaintest.Waived(who, "case-1", []domain.Privilege{"imm.civil"}, day)
	case 12:
		return domaintest.Event(member, day, domain.BirthRecorded{Personal: &domain.Personal{Birth: birth(r)}})
	case 13:
		return domaintest.Event("agreement/a1", day, domain.AgreementConcluded{States: []domain.StateID{state}, Raises: map[domain.Privilege]domain.Outcome{some[0]: domain.Allowed}})
	case 14:
		return domaintest.Event("mission/"+string(draw(r, houses, "mission")), day, domain.MissionClosed{})
	case 15:
		return domaintest.Event(member, day, domain.LocalHireChanged{LocalHire: rapid.Bool().Draw(r, "hired")})
	default:
		var of []domain.Envelope
		for _, events := range o.told {
			of = append(of, events...)
		}
		one := draw(r, of, "of")
		return domaintest.Retracted(one, "entered by mistake")
	}
}

func birth(r *rapid.T) calendar.Date {
	return calendar.Date{Year: draw(r, []int{2006, 2007, 1980}, "year"), Month: time.March, Day: 1}
}

func draw[T any](t *rapid.T, from []T, label string) T { return rapid.SampledFrom(from).Draw(t, label) }

// texts are the files of a folder of testdata.
func texts(t testing.TB, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir("../../rules/testdata/" + folder)
	require.NoError(t, err)
	for _, entry := range entries {
		data, err := os.ReadFile("../../rules/testdata/" + folder + "/" + entry.Name())
		require.NoError(t, err)
		out[entry.Name()] = string(data)
	}
	return out
}

// edited returns a ruleset with some text replaced.
func edited(t testing.TB, folder string, replace ...string) []byte {
	t.Helper()
	r := strings.NewReplacer(replace...)
	files := fstest.MapFS{}
	for name, text := range texts(t, folder) {
		files[name] = &fstest.MapFile{Data: []byte(r.Replace(text))}
	}
	bundle, err := rules.Bundle(files)
	require.NoError(t, err)
	return bundle
}

func common(t testing.TB) []byte { return edited(t, "mini") }
