package rules

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
)

// What a consequence may wait for.
const (
	AfterRefused = "waiver.refused"
	AfterGranted = "waiver.granted"
)

func (l *loader) readConsequences() {
	l.edition.Consequences = map[string][]*Consequence{}
	keys, values := l.entries("consequences")
	for i, k := range keys {
		l.knownCode(k, "offence", k.Value)
		for _, n := range l.list(values[i], "the consequences of "+clip(k.Value)) {
			f := l.fields(n, "a consequence", keysOf("consequence")...)
			if f.bad {
				continue
			}
			c := &Consequence{Propose: f.needText("propose"), Text: f.needText("text"), Cite: f.cite(true)}
			if c.Propose != "" {
				l.knownCode(f.values["propose"], "consequence", c.Propose)
			}
			if v, ok := f.get("when"); ok {
				c.When = l.when(scope{}, v)
			}
			if c.After = f.text("after"); c.After != "" && c.After != AfterRefused && c.After != AfterGranted {
				l.add(f.values["after"], codeShape, "write waiver.refused or waiver.granted", "a consequence waits for the answer to a request for a waiver, not for %s", clip(c.After))
			}
			l.edition.Consequences[k.Value] = append(l.edition.Consequences[k.Value], c)
		}
	}
}

func (l *loader) readViews() {
	names := map[string]bool{}
	for _, n := range l.items("views") {
		if l.stop() {
			return
		}
		f := l.fields(n, "a view", keysOf("view")...)
		if f.bad {
			continue
		}
		v := &View{Name: f.needText("name"), Title: f.needText("title"), Cite: f.cite(false)}
		if v.Name != "" {
			f.what = "view " + clip(v.Name)
			if !isCode(v.Name) {
				l.add(f.values["name"], codeIdentifier, "", "%s is no name of a view: use a-z, 0-9, '.' and '_'", clip(v.Name))
			}
		}
		v.InForceFrom, v.InForceTo = l.inForce(f)
		key := v.Name + " " + v.InForceFrom.String()
		if v.Name != "" && names[key] {
			l.add(f.values["name"], codeSameID, "", "there are two views %s in force from the same date", clip(v.Name))
		}
		names[key] = true
		if notes, ok := f.get("footnotes"); ok {
			nf := l.fields(notes, "the footnotes")
			for _, k := range nf.keys {
				v.Footnotes = append(v.Footnotes, Footnote{Mark: k.Value, Text: nf.needText(k.Value)})
			}
		}
		l.readViewRows(v, f)
		l.readQuestions(v, f)
		l.readGuidance(v, f)
		l.edition.Views = append(l.edition.Views, v)
	}
}

// notes reads marks of footnotes.
func (l *loader) notes(v *View, f *fields) []string {
	n, ok := f.get("notes")
	if !ok {
		return nil
	}
	var marks []string
	for _, note := range v.Footnotes {
		marks = append(marks, note.Mark)
	}
	var out []string
	for _, i := range l.list(n, f.what+"'s notes") {
		mark := l.text(i, "a note")
		if mark != "" && !slices.Contains(marks, mark) {
			l.add(i, codeView, orList(mark, marks), "the view has no footnote %s", clip(mark))
			continue
		}
		out = append(out, mark)
	}
	return out
}

func (l *loader) readViewRows(v *View, f *fields) {
	rows, ok := f.get("rows")
	if !ok {
		return
	}
	ids := map[string]bool{}
	for _, n := range l.list(rows, "rows") {
		rf := l.fields(n, "a row", keysOf("person")...)
		if rf.bad {
			continue
		}
		r := ViewRow{ID: rf.needText("id"), Group: rf.text("group"), Term: rf.needText("term"), Notes: l.notes(v, rf)}
		l.viewID(ids, rf, r.ID)
		if c := rf.needText("category"); c != "" && l.knownCode(rf.values["category"], "category", c) {
			r.Category = domain.Category(c)
		}
		if k := rf.needText("mission_kind"); k != "" && l.knownCode(rf.values["mission_kind"], "mission_kind", k) {
			r.MissionKind = domain.MissionKind(k)
		}
		v.Rows = append(v.Rows, r)
	}
}

func (l *loader) viewID(seen map[string]bool, f *fields, id string) {
	if id != "" && seen[id] {
		l.add(f.values["id"], codeSameID, "", "the id %s is used twice in the view", clip(id))
	}
	seen[id] = true
}

func (l *loader) readQuestions(v *View, f *fields) {
	n, ok := f.need("questions")
	if !ok {
		return
	}
	ids := map[string]bool{}
	for _, i := range l.list(n, "questions") {
		qf := l.fields(i, "a question", keysOf("question")...)
		if qf.bad {
			continue
		}
		q := ViewQuestion{ID: qf.needText("id"), Ask: qf.needText("ask")}
		l.viewID(ids, qf, q.ID)
		q.Family, _ = qf.bool("family")
		if says, ok := qf.need("says"); ok {
			list := l.list(says, "says")
			for j, s := range list {
				sf := l.fields(s, "an answer", keysOf("says")...)
				if sf.bad {
					continue
				}
				a := ViewSays{Code: sf.needText("code"), Text: sf.needText("text"), Notes: l.notes(v, sf)}
				if w, ok := sf.get("when"); ok {
					a.When = l.when(scope{view: true}, w)
				} else if j < len(list)-1 {
					l.add(s, codeView, "", "an answer without `when` is always given, so that those after it never are")
				}
				q.Says = append(q.Says, a)
			}
			if len(list) == 0 && says.Kind == yaml.SequenceNode {
				l.add(says, codeMissingKey, "", "the question has no answers")
			}
		}
		v.Questions = append(v.Questions, q)
	}
}

func (l *loader) readGuidance(v *View, f *fields) {
	n, ok := f.get("guidance")
	if !ok {
		return
	}
	for _, i := range l.list(n, "guidance") {
		gf := l.fields(i, "a piece of guidance", keysOf("guidance")...)
		if gf.bad {
			continue
		}
		g := ViewGuidance{Code: gf.needText("code"), Text: gf.needText("text"), Cite: gf.cite(true)}
		if w, ok := gf.get("when"); ok {
			g.When = l.when(scope{view: true}, w)
		}
		v.Guidance = append(v.Guidance, g)
	}
}
