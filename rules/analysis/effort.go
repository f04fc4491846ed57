package analysis

import "fmt"

// How much is looked into before a question is given up. All of it is counted and
// nothing is timed, so that a report is the same wherever it is made. The
// common law takes an eighteenth of the steps of a report, and less than half of all else.
const (
	// mostNodes is how many nodes the diagrams of one question may have.
	mostNodes = 400_000
	// mostBranches is how many branches those nodes may have together: what they
	// take of memory.
	mostBranches = 6_000_000
	// mostCompared is how often one fact may be looked at in a question, times the
	// number of its values.
	mostCompared = 12_000_000
	// mostSteps is how many steps one question may take.
	mostSteps = 100_000_000
	// MostSteps is how many steps a report may take, or the comparison of two editions.
	MostSteps = 300_000_000
)

// What is not a step of a diagram is counted as so many.
const (
	stepsOfWeighing = 50 // a rule that the engine weighs for a witness
	stepsOfPair     = 50 // two rules that are remembered together
	stepsOfGap      = 20 // a gap, which is kept
	stepsOfGiving   = 10 // an outcome or condition that comes along with others
)

// An effort is what one question takes, as a part of what a whole report does.
type effort struct {
	all      *int // steps of the report
	steps    int
	branches int
	widest   *dimension // of the question
}

// question is the effort of another question of the same report.
func question(all *int) *effort { return &effort{all: all} }

// tooLarge is the panic of what outgrew its limit. Whoever begins a question recovers
// it, and lists what was to be analysed as not analysed.
type tooLarge struct {
	why string
	all bool // the whole report is at its end, and not just one question
}

func (t tooLarge) Error() string { return t.why }

// spend counts steps.
func (e *effort) spend(n int) {
	e.steps += n
	*e.all += n
	switch {
	case *e.all > MostSteps:
		panic(tooLarge{fmt.Sprintf("the whole took more than %d steps before it came to this; ask about fewer privileges at a time, or split the ruleset", MostSteps), true})
	case e.steps > mostSteps:
		panic(tooLarge{why: fmt.Sprintf("more than %d steps%s", mostSteps, e.remedy())})
	}
}

// keep counts the branches of a node that is kept.
func (e *effort) keep(branches int) {
	if e.branches += branches; e.branches > mostBranches {
		panic(tooLarge{why: fmt.Sprintf("nodes with more than %d branches%s", mostBranches, e.remedy())})
	}
}

// begin is of a space whose dimensions are known: what would surely outgrow its
// limits is not begun.
func (e *effort) begin(s *space) {
	for _, d := range s.dims {
		if d.sort == ofSubject || d.sort == ofPrivilege {
			continue
		}
		if e.widest == nil || len(d.values) > len(e.widest.values) {
			e.widest = d
		}
	}
	e.spend(len(s.decls) + len(s.dims))
	for _, d := range s.dims {
		if n := s.constantsOf(d.key).asked; n*len(d.values) > mostCompared {
			e.widest = d
			panic(tooLarge{why: fmt.Sprintf("%s is looked at %d times%s", d.key, n, e.remedy())})
		}
	}
}

// remedy says what would have to be split.
func (e *effort) remedy() string {
	const wide = 50
	if e.widest == nil || len(e.widest.values) < wide {
		return "; split the rules by privilege, or let them look at fewer facts"
	}
	if e.widest.sort == ofTime {
		return fmt.Sprintf("; the rules' own dates make %d periods: leave out rules that are long out of force, or let them begin on common dates", len(e.widest.values))
	}
	return fmt.Sprintf("; the rules tell %d values of %s apart: split them by privilege, or let them look at a fact of fewer values", len(e.widest.values), e.widest.key)
}

// weigh counts that a witness is put to the engine so often.
func (b *bench) weigh(times int) { b.s.effort.spend(times * (len(b.list) + 1) * stepsOfWeighing) }
