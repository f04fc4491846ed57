package analysis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// language is the small language for tests, without its rules; with floors only if
// they are wanted.
func language(t testing.TB, floors bool) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"00-language.yaml", "01-vocabulary.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "testdata", "mini", name))
		require.NoError(t, err)
		words := string(text)
		for _, block := range []string{"floors", "consequences", "let"} {
			if block != "floors" || !floors {
				words = regexp.MustCompile(`(?m)^`+block+`:\n(  .*\n)+`).ReplaceAllString(words, "")
			}
		}
		fmt.Fprintf(&b, "-- %s --\n%s", name, words)
	}
	return b.String()
}

func common(t require.TestingT, head, body string) *rules.Edition {
	e, err := rules.LoadCommon([]byte(head + "-- 10-rules.yaml --\n" + body))
	require.NoError(t, err, "%s", body)
	return e
}

// A drawn rule.
type drawn struct{ id, tier, each, effect, applies, when, outcome, conditions, privilege string }

func (r drawn) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - id: %s\n    tier: %s\n    privilege: [%s]\n    cite: [a]\n    because: b\n    applies: {%s}\n", r.id, r.tier, r.privilege, r.applies)
	for key, text := range map[string]string{"each": r.each, "effect": r.effect, "outcome": r.outcome, "conditions": r.conditions} {
		if text != "" {
			fmt.Fprintf(&b, "    %s: %s\n", key, text)
		}
	}
	if r.when != "" {
		fmt.Fprintf(&b, "    when: '%s'\n", r.when)
	}
	return b.String()
}

func text(list []drawn) string {
	if len(list) == 0 {
		return "rules: []\n"
	}
	var b strings.Builder
	b.WriteString("rules:\n")
	for _, r := range list {
		b.WriteString(r.String())
	}
	return b.String()
}

// atoms are what drawn conditions are made of. Every value that they tell apart is
// among those that everybody is tried with.
var atoms = []string{
	"member.status == LPR", "member.status in [LPR, US_NATIONAL]", "member.status != status.NONE", "member.local_hire", "!member.local_hire",
	"has(request.amount)", "request.amount < 1000", "request.amount >= 1000", "request.amount > 1000", "1000 == request.amount",
	"has(request.first)", "request.first", "member.phase == CURRENT", "member.phase != ENDED", "member.category == DIP_AGENT", "sponsor.category == DIP_AGENT",
	"member.capacity == capacity.FAMILY", "mission.kind == EMBASSY", "member.status == sponsor.status", "sponsor.local_hire", `request.matter == "a"`, "true", "false",
	`request.matter.startsWith("a")`,
}

func anyWhen(t *rapid.T, more ...string) string {
	var draw func(int) string
	all := slices.Concat(atoms, more, more)
	draw = func(depth int) string {
		if depth == 0 {
			return rapid.SampledFrom(all).Draw(t, "atom")
		}
		switch rapid.IntRange(0, 5).Draw(t, "join") {
		case 0, 1:
			return "(" + draw(depth-1) + " && " + draw(depth-1) + ")"
		case 2, 3:
			return "(" + draw(depth-1) + " || " + draw(depth-1) + ")"
		case 4:
			return "!(" + draw(depth-1) + ")"
		default:
			return "(" + draw(0) + " ? " + draw(depth-1) + " : " + draw(depth-1) + ")"
		}
	}
	if rapid.IntRange(0, 5).Draw(t, "whether") == 0 {
		return ""
	}
	return draw(rapid.IntRange(0, 3).Draw(t, "depth"))
}

