package rules

import "errors"

// A Weighed form says what each part of a condition came to in one frame, and
// which of them made the difference: the tree that is shown when a rule is tried
// out, and that cases are measured by.
type Weighed struct {
	Form  Form
	Truth Truth
	// Err says what an atom lacks, or what went wrong with it; nil unless the
	// truth is [Unclear].
	Err error
	// Skipped says that the part is an arm of a choice that was not taken. Its
	// truth is what it would have been.
	Skipped bool
	// Decisive says that the whole came to something, and would have come to the
	// opposite had this part alone come to the opposite.
	Decisive bool
	Parts    []Weighed
}

// Weigh evaluates the form and every part of it. The truth is that of [Form.Eval].
func (f Form) Weigh(frame *Frame) Weighed {
	w := f.weigh(frame)
	w.decide(w.Truth != Unclear)
	return w
}

// Atoms calls do for every atom that was evaluated, in the order in which they are
// written, constants left out.
func (w *Weighed) Atoms(do func(*Weighed)) {
	switch {
	case w.Skipped || w.Form.IsZero() || w.Form.Op() == OpConst:
	case len(w.Parts) == 0:
		do(w)
	default:
		for i := range w.Parts {
			w.Parts[i].Atoms(do)
		}
	}
}

func (f Form) weigh(frame *Frame) Weighed {
	w := Weighed{Form: f}
	parts := f.Parts()
	if len(parts) == 0 {
		w.Truth, _ = f.Eval(frame)
		if w.Truth == Unclear {
			w.Err = f.err(frame)
		}
		return w
	}
	w.Parts = make([]Weighed, len(parts))
	for i, part := range parts {
		w.Parts[i] = part.weigh(frame)
	}
	switch f.Op() {
	case OpNot:
		w.Truth = w.Parts[0].Truth.not()
	case OpChoice:
		switch w.Parts[0].Truth {
		case Yes:
			w.Truth, w.Parts[2].Skipped = w.Parts[1].Truth, true
		case No:
			w.Truth, w.Parts[1].Skipped = w.Parts[2].Truth, true
		default:
			w.Truth, w.Parts[1].Skipped, w.Parts[2].Skipped = Unclear, true, true
		}
	case OpOr:
		w.Truth = join(w.Parts, Yes)
	default: // and
		w.Truth = join(w.Parts, No)
	}
	return w
}

func (t Truth) not() Truth {
	switch t {
	case Yes:
		return No
	case No:
		return Yes
	default:
		return Unclear
	}
}

// join is what parts come to of which any that is decides settles the matter.
func join(parts []Weighed, decides Truth) Truth {
	out := decides.not()
	for _, p := range parts {
		switch p.Truth {
		case decides:
			return decides
		case Unclear:
			out = Unclear
		default:
		}
	}
	return out
}

// decide marks the parts that made the difference in a part that did.
func (w *Weighed) decide(decisive bool) {
	w.Decisive = decisive
	for i := range w.Parts {
		part := &w.Parts[i]
		turns := decisive && part.Truth != Unclear && !part.Skipped
		switch w.Form.Op() {
		case OpAnd, OpOr:
			others := Yes // those that leave the matter to this part
			if w.Form.Op() == OpOr {
				others = No
			}
			for j := range w.Parts {
				turns = turns && (j == i || w.Parts[j].Truth == others)
			}
		case OpChoice:
			if i == 0 {
				turns = turns && w.Parts[1].Truth == w.Parts[2].Truth.not() && w.Parts[1].Truth != Unclear
			}
		default:
		}
		part.decide(turns)
	}
}

// err says why an atom is unclear.
func (f Form) err(frame *Frame) error {
	if _, missing := f.Eval(frame); missing != nil {
		return missing
	}
	if f.t.cel != nil {
		if _, err := f.t.cel.prog.eval(f.e.lang, frame); err != nil {
			return f.e.plain(err)
		}
	}
	if _, err := f.e.Bool(frame); err != nil {
		return err
	}
	return errUnclear // the whole did not need the part
}

var errUnclear = errors.New("it can't be told")
