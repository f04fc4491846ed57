package engine

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// A Shift says what became of an answer under another law.
type Shift string

// The shifts. Gains and Loses are to less and more strict outcomes, Conditions to the
// same outcome under other conditions; of CannotTell one of the laws has no outcome, and
// Other is of a card with other words.
const (
	ShiftNone       Shift = "same"
	ShiftGains      Shift = "gains"
	ShiftLoses      Shift = "loses"
	ShiftConditions Shift = "conditions"
	ShiftCannotTell Shift = "cannot_tell"
	ShiftOther      Shift = "other"
)

// Shifts lists the shifts that are differences.
func Shifts() []Shift {
	return []Shift{ShiftLoses, ShiftGains, ShiftConditions, ShiftCannotTell, ShiftOther}
}

// shiftOf compares two answers by their outcomes and conditions.
func shiftOf(was, is domain.Outcome, under, then []domain.Condition) Shift {
	switch {
	case was == is && slices.EqualFunc(under, then, sameCondition):
		return ShiftNone
	case was == "" || is == "":
		return ShiftCannotTell
	case is.Stricter(was):
		return ShiftLoses
	case was.Stricter(is):
		return ShiftGains
	default:
		return ShiftConditions
	}
}

func sameCondition(a, b domain.Condition) bool {
	return a.Code == b.Code && a.State == b.State && slices.Equal(a.Params, b.Params)
}

// ShiftOf compares two decisions by their outcomes and conditions.
func ShiftOf(was, is domain.Decision) Shift {
	return shiftOf(was.Outcome, is.Outcome, was.Conditions, is.Conditions)
}
