package generate

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

// file files a notice or an application, and sees it through.
func (t *telling) file() bool {
	d := t.dice
	n, found := t.somebody(serves)
	if !found {
		return false
	}
	filed := domain.RequestFiled{Applicant: memberID(n)}
	filed.Kind = draw(d, []lot[domain.RequestKind]{{30, "travel"}, {5, "engagement"}, {22, "duty_free_entry"}, {8, "warehouse"}, {10, "tax_letter"}, {5, "license"}, {5, "card"}, {5, "domestic_worker"}, {4, "goods"}, {6, "property"}})
	switch filed.Kind {
	case "travel":
		begins := t.today + d.between(1, 15)
		filed.From, filed.Until = t.days.on(eastern, begins), t.days.on(eastern, begins+d.between(1, 9))
		filed.Place = pick(d, cities).name
	case "property":
		filed.Applicant, filed.Mission = "", t.missions[t.posts[n]].id
		filed.Privileges = []domain.Privilege{pick(d, []domain.Privilege{"property.lease", "property.alter", "property.acquire"})}
		filed.Amount = domain.Cents(d.between(1_000_00, 900_000_00))
	case "duty_free_entry", "tax_letter":
		filed.Amount = domain.Cents(d.between(100_00, 60_000_00))
	}
	t.numbers.request++
	subject := domain.Of(domain.KindRequest, fmt.Sprintf("q-%d", t.numbers.request))
	t.story(t.about(subject, t.today-d.below(3), filed))
	switch {
	case d.chance(3):
		t.later(d.between(1, 20), func() {
			t.story(t.about(subject, t.today, domain.RequestWithdrawn{Reason: "no longer needed"}))
		})
	case d.chance(90):
		t.later(d.between(1, 30), func() { t.answer(subject, filed.Kind) })
	}
	return true
}

// answer approves or disapproves a request; some are acknowledged first.
func (t *telling) answer(subject domain.Subject, kind domain.RequestKind) {
	d := t.dice
	if kind == "property" && d.chance(70) {
		t.story(t.about(subject, t.today, domain.RequestAcknowledged{Days: pick(d, []int{0, 30, 45})}))
		t.later(d.between(5, 50), func() { t.answer(subject, "") })
		return
	}
	if d.chance(10) {
		t.story(t.ordered("note", subject, t.today, domain.RequestDisapproved{Reason: pick(d, []string{"no equivalent treatment", "the form is not complete", "not in the time that is asked for"})}))
		return
	}
	approved := domain.RequestApproved{}
	if d.chance(20) {
		approved.Terms = []string{pick(d, []string{"no commercial use", "by the stated route", "once"})}
	}
	if d.chance(40) {
		approved.Until = t.until(t.today, 12)
	}
	t.story(t.ordered("note", subject, t.today, approved))
}
