package plan

import (
	"fmt"
	"math"
	"strconv"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A Request holds the facts that a question brings, as numbers. It is made once, and
// filled anew for each question.
type Request struct {
	m     *Machine
	row   []int64
	usual []int64
	texts []string      // as they were given, by slot
	given []bool        // by slot
	whole *rules.Object // that it was filled with; nil: fact by fact
	wrong error         // the first fact that does not fit
}

// Request makes a request that brings nothing: facts have their defaults.
func (m *Machine) Request() *Request {
	r := &Request{m: m, row: make([]int64, m.asked.n), usual: make([]int64, m.asked.n), texts: make([]string, m.asked.n), given: make([]bool, m.asked.n)}
	none, _ := m.lang.Request(nil) // nothing does not fit
	for i, ref := range m.asked.refs {
		r.usual[i] = m.number(none, ref.Name, &m.asked.decl[i])
	}
	copy(r.row, r.usual)
	return r
}

// A Slot is the place of a fact of requests.
type Slot int

// Slot finds the place of a fact by its name; false if requests have no such fact, or
// it is a list.
func (m *Machine) Slot(name string) (Slot, bool) {
	n, known := m.asked.of[rules.FactRef{Object: "request", Name: name}]
	return Slot(n), known
}

// Reset takes back all that was brought.
func (r *Request) Reset() {
	copy(r.row, r.usual)
	clear(r.given)
	r.whole, r.wrong = nil, nil
}

// Number brings a whole number: a count, or money in cents.
func (r *Request) Number(s Slot, n int64) {
	d := &r.m.asked.decl[s]
	if n < 0 {
		r.refuse(d.Name, fmt.Sprintf("%d can't be negative", n))
	}
	if d.Type == domain.DecimalFact {
		for range d.Scale {
			if n > math.MaxInt64/10 {
				r.refuse(d.Name, "the number is too large")
				break
			}
			n *= 10
		}
	}
	r.put(s, n)
}

// refuse keeps what is wrong with the first fact that does not fit.
func (r *Request) refuse(name, why string) {
	if r.wrong == nil {
		r.wrong = fmt.Errorf("request.%s: %s", name, why)
	}
}

// Truth brings true or false.
func (r *Request) Truth(s Slot, v bool) {
	if v {
		r.put(s, 1)
	} else {
		r.put(s, 0)
	}
}

// Word brings a text, a word or a code.
func (r *Request) Word(s Slot, text string) {
	r.texts[s] = text
	codes := r.m.asked.codes[s]
	if codes == nil {
		r.put(s, r.m.symbols[text])
		return
	}
	n, known := codes[text]
	if !known {
		d := &r.m.asked.decl[s]
		r.refuse(d.Name, fmt.Sprintf("%q is not in the list %s", text, d.Enum))
	}
	r.put(s, n)
}

func (r *Request) put(s Slot, n int64) { r.row[s], r.given[s], r.whole = n, true, nil }

// Fill brings all that a request of rules does.
func (r *Request) Fill(o *rules.Object) {
	r.Reset()
	for i, ref := range r.m.asked.refs {
		r.row[i] = r.m.number(o, ref.Name, &r.m.asked.decl[i])
	}
	r.whole = o
}

// object is the request as rules read it.
func (r *Request) object() (*rules.Object, error) {
	if r.whole != nil {
		return r.whole, nil
	}
	words := map[string]string{}
	for i, ref := range r.m.asked.refs {
		if !r.given[i] {
			continue
		}
		switch d := &r.m.asked.decl[i]; d.Type {
		case domain.BoolFact:
			words[ref.Name] = strconv.FormatBool(r.row[i] == 1)
		case domain.DecimalFact:
			n := r.row[i]
			for range d.Scale {
				n /= 10 // only whole numbers are brought
			}
			words[ref.Name] = strconv.FormatInt(n, 10)
		case domain.IntFact, domain.MoneyFact:
			words[ref.Name] = strconv.FormatInt(r.row[i], 10)
		default:
			words[ref.Name] = r.texts[i]
		}
	}
	o, err := r.m.lang.Request(words)
	if err != nil {
		return nil, fmt.Errorf("the request: %w", err)
	}
	return o, nil
}

// Decide answers a question by names. The error says that the person or the privilege
// is not known, or that the request does not fit.
func (m *Machine) Decide(name string, p domain.Privilege, r *Request) (Verdict, error) {
	person, known := m.people[name]
	if !known {
		return Verdict{}, fmt.Errorf("nobody is enrolled as %s", name)
	}
	privilege, known := m.privileges[p]
	if !known {
		return Verdict{}, fmt.Errorf("there is no privilege %s", p)
	}
	if r.wrong != nil {
		return Verdict{}, r.wrong
	}
	if v, certain := m.decide(person, privilege, r.row); certain {
		return v, nil
	}
	return m.ask(name, p, r)
}

// ask leaves a question to the law.
func (m *Machine) ask(name string, p domain.Privilege, r *Request) (Verdict, error) {
	object, err := r.object()
	if err != nil {
		return Verdict{}, err
	}
	s, err := m.situate(name, p, object)
	if err != nil {
		return Verdict{}, fmt.Errorf("%s of %s: %w", p, name, err)
	}
	a := rules.Weigh(m.law, s)
	v := Verdict{Outcome: a.Outcome}
	for _, reason := range a.Reasons {
		if reason.Decisive {
			v.Rule = reason.Rule
			break
		}
	}
	return v, nil
}

// A Person is somebody who is enrolled, by number.
type Person int32

// Person finds somebody, for whoever asks often.
func (m *Machine) Person(name string) (Person, bool) {
	n, known := m.people[name]
	return Person(n), known
}

// All answers about everybody and every privilege with the same facts of a request,
// and hands over what is certain; the rest is counted. Privileges are numbered in
// order of declaration.
func (m *Machine) All(r *Request, each func(Person, int, Verdict)) (left int) {
	if r.wrong != nil {
		return len(m.heads) * len(m.persons)
	}
	for person := range m.heads {
		for p := range m.persons {
			if v, certain := m.decide(int32(person), int32(p), r.row); certain {
				each(Person(person), p, v)
			} else {
				left++
			}
		}
	}
	return left
}

// strictestOfAll is the strictness of what is denied.
var strictestOfAll = uint8(domain.Denied.Strictness())

// decide combines the lines that fire; false if that is for the law to say.
func (m *Machine) decide(person, privilege int32, request []int64) (Verdict, bool) {
	h := &m.heads[person]
	b := &m.buckets[int(h.state)*len(m.persons)+int(privilege)]
	if !h.plain || !b.simple || !m.persons[privilege] {
		return Verdict{}, false
	}
	q := question{m: m, h: h, row: m.rows[int(person)*m.slots.n : (int(person)+1)*m.slots.n], request: request}
	now, certain := q.entitlement(b)
	if !certain {
		return Verdict{}, false
	}
	entitled := now
	if now, certain = q.restrict(b, now); !certain || b.floor && (q.held || now != entitled) {
		return Verdict{}, false
	}
	if now == nil {
		return Verdict{Outcome: domain.Denied}, true
	}
	return m.names[now.rule].verdict, true
}

// A question is about one person.
type question struct {
	m            *Machine
	h            *head
	row, request []int64
	held         bool // a line that restricts brought conditions
}

func (q *question) reaches(l *line) bool {
	return l.categories>>q.h.category&(l.kinds>>q.h.kind)&(l.statuses>>q.h.status)&1 != 0
}

func (q *question) run(l *line) int32 {
	if l.code < 0 {
		return l.code
	}
	return q.m.run(l.code, q.row, q.request)
}

// entitlement is the line of the strictest baseline, replaced by the strictest cut if
// that is at least as strict; nil if nothing gives the privilege.
func (q *question) entitlement(b *bucket) (now *line, certain bool) {
	base := b.baseline[int(q.h.category)*q.m.kinds+int(q.h.kind)]
	for i := range base {
		if l := &base[i]; q.reaches(l) {
			switch q.run(l) {
			case endUnclear: // whatever the others say
				return nil, false
			case endYes:
				if now == nil {
					now = l
				}
			}
		}
	}
	if now == nil {
		return nil, true
	}
	given, cut := now.strictness, (*line)(nil)
	of := b.cuts[q.h.status]
	for i := range of {
		l := &of[i]
		if l.strictness < given || cut != nil && l.strictness < cut.strictness {
			break
		}
		if cut != nil && !l.conditions || !q.reaches(l) {
			continue
		}
		switch q.run(l) {
		case endUnclear:
			return nil, false
		case endYes:
			if cut == nil {
				cut, now = l, l
			}
		}
	}
	return now, true
}

// restrict goes through the tiers that restrict: the strictest outcome counts. It is
// false if a line that matters is unclear.
func (q *question) restrict(b *bucket, now *line) (*line, bool) {
	if now == nil {
		return nil, true
	}
	doubt := false // whether there are more conditions
	for tier := range b.restricting {
		lines := b.restricting[tier]
		for i := range lines {
			l := &lines[i]
			if now.strictness == strictestOfAll {
				return now, true
			}
			stricter := l.strictness > now.strictness
			if l.strictness == 0 || !stricter && i >= b.conditional[tier] {
				break
			}
			if !stricter && !l.conditions || !q.reaches(l) {
				continue
			}
			switch q.run(l) {
			case endUnclear:
				if stricter {
					return nil, false
				}
				doubt = true
			case endYes:
				q.held = q.held || l.conditions
				if stricter {
					now = l
				}
			}
		}
	}
	return now, !doubt || now.strictness == strictestOfAll
}
