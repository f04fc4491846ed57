package cases

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteTAP writes reports as one stream of the Test Anything Protocol, version
// 14: a point for each result and for each rule that is not tried, numbered
// through, with what is wrong in a block of YAML.
func WriteTAP(w io.Writer, reports []Report) error {
	var out strings.Builder
	total := 0
	for i := range reports {
		total += len(reports[i].Results) + len(reports[i].Untried())
	}
	fmt.Fprintf(&out, "TAP version 14\n1..%d", total)
	if total == 0 {
		out.WriteString(" # SKIP there are no cases")
	}
	out.WriteString("\n")
	n := 0
	for i := range reports {
		r := &reports[i]
		fmt.Fprintf(&out, "# %s\n", oneLine(fmt.Sprintf("%s edition %s %s", r.Ruleset, r.Edition, r.Hash)))
		for j := range r.Results {
			x := &r.Results[j]
			n++
			point(&out, n, len(x.Wrong) == 0, fmt.Sprintf("%s %s: %s", r.Ruleset, x.Case.Pos.File, x.Name()))
			if len(x.Wrong) > 0 {
				yamlBlock(&out, [][2]string{
					{"message", strings.Join(x.Wrong, "; ")}, {"severity", "fail"}, {"found", x.Got}, {"wanted", x.Want.String()},
					{"file", r.at(x.Want.Pos).File}, {"line", strconv.Itoa(x.Want.Pos.Line)}, {"column", strconv.Itoa(x.Want.Pos.Column)},
				})
			}
		}
		for _, c := range r.Untried() {
			n++
			point(&out, n, false, fmt.Sprintf("%s rule %s is tried", r.Ruleset, c.Rule.ID))
			yamlBlock(&out, [][2]string{
				{"message", "rule " + c.Rule.ID + " " + c.why()}, {"severity", "fail"},
				{"file", r.at(c.Rule.Pos).File}, {"line", strconv.Itoa(c.Rule.Pos.Line)}, {"column", strconv.Itoa(c.Rule.Pos.Column)},
			})
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func point(out *strings.Builder, n int, ok bool, name string) {
	word := "ok"
	if !ok {
		word = "not ok"
	}
	name = strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(oneLine(name))
	fmt.Fprintf(out, "%s %d - %s\n", word, n, name)
}

// yamlBlock writes what is known of a failure; numbers stay numbers.
func yamlBlock(out *strings.Builder, pairs [][2]string) {
	out.WriteString("  ---\n")
	for _, p := range pairs {
		value := strconv.Quote(p[1])
		if _, err := strconv.Atoi(p[1]); err == nil {
			value = p[1]
		}
		fmt.Fprintf(out, "  %s: %s\n", p[0], value)
	}
	out.WriteString("  ...\n")
}

func oneLine(text string) string { return clean(strings.Join(strings.Fields(text), " ")) }
