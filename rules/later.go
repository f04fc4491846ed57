package rules

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
)

// A laterProgram is cel-go's program of an expression that was checked. It is made
// when it is first evaluated, of the text alone: most expressions never are, because
// they have a form.
type laterProgram struct {
	env   *environment
	scope scope
	text  string
	opts  []cel.ProgramOption

	once sync.Once
	prog celProgram
	err  error
}

// How programs are made: those that go through lists are counted while they run.
var (
	planned = []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	counted = append(planned[:1:1], cel.CostLimit(maxCost))
)

func (p *laterProgram) eval(l *Language, f *Frame) (ref.Val, error) {
	p.once.Do(p.make)
	if p.err != nil {
		return nil, p.err
	}
	return p.prog.eval(l, f)
}

func (p *laterProgram) make() {
	base, err := p.env.base(p.scope)
	if err != nil {
		p.err = err
		return
	}
	checked, issues := base.Compile(p.text)
	if issues.Err() != nil {
		p.err = fmt.Errorf("the expression can't be evaluated: %w", issues.Err()) // unreachable: it was checked
		return
	}
	made, err := base.Program(checked, p.opts...)
	if err != nil {
		p.err = fmt.Errorf("the expression can't be evaluated: %w", err) // unreachable: no function that could err is called before there is a frame
		return
	}
	p.prog = celProgram{made}
}
