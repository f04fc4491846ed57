package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
)

// A column of a table narrows its rules to some categories or kinds of mission.
type column struct {
	name       string
	categories []domain.Category
	kinds      []domain.MissionKind
	cite       []string
}

// A cellCode is one letter of a table: a rule without id, tier and privilege.
type cellCode struct {
	none bool
	f    *fields
}

// readTables writes the rules of the tables out, a rule for each privilege and
// column, in order of row, privilege and column.
func (l *loader) readTables() {
	tables := map[string]Pos{}
	for _, n := range l.items("tables") {
		f := l.fields(n, "a table", keysOf("table")...)
		if f.bad {
			continue
		}
		id := f.needText("id")
		if id != "" {
			f.what = "table " + clip(id)
			if first, twice := tables[id]; twice {
				l.add(f.values["id"], codeSameID, "", "the id %s is used twice; the first is at %s:%d", clip(id), first.File, first.Line)
			}
			tables[id] = f.values["id"].pos()
		}
		base := &Rule{Ruleset: l.edition.Code, ID: id, Tier: l.tier(f)}
		base.Effect = effects[base.Tier]
		l.readScope(base, f)
		codes := l.tableCodes(f)
		columns := l.columns(f, base)
		rows, ok := f.need("rows")
		if !ok {
			continue
		}
		for _, row := range l.list(rows, f.what+"'s rows") {
			if l.stop() {
				return
			}
			l.readRow(f, base, codes, columns, row)
		}
	}
}

func (l *loader) tableCodes(f *fields) map[string]cellCode {
	out := map[string]cellCode{}
	v, ok := f.need("codes")
	if !ok {
		return out
	}
	cf := l.fields(v, f.what+"'s codes")
	for _, k := range cf.keys {
		c := cf.values[k.Value]
		if k.Value == "" || strings.ContainsAny(k.Value, " \t\n") {
			l.add(k, codeTable, "", "a code of a table is a letter or a word, not %q", clip(k.Value))
			continue
		}
		if c.Kind == yaml.ScalarNode && c.Value == "none" {
			out[k.Value] = cellCode{none: true}
			continue
		}
		out[k.Value] = cellCode{f: l.fields(c, f.what+"'s code "+k.Value, keysOf("cell")...)}
	}
	return out
}

func (l *loader) columns(f *fields, base *Rule) []column {
	by := ""
	if v, ok := f.need("by"); ok {
		if by = l.text(v, f.what+"'s by"); by != "category" && by != "mission_kind" && by != "" {
			l.add(v, codeTable, "", "a table goes by category or by mission_kind, not by %s", clip(by))
			by = ""
		}
	}
	if by == "category" && len(base.Applies.Scope.Categories) > 0 || by == "mission_kind" && len(base.Applies.Scope.MissionKinds) > 0 {
		l.add(f.values["applies"], codeTable, "", "%s goes by %s, so that its applies can't narrow that too", f.what, by)
	}
	v, ok := f.need("columns")
	if !ok {
		return nil
	}
	var out []column
	cf := l.fields(v, f.what+"'s columns")
	for _, k := range cf.keys {
		if !isCode(strings.ToLower(k.Value)) {
			l.add(k, codeIdentifier, "", "%s can't name a column: use letters, digits, '.', '_' and '-'", clip(k.Value))
		}
		c := l.fields(cf.values[k.Value], "column "+clip(k.Value), keysOf("column")...)
		col := column{name: k.Value, cite: c.cite(false)}
		if _, ok := c.need("keys"); ok {
			switch by {
			case "category":
				col.categories = codes[domain.Category](l, c, "keys", "category")
			case "mission_kind":
				col.kinds = codes[domain.MissionKind](l, c, "keys", "mission_kind")
			}
		}
		out = append(out, col)
	}
	return out
}

