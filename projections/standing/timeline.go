package standing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Timeline is one question over effective time, as known at one position: how
// the answer changes, and when.
type Timeline struct {
	About
	AsKnown domain.Position
	// From and To bound the stretches, half-open; [timeline.Always] and
	// [timeline.Never] are open ends.
	From, To timeline.Instant
	// Stretches follow one another without gaps. No two neighbours have the
	// same answer.
	Stretches []Stretch
}

// About is what is asked over time, and of whose log.
type About struct {
	Subject   domain.Subject    `json:"subject"`
	Privilege domain.Privilege  `json:"privilege"`
	Request   map[string]string `json:"request,omitempty"`
	Office    domain.OfficeID   `json:"office"`
	Mode      domain.Mode       `json:"mode"`
}

func about(root *projections.Root, s domain.Subject, p domain.Privilege, request map[string]string) About {
	office := root.Office()
	return About{Subject: s, Privilege: p, Request: request, Office: office.ID, Mode: office.Mode}
}

// A Stretch is a time in which the answer stays the same.
type Stretch struct {
	From, To timeline.Instant // half-open
	Said
	// Begins says in a few words what begins it; it is empty for the first,
	// which may have begun before the timeline does.
	Begins string
	// Events are those on which the answer relies where the stretch begins, in
	// the order of the log.
	Events []domain.Position
}

// A Said is an answer in short, or why the question can't be put at all: the law
// in force then may not know the privilege, or not a fact of the request.
type Said struct {
	Verdict
	Refused string `json:"refused,omitzero"`
}

// Same reports whether two answers come to the same.
func (s Said) Same(o Said) bool { return s.Refused == o.Refused && s.Verdict.Same(o.Verdict) }

// answered reports whether there was a law, and the question could be put.
func (s Said) answered() bool { return s.Refused == "" && !s.NoLaw }

// Words names the outcome for people.
func (s Said) Words() string {
	if s.Refused != "" {
		return "not to be asked"
	}
	return s.Verdict.Words()
}

// A Change is where a question gets another answer.
type Change struct {
	At    timeline.Instant
	Said         // what the answer is from then on
	Cause string // in a few words
}

// errTimeStated refuses a question over time whose request says when the act is
// done.
var errTimeStated = &rules.RequestError{Wrong: []string{"request.at: over effective time the question is asked at every moment; leave it out"}}

// Changes reports whether the answer changes while there is law to answer by.
func (t Timeline) Changes() bool {
	var first *Stretch
	for i := range t.Stretches {
		s := &t.Stretches[i]
		switch {
		case s.NoLaw:
		case first == nil:
			first = s
		case !first.Same(s.Said):
			return true
		}
	}
	return false
}

// At returns the stretch that holds an instant of the timeline.
func (t Timeline) At(at timeline.Instant) Stretch {
	i, found := slices.BinarySearchFunc(t.Stretches, at, func(s Stretch, at timeline.Instant) int {
		switch {
		case s.From < at:
			return -1
		case s.From > at:
			return 1
		default:
			return 0
		}
	})
	if !found {
		i--
	}
	return t.Stretches[i]
}

// Timeline answers one question at every moment in [from, to). Errors are those
// of [Moment.Verdict] if the question can't be put at any time.
func (m *Moment) Timeline(subject domain.Subject, p domain.Privilege, from, to timeline.Instant, request map[string]string) (Timeline, error) {
	in, err := m.inquireOver(subject, request)
	if err != nil {
		return Timeline{}, err
	}
	all, err := in.timelines([]domain.Privilege{p}, from, to)
	if err != nil {
		return Timeline{}, err
	}
	return all[0].Timeline, all[0].refused
}

// Timelines answers every privilege that can be asked of the subject at every
// moment in [from, to), in the order in which the law declares them.
func (m *Moment) Timelines(subject domain.Subject, from, to timeline.Instant, request map[string]string) ([]Timeline, error) {
	in, err := m.inquireOver(subject, request)
	if err != nil {
		return nil, err
	}
	all, err := in.timelines(in.privileges(), from, to)
	if err != nil {
		return nil, err
	}
	var out []Timeline
	var refused error
	for _, one := range all {
		if one.refused == nil {
			out = append(out, one.Timeline)
		} else if _, wrong := errors.AsType[*WrongSubject](one.refused); !wrong {
			refused = one.refused
		}
	}
	if len(out) == 0 {
		return nil, cmp.Or(refused, projections.ErrNoLaw)
	}
	return out, nil
}

// NextChange returns the first instant after t at which the answer is another
// than at t, and false if nothing on record changes it.
func (m *Moment) NextChange(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string) (Change, bool, error) {
	in, err := m.inquireOver(subject, request)
	if err != nil {
		return Change{}, false, err
	}
	breaks := in.breakpointsOf(p)
	w, v, err := in.walk(p, t)
	now, err := said(v, err)
	if err != nil {
		return Change{}, false, err
	}
	if now.refused != nil {
		return Change{}, false, now.refused
	}
	for _, b := range breaks[after(breaks, t):] {
		if !w.crosses(b) {
			continue
		}
		then, err := said(w.ask(b.At))
		if err != nil {
			return Change{}, false, err
		}
		if !then.Same(now.Said) {
			cause, _, err := in.cause(p, b.At, then)
			return Change{At: b.At, Said: then.Said, Cause: cause}, true, err
		}
	}
	return Change{}, false, nil
}