func anyRule(t *rapid.T, id string, each bool) drawn {
	r := drawn{id: id, privilege: "tax.sales"}
	tiers := []string{"baseline", "baseline", "baseline", "status", "programme"}
	if each {
		tiers = append(tiers, "reciprocity", "reciprocity", "individual")
	}
	r.tier = rapid.SampledFrom(tiers).Draw(t, "tier")
	var more []string
	if r.tier == "reciprocity" || r.tier == "individual" {
		r.each = "measure m"
		more = []string{"m.level == WITHDRAWN", "m.level == level.FULL", "has(m.amount)"}
		r.effect = rapid.SampledFrom([]string{"", "", "lifts"}).Draw(t, "effect")
	}
	r.when = anyWhen(t, more...)
	r.outcome = rapid.SampledFrom([]string{"allowed", "allowed_with_conditions", "permission_required", "denied", "denied"}).Draw(t, "outcome")
	if r.effect == "lifts" {
		r.outcome = "allowed"
	}
	if r.outcome == "allowed_with_conditions" {
		r.conditions = rapid.SampledFrom([]string{"[official_acts_only]", "[first_installation]", "[official_acts_only, family_of_agent]", "[{minimum_purchase: {amount: 1000}}]"}).Draw(t, "conditions")
	}
	var applies []string
	add := func(key string, values ...string) {
		if v := rapid.SampledFrom(append([]string{"", ""}, values...)).Draw(t, key); v != "" {
			applies = append(applies, key+": "+v)
		}
	}
	add("category", "[dip.agent]", "[dip.agent, dip.at]", "[family]")
	add("mission_kind", "[embassy]")
	add("status", "[lpr]", "[none, us_national]")
	add("family", "true", "false", "only")
	add("visitors", "true")
	r.applies = strings.Join(applies, ", ")
	return r
}

// everybody yields every situation that the drawn conditions can tell apart.
func everybody(l *rules.Language, p domain.Privilege, about string, bounds [][]rules.Bound, yield func(*rules.Situation) bool) {
	var requests []*rules.Object
	// What nothing is said of makes no difference.
	said := func(word string) bool { return strings.Contains(about, word) }
	amounts, firsts, matters, hires := []string{""}, []string{""}, []string{""}, []bool{false}
	if said("amount") {
		amounts = []string{"", "9.99", "10.00", "10.01"}
	}
	if said("first") {
		firsts = []string{"", "true", "false"}
	}
	if said("matter") {
		matters = []string{"", "a"}
	}
	if said("local_hire") {
		hires = []bool{false, true}
	}
	statuses := []domain.Status{"none", "lpr", "us_national"}
	if said("US_NATIONAL") { // whoever is none of the three is told from them
		statuses = append(statuses, "permanently_resident")
	}
	sponsors := said("sponsor.") || said("tier: status")
	for _, amount := range amounts {
		for _, first := range firsts {
			for _, matter := range matters {
				words := map[string]string{}
				for name, v := range map[string]string{"amount": amount, "first": first, "matter": matter} {
					if v != "" {
						words[name] = v
					}
				}
				request, err := l.Request(words)
				if err != nil {
					panic(err)
				}
				requests = append(requests, request)
			}
		}
	}
	var people []*rules.Situation
	add := func(c rules.Capacity) {
		people = append(people, &rules.Situation{Capacities: []rules.Capacity{c}, Nobody: l.Nobody("somebody")})
	}
	hired := func(o *rules.Object, b bool) *rules.Object { return o.With("local_hire", domain.Bool(b)) }
	people = append(people, &rules.Situation{Nobody: l.Nobody("somebody")})
	for _, kind := range []domain.MissionKind{"embassy", "consular_post"} {
		add(l.Capacity(rules.Hypothetical{State: "xa", MissionKind: kind, OfMission: true}))
		for _, category := range []domain.Category{"dip.agent", "dip.at", "con.officer"} {
			for _, status := range statuses {
				for _, phase := range []string{"current", "leaving", "ended"} {
					for _, local := range hires {
						h := rules.Hypothetical{State: "xa", MissionKind: kind, Category: category, Status: status, Phase: phase}
						c := l.Capacity(h)
						c.Member = hired(c.Member, local)
						c.Sponsor = c.Member
						add(c)
						if phase == "current" {
							v := c
							v.Reach.Visitor, v.Member = true, c.Member.With("capacity", domain.Text("visitor"))
							v.Sponsor = v.Member
							add(v)
						}
						h.Family = true
						own, theirs := statuses[:1], hires[:1]
						if sponsors { // whose status and hire are any, whatever the member's are
							own, theirs = statuses, hires
						}
						for _, own := range own {
							for _, hire := range theirs {
								f := l.Capacity(h)
								f.Member = hired(f.Member, local)
								f.Sponsor = hired(f.Sponsor, hire).With("status", domain.Text(own))
								principal := *f.Principal
								principal.Member, principal.Sponsor, principal.Reach.Status = f.Sponsor, f.Sponsor, own
								f.Principal = &principal
								add(f)
							}
						}
					}
				}
			}
		}
	}
	liberty := l.Privileges[p].Liberty
	for _, who := range people {
		who.Nobody.Reach.Liberty = liberty
		for i := range who.Capacities {
			for c := &who.Capacities[i]; c != nil; c = c.Principal {
				c.Reach.Liberty = liberty
			}
		}
		for _, request := range requests {
			for _, some := range bounds {
				s := *who
				s.Privilege, s.At, s.Request, s.Bounds = p, 1, request, some
				if !yield(&s) {
					return
				}
			}
		}
	}
}

