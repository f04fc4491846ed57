package scenario

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// library is shared by all scenarios that a program plays: they are founded on
// the same editions, and loading those is most of the work.
var library = sync.OnceValue(projections.NewLibrary)

// view is what a line with card asks for.
const view = "law_enforcement"

// An Opener makes an empty log, with the shelf of bodies beside it. It is called
// once for each scenario, which closes the log.
type Opener func() (eventlog.Log, eventlog.Bodies, error)

// A Report is what came of running a file.
type Report struct {
	// Answers are those of every ask and card that was answered, in order.
	Answers []Answer
	// Failures are the lines that did not come true, in order.
	Failures []Failure
}

// An Answer is what one line was answered.
type Answer struct {
	Scenario string
	Line     int
	Decision domain.Decision // of an ask
	Card     *standing.Card  // of a card
}

// Run plays every scenario of a file in an office of its own and compares. It
// returns an error only if a scenario can't be played at all; what came out
// otherwise than expected is in the report.
func Run(ctx context.Context, f *File, open Opener) (*Report, error) {
	report := &Report{}
	for _, s := range f.Scenarios {
		bundles, err := shipped(s.known[domain.KindState])
		if err != nil {
			return nil, err
		}
		if err := play(ctx, s, open, bundles, report); err != nil {
			return nil, fmt.Errorf("%s:%d: scenario %q: %w", s.line.file, s.line.number, s.Name, err)
		}
	}
	return report, nil
}

// shipped returns the editions that ship with the program, the common law first,
// and of States only those of which the scenario speaks.
func shipped(states []string) ([][]byte, error) {
	names := slices.DeleteFunc(rulesets.States(), func(n string) bool { return !slices.Contains(states, n) })
	folders := []fs.FS{rulesets.Common()}
	for _, name := range names {
		folder, err := rulesets.Of(name)
		if err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	bundles := make([][]byte, len(folders))
	for i, folder := range folders {
		var err error
		if bundles[i], err = rules.Bundle(folder); err != nil {
			return nil, err
		}
	}
	return bundles, nil
}

// A player plays one scenario.
type player struct {
	scene  *Scenario
	office *engine.Engine
	report *Report
	clock  time.Time // of the step
	last   time.Time // when the last event was recorded
	cited  []string  // by the answers
}

func play(ctx context.Context, s *Scenario, open Opener, bundles [][]byte, report *Report) (err error) {
	log, bodies, err := open()
	if err != nil {
		return err
	}
	defer func() {
		if closed := log.Close(); err == nil {
			err = closed
		}
	}()
	p := &player{scene: s, report: report, clock: s.office.founded, last: s.office.founded}
	p.office, err = engine.Found(ctx, engine.Config{Log: log, Bodies: bodies, Clock: p.now, Library: library()}, engine.Founding{
		Office: domain.OfficeID(s.office.id), Zone: s.office.zone.String(), Mode: domain.History, At: s.office.founded, Actor: actor, Bundles: bundles,
	})
	if err != nil {
		return fmt.Errorf("found the office: %w", err)
	}
	for _, step := range s.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.clock = step.clock
		switch {
		case step.record != nil:
			p.record(ctx, step)
		case step.publish != nil:
			p.publish(ctx, step)
		default:
			p.ask(ctx, step)
		}
	}
	p.compareCited()
	return nil
}

// now is the end of the day on which the clock stands, so that what is known by
// today can be asked for.
func (p *player) now() time.Time {
	zone := p.scene.office.zone
	return zone.Midnight(zone.DateOf(p.clock).AddDays(1))
}

// record submits a command. The events of one time are recorded a microsecond
// apart, command by command.
func (p *player) record(ctx context.Context, s *step) {
	cmd := domain.Command{Actor: actor, Recorded: p.stamp()}
	var err error
	for _, d := range s.record.drafts {
		if d.err != nil && err == nil {
			err = d.err
		}
		cmd.Drafts = append(cmd.Drafts, d.envelope)
	}
	var receipt engine.Receipt
	if err == nil {
		receipt, err = p.office.Submit(ctx, cmd)
	}
	if err == nil {
		p.last = receipt.Recorded
		for _, d := range s.record.drafts {
			d.after = receipt.Position
		}
	}
	p.settle(s, s.record.refusing, s.record.refused, err)
}

