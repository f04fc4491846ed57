package scenario

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// What the short forms take for granted.
const (
	openedFrom     = "2000-01-01" // a State is registered, a mission open
	accreditedFrom = "2024-01-01" // a member is accredited, a relative has joined
	authority      = "scenario"
	actor          = "scenario"
)

// kinds are tried in this order for an id that stands alone.
var anyKind = []domain.SubjectKind{domain.KindMember, domain.KindMission, domain.KindState, domain.KindMeasure, domain.KindAgreement, domain.KindCard, domain.KindVehicle, domain.KindProperty, domain.KindRequest}

// given [@label] TYPE SUBJECT key=value...
func (p *parser) given(words []word) {
	if d := p.event(words[1:], words[0]); d != nil {
		p.command(d)
	}
}

// and TYPE SUBJECT key=value... joins the command of the line before.
func (p *parser) and(words []word) {
	switch {
	case p.lost:
		return
	case p.last == nil || p.last.record == nil:
		p.wrong(words[0].col, "and goes on from a line that records something: given, when, state, mission, member, family, correct, retract or refused when")
		return
	}
	d := p.event(words[1:], words[0])
	if d == nil {
		return
	}
	p.keep(d, !p.last.record.refusing)
	p.last.record.drafts = append(p.last.record.drafts, d)
}

// command adds a step that records one event.
func (p *parser) command(d *draft) {
	p.keep(d, true)
	p.step(&step{record: &record{drafts: []*draft{d}}})
}

// keep settles what is wrong with the words of an event, and who is known from
// then on. A refusal is allowed to have anything wrong, and makes nobody known.
func (p *parser) keep(d *draft, recorded bool) {
	if !recorded {
		return
	}
	if d.err != nil {
		p.blame(d)
		return
	}
	if d.label != "" {
		p.scene.labels[d.label] = d
	}
	s := d.envelope.Subject
	if !slices.Contains(p.scene.known[s.Kind], s.ID) {
		p.scene.known[s.Kind] = append(p.scene.known[s.Kind], s.ID)
	}
}

// blame notes each mistake in the words of an event at the word it is about.
func (p *parser) blame(d *draft) {
	words, _ := split(d.text)
	for text := range strings.SplitSeq(d.err.Error(), "\n") {
		at := word{col: 1}
		if len(words) > 1 {
			at = words[1]
		}
		inner := strings.TrimPrefix(text, "body: ")
		for _, w := range words {
			if w.keyed && (strings.HasPrefix(text, w.key+": ") || strings.HasPrefix(inner, w.key+": ") || strings.HasPrefix("body."+inner, w.key+": ")) {
				at = w
			}
		}
		p.wrong(at.col, "%s", text)
	}
}

// state ID key=value...
func (p *parser) state(words []word) {
	id, rest, ok := p.short(words, "state arandia", nil)
	if !ok {
		return
	}
	p.shorthand("state.registered", id, openedFrom, rest, codec.Field{Key: "name", Value: title(id.text)})
}

// mission ID [KIND of STATE] key=value...
func (p *parser) mission(words []word) {
	id, rest, ok := p.short(words, "mission arandia-embassy embassy of arandia", []string{"kind", "of", "state"})
	if !ok {
		return
	}
	p.shorthand("mission.opened", id, openedFrom, rest)
}

// member ID [CATEGORY at MISSION] key=value...
func (p *parser) member(words []word) {
	id, rest, ok := p.short(words, "member ana dip.agent at arandia-embassy", []string{"category", "at", "mission"})
	if !ok {
		return
	}
	p.shorthand("member.accredited", id, accreditedFrom, rest)
}

// family ID [RELATION of SPONSOR] key=value...
func (p *parser) family(words []word) {
	id, rest, ok := p.short(words, "family hal spouse of ana", []string{"relation", "of", "sponsor"})
	if !ok {
		return
	}
	p.shorthand("family.joined", id, accreditedFrom, rest)
}

