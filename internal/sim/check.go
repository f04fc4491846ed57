package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// learn reads what became durable, and checks it against what came before.
func (w *world) learn() {
	for _, r := range w.disk.since(eventlog.Position(len(w.log))) {
		at := len(w.log)
		e, err := codec.Decode(r.Data)
		if err != nil {
			w.fail(Dense, "record %d can't be read: %v", at, err)
		}
		if at > 0 {
			last := w.log[at-1]
			switch {
			case last.Command == e.Command && !e.Recorded.Equal(last.Recorded):
				w.fail(RecordedGrows, "records %d and %d are of one command and were recorded at %s and %s", at-1, at, last.Recorded, e.Recorded)
			case last.Command != e.Command && !e.Recorded.After(last.Recorded):
				w.fail(RecordedGrows, "record %d was recorded at %s, and the one before at %s", at, e.Recorded, last.Recorded)
			case last.Command != e.Command && w.commands[e.Command]:
				w.fail(OneEffect, "record %d is of command %s, which is on record already", at, e.Command)
			}
			if state, known := w.said[e.Correlation]; known && last.Correlation != e.Correlation {
				if state.recorded {
					w.fail(OneEffect, "record %d is of %s, which is on record already", at, e.Correlation)
				}
				if state.denied {
					w.fail(Certain, "record %d is of %s, which was said not to be recorded", at, e.Correlation)
				}
				state.recorded = true
				w.said[e.Correlation] = state
			}
		}
		w.commands[e.Command] = true
		if !e.Target.IsZero() {
			i := spec{log: w.log}.find(e.Target)
			if i < 0 || w.log[i].Subject != e.Subject {
				w.fail(TargetsEarlier, "record %d names %s, which is not earlier or about another", at, e.Target)
			}
			if c, corrects := e.Event.(domain.EventCorrected); corrects && body(w.log[i]).Type() != c.Body.Type() {
				w.fail(SameOperation, "record %d says %s in place of %s", at, c.Body.Type(), body(w.log[i]).Type())
			}
		}
		w.log = append(w.log, e)
	}
}

// inspect checks what an engine shows now.
func (w *world) inspect(o *office) {
	at := o.engine.Position()
	switch {
	case at < o.shown:
		w.fail(Monotone, "%s shows %d, and showed %d", o.name, at, o.shown)
	case at > domain.Position(len(w.log)):
		w.fail(DurableOnly, "%s shows %d, and only %d is durable", o.name, at, len(w.log))
	case !w.disk.whole[eventlog.Position(at)]:
		w.fail(WholeCommands, "%s shows %d, which is inside a command", o.name, at)
	}
	if err := o.engine.Halted(); err != nil {
		w.fail(ReplicasAgree, "%s has halted: %v", o.name, err)
	}
	o.shown = at
	view := o.engine.Root().View()
	for ; o.seen < at; o.seen++ {
		have, found := view.Envelope(o.seen)
		if !found || have.ID != w.log[o.seen].ID {
			w.fail(Dense, "%s holds %s at %d, and the log %s", o.name, have.ID, o.seen, w.log[o.seen].ID)
		}
		if !have.Recorded.Equal(w.log[o.seen].Recorded) || have.Command != w.log[o.seen].Command {
			w.fail(ReplicasAgree, "%s holds %s as recorded at %s by %s, and the log at %s by %s", o.name, have.ID, have.Recorded, have.Command, w.log[o.seen].Recorded, w.log[o.seen].Command)
		}
	}
}

// known are the positions at which a question can be put: where a command ends.
func (w *world) known(upTo domain.Position) domain.Position {
	var out []domain.Position
	for k := upTo; k > 0 && len(out) < 6; k-- {
		if w.disk.whole[eventlog.Position(k)] {
			out = append(out, k)
		}
	}
	return pick(w.generator, out)
}

// instant is at or just beside one of the moments, or a little after now.
func (w *world) instant() time.Time {
	return w.moment().At.Add(time.Duration(w.IntN(3)-1) * time.Microsecond)
}

// days later at which periods to leave and points end.
func (w *world) later() time.Time {
	t := w.moment()
	date := w.zone.DateOf(t.At)
	switch w.IntN(4) {
	case 0:
		date = date.AddDays(pick(w.generator, []int{1, 30, 31}))
	case 1:
		date = date.AddMonths(24)
	default:
		return w.instant()
	}
	return w.zone.Midnight(date).Add(time.Duration(w.IntN(3)-1) * time.Microsecond)
}

