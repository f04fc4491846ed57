package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

func TestParseCents(t *testing.T) {
	for text, want := range map[string]domain.Cents{
		"0": 0, "30000": 30000, "$300": 30000, "$300.00": 30000, "300.00": 30000, "$300,000": 30_000_000, "1,250.50": 125050,
		"$1,250.50": 125050, "0.05": 5, "$0.05": 5, "9007199254740991": 9007199254740991, "$90,071,992,547,409.91": 9007199254740991,
	} {
		got, err := domain.ParseCents(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "$", "300,000", "300.0", "300.000", "$300.5", "$1,25", "$,300", "1,2,3.00", "-300", "-$3.00", "3e4", "$ 300", "300 USD", "€300", ".50", "٣٠٠"} {
		_, err := domain.ParseCents(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), "is not an amount: write whole cents, 30000, or dollars, $300 or 300.00", text)
	}
	for _, text := range []string{"9007199254740992", "$90,071,992,547,409.92", "99999999999999999999999"} {
		_, err := domain.ParseCents(text)
		assert.EqualError(t, err, text+" is too large")
	}
}

func TestCents(t *testing.T) {
	for cents, want := range map[domain.Cents]string{0: "$0.00", -5: "-$0.05", 30000: "$300.00", 125050: "$1,250.50", 123456789: "$1,234,567.89"} {
		assert.Equal(t, want, cents.Dollars())
	}
}
