package analysis

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Sentence is a difference between the words of two editions: a rule that is new,
// gone or written otherwise, or another part of the ruleset.
type Sentence struct {
	Kind string       `json:"kind"`          // rule, floor, condition, privilege, fact, vocabulary, view, case, capacities, kinds
	Name string       `json:"name"`          // the id, or what it is called
	What string       `json:"what"`          // added, removed, changed, renamed
	Was  string       `json:"was,omitzero"`  // of renamed: the id before
	Keys []ChangedKey `json:"keys,omitzero"` // of changed
	At   string       `json:"at,omitzero"`   // file:line:column in the new edition, or of removed in the old
	Tier domain.Tier  `json:"tier,omitzero"` // of a rule
}

// A ChangedKey is a key that reads otherwise. Words are marked as they are by word
// processors: [-gone-] and {+new+}.
type ChangedKey struct {
	Key    string `json:"key"`
	Before string `json:"before"`
	After  string `json:"after"`
	Words  string `json:"words,omitzero"`
}

// Sentences lists how the words of two editions differ, in the order of the new one,
// what is gone last.
func Sentences(before, after *rules.Edition) []Sentence {
	out := ruleSentences(before, after)
	out = append(out, floorSentences(before, after)...)
	if before.Language != after.Language {
		out = append(out, languageSentences(before.Language, after.Language)...)
	}
	if !reflect.DeepEqual(before.Capacities, after.Capacities) {
		out = append(out, Sentence{Kind: "capacities", Name: "capacities", What: "changed"})
	}
	out = append(out, named("kinds", before.Kinds, after.Kinds, func(k []domain.MissionKind) string { return strings.Join(texts(k), ", ") })...)
	out = append(out, named("case", byName(before.Cases, func(c *rules.Case) string { return c.Name }), byName(after.Cases, func(c *rules.Case) string { return c.Name }), nil)...)
	return out
}

func byName[T any](list []T, name func(T) string) map[string]T {
	out := map[string]T{}
	for _, v := range list {
		out[name(v)] = v
	}
	return out
}

// ruleSentences compares rules by id; one that only changed its id is recognised by
// saying the same.
func ruleSentences(before, after *rules.Edition) []Sentence {
	old, new := byName(before.Rules, func(r *rules.Rule) string { return r.ID }), byName(after.Rules, func(r *rules.Rule) string { return r.ID })
	gone := map[string]*rules.Rule{}
	for _, r := range before.Rules {
		if new[r.ID] == nil {
			gone[r.ID] = r
		}
	}
	var out []Sentence
	for _, r := range after.Rules {
		was := old[r.ID]
		if was != nil {
			if keys := changedKeys(was, r); len(keys) > 0 {
				out = append(out, Sentence{Kind: "rule", Name: r.ID, What: "changed", Keys: keys, At: r.Pos.String(), Tier: r.Tier})
			}
			continue
		}
		s := Sentence{Kind: "rule", Name: r.ID, What: "added", At: r.Pos.String(), Tier: r.Tier, Keys: said(r)}
		for _, one := range before.Rules {
			if gone[one.ID] != nil && len(changedKeys(one, r)) == 0 {
				s.What, s.Was, s.Keys = "renamed", one.ID, nil
				delete(gone, one.ID)
				break
			}
		}
		out = append(out, s)
	}
	for _, r := range before.Rules {
		if gone[r.ID] != nil {
			out = append(out, Sentence{Kind: "rule", Name: r.ID, What: "removed", At: r.Pos.String(), Tier: r.Tier})
		}
	}
	return out
}

// A written key of a rule.
type written struct{ key, text string }

// keysOf writes a rule key by key, names of let substituted.
func keysOf(r *rules.Rule) []written {
	expr := func(e *rules.Expr) string {
		if e == nil {
			return ""
		}
		return strings.Join(strings.Fields(e.Expanded()), " ")
	}
	give := string(r.Outcome)
	if r.OutcomeExpr != nil {
		give = "=" + expr(r.OutcomeExpr)
	}
	var applies []string
	for _, p := range r.Parts() {
		applies = append(applies, p.String()+": "+strings.Join(r.Values(p), ", "))
	}
	if r.Applies.Family == rules.FamilyYes {
		applies = append(applies, "family: true")
	}
	if v := r.Applies.Scope.Visitors; v != nil {
		applies = append(applies, fmt.Sprint("visitors: ", *v))
	}
	var conditions []string
	for _, use := range r.Conditions {
		text := use.Decl.Code
		for _, p := range use.Params {
			value := use.Decl.Shown(p)
			if p.Expr != nil {
				value = "=" + expr(p.Expr)
			}
			text += " " + p.Name + " " + value
		}
		conditions = append(conditions, text)
	}
	remarks := func(list []rules.RemarkUse) string {
		var out []string
		for _, u := range list {
			text := u.Text
			if u.Expr != nil {
				text = "=" + expr(u.Expr)
			}
			out = append(out, u.Code+": "+text)
		}
		return strings.Join(out, "; ")
	}
	flag := func(b bool) string {
		if b {
			return "true"
		}
		return ""
	}
	of := map[rules.Of]string{rules.OfPerson: "person", rules.OfMission: "mission", rules.OfBoth: "person, mission"}[r.Of]
	period := ""
	if r.InForceFrom != timeline.Always || r.InForceTo != timeline.Never {
		period = fmt.Sprintf("from %s to %s", r.InForceFrom, r.InForceTo)
	}
	return []written{
		{"tier", string(r.Tier)}, {"effect", string(r.Effect)}, {"privilege", strings.Join(texts(r.Privileges), ", ")}, {"of", of},
		{"applies", strings.Join(applies, "; ")}, {"each", string(r.Each)}, {"in_force", period}, {"when", expr(r.When)},
		{"outcome", give}, {"as", expr(r.As)}, {"reciprocal", flag(r.Reciprocal)}, {"conditions", strings.Join(conditions, "; ")}, {"code", r.Code},
		{"offence", r.Offence}, {"propose", strings.Join(r.Propose, ", ")}, {"basis", flag(r.Practice)}, {"cite", strings.Join(r.Cite, "; ")}, {"because", r.Because},
		{"oblige", remarks(r.Oblige)}, {"note", remarks(r.Note)}, {"route", remarks(r.Route)}, {"limit", remarks(r.Limit)},
	}
}

