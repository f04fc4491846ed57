package codec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxCents is the largest amount: the largest whole number that every program
// that reads JSON keeps exactly.
const maxCents = 1<<53 - 1

func checkCents(n int64) error {
	if n > maxCents || n < -maxCents {
		return fmt.Errorf("%d is too large", n)
	}
	return nil
}

var (
	wholeCents = regexp.MustCompile(`^[0-9]+$`)
	// dollars show a dollar sign, two places, or both.
	dollars = regexp.MustCompile(`^(?:\$([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{2}))?|([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]{2}))$`)
)

// parseCents reads an amount as people write it, in cents: 30000, $300,
// $300.00, 300.00 and $1,250.50.
func parseCents(text string) (int64, error) {
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
	if err != nil || checkCents(n) != nil {
		return 0, fmt.Errorf("%s is too large", text)
	}
	return n, nil
}
