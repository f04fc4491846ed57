package impact

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/standing"
)

// A Kind says what a change of the law does to one answer.
type Kind uint8

// The kinds, the gravest last. Where somebody is affected in several ways over time, the
// gravest counts.
const (
	// NotAsked is of a privilege that can be asked under neither law.
	NotAsked Kind = iota
	// Unchanged is of an answer that is the same for the same reason.
	Unchanged
	// OtherReason is of an answer that is the same, and rests on another rule.
	OtherReason
	// Conditions is of an answer of which only conditions change, and of one that
	// permits under both laws, since what is asked meets the conditions of either.
	Conditions
	// Gains is of an answer that becomes less strict, or that was not to be had.
	Gains
	// CannotTell is of an answer that one of the laws can't give: a fact is lacking, or
	// the law can't be applied.
	CannotTell
	// Loses is of an answer that becomes stricter, or is not to be had any more.
	Loses
	kinds
)

var kindNames = [kinds]string{"not_asked", "unchanged", "other_reason", "conditions", "gains", "cannot_tell", "loses"}

// String returns the kind as programs read it.
func (k Kind) String() string { return kindNames[k] }

// MarshalText writes the kind as programs read it.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Kinds lists the kinds in the order in which they are shown.
func Kinds() []Kind { return []Kind{Loses, Gains, Conditions, CannotTell, OtherReason, Unchanged} }

// kindOf says what it is to have one verdict and then another.
func kindOf(before, after *standing.Verdict, failed bool) Kind {
	switch {
	case failed:
		return CannotTell
	case before == nil && after == nil:
		return NotAsked
	case lacks(before) || lacks(after):
		return CannotTell
	}
	was, is := strictness(before), strictness(after)
	switch {
	case is != was && before != nil && after != nil && before.Permits() && after.Permits():
		return Conditions
	case is > was:
		return Loses
	case is < was:
		return Gains
	case before == nil || after == nil:
		return Conditions // it can't be asked any more, and was denied; or the reverse
	case !before.Same(*after):
		return Conditions
	case before.Rule != after.Rule || before.By != after.By || before.Code != after.Code || before.Detail != after.Detail:
		return OtherReason
	default:
		return Unchanged
	}
}

func lacks(v *standing.Verdict) bool { return v != nil && v.Outcome == "" && !v.NoLaw }

// strictness is that of the outcome; what can't be asked, or for want of any law is not
// answered, is as good as denied.
func strictness(v *standing.Verdict) int {
	if v == nil || v.NoLaw {
		return domain.Denied.Strictness()
	}
	return v.Outcome.Strictness()
}
