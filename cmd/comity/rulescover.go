package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
	"github.com/comity-project/comity/rulesets"
)

// covering holds the flags of comity rules cover.
type covering struct {
	format, threshold string
	missing           bool
}

// The forms in which coverage is written.
const (
	asText = "text"
	asLCOV = "lcov"
)

func (p *program) rulesCoverCommand() *cobra.Command {
	var c covering
	cmd := &cobra.Command{
		Use:   "cover [FOLDER|NAME|HASH ...]",
		Short: "Show which parts of rules their cases try",
		Long: `Cover runs the cases of rulesets and shows which parts of their rules these try:

  rules     a rule is seen to bite in one case, and to hold back in another
  reach     each key of applies lets somebody pass, and keeps somebody out
  clauses   each comparison of a condition is true, is false, and decides alone:
            had it come out otherwise, so had the whole condition
  outcomes  each that the rule can give; and of each condition that it brings with
            the answer: met, not met, open

The table has a row for each rule, and one for all cells of a table of rules. Below it
stands what no case tries: the line, and what it never comes to. A clause that cells of
a table share counts once.

The exit code is 4 if less than --threshold is covered in one of the rulesets.`,
		Example: `  comity rules cover cn
  comity rules cover common --missing
  comity rules cover ir --format lcov
  comity rules cover ru --threshold 90% -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesCover(cmd.Context(), args, c) },
	}
	flags := cmd.Flags()
	flags.StringVar(&c.format, "format", asText, "`FORM` of the coverage: text, json or lcov")
	flags.StringVar(&c.threshold, "threshold", "", "fail if less than so many `PERCENT` of all parts are tried")
	flags.BoolVar(&c.missing, "missing", false, "only rules of which something is not tried")
	complete(cmd, "format", []string{asText, asJSON, asLCOV})
	return cmd
}

func (p *program) rulesCover(ctx context.Context, names []string, c covering) error {
	if err := oneOf("format", c.format, asText, asJSON, asLCOV); err != nil {
		return err
	}
	if p.json() {
		if c.format == asLCOV {
			return badInput(fmt.Errorf("--output json and --format %s say two things: leave one away", c.format))
		}
		c.format = asJSON
	}
	threshold, err := parsePercent("threshold", c.threshold)
	if err != nil {
		return err
	}
	law, loaded, err := p.loadSources(ctx, names)
	if err != nil {
		return err
	}
	list := []covered{}
	for i, s := range loaded {
		report := cases.RunWith(law, s.edition, cases.Options{Cover: true})
		if below(report.Cover, threshold) {
			p.code = exitTests
		}
		if failed := len(report.Failed()); failed > 0 {
			p.warn("%s of %s did not come true: see comity rules test", plural(failed, "case"), s.name)
		}
		switch c.format {
		case asJSON:
			list = append(list, coveredOf(&report, c.missing))
		case asLCOV:
			p.writeLCOV(s, &report)
		default:
			if i > 0 {
				p.page().line("")
			}
			p.showCover(s, &report, c, threshold)
		}
	}
	if c.format == asJSON {
		return p.print(list)
	}
	return nil
}

// showCover shows the table of a ruleset, and what no case tries.
func (p *program) showCover(s source, report *cases.Report, c covering, threshold float64) {
	g := p.page()
	g.line("%s  edition %s, %s", g.paint(bold, string(report.Ruleset)), report.Edition, plural(len(report.Results), "case"))
	if len(report.Results) == 0 {
		g.line("it has no cases")
	}
	g.line("")
	header := []string{"rule", "tried", "reach", "clauses", "outcomes", "covered"}
	var rows [][]string
	for _, row := range coverRows(report.Cover) {
		if c.missing && row.sums.Total().Set == row.sums.Total().Of {
			continue
		}
		rows = append(rows, append([]string{row.name}, sharesOf(row.sums)...))
	}
	sums := report.Cover.Sums()
	g.list(header, append(rows, append([]string{"all"}, sharesOf(sums)...)))
	showUncovered(g, s, report.Cover)
	g.line("")
	text := fmt.Sprintf("%s %s: %s covered: rules %s, reach %s, clauses %s, outcomes %s", report.Ruleset, report.Edition,
		percent(sums.Total()), percent(sums.Rules), percent(sums.Reach), percent(sums.Clauses), percent(sums.Outcomes))
	if below(report.Cover, threshold) {
		text += fmt.Sprintf("; that is less than %g %%", threshold)
	}
	g.say("", text)
}

// A coverRow is a rule, or all cells of a table.
type coverRow struct {
	name string
	sums cases.Sums
}

// coverRows joins the cells of a table, whose ids begin alike, to one row.
func coverRows(c *cases.Cover) []coverRow {
	type one struct {
		cells   int
		clauses map[*cases.ClauseCover]bool
		coverRow
	}
	var order []*one
	byName := map[string]*one{}
	for _, r := range c.Rules {
		name, _, cell := strings.Cut(r.Rule.ID, "/")
		row := byName[name]
		if row == nil || !cell {
			row = &one{clauses: map[*cases.ClauseCover]bool{}, coverRow: coverRow{name: name}}
			byName[name] = row
			order = append(order, row)
		}
		row.cells++
		own := *r
		own.Clauses = slices.DeleteFunc(slices.Clone(r.Clauses), func(x *cases.ClauseCover) bool { return row.clauses[x] })
		for _, x := range own.Clauses {
			row.clauses[x] = true
		}
		sums := own.Sums()
		row.sums.Rules, row.sums.Reach = row.sums.Rules.Add(sums.Rules), row.sums.Reach.Add(sums.Reach)
		row.sums.Clauses, row.sums.Outcomes = row.sums.Clauses.Add(sums.Clauses), row.sums.Outcomes.Add(sums.Outcomes)
	}
	out := make([]coverRow, len(order))
	for i, row := range order {
		out[i] = row.coverRow
		if row.cells > 1 {
			out[i].name += fmt.Sprintf(" (%d cells)", row.cells)
		}
	}
	return out
}

func sharesOf(s cases.Sums) []string {
	return []string{fraction(s.Rules), fraction(s.Reach), fraction(s.Clauses), fraction(s.Outcomes), percent(s.Total())}
}

func fraction(s cases.Share) string {
	if s.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Set, s.Of)
}

func percent(s cases.Share) string { return whole(fmt.Sprintf("%.1f %%", s.Percent())) }

// showUncovered shows what no case tries, clauses in order of place.
func showUncovered(g *page, s source, c *cases.Cover) {
	titled := false
	for _, u := range uncovered(c) {
		if !titled {
			g.title("Clauses")
			titled = true
		}
		g.say(u.from.In(s.folder()).String()+"  ", strings.Join(u.of, "; "))
		lineAround(g, s.bundle, u.from, u.to)
		g.line("  %s", u.missing)
	}
	titled = false
	for _, r := range c.Rules {
		lacks := lacksOf(r)
		if len(lacks) == 0 {
			continue
		}
		if !titled {
			g.title("Rules")
			titled = true
		}
		g.say(fmt.Sprintf("%s  rule %s: ", r.Rule.Pos.In(s.folder()), r.Rule.ID), strings.Join(lacks, "; "))
	}
}

// An uncoveredClause is one that no case tries wholly. A clause of a let may be one in
// several rules.
type uncoveredClause struct {
	from, to rules.Pos
	missing  string
	of       []string
}

// uncovered lists the clauses of which something is missing, those that stand at one
// place and miss the same together.
func uncovered(c *cases.Cover) []*uncoveredClause {
	type key struct {
		from, to rules.Pos
		missing  string
	}
	var out []*uncoveredClause
	found := map[key]*uncoveredClause{}
	for _, clause := range c.Clauses {
		missing := strings.Join(clause.Missing(), ", ")
		if missing == "" {
			continue
		}
		k := key{clause.From, clause.To, missing}
		u := found[k]
		if u == nil {
			u = &uncoveredClause{from: clause.From, to: clause.To, missing: missing}
			found[k] = u
			out = append(out, u)
		}
		of := clause.Of
		if clause.Rule != "" {
			of += " of rule " + clause.Rule
		}
		u.of = append(u.of, of)
	}
	slices.SortStableFunc(out, func(a, b *uncoveredClause) int {
		return cmp.Or(cmp.Compare(a.from.File, b.from.File), cmp.Compare(a.from.Line, b.from.Line), cmp.Compare(a.from.Column, b.from.Column))
	})
	return out
}

// lacksOf says what no case shows of a rule, its clauses aside.
func lacksOf(r *cases.RuleCover) []string {
	var out []string
	if !r.Tried {
		out = append(out, "it is never seen both to bite and to hold back")
	}
	for _, p := range r.Parts {
		if p.In == 0 {
			out = append(out, fmt.Sprintf("applies.%s never lets anybody pass", p.Part))
		}
		if p.Out == 0 {
			out = append(out, fmt.Sprintf("applies.%s never keeps anybody out", p.Part))
		}
	}
	for _, o := range r.Outcomes {
		if o.Seen == 0 {
			out = append(out, "never "+o.What)
		}
	}
	return out
}

// A shareOf is a share, for programs.
type shareOf struct {
	Set     int     `json:"set"`
	Of      int     `json:"of"`
	Percent float64 `json:"percent"`
}

type coverSums struct {
	Rules    shareOf `json:"rules"`
	Reach    shareOf `json:"reach"`
	Clauses  shareOf `json:"clauses"`
	Outcomes shareOf `json:"outcomes"`
	Total    shareOf `json:"total"`
}

func sumsOf(s cases.Sums) coverSums {
	one := func(s cases.Share) shareOf { return shareOf{s.Set, s.Of, s.Percent()} }
	return coverSums{one(s.Rules), one(s.Reach), one(s.Clauses), one(s.Outcomes), one(s.Total())}
}

// covered is what the cases of a ruleset try, for programs: docs/format/rules-test.md.
type covered struct {
	Ruleset string          `json:"ruleset"`
	Edition string          `json:"edition"`
	Hash    string          `json:"hash"`
	Cases   int             `json:"cases"`
	Sums    coverSums       `json:"sums"`
	Rules   []coveredRule   `json:"rules"`
	Clauses []coveredClause `json:"clauses"`
}

type coveredRule struct {
	ID       string           `json:"id"`
	File     string           `json:"file"`
	Line     int              `json:"line"`
	Fired    int              `json:"fired"`
	Silent   int              `json:"silent"`
	Tried    bool             `json:"tried"`
	Reach    []coveredPart    `json:"reach,omitempty"`
	Outcomes []coveredOutcome `json:"outcomes"`
	Clauses  []int            `json:"clauses,omitempty"` // of the list of clauses
	Sums     coverSums        `json:"sums"`
}

type coveredPart struct {
	Key string `json:"key"`
	In  int    `json:"in"`
	Out int    `json:"out"`
}

type coveredOutcome struct {
	What string `json:"what"`
	Seen int    `json:"seen"`
}

type coveredClause struct {
	Of        string   `json:"of"`
	Rule      string   `json:"rule,omitempty"`
	Source    string   `json:"source"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"`
	True      int      `json:"true"`
	False     int      `json:"false"`
	Unclear   int      `json:"unclear"`
	Decisive  int      `json:"decisive"`
	Missing   []string `json:"missing,omitempty"`
}

func coveredOf(report *cases.Report, missing bool) covered {
	out := covered{
		Ruleset: string(report.Ruleset), Edition: report.Edition, Hash: report.Hash, Cases: len(report.Results),
		Sums: sumsOf(report.Cover.Sums()), Rules: []coveredRule{}, Clauses: []coveredClause{},
	}
	numbers := map[*cases.ClauseCover]int{}
	for i, c := range report.Cover.Clauses {
		numbers[c] = i
		out.Clauses = append(out.Clauses, coveredClause{
			Of: c.Of, Rule: c.Rule, Source: c.Form.Source(), File: c.From.File, Line: c.From.Line, Column: c.From.Column,
			EndLine: c.To.Line, EndColumn: c.To.Column, True: c.True, False: c.False, Unclear: c.Unclear, Decisive: c.Decisive, Missing: c.Missing(),
		})
	}
	for i, r := range report.Cover.Rules {
		sums := r.Sums()
		if missing && sums.Total().Set == sums.Total().Of {
			continue
		}
		one := coveredRule{
			ID: r.Rule.ID, File: r.Rule.Pos.File, Line: r.Rule.Pos.Line, Fired: report.Coverage[i].Fired, Silent: report.Coverage[i].Silent, Tried: r.Tried,
			Outcomes: []coveredOutcome{}, Sums: sumsOf(sums),
		}
		for _, part := range r.Parts {
			one.Reach = append(one.Reach, coveredPart{part.Part.String(), part.In, part.Out})
		}
		for _, o := range r.Outcomes {
			one.Outcomes = append(one.Outcomes, coveredOutcome{o.What, o.Seen})
		}
		for _, c := range r.Clauses {
			one.Clauses = append(one.Clauses, numbers[c])
		}
		out.Rules = append(out.Rules, one)
	}
	return out
}

// writeLCOV writes the coverage of a ruleset as lcov does that of programs: rules
// are its functions, and each clause has three branches: true, false, decisive.
func (p *program) writeLCOV(s source, report *cases.Report) {
	files := map[string]*lcov{}
	of := func(pos rules.Pos) *lcov {
		f := files[pos.File]
		if f == nil {
			f = &lcov{lines: map[int]int{}}
			files[pos.File] = f
		}
		return f
	}
	for i, r := range report.Cover.Rules {
		f, fired := of(r.Rule.Pos), report.Coverage[i].Fired
		f.rules = append(f.rules, lcovRule{r.Rule.Pos.Line, r.Rule.ID, fired})
		f.lines[r.Rule.Pos.Line] += fired
	}
	for _, c := range report.Cover.Clauses {
		f := of(c.From)
		f.clauses = append(f.clauses, c)
		f.lines[c.From.Line] += c.True + c.False + c.Unclear
	}
	folder := s.name
	if info, err := os.Stat(s.name); err != nil || !info.IsDir() || slices.Contains(rulesets.Names(), s.name) {
		folder = path.Join("rulesets", s.name)
	}
	for _, name := range sortedKeys(files) {
		f := files[name]
		fmt.Fprintf(p.out, "TN:%s\nSF:%s\n", strings.ReplaceAll(string(report.Ruleset), "-", "_"), path.Join(folder, name))
		hit := 0
		for _, r := range f.rules {
			fmt.Fprintf(p.out, "FN:%d,%s\nFNDA:%d,%s\n", r.line, r.id, r.fired, r.id)
			hit += min(r.fired, 1)
		}
		fmt.Fprintf(p.out, "FNF:%d\nFNH:%d\n", len(f.rules), hit)
		branches := 0
		for i, c := range f.clauses {
			for n, seen := range []int{c.True, c.False, c.Decisive} {
				taken := strconv.Itoa(seen)
				if !c.Evaluated() {
					taken = "-"
				}
				fmt.Fprintf(p.out, "BRDA:%d,%d,%d,%s\n", c.From.Line, i, n, taken)
				branches += min(seen, 1)
			}
		}
		fmt.Fprintf(p.out, "BRF:%d\nBRH:%d\n", 3*len(f.clauses), branches)
		lines := 0
		for _, n := range sortedInts(f.lines) {
			fmt.Fprintf(p.out, "DA:%d,%d\n", n, f.lines[n])
			lines += min(f.lines[n], 1)
		}
		fmt.Fprintf(p.out, "LF:%d\nLH:%d\nend_of_record\n", len(f.lines), lines)
	}
}

// lcov is what is known of one file.
type lcov struct {
	rules   []lcovRule
	clauses []*cases.ClauseCover
	lines   map[int]int // how often each was come to
}

type lcovRule struct {
	line  int
	id    string
	fired int
}

func sortedInts(m map[int]int) []int {
	out := make([]int, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
