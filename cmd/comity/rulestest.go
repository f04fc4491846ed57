package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

// testFlags holds the flags of comity rules test.
type testFlags struct {
	run, format, threshold string
	verbose                bool
}

// The forms in which results are written.
const (
	asTree  = "tree"
	asJUnit = "junit"
	asTAP   = "tap"
)

func (p *program) rulesTestCommand() *cobra.Command {
	var t testFlags
	cmd := &cobra.Command{
		Use:   "test [FOLDER|NAME|HASH ...]",
		Short: "Run the cases of rulesets",
		Long: `Test runs the cases that rulesets bring along and compares every answer. It also says
which rules no case tries: a rule should be seen to bite in one case and to hold back
in another. Without an argument it tests the rulesets that ship.

The tree shows every file of cases and, in it, those that failed: what was wanted, what
came, and where that stands; with --verbose also those that came true. For programs that
run builds there are --format junit and tap. With --run only the cases are run of whose
names the expression matches a part; then nothing is said of rules that are not tried.

With --cover-threshold the cases also have to try so many parts of the rules: see
comity rules cover, which shows which they leave out.

The exit code is 4 if a case fails, a rule is not tried or too little is covered, and 3
if a ruleset has mistakes.`,
		Example: `  comity rules test
  comity rules test ./arandia
  comity rules test common --run "sales tax" --verbose
  comity rules test cn --format junit
  comity rules test cn --format tap --cover-threshold 80%`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesTest(cmd.Context(), args, t) },
	}
	flags := cmd.Flags()
	flags.StringVar(&t.run, "run", "", "only the cases of whose names this regular `EXPRESSION` matches a part")
	flags.StringVar(&t.format, "format", asTree, "`FORM` of the results: tree, json, junit or tap")
	flags.StringVar(&t.threshold, "cover-threshold", "", "fail if the cases try less than so many `PERCENT` of the parts of the rules")
	flags.BoolVarP(&t.verbose, "verbose", "v", false, "also the cases that came true")
	complete(cmd, "format", []string{asTree, asJSON, asJUnit, asTAP})
	return cmd
}

// tested is what the cases of a ruleset came to, for programs: docs/format/rules-test.md.
type tested struct {
	Ruleset string       `json:"ruleset"`
	Edition string       `json:"edition"`
	Hash    string       `json:"hash"`
	Passed  int          `json:"passed"`
	LeftOut int          `json:"left_out,omitempty"`
	Failed  []failedCase `json:"failed"`
	Untried []string     `json:"untried"`
	Cover   *coverSums   `json:"cover,omitempty"`
	Cases   []ranCase    `json:"cases,omitempty"`
}

type failedCase struct {
	Name  string   `json:"name"`
	At    string   `json:"at"`
	Ask   string   `json:"ask"`
	Want  string   `json:"want"`
	Got   string   `json:"got"`
	Wrong []string `json:"wrong"`
}

// A ranCase is one result, in the list that --verbose adds.
type ranCase struct {
	Name string `json:"name"`
	At   string `json:"at"`
	Ask  string `json:"ask"`
	Got  string `json:"got"`
	OK   bool   `json:"ok"`
}

func (p *program) rulesTest(ctx context.Context, names []string, t testFlags) error {
	if err := oneOf("format", t.format, asTree, asJSON, asJUnit, asTAP); err != nil {
		return err
	}
	if p.json() {
		if t.format != asTree && t.format != asJSON {
			return badInput(fmt.Errorf("--output json and --format %s say two things: leave one away", t.format))
		}
		t.format = asJSON
	}
	threshold, err := parsePercent("cover-threshold", t.threshold)
	if err != nil {
		return err
	}
	options := cases.Options{Cover: t.threshold != ""}
	if t.run != "" {
		wanted, err := regexp.Compile(t.run)
		if err != nil {
			return badInput(fmt.Errorf("--run: %q is no regular expression: %w", t.run, err))
		}
		if t.threshold != "" {
			return badInput(errors.New("--run leaves cases out, so that --cover-threshold can't be judged: leave one away"))
		}
		options.Only = wanted.MatchString
	}
	law, loaded, err := p.loadSources(ctx, names)
	if err != nil {
		return err
	}
	reports, bundles := make([]cases.Report, len(loaded)), make([][]byte, len(loaded))
	ran := 0
	for i, s := range loaded {
		reports[i], bundles[i] = cases.RunWith(law, s.edition, options), s.bundle
		reports[i].Folder = s.folder()
		ran += len(reports[i].Results)
		if !reports[i].OK() || reports[i].Cover != nil && below(reports[i].Cover, threshold) {
			p.code = exitTests
		}
	}
	if t.run != "" && ran == 0 {
		return badInput(fmt.Errorf("--run: no case has a name of which %q matches a part", t.run))
	}
	switch t.format {
	case asJUnit:
		return cases.WriteJUnit(p.out, reports, bundles)
	case asTAP:
		return cases.WriteTAP(p.out, reports)
	case asJSON:
		return p.printTests(reports, t.verbose)
	}
	return p.showTests(reports, bundles, t.verbose, threshold)
}

