package cases

import (
	"fmt"
	"io"
	"strings"

	"github.com/comity-project/comity/rules"
)

// A Block is the results of the cases in one file.
type Block struct {
	File    string
	Results []Result
}

// Failed counts the results that did not come true.
func (b *Block) Failed() int {
	n := 0
	for i := range b.Results {
		if len(b.Results[i].Wrong) > 0 {
			n++
		}
	}
	return n
}

// Blocks divides the results by the file in which their cases stand, in order.
func (r *Report) Blocks() []Block {
	var out []Block
	for _, x := range r.Results {
		if n := len(out); n == 0 || out[n-1].File != x.Case.Pos.File {
			out = append(out, Block{File: x.Case.Pos.File})
		}
		b := &out[len(out)-1]
		b.Results = append(b.Results, x)
	}
	return out
}

// WriteTree writes the report as a tree: the ruleset, its blocks of cases, and
// those that failed, each with what was wanted, what came and where it stands;
// with all set, those that came true as well. The bundle is that of the edition.
func (r *Report) WriteTree(w io.Writer, bundle []byte, all bool) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  edition %s, %.12s\n", r.Ruleset, r.Edition, r.Hash)
	blocks := r.Blocks()
	for i, b := range blocks {
		branch, stem := "├─ ", "│  "
		if i == len(blocks)-1 {
			branch, stem = "└─ ", "   "
		}
		fmt.Fprintf(&out, "%s%s  %d of %d came true\n", branch, b.File, len(b.Results)-b.Failed(), len(b.Results))
		shown := b.shown(all)
		for j, x := range shown {
			leaf, under := "├─ ", "│  "
			if j == len(shown)-1 {
				leaf, under = "└─ ", "   "
			}
			mark := "ok   "
			if len(x.Wrong) > 0 {
				mark = "FAIL "
			}
			fmt.Fprintf(&out, "%s%s%s%s\n", stem, leaf, mark, x.Name())
			for _, line := range x.detail(r, bundle) {
				fmt.Fprintln(&out, strings.TrimRight(stem+under+"     "+line, " "))
			}
		}
	}
	for _, line := range r.untriedLines() {
		fmt.Fprintln(&out, line)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// shown are the results of a block that the tree names, those that failed first.
func (b *Block) shown(all bool) []*Result {
	var failed, passed []*Result
	for i := range b.Results {
		if x := &b.Results[i]; len(x.Wrong) > 0 {
			failed = append(failed, x)
		} else if all {
			passed = append(passed, x)
		}
	}
	return append(failed, passed...)
}

// detail says what is wrong with a result, and points at where it is expected.
func (r *Result) detail(of *Report, bundle []byte) []string {
	if len(r.Wrong) == 0 {
		return nil
	}
	place := "at " + of.at(r.Want.Pos).String()
	out := []string{"want " + r.Want.String(), "got  " + r.Got}
	for _, wrong := range r.Wrong {
		if wrong != r.differs() {
			out = append(out, wrong)
		}
	}
	line := rules.LineOf(bundle, r.Want.Pos)
	if line == "" {
		return append(out, place)
	}
	text, caret, _ := strings.Cut(rules.Pointed(line, r.Want.Pos.Column, r.Want.Pos.Column), "\n")
	number := fmt.Sprintf("%d", r.Want.Pos.Line)
	return append(out, place, number+" | "+text, strings.Repeat(" ", len(number))+" | "+caret)
}

// differs is what is said of an answer that is another than is expected.
func (r *Result) differs() string { return fmt.Sprintf("got %s, want %s", r.Got, r.Want) }