// stamp is the time of the clock, or later if something was recorded then already.
func (p *player) stamp() time.Time {
	if next := p.last.Add(time.Microsecond); p.clock.Before(next) {
		return next
	}
	return p.clock
}

// publish publishes a ruleset. A refusal is compared whole, with every mistake.
func (p *player) publish(ctx context.Context, s *step) {
	var receipt engine.Receipt
	bundle := []byte("-- " + s.publish.ruleset + ".yaml --\n" + s.publish.text.String())
	err := headOf(bundle, s.publish.ruleset)
	if err == nil {
		receipt, err = p.office.Publish(ctx, engine.Publication{Bundle: bundle, Effective: s.publish.effective, Authority: s.publish.authority, Actor: actor, Recorded: p.stamp()})
	}
	if err == nil {
		p.last = receipt.Recorded
	}
	p.settle(s, s.publish.refusing, s.publish.refused, err)
}

func headOf(bundle []byte, ruleset string) error {
	code, named := rules.CodeOf(bundle)
	if !named || code != ruleset {
		return fmt.Errorf("the ruleset below is not of %s: its head has to say ruleset: %s", ruleset, ruleset)
	}
	return nil
}

// settle compares a refusal, and reports whether all went well and is to be
// looked at further.
func (p *player) settle(s *step, refusing bool, want string, err error) bool {
	switch {
	case refusing && err == nil:
		p.fail(s.line, Difference{What: "refusal", Got: "none: it was accepted", Want: want})
	case refusing && !strings.Contains(err.Error(), want):
		p.fail(s.line, Difference{What: "refusal", Got: err.Error(), Want: want})
	case !refusing && err != nil:
		p.fail(s.line, Difference{What: "error", Got: err.Error(), Want: "none"})
	}
	return !refusing && err == nil
}

// ask puts a question and compares the answer.
func (p *player) ask(ctx context.Context, s *step) {
	q := s.ask
	question := engine.Question{Subject: q.subject, Privilege: q.privilege, AsOf: q.asOf, AsKnown: q.asKnown, Request: q.request}
	if q.knownBy != nil {
		question.AsKnown = engine.Known{Position: q.knownBy.after, AtPosition: true}
	}
	if q.privilege == "" {
		card, err := p.office.Card(ctx, view, question)
		if !p.settle(s, q.refusing, q.refused, err) {
			return
		}
		p.report.Answers = append(p.report.Answers, Answer{Scenario: p.scene.Name, Line: s.number, Card: &card})
		p.cited = append(p.cited, card.Cite...)
		for _, g := range slices.Concat(card.Guidance, card.Proposals) {
			p.cited = append(p.cited, g.Cite...)
		}
		p.compare(s, cardReader{card}, shortCard(card))
		return
	}
	d, err := p.office.Ask(ctx, question)
	if !p.settle(s, q.refusing, q.refused, err) {
		return
	}
	p.report.Answers = append(p.report.Answers, Answer{Scenario: p.scene.Name, Line: s.number, Decision: d})
	p.cited = append(p.cited, allCited(d)...)
	p.compare(s, decisionReader{d, p.scene.office.zone}, short(d))
}

// compareCited holds the head of the scenario against its answers.
func (p *player) compareCited() {
	got := slices.Clone(p.cited)
	slices.Sort(got)
	got = slices.Compact(got)
	failed := map[int][]Difference{}
	for i, c := range p.scene.Cite {
		if at := p.scene.cited[i]; !cites(got, c) {
			failed[at.number] = append(failed[at.number], Difference{What: "cite", Got: list(got), Want: c})
		}
	}
	for i, at := range p.scene.cited {
		if i == 0 || p.scene.cited[i-1] != at {
			p.fail(at, failed[at.number]...)
		}
	}
}

func (p *player) fail(at line, differences ...Difference) {
	if len(differences) == 0 {
		return
	}
	p.report.Failures = append(p.report.Failures, Failure{File: at.file, Line: at.number, Source: at.text, Differences: differences})
}

// localTime writes an instant in the office's zone.
func localTime(t time.Time, zone calendar.Zone) string {
	return t.In(zone.Location()).Format("2006-01-02T15:04:05.999999 MST")
}