// inquireOver is inquire for questions over effective time.
func (m *Moment) inquireOver(subject domain.Subject, request map[string]string) (*inquiry, error) {
	if _, stated := request[atWord]; stated {
		return nil, errTimeStated
	}
	return m.inquire(subject, request)
}

// A putAnswer is an answer, with the error if the question could not be put.
type putAnswer struct {
	Said
	refused error
}

// said answers in short.
func (in *inquiry) said(p domain.Privilege, t timeline.Instant) (putAnswer, error) {
	return said(in.verdict(p, t))
}

// said makes an answer of a verdict. An error is one of the machine; that the question
// can't be put is an answer.
func said(v Verdict, err error) (putAnswer, error) {
	if err == nil {
		return putAnswer{Said: Said{Verdict: v}}, nil
	}
	_, unknown := errors.AsType[*Unknown](err)
	_, wrong := errors.AsType[*WrongSubject](err)
	_, unfit := errors.AsType[*rules.RequestError](err)
	if !unknown && !wrong && !unfit {
		return putAnswer{}, err
	}
	return putAnswer{Said: Said{Refused: err.Error()}, refused: err}, nil
}

type putTimeline struct {
	Timeline
	refused error // not nil if it can't be put at any time at which there is law
}

// timelines answers some privileges over time. It goes from breakpoint to
// breakpoint, since between two neighbours every fact is the same, and leaves out
// those at which nothing changes on which the answer rests.
func (in *inquiry) timelines(privileges []domain.Privilege, from, to timeline.Instant) ([]putTimeline, error) {
	if from >= to {
		return nil, &rules.RequestError{Wrong: []string{fmt.Sprintf("from %s until %s there is no time", from, to)}}
	}
	out := make([]putTimeline, len(privileges))
	for i, p := range privileges {
		out[i].Timeline = Timeline{About: about(in.root, in.subject, p, in.stated), AsKnown: in.k, From: from, To: to}
		if err := out[i].draw(in); err != nil {
			return nil, err
		}
	}
	for i := range out {
		if slices.ContainsFunc(out[i].Stretches, func(s Stretch) bool { return s.answered() }) {
			out[i].refused = nil
		}
	}
	return out, nil
}

// draw asks from the beginning to the end.
func (tl *putTimeline) draw(in *inquiry) error {
	breaks := in.breakpointsOf(tl.Privilege)
	breaks = breaks[after(breaks, tl.From):]
	breaks = breaks[:after(breaks, tl.To-1)]
	first := tl.To
	if len(breaks) > 0 {
		first = breaks[0].At
	}
	ask := sample(tl.From, first)
	w, v, err := in.walk(tl.Privilege, ask)
	if err := tl.extend(in, tl.From, ask, v, err); err != nil {
		return err
	}
	for _, b := range breaks {
		if !w.crosses(b) {
			continue
		}
		v, err := w.ask(b.At)
		if err := tl.extend(in, b.At, b.At, v, err); err != nil {
			return err
		}
	}
	return nil
}

// extend adds what the answer is from an instant on, as put at an instant that is as good.
func (tl *putTimeline) extend(in *inquiry, from, asked timeline.Instant, v Verdict, err error) error {
	one, err := said(v, err)
	if err != nil {
		return err
	}
	if one.refused != nil {
		tl.refused = one.refused
	}
	n := len(tl.Stretches)
	if n > 0 && tl.Stretches[n-1].Same(one.Said) {
		return nil
	}
	next := Stretch{From: from, To: tl.To, Said: one.Said}
	cause, events, err := in.cause(tl.Privilege, asked, one)
	if err != nil {
		return err
	}
	if next.Events = events; n > 0 {
		next.Begins = cause
		tl.Stretches[n-1].To = from
	}
	tl.Stretches = append(tl.Stretches, next)
	return nil
}

// sample is an instant at which to ask for what holds from one breakpoint to the
// next: the first, or where there is none the last.
func sample(from, to timeline.Instant) timeline.Instant {
	switch {
	case from != timeline.Always:
		return from
	case to != timeline.Never:
		return to - 1
	default:
		return 0 // nothing on record ever changes: any moment will do
	}
}

// cause says what makes the answer what it is from an instant on, and on which
// events it relies.
func (in *inquiry) cause(p domain.Privilege, at timeline.Instant, is putAnswer) (string, []domain.Position, error) {
	switch {
	case is.refused != nil:
		return "the edition in force can't answer it", nil, nil //nolint:nilerr // that is what it answers
	case is.NoLaw:
		return "no edition of the common law is in force", nil, nil
	}
	r, err := in.at(p, at)
	if err != nil {
		return "", nil, err
	}
	var events []domain.Position
	for _, reason := range r.Reasons {
		if !reason.Decisive {
			continue
		}
		events = append(events, reason.Events...)
		for _, f := range reason.Facts {
			events = append(events, f.Events...)
		}
	}
	slices.Sort(events)
	return in.why(at, is.Verdict), slices.Compact(events), nil
}

// privileges are those that any edition of the common law known declares, in the
// order of the first that does.
func (in *inquiry) privileges() []domain.Privilege {
	var out []domain.Privilege
	for _, hash := range in.root.Editions(commonRuleset, in.k) {
		edition, err := in.root.Library().Common(hash)
		if err != nil {
			continue // a question under that edition reports it
		}
		for _, p := range edition.Language.PrivilegeOrder {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

const commonRuleset domain.RulesetID = "common"
