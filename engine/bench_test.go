package engine_test

import (
	"fmt"
	"testing"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// BenchmarkAsk answers one question with its reasons and until when it holds.
func BenchmarkAsk(b *testing.B) {
	o := found(b, domain.Live, nil)
	o.submit(b, arandia()...)
	o.submit(b, drafts(domaintest.Joined("hal", "ana", "spouse", "2024-01-01"), domaintest.Ended("ana", "2025-06-01"))...)
	asOf := domaintest.When("2025-02-03").At
	for _, tt := range []struct {
		who domain.MemberID
		p   domain.Privilege
	}{{"ana", "imm.arrest"}, {"ana", "tax.sales"}, {"hal", "imm.arrest"}, {"nobody", "imm.arrest"}} {
		b.Run(fmt.Sprintf("%s/%s", tt.who, tt.p), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := o.Ask(b.Context(), engine.Question{Subject: domain.Member(tt.who), Privilege: tt.p, AsOf: asOf}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStanding answers every privilege of a member.
func BenchmarkStanding(b *testing.B) {
	o := found(b, domain.Live, nil)
	o.submit(b, arandia()...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Standing(b.Context(), engine.Question{Subject: domain.Member("ana")}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSubmit records one event a command, on a log in memory.
func BenchmarkSubmit(b *testing.B) {
	o := found(b, domain.Live, nil)
	o.submit(b, arandia()...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o.submit(b, drafts(domaintest.Accredited(domain.MemberID(fmt.Sprintf("m-%d", i)), "arandia-embassy", "dip.at", "2024-01-01"))...)
	}
}
