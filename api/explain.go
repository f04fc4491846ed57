package api

import (
	"regexp"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

// Explained is what a rule means, with its parts: docs/format/rules-explain.md.
type (
	Explained struct {
		ID         string               `json:"id"`
		Ruleset    string               `json:"ruleset"`
		Edition    string               `json:"edition"`
		Hash       string               `json:"hash"`
		File       string               `json:"file"`
		Line       int                  `json:"line"`
		Tier       domain.Tier          `json:"tier"`
		Effect     domain.Effect        `json:"effect"`
		Of         []string             `json:"of"`
		Because    string               `json:"because"`
		Privileges []ExplainedWord      `json:"privileges"`
		Each       rules.Each           `json:"each,omitempty"`
		Reaches    []ExplainedPart      `json:"reaches"`
		When       *ExplainedClause     `json:"when,omitempty"`
		Gives      string               `json:"gives"`
		Reciprocal bool                 `json:"reciprocal,omitempty"`
		Conditions []ExplainedCondition `json:"conditions,omitempty"`
		Practice   bool                 `json:"practice,omitempty"`
		Code       string               `json:"code,omitempty"`
		Offence    *ExplainedWord       `json:"offence,omitempty"`
		Propose    []ExplainedWord      `json:"propose,omitempty"`
		Says       []ExplainedRemark    `json:"says,omitempty"`
		Floors     []ExplainedFloor     `json:"floors,omitempty"`
		Cite       []ExplainedCite      `json:"cite"`
		From       string               `json:"from,omitempty"`
		To         string               `json:"to,omitempty"`
		Fires      []ExplainedCase      `json:"fires"`
		Silent     int                  `json:"silent"`
		Meets      []ExplainedOther     `json:"meets"`
	}
	ExplainedWord struct {
		Code string `json:"code"`
		Term string `json:"term"`
	}
	ExplainedPart struct {
		Key    string          `json:"key"`
		Values []ExplainedWord `json:"values"`
	}
	ExplainedClause struct {
		Text   string            `json:"text"`
		Source string            `json:"source"`
		Parts  []ExplainedClause `json:"parts,omitempty"`
	}
	ExplainedCondition struct {
		Code   string   `json:"code"`
		Text   string   `json:"text"`
		Params []string `json:"params,omitempty"`
		Met    string   `json:"met,omitempty"` // when it is met, as it is written
	}
	ExplainedRemark struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
	}
	ExplainedFloor struct {
		Mark      string           `json:"mark"`
		Privilege domain.Privilege `json:"privilege"`
		When      string           `json:"when,omitempty"`
		Cite      []string         `json:"cite"`
	}
	ExplainedCite struct {
		Tag   string `json:"tag"`
		Title string `json:"title,omitempty"`
	}
	ExplainedCase struct {
		Name string `json:"name"`
		At   string `json:"at"`
		Got  string `json:"got"`
	}
	ExplainedOther struct {
		ID      string         `json:"id"`
		Ruleset string         `json:"ruleset"`
		Effect  domain.Effect  `json:"effect"`
		Outcome domain.Outcome `json:"outcome,omitempty"`
	}
)

