// Package cases runs the examples that a ruleset brings along, and says which
// of its rules they try.
//
// A case says who stands where, what is asked and what the answer is:
//
//   - name: an agent who becomes a resident keeps official acts immunity
//     given:
//     member: {category: dip.agent, status: lpr}
//     ask: imm.criminal
//     expect: allowed_with_conditions [official_acts_only]
//
// [Run] makes a [rules.Situation] of each, resolves it and compares. A rule is
// tried if it fires in at least one case and stays silent, though asked, in at
// least one other: a rule that nobody saw biting, or that nobody saw holding
// back, is not known to do what its author meant.
package cases

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Report says what the cases of an edition came to.
type Report struct {
	Ruleset  domain.RulesetID
	Edition  string
	Hash     string     // of the edition's bundle
	Results  []Result   // in order of the cases and, within one, of its codes
	Coverage []Coverage // in order of the rules
	// Left counts the results that were left out, since only some were wanted:
	// then it is not said which rules are tried.
	Left int
	// Folder stands before the names of files wherever the report is written; it may
	// be empty.
	Folder string
	// Cover says which parts of the rules the cases try; nil unless wanted.
	Cover *Cover
}

// Options narrow and widen a run. The zero Options run every case.
type Options struct {
	// Only runs the results of whose names it is true; nil: all.
	Only func(name string) bool
	// Asks runs the cases alone that ask about a privilege of which it is true;
	// nil: all.
	Asks func(domain.Privilege) bool
	// Cover finds out which parts of the rules the cases try.
	Cover bool
}

// A Result is what one case came to, for one code if it is repeated.
type Result struct {
	Case *rules.Case
	Want rules.Expectation
	Got  string // as Want is written
	// Wrong says what differs; empty if the case came true.
	Wrong  []string
	Answer rules.Answer
}

// Name tells results apart for people.
func (r *Result) Name() string {
	if r.Want.Key != "" {
		return r.Case.Name + ": " + r.Want.Key
	}
	return r.Case.Name
}

// A Coverage says in how many results a rule fired, and in how many it was
// considered, since it speaks of the privilege asked, without firing.
type Coverage struct {
	Rule          *rules.Rule
	Fired, Silent int
}

// Tried reports whether the rule was seen to bite and to hold back. One that
// speaks of everybody, always, can't hold back.
func (c *Coverage) Tried() bool { return c.Fired > 0 && (c.Silent > 0 || always(c.Rule)) }

func always(r *rules.Rule) bool {
	s := &r.Applies.Scope
	return r.When == nil && r.Each == rules.EachNothing && r.InForceFrom == timeline.Always && r.InForceTo == timeline.Never &&
		len(r.Applies.States)+len(s.MissionKinds)+len(s.Missions)+len(s.Categories)+len(s.Ranks)+len(s.Statuses)+len(s.Members) == 0 &&
		r.Applies.Family == rules.FamilyYes && (r.Of == rules.OfMission || s.Visitors != nil && *s.Visitors)
}

// Failed lists the results that did not come true.
func (r *Report) Failed() []Result {
	return slices.DeleteFunc(slices.Clone(r.Results), func(x Result) bool { return len(x.Wrong) == 0 })
}

// Untried lists the rules that some case should try and none does; none are if
// cases were left out.
func (r *Report) Untried() []Coverage {
	if r.Left > 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Coverage), func(c Coverage) bool { return c.Tried() })
}

// OK reports whether every case came true and every rule is tried.
func (r *Report) OK() bool { return len(r.Failed()) == 0 && len(r.Untried()) == 0 }

// Run runs the cases of an edition under the law, to which the edition is added
// if it is a State's.
func Run(law rules.Law, edition *rules.Edition) Report { return RunWith(law, edition, Options{}) }