func measure(l *rules.Language, level string, individual bool) rules.Bound {
	return rules.Bound{Each: rules.EachMeasure, ID: level, Individual: individual, Covers: func(domain.Reach) bool { return true },
		Object: l.Object("measure", func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
			return domain.Text(level), nil, d.Name == "level"
		})}
}

func someBounds(l *rules.Language, each bool) [][]rules.Bound {
	if !each {
		return [][]rules.Bound{nil}
	}
	full, withdrawn := measure(l, "full", false), measure(l, "withdrawn", false)
	order, grant := measure(l, "withdrawn", true), measure(l, "full", true)
	return [][]rules.Bound{nil, {full}, {withdrawn}, {full, withdrawn}, {order}, {full, grant}}
}

type seen map[*rules.Rule]bool

func (s seen) Weighed(r *rules.Rule, _ *rules.Capacity, _ *rules.Bound, _ *rules.Frame, fires bool, err error) {
	if fires && err == nil {
		s[r] = true
	}
}
func (s seen) Gave(*rules.Rule, domain.Outcome, []rules.Attached) {}

func brief(a rules.Answer) string {
	text := []string{string(a.Outcome)}
	for _, c := range a.Conditions { // which are a set
		text = append(text, fmt.Sprint(c.Code, c.Params))
	}
	slices.Sort(text[1:])
	return strings.Join(text, " ")
}

func without(e *rules.Edition, r *rules.Rule) *rules.Edition {
	list := slices.DeleteFunc(slices.Clone(e.Rules), func(x *rules.Rule) bool { return x == r })
	return &rules.Edition{Code: e.Code, Language: e.Language, Rules: list, Kinds: e.Kinds, Capacities: e.Capacities, Floors: e.Floors}
}

// mostTries is how many rulesets are held against trying everybody.
const mostTries = 30

// What is said to be unreachable is, and whatever is unreachable is said to be; what
// is said to have no effect has none: everybody is tried.
func TestAgainstTrialOfEverybody(t *testing.T) {
	head := language(t, false)
	dead, idle := 0, 0
	tries := 0
	rapid.Check(t, func(t *rapid.T) {
		if tries++; tries > mostTries {
			return // each tries everybody
		}
		each := rapid.IntRange(0, 3).Draw(t, "each") == 0
		var list []drawn
		for i := range rapid.IntRange(1, 6).Draw(t, "rules") {
			list = append(list, anyRule(t, fmt.Sprintf("R-%d", i), each))
		}
		if rapid.IntRange(0, 3).Draw(t, "twin") == 0 {
			twin := list[0]
			twin.id = "TWIN"
			list = append(list, twin)
		}
		e := common(t, head, text(list))
		law := rules.Law{Common: e}
		found := map[string][]string{}
		for _, f := range analysis.Analyse(law, e, analysis.Options{}).Findings {
			found[f.Rule] = append(found[f.Rule], f.Code)
		}
		bounds := someBounds(e.Language, each)
		fired := seen{}
		everybody(e.Language, "tax.sales", text(list), bounds, func(s *rules.Situation) bool {
			rules.ResolveWatched(law, s, fired)
			return len(fired) < len(e.Rules)
		})
		for i, r := range e.Rules {
			unreachable := slices.Contains(found[r.ID], analysis.Unreachable)
			if fired[r] {
				require.False(t, unreachable, "%s is said never to fire, and does", r.ID)
			} else if !strings.Contains(list[i].when, "startsWith") && !strings.Contains(list[i].when, "m.amount") {
				require.True(t, unreachable, "%s never fires, and it is not said", list[i])
			}
			dead += map[bool]int{true: 1}[unreachable]
			if !slices.Contains(found[r.ID], analysis.NoEffect) && !slices.Contains(found[r.ID], analysis.Duplicate) {
				continue
			}
			idle++
			other := rules.Law{Common: without(e, r)}
			everybody(e.Language, "tax.sales", text(list), bounds, func(s *rules.Situation) bool {
				require.Equal(t, brief(rules.Weigh(law, s)), brief(rules.Weigh(other, s)), "%s is said to change nothing", list[i])
				return true
			})
		}
	})
	require.Positive(t, dead, "no rule was unreachable")
	require.Positive(t, idle, "no rule was without effect")
}

