package plan_test

import (
	"testing"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// The answers to all cases of the common law that have one: by the law, by a plan
// that knows them, and from seats; per answer.
func BenchmarkWeigh(b *testing.B) {
	all := examples(b)
	law := all[0].law
	var situations []*rules.Situation
	p := plan.New()
	var seats []plan.Seat
	settled := 0
	for _, e := range all {
		if e.law.States != nil {
			continue
		}
		s := e.situation(b)
		if a := p.Weigh(law, s); a.Outcome == "" || a.Outcome == domain.Outcome("?") {
			continue
		}
		situations = append(situations, s)
		seats = append(seats, p.Seat(e.law, s))
		if seats[len(seats)-1].Settled() != nil {
			settled++
		}
	}
	b.Logf("%d answers, %d settled without the request; %+v", len(situations), settled, p.Stats())
	each := func(b *testing.B, ask func(i int)) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range situations {
				ask(i)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(situations)), "ns/answer")
	}
	b.Run("law", func(b *testing.B) { each(b, func(i int) { rules.Weigh(law, situations[i]) }) })
	b.Run("plan", func(b *testing.B) { each(b, func(i int) { p.Weigh(law, situations[i]) }) })
	b.Run("seat", func(b *testing.B) { each(b, func(i int) { seats[i].Weigh(situations[i].Request) }) })
}