// RunWith is [Run] with options.
func RunWith(law rules.Law, edition *rules.Edition, o Options) Report {
	if edition.Code != law.Common.Code {
		states := map[domain.StateID]*rules.Edition{}
		for id, e := range law.States {
			states[id] = e
		}
		states[domain.StateID(edition.Code)] = edition
		law.States = states
	}
	report := Report{Ruleset: edition.Code, Edition: edition.Edition, Hash: edition.Hash}
	var w *watcher
	if o.Cover {
		w = newWatcher(edition)
		report.Cover = w.cover
	}
	for _, c := range edition.Cases {
		if o.Asks != nil && !o.Asks(c.Ask) {
			report.Left += len(c.Expect)
			continue
		}
		for _, want := range c.Expect {
			if one := (Result{Case: c, Want: want}); o.Only != nil && !o.Only(one.Name()) {
				report.Left++
				continue
			}
			report.Results = append(report.Results, run(law, edition, c, want, w))
		}
	}
	report.Coverage = cover(edition, report.Results)
	if w != nil {
		for i := range report.Coverage {
			w.cover.Rules[i].Tried = report.Coverage[i].Tried()
		}
	}
	return report
}

func run(law rules.Law, edition *rules.Edition, c *rules.Case, want rules.Expectation, w *watcher) Result {
	r := Result{Case: c, Want: want}
	s, err := Situate(law, edition, c, want.Key)
	if err != nil {
		r.Got = "an error"
		r.Wrong = []string{err.Error()}
		return r
	}
	if w != nil {
		w.look(s)
		r.Answer = rules.ResolveWatched(law, s, w)
	} else {
		r.Answer = rules.Resolve(law, s)
	}
	got := rules.Expectation{Outcome: r.Answer.Outcome}
	for _, condition := range r.Answer.Conditions {
		got.Conditions = append(got.Conditions, condition.Code)
	}
	slices.Sort(got.Conditions)
	if got.Outcome == "" {
		got.Missing = missing(r.Answer, want.Missing)
	}
	r.Got = got.String()
	if wanted := want.String(); r.Got != wanted {
		r.Wrong = append(r.Wrong, r.differs())
	}
	if c.Code != "" && !slices.ContainsFunc(r.Answer.Reasons, func(reason domain.Reason) bool { return reason.Decisive && reason.Detail == c.Code }) {
		r.Wrong = append(r.Wrong, fmt.Sprintf("no decisive reason has the code %s; there is %s", c.Code, details(r.Answer)))
	}
	for _, cite := range c.Cite {
		if !slices.Contains(r.Answer.Cite, cite) {
			r.Wrong = append(r.Wrong, fmt.Sprintf("%s is not cited; cited are %s", cite, list(r.Answer.Cite)))
		}
	}
	return r
}

// Tries lists the results in which a rule fired, and those that were asked about its
// privileges without its firing.
func (r *Report) Tries(rule *rules.Rule) (fired, silent []*Result) {
	for i := range r.Results {
		x := &r.Results[i]
		switch {
		case !rule.SpeaksOf(x.Case.Ask):
		case firedIn(r.Ruleset, &x.Answer)[rule.ID]:
			fired = append(fired, x)
		default:
			silent = append(silent, x)
		}
	}
	return fired, silent
}

// missing names the fact for want of which there is no answer: the one that is
// expected if it is among several.
func missing(a rules.Answer, want string) string {
	var facts []string
	for _, p := range a.Errors {
		if !p.Mattered {
			continue
		}
		if fact := cmp.Or(p.Fact, p.Text); !slices.Contains(facts, fact) {
			facts = append(facts, fact) // several rules may lack the same
		}
	}
	if slices.Contains(facts, want) {
		return want
	}
	return list(facts)
}

func details(a rules.Answer) string {
	var out []string
	for _, reason := range a.Reasons {
		if reason.Decisive && reason.Detail != "" {
			out = append(out, reason.Detail)
		}
	}
	return list(out)
}