// Two editions that are said to answer alike do; where they are said to differ, the
// witness shows it; and where somebody is answered otherwise, it is said.
func TestComparisonAgainstTrialOfEverybody(t *testing.T) {
	head := language(t, false)
	verdicts := map[analysis.Verdict]int{}
	tries := 0
	rapid.Check(t, func(t *rapid.T) {
		if tries++; tries > mostTries {
			return // each tries everybody
		}
		each := rapid.IntRange(0, 3).Draw(t, "each") == 0
		var list []drawn
		for i := range rapid.IntRange(1, 5).Draw(t, "rules") {
			list = append(list, anyRule(t, fmt.Sprintf("R-%d", i), each))
		}
		changed := slices.Clone(list)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "changed")
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0:
			changed = slices.Delete(changed, i, i+1)
		case 1:
			changed = append(changed, anyRule(t, "NEW", each))
		case 2: // two rules in place of one
			a := anyWhen(t)
			if a == "" {
				a = "true"
			}
			one, other := changed[i], changed[i]
			one.id, other.id = "ONE", "OTHER"
			one.when, other.when = a, "!("+a+")"
			if w := changed[i].when; w != "" {
				one.when, other.when = w+" && "+a, w+" && !("+a+")"
			}
			changed = append(slices.Delete(changed, i, i+1), one, other)
		case 3: // the same in other words
			if changed[i].when != "" {
				changed[i].when = "!(!(" + changed[i].when + "))"
			}
		case 4:
			changed[i].when = anyWhen(t)
		default:
			slices.Reverse(changed)
		}
		before, after := common(t, head, text(list)), common(t, head, text(changed))
		was, is := rules.Law{Common: before}, rules.Law{Common: after}
		var d analysis.Difference
		for _, one := range analysis.Compare(analysis.Side{Law: was, Edition: before}, analysis.Side{Law: is, Edition: after}, analysis.Options{}) {
			if one.Privilege == "tax.sales" {
				d = one
				continue
			}
			require.Equal(t, analysis.Same, one.Verdict, one.Privilege)
		}
		verdicts[d.Verdict]++
		differs := ""
		bounds, newBounds := someBounds(before.Language, each), someBounds(after.Language, each)
		var news []string
		everybody(after.Language, "tax.sales", text(list)+text(changed), newBounds, func(s *rules.Situation) bool {
			news = append(news, brief(rules.Weigh(is, s)))
			return true
		})
		n := 0
		everybody(before.Language, "tax.sales", text(list)+text(changed), bounds, func(s *rules.Situation) bool {
			if old := brief(rules.Weigh(was, s)); old != news[n] {
				differs = fmt.Sprintf("%s became %s for %v, bounds %d", old, news[n], s.Capacities, len(s.Bounds))
			}
			n++
			return differs == ""
		})
		if d.Verdict == analysis.Same {
			require.Empty(t, differs)
		}
		if differs != "" && len(before.Rules)+len(after.Rules) > 0 && !strings.Contains(text(list)+text(changed), "startsWith") {
			require.Equal(t, analysis.Different, d.Verdict, "%s\nbefore\n%safter\n%s", differs, text(list), text(changed))
		}
		for _, c := range d.Changes {
			require.NotNil(t, c.Witness)
			require.NotEqual(t, c.Before.String(), c.After.String())
		}
	})
	t.Log(verdicts)
	require.Positive(t, verdicts[analysis.Same])
	require.Positive(t, verdicts[analysis.Different])
}