// showTests shows the trees, and then the sums, of which those that failed come first.
func (p *program) showTests(reports []cases.Report, bundles [][]byte, all bool, threshold float64) error {
	g := p.page()
	for i := range reports {
		r := &reports[i]
		if len(reports) > 1 && !all && r.OK() {
			continue // a line says it
		}
		var tree strings.Builder
		if err := r.WriteTree(&tree, bundles[i], all); err != nil {
			return err
		}
		for line := range strings.Lines(tree.String()) {
			line = strings.TrimSuffix(line, "\n")
			colour := ""
			if strings.Contains(line, "FAIL ") || strings.HasPrefix(line, "UNTRIED ") {
				colour = bad
			}
			g.line("%s", g.paint(colour, line))
		}
		g.line("")
	}
	order := make([]*cases.Report, len(reports))
	for i := range reports {
		order[i] = &reports[i]
	}
	slices.SortStableFunc(order, func(a, b *cases.Report) int { return rank(a, threshold) - rank(b, threshold) })
	for _, r := range order {
		text := r.Summary()
		if r.Cover != nil {
			text += fmt.Sprintf("; %.1f %% covered", r.Cover.Sums().Total().Percent())
			if below(r.Cover, threshold) {
				text += fmt.Sprintf(", which is less than %g %%", threshold)
			}
		}
		colour := good
		if rank(r, threshold) == 0 {
			colour = bad
		}
		g.line("%s", g.paint(colour, text))
	}
	return nil
}

func rank(r *cases.Report, threshold float64) int {
	if !r.OK() || r.Cover != nil && below(r.Cover, threshold) {
		return 0
	}
	return 1
}

func (p *program) printTests(reports []cases.Report, all bool) error {
	list := []tested{}
	for i := range reports {
		r := &reports[i]
		t := tested{Ruleset: string(r.Ruleset), Edition: r.Edition, Hash: r.Hash, LeftOut: r.Left, Failed: []failedCase{}, Untried: []string{}}
		for _, x := range r.Failed() {
			t.Failed = append(t.Failed, failedCase{x.Name(), x.Case.Pos.String(), string(x.Case.Ask), x.Want.String(), x.Got, x.Wrong})
		}
		for _, c := range r.Untried() {
			t.Untried = append(t.Untried, c.Rule.ID)
		}
		for _, x := range r.Results {
			if all {
				t.Cases = append(t.Cases, ranCase{x.Name(), x.Want.Pos.String(), string(x.Case.Ask), x.Got, len(x.Wrong) == 0})
			}
		}
		if r.Cover != nil {
			sums := sumsOf(r.Cover.Sums())
			t.Cover = &sums
		}
		t.Passed = len(r.Results) - len(t.Failed)
		list = append(list, t)
	}
	return p.print(list)
}

// parsePercent reads 80 or 80%; nothing is 0.
func parsePercent(flag, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || !(n >= 0 && n <= 100) {
		return 0, badInput(fmt.Errorf("--%s: %q is no percentage: write a number from 0 to 100, such as 80%%", flag, text))
	}
	return n, nil
}

// below reports whether less is covered than is wanted.
func below(c *cases.Cover, threshold float64) bool {
	total := c.Sums().Total()
	return float64(total.Set)*100 < threshold*float64(total.Of)
}

// lineAround shows the line of a place with a caret under what stands there.
func lineAround(g *page, bundle []byte, from, to rules.Pos) {
	line := rules.LineOf(bundle, from)
	if line == "" {
		return
	}
	end := to.Column
	if to.Line != from.Line || to.File != from.File {
		end = len([]rune(line)) + 1
	}
	text, caret, _ := strings.Cut(rules.Pointed(line, from.Column, end), "\n")
	number := strconv.Itoa(from.Line)
	g.line("  %s | %s", number, text)
	g.line("  %s | %s", strings.Repeat(" ", len(number)), g.paint(bad, caret))
}
