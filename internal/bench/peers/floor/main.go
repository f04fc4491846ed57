// Command floor is the hand-written Go of the table of peers.
package main

import (
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

type engine struct{ *workload.Floor }

func (e *engine) People(law *workload.Law, members []workload.Member) error {
	e.Floor = workload.NewFloor(law, members)
	return nil
}

func (e *engine) Decider() (harness.Decider, error) {
	return func(q *workload.Request) (workload.Decision, error) { return e.Decide(q), nil }, nil
}

func (e *engine) Everybody(q *workload.Request) (n int) {
	var by [5]int // what is worked out is used
	e.All(q, func(_, _ int, d workload.Decision) {
		by[d.Outcome]++
		n++
	})
	return n
}

func main() {
	harness.Main(harness.Row{
		Name:    "floor",
		Sources: func(law *workload.Law) (any, error) { return law, nil },
		Load: func(sources any) (harness.Engine, error) {
			return &engine{workload.NewFloor(sources.(*workload.Law), nil)}, nil
		},
	})
}