func changedKeys(before, after *rules.Rule) []ChangedKey {
	var out []ChangedKey
	old := keysOf(before)
	for i, k := range keysOf(after) {
		if old[i].text != k.text {
			out = append(out, ChangedKey{k.key, old[i].text, k.text, marked(old[i].text, k.text)})
		}
	}
	return out
}

// said is what a new rule says in short.
func said(r *rules.Rule) []ChangedKey {
	var out []ChangedKey
	for _, k := range keysOf(r) {
		if k.text != "" && slices.Contains([]string{"privilege", "applies", "when", "outcome", "as", "conditions"}, k.key) {
			out = append(out, ChangedKey{Key: k.key, After: k.text})
		}
	}
	return out
}

// mostWords bounds the texts of which the words are compared.
const mostWords = 400

// marked marks which words are gone and which are new; nothing if one of the texts is
// empty or too long.
func marked(before, after string) string {
	a, b := strings.Fields(before), strings.Fields(after)
	if len(a) == 0 || len(b) == 0 || len(a) > mostWords || len(b) > mostWords {
		return ""
	}
	same := make([][]int, len(a)+1) // the longest common run of words from here on
	for i := range same {
		same[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				same[i][j] = same[i+1][j+1] + 1
			} else {
				same[i][j] = max(same[i+1][j], same[i][j+1])
			}
		}
	}
	var out, gone, new []string
	flush := func() {
		if len(gone) > 0 {
			out = append(out, "[-"+strings.Join(gone, " ")+"-]")
		}
		if len(new) > 0 {
			out = append(out, "{+"+strings.Join(new, " ")+"+}")
		}
		gone, new = nil, nil
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			flush()
			out = append(out, a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && same[i+1][j] >= same[i][j+1]:
			gone = append(gone, a[i])
			i++
		default:
			new = append(new, b[j])
			j++
		}
	}
	flush()
	return strings.Join(out, " ")
}

// floorSentences compares floors by what they say.
func floorSentences(before, after *rules.Edition) []Sentence {
	write := func(f *rules.Floor) string {
		text := fmt.Sprintf("%s, mark %c", strings.Join(texts(f.Privileges), ", "), f.Mark)
		if f.When != nil {
			text += ", when " + strings.Join(strings.Fields(f.When.Expanded()), " ")
		}
		if f.Finding {
			text += ", finding"
		}
		return text + fmt.Sprint(", cite ", strings.Join(f.Cite, "; "))
	}
	old, new := byName(before.Floors, write), byName(after.Floors, write)
	return named("floor", old, new, nil)
}

// languageSentences compares what rules may speak of.
func languageSentences(before, after *rules.Language) []Sentence {
	var out []Sentence
	out = append(out, named("privilege", before.Privileges, after.Privileges, func(d *rules.PrivilegeDecl) string { return fmt.Sprint(*d) })...)
	out = append(out, named("condition", before.Conditions, after.Conditions, func(d *rules.ConditionDecl) string {
		text := d.Text + ", " + d.Denial
		for _, p := range d.Params {
			text += fmt.Sprintf(", %s %s", p.Name, p.Type)
		}
		if d.Met != nil {
			text += ", met " + d.Met.Expanded()
		}
		return text
	})...)
	facts := func(l *rules.Language) map[string]domain.FactDecl {
		out := map[string]domain.FactDecl{}
		for object, decls := range l.Facts {
			for _, d := range decls {
				out[object+"."+d.Name] = d
			}
		}
		return out
	}
	out = append(out, named("fact", facts(before), facts(after), func(d domain.FactDecl) string {
		return fmt.Sprintf("%s %s, from %s %s, default %s, %s", d.Type, d.Enum, d.From.Constructor, d.From.Attr, d.Default, d.Doc)
	})...)
	codes := func(l *rules.Language) map[string]string {
		out := map[string]string{}
		for name, list := range l.Lists {
			for _, c := range list.Codes {
				out[name+"."+c.Code] = c.Term
			}
		}
		return out
	}
	return append(out, named("vocabulary", codes(before), codes(after), func(s string) string { return s })...)
}

// named compares what has names. Without a way to write it only names count.
func named[K ~string, V any](kind string, before, after map[K]V, write func(V) string) []Sentence {
	var out []Sentence
	keys := map[string]bool{}
	for k := range before {
		keys[string(k)] = true
	}
	for k := range after {
		keys[string(k)] = true
	}
	for _, k := range sorted(keys) {
		old, had := before[K(k)]
		new, has := after[K(k)]
		switch {
		case !had:
			out = append(out, Sentence{Kind: kind, Name: k, What: "added"})
		case !has:
			out = append(out, Sentence{Kind: kind, Name: k, What: "removed"})
		case write != nil && write(old) != write(new):
			out = append(out, Sentence{Kind: kind, Name: k, What: "changed", Keys: []ChangedKey{{Before: write(old), After: write(new), Words: marked(write(old), write(new))}}})
		}
	}
	slices.SortStableFunc(out, func(a, b Sentence) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
