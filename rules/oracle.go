package rules

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
)

// An Oracle holds our own form of expressions against cel-go: whatever the form
// comes to is evaluated by cel-go again, and compared. Where they differ there is no
// answer but an error, and so never a permission. It is safe for concurrent use.
//
// It costs what cel-go costs, some fifty times the form. The zero Oracle is ready.
type Oracle struct {
	compared, differed atomic.Uint64

	mu    sync.Mutex
	first []Disagreement
}

// mostKept is how many disagreements an oracle keeps to be looked at.
const mostKept = 20

// A Disagreement is an expression of which our form and cel-go come to different
// results. It is a fault of this program.
type Disagreement struct {
	Pos    Pos
	Source string
	Ours   string
	CEL    string
}

func (d *Disagreement) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s comes to %s in our own form and to %s by cel-go, so there is no answer; this is a fault of the program", d.Pos.File, d.Pos.Line, d.Pos.Column, d.Source, d.Ours, d.CEL)
}

// Compared is how many results were compared.
func (o *Oracle) Compared() uint64 { return o.compared.Load() }

// Differed is how many of them differed.
func (o *Oracle) Differed() uint64 { return o.differed.Load() }

// Disagreements are the first that were found.
func (o *Oracle) Disagreements() []Disagreement {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Disagreement(nil), o.first...)
}

// Consult has every expression of the language compared from now on. It must be
// called before the language is shared; nil compares nothing.
func (l *Language) Consult(o *Oracle) { l.oracle = o }

// Consults reports whether an oracle is consulted.
func (l *Language) Consults() bool { return l.oracle != nil }

// compare counts, and returns the disagreement if the results differ.
func (o *Oracle) compare(e *Expr, ours, cel string) error {
	o.compared.Add(1)
	if ours == cel {
		return nil
	}
	o.differed.Add(1)
	d := &Disagreement{Pos: e.Pos, Source: e.source, Ours: ours, CEL: cel}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.first) < mostKept {
		o.first = append(o.first, *d)
	}
	return d
}

// bool compares what the form came to, if it came to anything by itself.
func (o *Oracle) bool(e *Expr, f *Frame, holds truth, missing *MissingFact) error {
	ours := ""
	switch {
	case holds == yes:
		ours = "true"
	case holds == no:
		ours = "false"
	case missing != nil:
		ours = missing.Error()
	default:
		return nil // cel-go is asked anyway
	}
	v, err := e.foreignBool(f)
	return o.compare(e, ours, said(fmt.Sprint(v), err))
}

func (o *Oracle) value(e *Expr, f *Frame, ours domain.Value, missing *MissingFact) error {
	v, err := e.foreignValue(f)
	say := func(v domain.Value) string { return string(v.Kind()) + " " + v.String() }
	if missing != nil {
		return o.compare(e, missing.Error(), said(say(v), err))
	}
	return o.compare(e, say(ours), said(say(v), err))
}

// said is a result in words. Only which fact is missing counts of an error.
func said(v string, err error) string {
	if err == nil {
		return v
	}
	if missing, ok := errors.AsType[*MissingFact](err); ok {
		return missing.Error()
	}
	return "the error " + err.Error()
}