// short reads the plain words of a short form, and turns those of the pattern
// KEY preposition KEY into key=value. The id may have a label before it.
func (p *parser) short(words []word, example string, pattern []string) (id word, rest []word, ok bool) {
	rest = words[1:]
	var label []word
	if len(rest) > 0 && rest[0].plain() && strings.HasPrefix(rest[0].text, "@") {
		label, rest = rest[:1], rest[1:]
	}
	if len(rest) == 0 || !rest[0].plain() {
		p.wrong(after(words, len(words)-len(rest)-1), "write for example: %s", example)
		return id, nil, false
	}
	id, rest = rest[0], rest[1:]
	if len(pattern) > 0 && len(rest) > 0 && rest[0].plain() {
		if len(rest) < 3 || !rest[1].is(pattern[1]) || !rest[2].plain() {
			p.wrong(rest[0].col, "write for example: %s", example)
			return id, nil, false
		}
		first, second := rest[0], rest[2]
		first.key, first.keyed = pattern[0], true
		second.key, second.keyed = pattern[2], true
		rest = append([]word{first, second}, rest[3:]...)
	}
	return id, append(label, rest...), true
}

// shorthand records an event whose defaults hold where the words say nothing.
func (p *parser) shorthand(typ domain.Type, id word, effective string, rest []word, defaults ...codec.Field) {
	var words []word
	if len(rest) > 0 && rest[0].plain() {
		words, rest = append(words, rest[0]), rest[1:]
	}
	words = append(words, word{text: string(typ), col: id.col, value: id.col}, id)
	words = append(words, rest...)
	stated := func(key string) bool {
		return slices.ContainsFunc(rest, func(w word) bool { return w.keyed && w.key == key })
	}
	for _, f := range append(defaults, codec.Field{Key: "effective", Value: effective}) {
		if !stated(f.Key) {
			words = append(words, word{key: f.Key, text: f.Value, keyed: true, quoted: true, col: id.col, value: id.col})
		}
	}
	if d := p.event(words, id); d != nil {
		p.command(d)
	}
}

// title is an id as a name: arandia is Arandia.
func title(id string) string { return strings.ToUpper(id[:1]) + id[1:] }

// event reads [@label] TYPE SUBJECT key=value... and returns nil if that is not
// even the shape of an event.
func (p *parser) event(words []word, verb word) *draft {
	label := ""
	if len(words) > 0 && words[0].plain() && strings.HasPrefix(words[0].text, "@") {
		var ok bool
		if label, ok = p.newLabel(words[0]); !ok {
			return nil
		}
		words = words[1:]
	}
	if len(words) < 2 || !words[0].plain() {
		p.wrong(verb.col, "write for example: given member.accredited ana mission=arandia-embassy category=dip.agent effective=2024-01-01")
		return nil
	}
	typ := domain.Type(words[0].text)
	d := p.draft(typ)
	d.envelope.Effective = calendar.When{At: p.scene.clock}
	for _, w := range words[2:] {
		p.eventWord(d, w)
	}
	d.envelope.Subject, _ = p.subjectOf(words[1], typ, d)
	if p.spoilt {
		return nil
	}
	d.envelope.Event, d.err = codec.ParseFields(typ, d.fields, p.scene.office.zone)
	if errors.Is(d.err, calendar.ErrNoZone) {
		d.envelope.Event, d.err = codec.ParseFields(typ, p.local(d.fields), p.scene.office.zone)
	}
	if corrected, ok := d.envelope.Event.(domain.EventCorrected); ok {
		d.typ, d.fields = corrected.Body.Type(), bodyOf(d.fields)
	}
	d.label = label
	return d
}

// bodyOf returns the words of what a correction says instead.
func bodyOf(fields []codec.Field) []codec.Field {
	var out []codec.Field
	for _, f := range fields {
		if key, inside := strings.CutPrefix(f.Key, "body."); inside {
			out = append(out, codec.Field{Key: key, Value: f.Value})
		}
	}
	return out
}