// look compares all facts that an engine shows with the specification.
func (w *world) look(o *office) {
	root := o.engine.Root()
	k := w.known(root.Position())
	s := spec{log: w.log[:k], zone: w.zone, days: w.periods}
	view, law := root.ViewAt(k), root.Law(k)
	for range 3 {
		t := calendar.When{At: w.later()}
		at := timeline.Of(t.At)
		for _, id := range members {
			p := view.Person(id, law)
			status, _ := p.Status(nil, at)
			points, _, _ := p.Read(nil, at)(domain.FactDecl{From: domain.FactSource{Constructor: "points", Months: window}})
			phase := "none"
			for _, c := range p.At(at) {
				if c.Kind == facts.Accredited {
					phase = string(c.Phase(at))
				}
			}
			live := []int{}
			for _, span := range view.Personal(domain.Member(id)) {
				if span.LiveFor(domain.Reach{}, at) {
					live = append(live, int(span.Pos))
				}
			}
			slices.Sort(live)
			got := fmt.Sprint(status, " ", points.Int(), " ", phase, " ", live)
			want := fmt.Sprint(s.status(id, t), " ", s.points(id, window, t), " ", s.phase(id, t), " ", append([]int{}, s.restrictions(id, t)...))
			if got != want {
				w.fail(FastIsNaive, "%s as of %s, as known at %d, by %s: status, points, phase and restrictions are\n  %s\nand should be\n  %s\n%s",
					id, calendar.FormatInstant(t.At), k, o.name, got, want, w.story(s, domain.Member(id)))
			}
		}
	}
	w.counts["looks"]++
}

// glance holds what is kept of how a member stands now to the fold.
func (w *world) glance(o *office) {
	id, p := pick(w.generator, members), pick(w.generator, privileges)
	v, err := o.engine.GlanceOf(domain.Member(id), p)
	if err != nil || v == nil {
		w.fail(NowIsFold, "%s %s can't be seen at a glance by %s: %v", id, p, o.name, err)
	}
	d := w.again(o.engine, engine.Question{Subject: domain.Member(id), Privilege: p})
	if v.Outcome != d.Outcome || len(v.Conditions) != len(d.Conditions) {
		w.fail(NowIsFold, "%s %s is %s at a glance by %s, and asked as of %s as known at %d it is %s", id, p, v.Outcome, o.name, calendar.FormatInstant(d.AsOf), d.AsKnown, d.Outcome)
	}
	w.counts["glances"]++
}

// window is over how many months points are summed.
const window = 24

// story tells what was recorded about a subject and the missions.
func (w *world) story(s spec, about domain.Subject) string {
	text := ""
	for i, e := range s.log {
		if e.Subject == about || e.Subject.Kind == domain.KindMission {
			text += fmt.Sprintf("  %d %s %s %s %s %+v", i, calendar.FormatInstant(e.Recorded), e.Subject, e.Type(), e.Effective, e.Event)
			if !e.Target.IsZero() {
				text += fmt.Sprintf(" of %d", s.find(e.Target))
			}
			text += "\n"
		}
	}
	return text
}

// An answer is what was said once, and has to be said ever after.
type answer struct {
	question engine.Question
	bytes    string
	by       string
	step     int
}

