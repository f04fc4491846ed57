package domain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Cents is an amount of United States money in whole cents.
type Cents int

// MaxCents is the largest amount: the largest whole number that every program
// that reads JSON keeps exactly.
const MaxCents = 1<<53 - 1

var (
	wholeCents = regexp.MustCompile(`^[0-9]+$`)
	// dollars show a dollar sign, two places, or both.
	dollars = regexp.MustCompile(`^(?:\$([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{2}))?|([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]{2}))$`)
)

// ParseCents reads an amount as people write it, in cents: 30000, $300,
// $300.00, 300.00 and $1,250.50.
func ParseCents(text string) (Cents, error) {
	digits := text
	if !wholeCents.MatchString(text) {
		m := dollars.FindStringSubmatch(text)
		if m == nil {
			return 0, fmt.Errorf("%q is not an amount: write whole cents, 30000, or dollars, $300 or 300.00", text)
		}
		cents := m[2] + m[4]
		if cents == "" {
			cents = "00"
		}
		digits = strings.ReplaceAll(m[1]+m[3], ",", "") + cents
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > MaxCents {
		return 0, fmt.Errorf("%s is too large", text)
	}
	return Cents(n), nil
}

// Dollars writes the amount for people: $1,250.50.
func (c Cents) Dollars() string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	whole := strconv.FormatUint(n/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s$%s.%02d", sign, whole, n%100)
}