func (l *loader) readRow(table *fields, base *Rule, codes map[string]cellCode, columns []column, n item) {
	f := l.fields(n, table.what+"'s row", keysOf("row")...)
	if f.bad {
		return
	}
	pv, hasPrivilege := f.need("privilege")
	cv, hasCells := f.need("cells")
	cite := f.cite(true)
	because := f.text("because")
	if !hasPrivilege || !hasCells {
		return
	}
	privileges, _ := l.privileges(pv, table.what, base.Of)
	cells, places := l.cells(cv)
	if cells == nil {
		return
	}
	if len(cells) != len(columns) {
		if table.has("columns") {
			l.add(cv, codeTable, "", "%s has %d columns, and this row has %d cells", table.what, len(columns), len(cells))
		}
		return
	}
	for i, cell := range cells {
		if _, known := codes[cell]; !known && table.has("codes") {
			names := sortedKeys(codes)
			l.addAt(cv.src, cv.src.pos(places[i]), codeTable, "the codes are "+strings.Join(names, ", "), "%s has no code %s", table.what, clip(cell))
		}
	}
	for _, p := range privileges {
		for i, cell := range cells {
			c, known := codes[cell]
			if !known || c.none || c.f == nil || c.f.bad || i >= len(columns) {
				continue
			}
			l.readCell(table, base, f, c.f, columns[i], p, cv.src.pos(places[i]), cite, because)
		}
	}
}

// cells splits the cells of a row, with the byte offset of each.
func (l *loader) cells(n item) (cells []string, places []int) {
	text := l.text(n, "cells")
	if text == "" {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
			l.add(n, codeTable, "", "the row has no cells")
		}
		return nil, nil
	}
	at := n.src.scalarPlaces(n.Node)
	runes := 0
	for field := range strings.FieldsSeq(text) {
		skip := strings.Index(text, field)
		runes += utf8.RuneCountInString(text[:skip])
		cells, places = append(cells, field), append(places, at[runes])
		runes += utf8.RuneCountInString(field)
		text = text[skip+len(field):]
	}
	return cells, places
}

// readCell makes the rule of one cell for one privilege. The code's own keys
// complete those of the table; what the row says goes before what the code says.
func (l *loader) readCell(table *fields, base *Rule, row, code *fields, col column, p domain.Privilege, pos Pos, cite []string, because string) {
	r := *base
	r.ID = base.ID + "/" + string(p) + "/" + col.name
	r.Pos = pos
	if first, twice := l.ids[r.ID]; twice {
		l.add(row.of, codeSameID, "", "the cell %s is given twice; the first is at %s:%d", clip(r.ID), first.File, first.Line)
		return
	}
	l.ids[r.ID] = pos
	l.readEffect(&r, code)
	if code.has("of") {
		r.Of = l.of(code.values["of"])
	}
	if r.Of == 0 {
		r.Of = l.lang.Privileges[p].Of
	}
	r.Privileges = []domain.Privilege{p}
	if v, ok := code.get("applies"); ok {
		r.Applies = mergeApplies(base.Applies, l.applies(v))
	}
	if col.categories != nil {
		r.Applies.Scope.Categories = col.categories
	}
	if col.kinds != nil {
		r.Applies.Scope.MissionKinds = col.kinds
	}
	if code.has("in_force") {
		r.InForceFrom, r.InForceTo = l.inForce(code)
	}
	if v, ok := code.get("each"); ok {
		r.Each = l.each(v)
	}
	var whens []item
	for _, f := range []*fields{table, code, row} {
		if w, ok := f.get("when"); ok {
			whens = append(whens, w)
		}
	}
	l.readConsequence(&r, code, whens)
	if c := row.text("code"); c != "" {
		r.Code = c
	}
	r.Note = append(l.remarks(row, "note", scope{each: r.Each}), r.Note...)
	r.Cite = cite
	for _, more := range slices.Concat(col.cite, code.cite(false)) {
		if !slices.Contains(r.Cite, more) {
			r.Cite = append(r.Cite[:len(r.Cite):len(r.Cite)], more)
		}
	}
	r.Because = because
	if r.Because == "" {
		r.Because = code.text("because")
	}
	if r.Because == "" && !row.has("because") && !code.has("because") {
		l.add(row.of, codeMissingKey, "", "%s needs the key because", row.what)
	}
	l.finish(&r)
}

// mergeApplies narrows a table's applies by a code's, whose keys go first.
func mergeApplies(table, code Applies) Applies {
	out := table
	if code.States != nil {
		out.States = code.States
	}
	if code.Family != FamilySilent {
		out.Family = code.Family
	}
	s, c := &out.Scope, code.Scope
	if c.MissionKinds != nil {
		s.MissionKinds = c.MissionKinds
	}
	if c.Missions != nil {
		s.Missions = c.Missions
	}
	if c.Categories != nil {
		s.Categories = c.Categories
	}
	if c.Ranks != nil {
		s.Ranks = c.Ranks
	}
	if c.Statuses != nil {
		s.Statuses = c.Statuses
	}
	if c.Members != nil {
		s.Members = c.Members
	}
	if c.Visitors != nil {
		s.Visitors = c.Visitors
	}
	return out
}