func list(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// cover counts in which results each rule fired or stayed silent.
func cover(edition *rules.Edition, results []Result) []Coverage {
	out := make([]Coverage, len(edition.Rules))
	byPrivilege := map[domain.Privilege][]*Coverage{}
	for i, rule := range edition.Rules {
		out[i].Rule = rule
		privileges := rule.Privileges
		if len(privileges) == 0 {
			privileges = edition.Language.PrivilegeOrder
		}
		for _, p := range privileges {
			byPrivilege[p] = append(byPrivilege[p], &out[i])
		}
	}
	for i := range results {
		fired := firedIn(edition.Code, &results[i].Answer)
		for _, c := range byPrivilege[results[i].Case.Ask] {
			if fired[c.Rule.ID] {
				c.Fired++
			} else {
				c.Silent++
			}
		}
	}
	return out
}

// firedIn names the rules that fired: each leaves a reason or, if it is a duty,
// a remark.
func firedIn(ruleset domain.RulesetID, a *rules.Answer) map[string]bool {
	fired := map[string]bool{}
	for _, reason := range a.Reasons {
		if reason.Rule != "" && reason.Ruleset == string(ruleset) {
			fired[reason.Rule] = true
		}
	}
	for _, remarks := range [][]domain.Remark{a.Obligations, a.Notes, a.Routes, a.Limits} {
		for _, remark := range remarks {
			fired[remark.Rule] = true
		}
	}
	return fired
}

// at is a place as the report calls it.
func (r *Report) at(pos rules.Pos) rules.Pos { return pos.In(r.Folder) }

// WriteTo writes the report for people: what failed, what is untried, and the sums.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var out strings.Builder
	for _, x := range r.Failed() {
		fmt.Fprintf(&out, "FAIL %s: %s\n", r.at(x.Want.Pos), x.Name())
		for _, wrong := range x.Wrong {
			fmt.Fprintf(&out, "     %s\n", wrong)
		}
	}
	for _, line := range r.untriedLines() {
		fmt.Fprintln(&out, line)
	}
	fmt.Fprintln(&out, r.Summary())
	n, err := io.WriteString(w, out.String())
	return int64(n), err
}

// untriedLines says of every rule that is not tried why, those that never fire
// first.
func (r *Report) untriedLines() []string {
	untried := r.Untried()
	slices.SortStableFunc(untried, func(a, b Coverage) int { return cmp.Compare(min(a.Fired, 1), min(b.Fired, 1)) })
	var out []string
	for _, c := range untried {
		out = append(out, fmt.Sprintf("UNTRIED %s: rule %s %s", r.at(c.Rule.Pos), c.Rule.ID, c.why()))
	}
	return out
}

// why says for want of what a rule is not tried.
func (c *Coverage) why() string {
	if c.Fired > 0 {
		return "is never seen to hold back: no case asks about its privileges without its firing"
	}
	return "fires in no case"
}

// Summary is the report in a line.
func (r *Report) Summary() string {
	failed, untried := r.Failed(), r.Untried()
	head := fmt.Sprintf("%s %s: ", r.Ruleset, r.Edition)
	switch {
	case len(r.Results)+r.Left == 0 && len(r.Coverage) == 0:
		return head + "it has no cases, and no rules"
	case len(r.Results)+r.Left == 0:
		return head + fmt.Sprintf("it has no cases, so that none of its %d rules is tried", len(r.Coverage))
	case r.Left > 0:
		return head + fmt.Sprintf("%d of %d cases came true, %d were left out", len(r.Results)-len(failed), len(r.Results), r.Left)
	}
	return head + fmt.Sprintf("%d of %d cases came true, %d of %d rules are tried",
		len(r.Results)-len(failed), len(r.Results), len(r.Coverage)-len(untried), len(r.Coverage))
}

func (r *Report) String() string {
	var out strings.Builder
	_, _ = r.WriteTo(&out) // a Builder takes everything
	return out.String()
}
