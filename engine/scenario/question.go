package scenario

import (
	"slices"
	"strconv"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

// ask SUBJECT PRIVILEGE key=value... → expectations
func (p *parser) ask(words []word) { p.asked(words) }

// card MEMBER key=value... → expectations
func (p *parser) card(words []word) { p.asked(words) }

func (p *parser) asked(words []word) {
	arrow := slices.IndexFunc(words, func(w word) bool { return w.mark == '→' })
	if arrow < 0 {
		p.wrong(after(words, len(words)-1), "say what the answer must be, after an arrow: → or ->")
		return
	}
	q := p.question(words[:arrow])
	if q == nil {
		return
	}
	if q.privilege == "" {
		p.expectCard(q, words[arrow:])
	} else {
		p.expectAnswer(q, words[arrow:])
	}
	if !p.spoilt {
		p.step(&step{ask: q})
	}
}

// question reads what stands before the arrow.
func (p *parser) question(words []word) *question {
	q := &question{request: map[string]string{}}
	example, plain := "ask ana imm.arrest → allowed", 3
	if words[0].text == "card" {
		example, plain = "card ana → arrest=no", 2
	}
	if len(words) < plain || !words[1].plain() || !words[plain-1].plain() {
		p.wrong(after(words, min(len(words), plain)-1), "write for example: %s", example)
		return nil
	}
	subject, ok := p.subject(words[1], domain.KindMember, domain.KindMission)
	q.subject = subject
	if ok && !strings.Contains(words[1].text, "/") && !slices.Contains(p.scene.known[subject.Kind], subject.ID) {
		known := slices.Concat(p.scene.known[domain.KindMember], p.scene.known[domain.KindMission])
		p.wrong(words[1].col, "no member or mission %q is recorded above%s; to ask about somebody unknown, write member/%s", subject.ID, domain.DidYouMean(subject.ID, known), subject.ID)
	}
	if plain == 3 {
		q.privilege = domain.Privilege(words[2].text)
	}
	timed := p.scene.ticking
	q.asOf = p.scene.clock
	for _, w := range words[plain:] {
		switch {
		case !w.keyed:
			p.wrong(w.col, "before the arrow come the facts of the request as key=value, as_of=... and as_known=..., and nothing else")
		case w.key == "as_of":
			when, _ := p.when(w)
			q.asOf, timed = when.At, true
		case w.key == "as_known":
			p.known(q, w)
		case q.request[w.key] != "":
			p.wrong(w.col, "%s is given twice: keep one", w.key)
		default:
			q.request[w.key] = w.text
		}
	}
	if !timed {
		p.wrong(words[0].col, "as of when? Write as_of=2025-02-03, or a line above: at 2025-02-03")
	}
	if p.spoilt {
		return nil
	}
	if len(q.request) == 0 {
		q.request = nil
	}
	return q
}

// known reads as_known: a time, a position, or a label.
func (p *parser) known(q *question, w word) {
	position := strings.TrimPrefix(w.text, "@")
	if n, err := strconv.ParseUint(position, 10, 63); err == nil {
		q.asKnown = engine.Known{Position: domain.Position(n), AtPosition: true}
		return
	}
	if strings.HasPrefix(w.text, "@") {
		q.knownBy, _ = p.label(w)
		return
	}
	by, err := calendar.ParseKnown(p.localized(w.text), p.scene.office.zone)
	if err != nil {
		p.wrong(w.value, "%v", err)
	}
	q.asKnown = engine.Known{By: by}
}

// What the checks of an answer and of a card are called.
var (
	answerChecks = []string{"error", "errors", "code", "reason", "rule", "by", "cite", "cites", "permits", "from", "until", "obliges", "limits", "notes", "routes", "proposes", "facts"}
	cardChecks   = []string{"guidance", "note", "proposes", "capacity", "cite"}
)

// expectAnswer reads → [OUTCOME] [conditions] key=value...
func (p *parser) expectAnswer(q *question, words []word) {
	rest := words[1:]
	if len(rest) == 0 {
		p.wrong(after(words, 0), "say what the answer must be: one of %s, or error=... if there is none", outcomes())
		return
	}
	outcome := rest[0]
	switch {
	case outcome.plain() && slices.Contains(domain.Outcomes(), domain.Outcome(outcome.text)):
		q.checks = append(q.checks, check{line: p.here, what: "outcome", want: outcome.text})
		rest = p.conditions(q, outcome, rest[1:])
	case outcome.plain():
		p.wrong(outcome.col, "unknown outcome %q%s; the outcomes are %s", outcome.text, domain.DidYouMean(outcome.text, outcomeNames()), outcomes())
		return
	}
	for _, w := range rest {
		p.check(q, w, answerChecks)
	}
}

func outcomeNames() []string {
	var names []string
	for _, o := range domain.Outcomes() {
		names = append(names, string(o))
	}
	return names
}

func outcomes() string { return strings.Join(outcomeNames(), ", ") }

// conditions reads [code param=value, code]. After denied, which has no
// conditions, the brackets hold the code of a decisive reason.
func (p *parser) conditions(q *question, outcome word, rest []word) []word {
	if len(rest) == 0 || rest[0].mark != '[' {
		if outcome.text == string(domain.Conditional) {
			p.wrong(after([]word{outcome}, 0), "say under which conditions, all of them: allowed_with_conditions [official_acts_only]")
		}
		q.checks = append(q.checks, check{line: p.here, what: "conditions"})
		return rest
	}
	open := rest[0]
	var found []condition
	for rest = rest[1:]; rest[0].mark != ']'; rest = rest[1:] {
		w := rest[0]
		last := len(found) - 1
		switch {
		case w.mark == ',':
		case w.plain():
			found = append(found, condition{code: w.text})
		case w.keyed && last >= 0 && w.key == "state":
			found[last].state = domain.ConditionState(w.text)
		case w.keyed && last >= 0:
			found[last].params = append(found[last].params, domain.Param{Name: w.key, Value: w.text})
		default:
			p.wrong(w.col, "in brackets stand conditions, each a code and its parameters, with commas between them")
		}
	}
	if len(found) == 0 {
		p.wrong(open.col, "there is nothing in these brackets")
	}
	if outcome.text == string(domain.Denied) {
		for _, c := range found {
			if len(c.params) > 0 {
				p.wrong(open.col, "denied has no conditions; in its brackets stands the code of the reason, without parameters")
			}
			q.checks = append(q.checks, check{line: p.here, what: "code", want: c.code})
		}
		return rest[1:]
	}
	q.checks = append(q.checks, check{line: p.here, what: "conditions", conditions: found})
	return rest[1:]
}

// check reads key=value behind the arrow.
func (p *parser) check(q *question, w word, names []string) {
	if !w.keyed {
		p.wrong(w.col, "behind the outcome come expectations as key=value: %s", strings.Join(names, ", "))
		return
	}
	if !slices.Contains(names, w.key) {
		p.wrong(w.col, "unknown expectation %q%s; there are %s", w.key, domain.DidYouMean(w.key, names), strings.Join(names, ", "))
		return
	}
	p.expect(q, check{line: p.here, what: w.key, want: w.text}, w)
}

// expect adds a check, or several: sources are separated by semicolons.
func (p *parser) expect(q *question, c check, w word) {
	switch c.what {
	case "cite", "cites":
		for _, one := range parts(c.want) {
			c.want = one
			q.checks = append(q.checks, c)
		}
		return
	case "from", "until":
		if c.want != "never" && c.want != "always" {
			when, _ := p.when(w)
			c.time = when.At
		}
	case "permits":
		if c.want != "true" && c.want != "false" {
			p.wrong(w.value, "%q is neither true nor false", c.want)
		}
	}
	q.checks = append(q.checks, c)
}

// expectCard reads → question=code... guidance=code...
func (p *parser) expectCard(q *question, words []word) {
	if len(words) == 1 {
		p.wrong(after(words, 0), "say what the card must say, for example arrest=no citation=yes guidance=no_signature")
		return
	}
	for _, w := range words[1:] {
		switch {
		case !w.keyed:
			p.wrong(w.col, "a card is compared as key=value: the code of an answer (arrest=no), or %s", strings.Join(cardChecks, ", "))
		case slices.Contains(cardChecks, w.key):
			p.expect(q, check{line: p.here, what: w.key, want: w.text}, w)
		default:
			q.checks = append(q.checks, check{line: p.here, what: "said", key: w.key, want: w.text})
		}
	}
}

// then [not] NAME VALUE... expects more of the answer before.
func (p *parser) then(words []word) {
	switch {
	case p.lost:
		return
	case p.last == nil || p.last.ask == nil || p.last.ask.refusing:
		p.wrong(words[0].col, "then goes on from a line with ask or card")
		return
	}
	q, rest := p.last.ask, words[1:]
	names, example := answerChecks, "then notes emergency_constraints"
	if q.privilege == "" {
		names, example = cardChecks, "then guidance no_signature"
	}
	not := len(rest) > 0 && rest[0].is("not")
	if not {
		rest = rest[1:]
	}
	if len(rest) < 2 || !rest[0].plain() {
		p.wrong(after(words, len(words)-len(rest)-1), "write for example: %s, with one of %s", example, strings.Join(names, ", "))
		return
	}
	if !slices.Contains(names, rest[0].text) {
		p.wrong(rest[0].col, "unknown expectation %q%s; there are %s", rest[0].text, domain.DidYouMean(rest[0].text, names), strings.Join(names, ", "))
		return
	}
	for _, w := range rest[1:] {
		c := check{line: p.here, what: rest[0].text, not: not, want: w.text}
		switch {
		case w.mark != 0, w.keyed && c.what != "facts":
			p.wrong(w.col, "after the name come codes, or texts in quotes")
			return
		case w.keyed:
			c.key = w.key
		case c.what == "facts": // a name, or in quotes a name=value with spaces
			c.key, c.want, _ = strings.Cut(w.text, "=")
		}
		p.expect(q, c, w)
	}
}
