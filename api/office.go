package api

import (
	"context"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/standing"
)

// An Office is what the server serves.
type Office struct {
	*engine.Engine
	ID     domain.OfficeID
	Log    eventlog.Log
	Bodies eventlog.Bodies
	// Answers is the log of answers that were given; nil if none is kept.
	Answers eventlog.Log
	// Recorder keeps the answers; nil if none are kept.
	Recorder *decisions.Recorder
	// Told, if not nil, is told of every answer, for statistics.
	Told func(d *domain.Decision)
	// Glanced, if not nil, is told of every answer that was given in short.
	Glanced func(v *standing.Verdict)
	// Version is that of the program.
	Version string
}

// halted says why the office has halted; nil while it works. Nothing of it is told then,
// whatever the route looks at.
func (o *Office) halted() error {
	if o.Engine == nil { // there is nothing but routes
		return nil
	}
	return o.Halted()
}

// Ask answers a question, as [engine.Engine.Ask], and counts the answer.
func (o *Office) Ask(ctx context.Context, q engine.Question) (domain.Decision, error) {
	d, err := o.Engine.Ask(ctx, q)
	if err == nil && o.Told != nil {
		o.Told(&d)
	}
	return d, err
}

// GlanceWith answers in short, as [engine.Engine.GlanceWith], and counts the answer.
func (o *Office) GlanceWith(h engine.Handle, request map[string]string) (*standing.Verdict, error) {
	return o.glanced(o.Engine.GlanceWith(h, request))
}

// GlanceOf answers in short, as [engine.Engine.GlanceOf], and counts the answer.
func (o *Office) GlanceOf(of domain.Subject, p domain.Privilege) (*standing.Verdict, error) {
	return o.glanced(o.Engine.GlanceOf(of, p))
}

func (o *Office) glanced(v *standing.Verdict, err error) (*standing.Verdict, error) {
	if err == nil && v != nil && o.Glanced != nil {
		o.Glanced(v)
	}
	return v, err
}

// Standing answers every privilege, as [engine.Engine.Standing], and counts the answers.
func (o *Office) Standing(ctx context.Context, q engine.Question) ([]domain.Decision, error) {
	all, err := o.Engine.Standing(ctx, q)
	if err == nil && o.Told != nil {
		for i := range all {
			o.Told(&all[i])
		}
	}
	return all, err
}

// Counted tells of an answer that was given otherwise than by the office: of a whole
// decision, or of a verdict.
func (o *Office) Counted(d *domain.Decision, v *standing.Verdict) {
	if d != nil && o.Told != nil {
		o.Told(d)
	}
	if v != nil && o.Glanced != nil {
		o.Glanced(v)
	}
}