// ExplainRule says what a rule of an edition means under a law, and which rules of others
// meet it. Titles are those of what it cites, see [Titles].
func ExplainRule(law rules.Law, editions []*rules.Edition, edition *rules.Edition, r *rules.Rule, titles [][2]string) Explained {
	lang := law.Common.Language
	word := func(list, code string) ExplainedWord { return ExplainedWord{code, lang.Term(list, code)} }
	e := Explained{
		ID: r.ID, Ruleset: string(r.Ruleset), Edition: edition.Edition, Hash: edition.Hash, File: r.Pos.File, Line: r.Pos.Line,
		Tier: r.Tier, Effect: r.Effect, Because: r.Because, Each: r.Each, Reciprocal: r.Reciprocal, Practice: r.Practice, Code: r.Code,
		Privileges: []ExplainedWord{}, Reaches: []ExplainedPart{}, Cite: []ExplainedCite{}, Fires: []ExplainedCase{}, Meets: []ExplainedOther{}, Gives: givesText(r),
	}
	if r.Of&rules.OfPerson != 0 {
		e.Of = append(e.Of, "person")
	}
	if r.Of&rules.OfMission != 0 {
		e.Of = append(e.Of, "mission")
	}
	for _, p := range r.Privileges {
		e.Privileges = append(e.Privileges, ExplainedWord{string(p), lang.Privileges[p].Term})
		for _, f := range law.Common.FloorOf(p) {
			floor := ExplainedFloor{Mark: string(f.Mark), Privilege: p, Cite: f.Cite}
			if f.When != nil {
				floor.When = f.When.Source()
			}
			e.Floors = append(e.Floors, floor)
		}
	}
	for _, part := range r.Parts() {
		one := ExplainedPart{Key: part.String()}
		for _, v := range r.Values(part) {
			one.Values = append(one.Values, word(part.String(), v))
		}
		e.Reaches = append(e.Reaches, one)
	}
	if r.When != nil {
		when := ExplainedClause{Text: r.When.Source(), Source: r.When.Source()}
		if f := r.When.Form(); !f.IsZero() {
			when = clauseOf(f.Words())
		}
		e.When = &when
	}
	for _, use := range r.Conditions {
		c := ExplainedCondition{Code: use.Decl.Code, Text: use.Decl.Text}
		for _, param := range use.Params {
			value := use.Decl.Shown(param)
			if param.Expr != nil {
				value = "= " + param.Expr.Source()
			}
			c.Params = append(c.Params, param.Name+" "+value)
		}
		if use.Decl.Met != nil {
			c.Met = use.Decl.Met.Source()
		}
		e.Conditions = append(e.Conditions, c)
	}
	if r.Offence != "" {
		offence := word("offence", r.Offence)
		e.Offence = &offence
	}
	for _, code := range r.Propose {
		e.Propose = append(e.Propose, word("consequence", code))
	}
	for _, list := range []struct {
		kind string
		uses []rules.RemarkUse
	}{{"obliges", r.Oblige}, {"notes", r.Note}, {"routes", r.Route}, {"limits", r.Limit}} {
		for _, use := range list.uses {
			text := use.Text
			if use.Expr != nil {
				text = "= " + use.Expr.Source()
			}
			e.Says = append(e.Says, ExplainedRemark{list.kind, text})
		}
	}
	for _, tag := range r.Cite {
		e.Cite = append(e.Cite, ExplainedCite{tag, titleOf(titles, tag)})
	}
	if r.InForceFrom != timeline.Always {
		e.From = r.InForceFrom.Time().Format(time.DateOnly)
	}
	if r.InForceTo != timeline.Never {
		e.To = r.InForceTo.Time().Format(time.DateOnly)
	}
	report := cases.RunWith(law, edition, cases.Options{Asks: r.SpeaksOf})
	fired, silent := report.Tries(r)
	for _, x := range fired {
		e.Fires = append(e.Fires, ExplainedCase{x.Name(), x.Want.Pos.String(), x.Got})
	}
	e.Silent = len(silent)
	for _, one := range met(law, editions) {
		for _, other := range one.Rules {
			if r.Meets(other) {
				e.Meets = append(e.Meets, ExplainedOther{other.ID, string(other.Ruleset), other.Effect, other.Outcome})
			}
		}
	}
	return e
}

// met are the editions whose rules may meet one: the common one, and what it was looked
// for in.
func met(law rules.Law, editions []*rules.Edition) []*rules.Edition {
	out := []*rules.Edition{law.Common}
	for _, one := range editions {
		if one != law.Common {
			out = append(out, one)
		}
	}
	return out
}

func clauseOf(w rules.Words) ExplainedClause {
	out := ExplainedClause{Text: w.Text, Source: w.Source}
	for _, part := range w.Parts {
		out.Parts = append(out.Parts, clauseOf(part))
	}
	return out
}

// givesText says what a rule does when it fires.
func givesText(r *rules.Rule) string {
	what := ""
	if r.Outcome != "" {
		what = OutcomeText(r.Outcome)
	}
	switch {
	case r.Tier == domain.TierDuty:
		return "no outcome: it is a duty"
	case r.As != nil:
		what = "what another category has: = " + r.As.Source()
	case r.OutcomeExpr != nil:
		what = "= " + r.OutcomeExpr.Source()
	}
	switch r.Effect {
	case domain.Sets:
		return what + ", as the baseline"
	case domain.Cuts:
		return what + ", in place of a baseline that is no stricter"
	case domain.Lifts:
		return what + ", in place of what is no less strict"
	case domain.Restricts:
		return what + ", unless something stricter holds"
	default:
		return what + ", in place of what holds otherwise"
	}
}

// Titles reads the titles of what a ruleset cites from the text of its SOURCES.md; nil if
// that is too long.
func Titles(text []byte) [][2]string {
	if len(text) > rules.MaxBundle {
		return nil
	}
	var out [][2]string
	tagged := false
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 2 || !strings.HasPrefix(line, "|") {
			tagged = false
			continue
		}
		tags, title := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
		switch {
		case tags == "tag":
			tagged = true
		case !tagged || strings.HasPrefix(tags, "---"):
		default:
			for tag := range strings.SplitSeq(tags, ", ") {
				out = append(out, [2]string{numbered.ReplaceAllString(tag, ""), whichNumber.ReplaceAllString(strings.ReplaceAll(title, "*", ""), "")})
			}
		}
	}
	return out
}

// numbered matches the end of a tag that stands for any number: VCDR n, DCI p.n.
var numbered = regexp.MustCompile(` (n|p\.n|n\.k)$`)

// whichNumber matches the end of a title that says what the number is of.
var whichNumber = regexp.MustCompile(`, (article|section|page|number|note|the same, note) [nk]$`)

// titleOf finds the title of what a citation names: of several tags, the longest.
func titleOf(titles [][2]string, cite string) string {
	best, found := "", ""
	for _, t := range titles {
		if len(t[0]) > len(best) && (cite == t[0] || strings.HasPrefix(cite, t[0]+" ") || strings.HasPrefix(cite, t[0]+"(")) {
			best, found = t[0], t[1]
		}
	}
	return found
}
