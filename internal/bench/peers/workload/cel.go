package workload

import (
	"fmt"
	"strings"
)

// CEL writes the conditions of a rule as an expression of CEL; true if there are
// none. Name says how a fact is called.
func (r *Rule) CEL(name func(Condition) string) string {
	var parts []string
	for _, c := range r.Conditions() {
		parts = append(parts, c.cel(name))
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " && ")
}

func (c Condition) cel(name func(Condition) string) string {
	fact := name(c)
	text := ""
	switch c.Op {
	case In, NotIn:
		text = fmt.Sprintf("%s in [%s]", fact, Quoted(c.Set))
		if len(c.Set) == 1 {
			text = fmt.Sprintf("%s == %q", fact, c.Set[0])
		}
		if c.Op == NotIn {
			text = "!(" + text + ")"
		}
	case Less:
		text = fmt.Sprintf("%s < %d", fact, c.N)
	case AtLeast:
		text = fmt.Sprintf("%s >= %d", fact, c.N)
	case More:
		text = fmt.Sprintf("%s > %d", fact, c.N)
	case Is:
		text = fact
	case IsNot:
		text = "!" + fact
	}
	if c.Or != nil {
		text = "(" + text + " || " + c.Or.cel(name) + ")"
	}
	return text
}

// Quoted lists codes in quotation marks.
func Quoted(codes []string) string {
	return `"` + strings.Join(codes, `", "`) + `"`
}
