package sim

import (
	"context"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// finish lets everything come to rest with nothing going wrong any more, and then
// compares what is left.
func (w *world) finish() {
	w.outage, w.full = false, false
	for _, o := range w.offices {
		o.paused = false
		if o.engine != nil {
			o.conn.part(false)
			o.conn.tearAfter(0)
		}
	}
	const patience = 2000
	for n := 0; w.unsettled(); n++ {
		if n == patience {
			for _, c := range w.clients {
				if c.turn != nil {
					w.fail(Progress, "%s still waits at %s, which shows %d of %d: %s", c.name, c.office.name, c.office.shown, len(w.log), c.what)
				}
			}
			w.fail(Progress, "the engines did not come to the head of the log, which is %d: %d, %d, %d", len(w.log), w.offices[0].shown, w.offices[1].shown, w.offices[2].shown)
		}
		w.step++
		w.settle()
		w.rest()
	}
	for _, a := range w.acked {
		w.acknowledged(a.key, a.receipt)
	}
	w.compare()
	w.undone()
	w.reordered()
}

// settle takes one of the steps that go on by themselves.
func (w *world) settle() {
	queued, _ := w.disk.waiting()
	if queued > 0 {
		one := w.disk.sync(written)
		w.tell("write %d at %d: %s (%v)", one.n, one.expected, written, one.err)
		return
	}
	w.choose(w.going())
}

// unsettled reports whether something is still under way. An engine that does not
// follow stays where its own commands left it.
func (w *world) unsettled() bool {
	queued, decided := w.disk.waiting()
	if queued+decided > 0 || slices.ContainsFunc(w.offices, func(o *office) bool {
		return o.engine == nil || o.follows && o.shown < domain.Position(len(w.log))
	}) {
		return true
	}
	for _, c := range w.clients {
		if c.turn == nil {
			continue
		}
		if !c.office.follows && !c.writes && !c.turn.waiting() { // it waits for what others recorded
			c.turn.cancel()
		}
		return true
	}
	return false
}

// compare asks all again: of every engine what others have said, and of engines
// that read the log anew, also only as far as the answer had seen it.
func (w *world) compare() {
	fresh := w.reopen(w.disk.since(0))
	w.agree(ReplayIsLive, fresh, "the log read again", w.order)
	some := slices.Clone(w.order)
	w.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	some = some[:min(len(some), 4)]
	for _, key := range some {
		k := w.given[key].question.AsKnown.Position
		w.agree(NoForesight, w.reopen(w.disk.since(0)[:k]), "a log that ends there", []string{key})
	}
	w.agree(ReplicasAgree, w.offices[2].engine, "the third", some)
	w.agree(ReplicasAgree, w.offices[1].engine, "the second", some)
	for _, o := range w.offices {
		w.look(o)
	}
}

// reopen opens an engine on a copy of a log.
func (w *world) reopen(records []eventlog.Record) *engine.Engine {
	_, library := law()
	d := newDisk()
	d.records = slices.Clone(records)
	log := d.connect()
	e, err := engine.Open(context.Background(), engine.Config{Log: log, Bodies: log, Library: library, Clock: func() time.Time { return begin.AddDate(30, 0, 0) }})
	if err != nil {
		w.fail(ReplayIsLive, "the log can't be read again: %v", err)
	}
	return e
}

// undone compares what was known before something was retracted and that was taken
// back with what was known after.
func (w *world) undone() {
	for _, a := range w.acked {
		p := w.said[a.key].proposal
		if !p.undone || p.about.Kind != domain.KindMember {
			continue
		}
		w.counts["undone"]++
		q := engine.Question{Subject: p.about, Privilege: pick(w.generator, privileges), AsOf: w.instant(), AsKnown: engine.Known{Position: a.receipt.First, AtPosition: true}}
		before := w.again(w.offices[1].engine, q)
		q.AsKnown.Position = a.receipt.Position
		if after := w.again(w.offices[1].engine, q); !alike(before, after) {
			w.fail(UndoIsIdentity, "%s of %s as of %s was %s at %d and is %s at %d", q.Privilege, q.Subject, q.AsOf, before.Outcome, a.receipt.First, after.Outcome, a.receipt.Position)
		}
	}
}

// reordered turns the order of events around in every command in which none names
// another, and expects the same answers.
func (w *world) reordered() {
	records := slices.Clone(w.disk.since(0))
	turned := false
	for i := len(records) - 1; i > 0; i-- {
		a, b := w.log[i-1], w.log[i]
		if a.Command == b.Command && a.Subject != b.Subject && a.Command[0] == 0x51 {
			records[i-1], records[i] = records[i], records[i-1]
			turned = true
		}
	}
	if !turned {
		return
	}
	w.counts["reordered"]++
	other := w.reopen(records)
	for _, id := range members {
		q := engine.Question{Subject: domain.Member(id), Privilege: pick(w.generator, privileges), AsOf: w.later()}
		want, got := w.again(w.offices[1].engine, q), w.again(other, q)
		if !alike(want, got) {
			w.fail(OrderInBatch, "%s of %s as of %s is %s, and %s if the order in commands is turned around", q.Privilege, id, calendar.FormatInstant(q.AsOf), want.Outcome, got.Outcome)
		}
	}
}