// draft begins an event. Its id is made from where it stands in the file.
func (p *parser) draft(typ domain.Type) *draft {
	p.events++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", p.file.Name, p.events))
	return &draft{line: p.here, typ: typ, envelope: domain.Envelope{ID: domain.EventID(sum[:16]), Actor: actor, Authority: authority}}
}

// eventWord reads what belongs to the envelope, and keeps the rest for the payload.
func (p *parser) eventWord(d *draft, w word) {
	if !w.keyed {
		p.wrong(w.col, "after the subject come key=value and nothing else; a value with spaces stands in quotes")
		return
	}
	switch w.key {
	case "effective":
		if when, ok := p.when(w); ok {
			d.envelope.Effective = when
		}
	case "authority":
		d.envelope.Authority = w.text
	case "actor":
		d.envelope.Actor = w.text
	case "correlation":
		d.envelope.Correlation = w.text
	case "target":
		if target, ok := p.label(w); ok {
			d.envelope.Target = target.envelope.ID
			d.envelope.Subject = target.envelope.Subject
		}
	case "recorded":
		p.wrong(w.col, "what is recorded is stamped by the clock: write at %s on a line above", w.text)
	default:
		d.fields = append(d.fields, codec.Field{Key: w.key, Value: w.text})
	}
}

// subjectOf reads the subject of an event. An id alone is of the kind that the
// type is about; of privileges and corrections, whatever bears that id.
func (p *parser) subjectOf(w word, typ domain.Type, d *draft) (domain.Subject, bool) {
	kinds := anyKind
	if target := d.envelope.Subject; !target.IsZero() {
		kinds = []domain.SubjectKind{target.Kind}
	} else if about := aboutOf(typ); about != "" {
		kinds = []domain.SubjectKind{about}
	}
	return p.subject(w, kinds...)
}

func aboutOf(typ domain.Type) domain.SubjectKind {
	for _, e := range domain.Events() {
		if e.Type() == typ {
			return e.About()
		}
	}
	return ""
}

// local writes the zone of the office behind times that have none.
func (p *parser) local(fields []codec.Field) []codec.Field {
	out := slices.Clone(fields)
	for i, f := range out {
		out[i].Value = p.localized(f.Value)
	}
	return out
}

func (p *parser) localized(text string) string {
	if _, err := calendar.ParseWhen(text, p.scene.office.zone); errors.Is(err, calendar.ErrNoZone) {
		return text + " " + p.scene.office.zone.String()
	}
	return text
}

// newLabel reads @label where one is given to an event.
func (p *parser) newLabel(w word) (string, bool) {
	label := strings.TrimPrefix(w.text, "@")
	if err := domain.CheckID(label); err != nil || label[0] >= '0' && label[0] <= '9' {
		p.wrong(w.col, "%q is no label: write @ and a name that begins with a letter, as in @a1", w.text)
		return "", false
	}
	if _, taken := p.scene.labels[label]; taken {
		p.wrong(w.col, "the label @%s is taken: choose another", label)
		return "", false
	}
	return label, true
}

// label reads @label where an event above is meant.
func (p *parser) label(w word) (*draft, bool) {
	label, marked := strings.CutPrefix(w.text, "@")
	d, found := p.scene.labels[label]
	if found && marked {
		return d, true
	}
	var names []string
	for name := range p.scene.labels {
		names = append(names, "@"+name)
	}
	p.wrong(w.value, "no event above has the label %q%s: write @ and the label that a line above gives to its event", w.text, domain.DidYouMean(w.text, names))
	return nil, false
}

