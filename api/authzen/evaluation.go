package authzen

import (
	"errors"
	"net/http"
	"slices"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
)

// evaluation answers one question.
func (a *accent) evaluation(c *api.Call) error {
	var t tuple
	if err := decodeTuple(c, &t); err != nil {
		return err
	}
	return a.single(c, &t)
}

// single answers one question that was read.
func (a *accent) single(c *api.Call, t *tuple) error {
	if err := t.check(question); err != nil {
		return err
	}
	w, err := wishOf(c.Office, t.Context)
	if err != nil {
		return err
	}
	d, err := a.sit(c, w.atLeast)
	if err != nil {
		return err
	}
	answer, err := d.ask(t, w)
	if err != nil {
		return err
	}
	text, err := answer.text(nil)
	if err != nil {
		return err
	}
	return d.tell(text)
}

// tell records what was asked, and answers.
func (d *desk) tell(text []byte) error {
	if err := d.give(d.c.Context()); err != nil {
		return err
	}
	d.seen()
	return d.c.Raw(200, "application/json", text)
}

// How a batch is answered.
const (
	executeAll         = "execute_all"
	denyOnFirstDeny    = "deny_on_first_deny"
	permitOnFirstAllow = "permit_on_first_permit"
)

// evaluations answers several questions, each for itself and all from one state of the
// log. Without any it is one evaluation.
func (a *accent) evaluations(c *api.Call) error {
	var b batch
	if err := decodeBatch(c, &b); err != nil {
		return err
	}
	if len(b.Evaluations) == 0 {
		return a.single(c, &b.tuple)
	}
	semantics := b.Options.Semantics
	if semantics == "" {
		semantics = executeAll
	}
	if !slices.Contains([]string{executeAll, denyOnFirstDeny, permitOnFirstAllow}, semantics) {
		return api.Bad("semantic", "options.evaluations_semantic is %q: write %s, %s or %s", clip(semantics), executeAll, denyOnFirstDeny, permitOnFirstAllow)
	}
	if most := c.Limits().Batch; most > 0 && len(b.Evaluations) > most {
		return api.Bad("batch_too_large", "there are %d evaluations: send at most %d at a time", len(b.Evaluations), most)
	}
	wishes := make([]wish, len(b.Evaluations))
	var atLeast domain.Position
	for i := range b.Evaluations {
		item := &b.Evaluations[i]
		item.or(&b.tuple)
		if item.wrong == nil {
			item.wrong = item.check(question)
		}
		if item.wrong == nil {
			wishes[i], item.wrong = wishOf(c.Office, item.Context)
		}
		atLeast = max(atLeast, wishes[i].atLeast)
	}
	d, err := a.sit(c, atLeast)
	if err != nil {
		return err
	}
	text := append(make([]byte, 0, 32+20*len(b.Evaluations)), `{"evaluations":[`...)
	for i := range b.Evaluations {
		if i > 0 {
			text = append(text, ',')
		}
		var decision bool
		if text, decision, err = d.item(text, &b.Evaluations[i], wishes[i]); err != nil {
			return err
		}
		if semantics == denyOnFirstDeny && !decision || semantics == permitOnFirstAllow && decision {
			break
		}
	}
	return d.tell(append(text, "]}"...))
}

// item answers one question of a batch. What is wrong with it makes it false; the error
// is about the whole call.
func (d *desk) item(to []byte, i *item, w wish) ([]byte, bool, error) {
	if err := d.c.Context().Err(); err != nil {
		return to, false, err
	}
	err := i.wrong
	if err == nil {
		var a answered
		if a, err = d.ask(&i.tuple, w); err == nil {
			to, err = a.text(to)
			return to, a.decision, err
		}
	}
	if p := api.ProblemOf(err); p.Status >= http.StatusInternalServerError && !errors.Is(err, projections.ErrNoLaw) || d.c.Context().Err() != nil {
		return to, false, err
	}
	to, err = failed(to, err)
	return to, false, err
}
