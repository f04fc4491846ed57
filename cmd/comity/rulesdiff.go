package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
	"github.com/comity-project/comity/rulesets"
)

// comparing is what the flags of rules diff say.
type comparing struct {
	privileges          []string
	sentences, semantic bool
	exitCode            bool
	format              string
}

func (p *program) rulesDiffCommand() *cobra.Command {
	var c comparing
	cmd := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "Compare two editions: their sentences, and whose answers differ",
		Long: `Diff compares two editions of a ruleset. First it lists the sentences that differ: rules
that are new, gone, written otherwise or only called otherwise, and the other parts of
the ruleset. Then it says for each privilege whether everybody gets the same answer.

"same" is proved, whoever it is and whatever is on record. Where answers differ, every
kind of change is shown with somebody for whom it is so, whom the engine answered under
both. "undecided" says that the rules differ and that nobody was found whose answer does,
with the reason.

OLD and NEW are folders, names of rulesets that ship, or hashes of drafts or editions
in the log, of which eight digits are enough. The word in-force is the edition of the
same ruleset that is in force in the log now. Without OLD it is that one too; if there
is no log, the one that ships. Editions of a State are compared under the common
ruleset that ships, or under the one in force if one of them is from the log.

The exit code is 0. With --exit-code it is 5 if any answer differs or may differ.`,
		Example: `  comity rules diff cn ./arandia --sentences
  comity rules diff common
  comity rules diff ./arandia ./arandia
  comity rules diff ./arandia ./arandia --semantic --privilege tax.fuel -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return usage(cmd, "two editions are compared: OLD and NEW, or the one in force and NEW")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesDiff(cmd.Context(), args, c) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.sentences, "sentences", false, "compare the sentences only")
	f.BoolVar(&c.semantic, "semantic", false, "compare the answers only")
	f.BoolVar(&c.exitCode, "exit-code", false, "exit with 5 if any answer differs or may differ")
	f.StringSliceVar(&c.privileges, "privilege", nil, "compare answers about this `PRIVILEGE` only; may be repeated")
	f.StringVar(&c.format, "format", "", "`FORM` of the comparison: text or json")
	complete(cmd, "format", []string{asText, asJSON})
	return cmd
}

// compared is what two editions differ in, for programs.
type compared struct {
	Ruleset   string                `json:"ruleset"`
	Old       string                `json:"old"` // edition
	New       string                `json:"new"`
	OldHash   string                `json:"old_hash"`
	NewHash   string                `json:"new_hash"`
	Sentences []analysis.Sentence   `json:"sentences,omitzero"`
	Answers   []analysis.Difference `json:"answers,omitzero"`
}

func (p *program) rulesDiff(ctx context.Context, words []string, c comparing) error {
	if err := oneOf("format", c.format, "", asText, asJSON); err != nil {
		return err
	}
	if c.format == asJSON {
		p.output = asJSON
	}
	texts, common, err := p.bothTexts(ctx, words)
	if err != nil {
		return err
	}
	var base *rules.Edition // under which editions of States are
	if common != nil {
		if base, err = p.editions.LoadCommon(common); err != nil {
			return &invalid{name: rulesets.CommonName, error: err}
		}
	}
	old, new := texts[0].name, texts[1].name
	before, err := p.sideOf(ctx, texts[0], &base)
	if err != nil {
		return err
	}
	after, err := p.sideOf(ctx, texts[1], &base)
	if err != nil {
		return err
	}
	semantic := c.semantic || !c.sentences
	if before.Edition.Code != after.Edition.Code {
		if c.semantic {
			return badInput(fmt.Errorf("%s is of %s and %s of %s: answers can be compared only of two editions of one ruleset; leave --semantic away", old, before.Edition.Code, new, after.Edition.Code))
		}
		if semantic {
			p.note("%s is of %s and %s of %s, so that only their sentences are compared", old, before.Edition.Code, new, after.Edition.Code)
		}
		semantic = false
	}
	privileges, err := knownPrivileges(after.Law.Common.Language, c.privileges)
	if err != nil {
		return err
	}
	out := compared{
		Ruleset: string(after.Edition.Code), Old: before.Edition.Edition, New: after.Edition.Edition, OldHash: before.Edition.Hash, NewHash: after.Edition.Hash,
	}
	if c.sentences || !c.semantic {
		out.Sentences = append([]analysis.Sentence{}, analysis.Sentences(before.Edition, after.Edition)...)
	}
	if semantic {
		meter := p.meter("compare")
		out.Answers = analysis.Compare(before, after, analysis.Options{Privileges: privileges, Progress: meter})
		meter.end()
		for _, d := range out.Answers {
			if c.exitCode && d.Verdict != analysis.Same {
				p.code = exitNotPermitted
			}
		}
	}
	if p.json() {
		return p.print(out)
	}
	p.showComparison(&out, semantic)
	return nil
}

// inForceWord names the edition of a ruleset that is in force.
const inForceWord = "in-force"

// bothTexts reads the two texts that are compared, and the common one in force if one of
// them is from the log.
func (p *program) bothTexts(ctx context.Context, words []string) (both [2]source, common []byte, err error) {
	alone := len(words) == 1
	if alone {
		words = []string{inForceWord, words[0]}
	}
	at := slices.Index(words, inForceWord)
	named := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == inForceWord })
	if len(named) == 0 {
		return both, nil, badInput(errors.New("the edition in force of which ruleset is not said: name another edition of it"))
	}
	found, common, err := p.textsNamed(ctx, named)
	if err != nil || at < 0 {
		copy(both[:], found)
		return both, common, err
	}
	code, _ := rules.CodeOf(found[0].bundle)
	one, inForce, err := p.textInForce(ctx, domain.RulesetID(code), alone)
	both[at], both[1-at] = one, found[0]
	if common == nil {
		common = inForce
	}
	return both, common, err
}

// textInForce reads the edition of a ruleset that is in force in the log, and the common
// one; without a log the one that ships, if that will do.
func (p *program) textInForce(ctx context.Context, code domain.RulesetID, orShipped bool) (s source, common []byte, err error) {
	if orShipped && p.noLog() {
		if !slices.Contains(rulesets.Names(), string(code)) {
			return s, nil, badInput(fmt.Errorf("there is no log %s, and no ruleset %q ships: name what to compare with, OLD NEW", p.log, code))
		}
		p.note("there is no log %s, so that it is compared with the edition of %s that ships", p.log, code)
		found, _, err := p.textsNamed(ctx, []string{string(code)})
		if err != nil {
			return s, nil, err
		}
		return found[0], nil, nil
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return s, nil, err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	hash, bundle, found := o.inForce(code)
	if !found {
		return s, nil, badInput(fmt.Errorf("no edition of %q is in force in %s: name what to compare with, OLD NEW", code, p.log))
	}
	_, common, _ = o.inForce(rulesets.CommonName)
	return source{name: hash[:12], bundle: bundle}, common, nil
}

// sideOf loads an edition with the common one that it is under.
func (p *program) sideOf(ctx context.Context, s source, base **rules.Edition) (analysis.Side, error) {
	name, bundle := s.name, s.bundle
	if code, _ := rules.CodeOf(bundle); code == rulesets.CommonName {
		e, err := p.editions.LoadCommon(bundle)
		if err != nil {
			return analysis.Side{}, &invalid{name: name, error: err}
		}
		return analysis.Side{Law: rules.Law{Common: e}, Edition: e}, nil
	}
	if *base == nil {
		law, _, err := p.loadSources(ctx, []string{rulesets.CommonName})
		if err != nil {
			return analysis.Side{}, err
		}
		*base = law.Common
	}
	e, err := p.editions.LoadState(bundle, *base)
	if err != nil {
		return analysis.Side{}, &invalid{name: name, error: err}
	}
	return analysis.Side{Law: rules.Law{Common: *base, States: map[domain.StateID]*rules.Edition{domain.StateID(e.Code): e}}, Edition: e}, nil
}

func (p *program) showComparison(c *compared, semantic bool) {
	g := p.page()
	g.line("%s  edition %s (%s) and %s (%s)", g.paint(bold, c.Ruleset), c.Old, c.OldHash[:12], c.New, c.NewHash[:12])
	if c.Sentences != nil {
		g.title("Sentences")
		if len(c.Sentences) == 0 {
			g.line("no sentence differs")
		}
		for _, s := range c.Sentences {
			p.showSentence(g, &s)
		}
	}
	if !semantic {
		return
	}
	g.title("Answers")
	var same, other []string
	for _, d := range c.Answers {
		switch d.Verdict {
		case analysis.Same:
			same = append(same, string(d.Privilege))
		default:
			other = append(other, string(d.Privilege))
		}
	}
	if len(other) == 0 {
		g.line("equivalent: everybody gets the same answer about each of %s, which is proved", plural(len(same), "privilege"))
		return
	}
	for _, d := range c.Answers {
		switch d.Verdict {
		case analysis.Added, analysis.Removed:
			g.say("", fmt.Sprintf("%s: the privilege is %s", d.Privilege, d.Verdict))
		case analysis.Undecided:
			g.say("", fmt.Sprintf("%s: %s: %s", d.Privilege, g.paint(mixed, "undecided"), d.Why))
		case analysis.Different:
			g.line("%s: %s", d.Privilege, g.paint(bad, "different"))
			for _, change := range d.Changes {
				g.say("  before  ", change.Before.String())
				g.say("  after   ", change.After.String())
				who := change.Witness.String()
				if len(change.Categories) > 1 {
					who += " (and others of " + joined(change.Categories) + ")"
				}
				g.say("  for     ", who)
				g.line("")
			}
		case analysis.Same:
		}
	}
	if len(same) > 0 {
		g.line("the same, which is proved: %s", plural(len(same), "privilege"))
	}
}

func (p *program) showSentence(g *page, s *analysis.Sentence) {
	signs := map[string]string{"added": "+", "removed": "-", "changed": "~", "renamed": "="}
	colours := map[string]string{"added": good, "removed": bad, "changed": mixed, "renamed": faint}
	line := fmt.Sprintf("%s %s %s %s", signs[s.What], s.Kind, s.Name, s.What)
	if s.Was != "" {
		line += ", was " + s.Was
	}
	g.sayIn(colours[s.What], "", line)
	for _, k := range s.Keys {
		lead := "    "
		if k.Key != "" {
			lead += k.Key + ": "
		}
		switch {
		case s.What == "added":
			g.say(lead, k.After)
		case k.Words != "":
			g.say(lead, k.Words)
		default:
			g.say(lead, strings.TrimSpace(fmt.Sprintf("%s → %s", orNothing(k.Before), orNothing(k.After))))
		}
	}
}

func orNothing(text string) string {
	if text == "" {
		return "(nothing)"
	}
	return text
}