// correct @label [as @label] key=value... restates an event: what is not given
// anew stays as it was.
func (p *parser) correct(words []word) {
	target, label, rest := p.amend(words)
	if target == nil {
		return
	}
	d := p.draft(target.typ)
	d.envelope.Effective = target.envelope.Effective
	d.envelope.Authority = target.envelope.Authority
	reason := codec.Field{Key: "reason", Value: "scenario"}
	for _, w := range rest {
		if w.keyed && w.key == "because" {
			reason.Value = w.text
			continue
		}
		p.eventWord(d, w)
	}
	if p.spoilt {
		return
	}
	d.envelope.Subject, d.envelope.Target = target.envelope.Subject, target.envelope.ID
	d.fields = merged(target.fields, d.fields)
	fields := []codec.Field{reason, {Key: "type", Value: string(d.typ)}}
	for _, f := range d.fields {
		fields = append(fields, codec.Field{Key: "body." + f.Key, Value: f.Value})
	}
	correction := domain.EventCorrected{}.Type()
	d.envelope.Event, d.err = codec.ParseFields(correction, fields, p.scene.office.zone)
	if errors.Is(d.err, calendar.ErrNoZone) {
		d.envelope.Event, d.err = codec.ParseFields(correction, p.local(fields), p.scene.office.zone)
	}
	d.label = label
	p.command(d)
}

// retract @label [as @label] [because="..."].
func (p *parser) retract(words []word) {
	target, label, rest := p.amend(words)
	if target == nil {
		return
	}
	d := p.draft(domain.EventRetracted{}.Type())
	d.envelope.Effective = calendar.When{At: p.scene.clock}
	reason := "scenario"
	for _, w := range rest {
		if w.keyed && w.key == "because" {
			reason = w.text
			continue
		}
		p.eventWord(d, w)
	}
	for _, f := range d.fields {
		p.wrong(words[0].col, "%s: a retraction says nothing but because=...", f.Key)
	}
	if p.spoilt {
		return
	}
	d.envelope.Subject, d.envelope.Target = target.envelope.Subject, target.envelope.ID
	d.envelope.Event = domain.EventRetracted{Reason: reason}
	d.label = label
	p.command(d)
}

// amend reads @label [as @label] and returns what follows.
func (p *parser) amend(words []word) (target *draft, label string, rest []word) {
	rest = words[1:]
	if len(rest) == 0 || !rest[0].plain() {
		p.wrong(after(words, 0), "write for example: %s @a1", words[0].text)
		return nil, "", nil
	}
	target, ok := p.label(rest[0])
	if !ok {
		return nil, "", nil
	}
	rest = rest[1:]
	if len(rest) > 1 && rest[0].is("as") && rest[1].plain() {
		if label, ok = p.newLabel(rest[1]); !ok {
			return nil, "", nil
		}
		rest = rest[2:]
	}
	return target, label, rest
}

// merged puts new words in the place of old ones.
func merged(old, anew []codec.Field) []codec.Field {
	out := slices.Clone(anew)
	for _, f := range old {
		if !slices.ContainsFunc(anew, func(g codec.Field) bool { return g.Key == f.Key }) {
			out = append(out, f)
		}
	}
	return out
}

// refused when EVENT → text, refused ask QUESTION → text.
func (p *parser) refused(words []word) {
	if len(words) < 2 || !words[1].plain() || !slices.Contains([]string{"given", "when", "publish", "ask", "card"}, words[1].text) {
		p.wrong(after(words, 0), "write refused when, refused publish, refused ask or refused card")
		return
	}
	arrow := slices.IndexFunc(words, func(w word) bool { return w.mark == '→' })
	if arrow < 0 || arrow == len(words)-1 {
		p.wrong(after(words, len(words)-1), "say what the refusal must say, after an arrow: → did you mean")
		return
	}
	text := words[len(words)-1].text
	switch words[1].text {
	case "given", "when":
		if d := p.event(words[2:arrow], words[1]); d != nil {
			p.step(&step{record: &record{drafts: []*draft{d}, refusing: true, refused: text}})
		}
	case "publish":
		p.publishing(words[1:arrow], &publication{refusing: true, refused: text})
	default:
		if q := p.question(words[1:arrow]); q != nil {
			q.refusing, q.refused = true, text
			p.step(&step{ask: q})
		}
	}
}
