package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// A redrafted is what answers would have been with a draft, for programs:
// docs/format/impact.md.
type redrafted struct {
	Draft        domain.Edition  `json:"draft"`
	Answers      int             `json:"answers"`
	Same         int             `json:"same"`
	Differ       int             `json:"differ"`
	Counts       []redraftCount  `json:"counts"`
	Different    []redraftedLine `json:"different"`
	NotDecidable []redraftedLine `json:"not_decidable"`
	Holes        []api.Hole      `json:"holes"`
}

// A redraftCount says how many answers about a privilege shifted so; a card has no
// privilege.
type redraftCount struct {
	Privilege domain.Privilege `json:"privilege,omitzero"`
	Shift     engine.Shift     `json:"shift"`
	Of        int              `json:"of"`
}

// A redraftedLine is an answer that would have been another.
type redraftedLine struct {
	api.GivenAnswer
	Shift       engine.Shift           `json:"shift"`
	Was         *redraftedSaid         `json:"was,omitempty"`
	Is          *redraftedSaid         `json:"is,omitempty"`
	Differences []decisions.Difference `json:"differences,omitempty"`
	Problem     string                 `json:"problem,omitempty"`
}

// A redraftedSaid is a decision in short.
type redraftedSaid struct {
	Outcome    domain.Outcome     `json:"outcome,omitzero"`
	Conditions []domain.Condition `json:"conditions,omitempty"`
	Permits    bool               `json:"permits"`
	Because    string             `json:"because,omitempty"`
	Cite       []string           `json:"cite,omitempty"`
}

func redraftedSaidOf(d domain.Decision) *redraftedSaid {
	if d.Privilege == "" {
		return nil
	}
	out := &redraftedSaid{Outcome: d.Outcome, Conditions: d.Conditions, Permits: d.Permits(), Cite: d.Cite}
	for _, r := range d.Reasons {
		if r.Decisive {
			out.Because = r.Because
			break
		}
	}
	return out
}

// auditRedraft decides answers on record with a draft.
func (p *program) auditRedraft(ctx context.Context, c *choice, name string) error {
	return p.audited(ctx, c, func(o *office, log store) error {
		draft, err := o.draftOf(ctx, name)
		if err != nil {
			return err
		}
		c.meter = p.meter("deciding with the draft")
		supposed, records, err := o.Redraft(ctx, draft, c.read(ctx, log), c.workers)
		if err != nil {
			return invalidDraft(name, err)
		}
		out := redrafted{Draft: supposed.Name, Counts: []redraftCount{}, Different: []redraftedLine{}, NotDecidable: []redraftedLine{}}
		counts := map[redraftCount]int{}
		for r, err := range records {
			if err != nil {
				return err
			}
			out.Answers++
			line := redraftedLine{api.GivenAnswerOf(r.Entry, r.Answer), r.Shift, redraftedSaidOf(r.Was), redraftedSaidOf(r.Is), r.Differences, r.Problem}
			switch {
			case r.NotDecidable:
				out.NotDecidable = append(out.NotDecidable, line)
				continue
			case r.Shift == engine.ShiftNone:
				out.Same++
				continue
			}
			counts[redraftCount{Privilege: r.Answer.Question.Privilege, Shift: r.Shift}]++
			if out.Differ++; len(out.Different) < mostDifferent {
				out.Different = append(out.Different, line)
			}
		}
		for count, n := range counts {
			count.Of = n
			out.Counts = append(out.Counts, count)
		}
		slices.SortFunc(out.Counts, func(a, b redraftCount) int {
			return cmp.Or(cmp.Compare(a.Privilege, b.Privilege), cmp.Compare(a.Shift, b.Shift))
		})
		if out.Holes = api.HolesOf(&c.holes); p.json() {
			return p.print(out)
		}
		o.showRedraft(out)
		return nil
	})
}

func (o *office) showRedraft(out redrafted) {
	g := o.p.page()
	verdict := g.paint(good, "all the same")
	if out.Differ > 0 {
		verdict = g.paint(mixed, fmt.Sprintf("%d would have been %s", out.Differ, others(out.Differ)))
	}
	g.line("%s decided again with %s: %s.", plural(out.Same+out.Differ, "answer"), editionText(out.Draft), verdict)
	if len(out.Counts) > 0 {
		g.title("How many")
		var rows [][]string
		for _, c := range out.Counts {
			rows = append(rows, []string{or(string(c.Privilege), "(card)"), shiftText(c.Shift), strconv.Itoa(c.Of)})
		}
		g.list([]string{"privilege", "what", "answers"}, rows)
		g.title("Different")
	}
	for _, line := range out.Different {
		o.showGiven(g, line.GivenAnswer)
		switch {
		case line.Problem != "":
			g.say("      ", line.Problem)
		case line.Was != nil && line.Is != nil:
			g.say("      ", fmt.Sprintf("%s: was %s, would be %s: %s", shiftText(line.Shift), saidText(line.Was), saidText(line.Is), or(line.Is.Because+cited(line.Is.Cite), "nothing gives it")))
		default:
			showDifferences(g, line.Differences)
		}
	}
	if more := out.Differ - len(out.Different); more > 0 {
		g.line("  and %d more", more)
	}
	if len(out.NotDecidable) > 0 {
		g.title("Not decided")
		for _, line := range out.NotDecidable {
			o.showGiven(g, line.GivenAnswer)
			g.say("      ", line.Problem)
		}
	}
	o.showHoles(g, out.Holes)
}

// others says what so many answers would have been.
func others(n int) string {
	if n == 1 {
		return "another"
	}
	return "others"
}

func saidText(s *redraftedSaid) string {
	return decisionText(domain.Decision{Outcome: s.Outcome, Conditions: s.Conditions})
}

// shiftText names a shift for people.
func shiftText(s engine.Shift) string {
	if s == engine.ShiftCannotTell {
		return "cannot tell"
	}
	return string(s)
}