// told checks an answer, and remembers it.
func (w *world) told(o *office, q engine.Question, d domain.Decision) {
	switch {
	case d.AsKnown > domain.Position(len(w.log)):
		w.fail(DurableOnly, "%s answers from %d, and only %d is durable", o.name, d.AsKnown, len(w.log))
	case d.AsKnown < q.AtLeast:
		w.fail(TokenHonoured, "%s answers from %d, and the question says at least %d", o.name, d.AsKnown, q.AtLeast)
	case !w.disk.whole[eventlog.Position(d.AsKnown)]:
		w.fail(WholeCommands, "%s answers from %d, which is inside a command", o.name, d.AsKnown)
	case q.AsKnown.AtPosition && d.AsKnown != q.AsKnown.Position:
		w.fail(NoForesight, "%s answers from %d, asked as known at %d", o.name, d.AsKnown, q.AsKnown.Position)
	case d.Permits() && slices.ContainsFunc(d.Errors, func(p domain.Problem) bool { return p.Mattered }):
		w.fail(ErrorsDeny, "%s permits with errors: %+v", o.name, d.Errors)
	}
	data, err := codec.EncodeDecision(d)
	if err != nil {
		w.fail(ReplayIsLive, "the answer of %s can't be written: %v", o.name, err)
	}
	key := fmt.Sprintf("%s %s as of %s as known at %d", d.Subject, d.Privilege, calendar.FormatInstant(d.AsOf), d.AsKnown)
	before, repeated := w.given[key]
	switch {
	case !repeated:
		w.given[key] = answer{stated(q, d), string(data), o.name, w.step}
		w.order = append(w.order, key)
	case before.bytes != string(data) && before.by == o.name:
		w.fail(ClockIsNothing, "%s: %s said in step %d\n  %s\nand says now\n  %s", key, o.name, before.step, before.bytes, data)
	case before.bytes != string(data):
		w.fail(ReplicasAgree, "%s: %s said in step %d\n  %s\nand %s says\n  %s", key, before.by, before.step, before.bytes, o.name, data)
	}
}

// stated is the question with the two times that the answer settled.
func stated(q engine.Question, d domain.Decision) engine.Question {
	return engine.Question{
		Subject: q.Subject, Privilege: d.Privilege, Request: q.Request, AsOf: d.AsOf,
		AsKnown: engine.Known{Position: d.AsKnown, AtPosition: true},
	}
}

// again asks an engine the question of an answer once more.
func (w *world) again(e *engine.Engine, q engine.Question) domain.Decision {
	d, err := e.Ask(context.Background(), q)
	if err != nil {
		w.fail(ReplayIsLive, "%s %s as of %s as known at %d can't be asked again: %v", q.Subject, q.Privilege, q.AsOf, q.AsKnown.Position, err)
	}
	return d
}

// agree holds answers of an engine to those given.
func (w *world) agree(i Invariant, e *engine.Engine, name string, keys []string) {
	for _, key := range keys {
		was := w.given[key]
		d := w.again(e, was.question)
		data, err := codec.EncodeDecision(d)
		if err != nil || string(data) != was.bytes {
			w.fail(i, "%s: %s said in step %d\n  %s\nand %s says\n  %s%v", key, was.by, was.step, was.bytes, name, data, err)
		}
	}
}

// alike reports whether two answers come to the same.
func alike(a, b domain.Decision) bool {
	return a.Outcome == b.Outcome && slices.EqualFunc(a.Conditions, b.Conditions, func(x, y domain.Condition) bool {
		return x.Code == y.Code && x.State == y.State && slices.Equal(x.Params, y.Params)
	})
}

// holds asks inside the time for which an answer holds, and where it ends.
func (w *world) holds(o *office, q engine.Question, d domain.Decision) {
	q = stated(q, d)
	if from, until := d.Holds.From, d.Holds.Until; !from.IsZero() && !until.IsZero() {
		q.AsOf = from.Add(time.Duration(w.Int64N(until.Sub(from).Microseconds())) * time.Microsecond)
		if then := w.again(o.engine, q); !alike(d, then) {
			w.fail(NextChange, "%s %s is %s from %s until %s, and at %s %s", q.Subject, q.Privilege, d.Outcome, from, until, q.AsOf, then.Outcome)
		}
	}
	if until := d.Holds.Until; !until.IsZero() {
		q.AsOf = until.Add(-time.Microsecond)
		if then := w.again(o.engine, q); !alike(d, then) {
			w.fail(NextChange, "%s %s is %s until %s, and just before %s", q.Subject, q.Privilege, d.Outcome, until, then.Outcome)
		}
		q.AsOf = until
		if then := w.again(o.engine, q); alike(d, then) {
			w.fail(NextChange, "%s %s is %s until %s, and then still", q.Subject, q.Privilege, d.Outcome, until)
		}
	}
}

// expected reports whether an error of Ask may be: the caller gave up, or the clock
// says that what was to be known is still to come.
func expected(err error, q engine.Question) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, engine.ErrKnown) && !q.AsKnown.By.Bound.IsZero()
}
