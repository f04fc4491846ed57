package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCents(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "30000": 30000, "$300": 30000, "$300.00": 30000, "300.00": 30000, "$300,000": 30_000_000, "1,250.50": 125050,
		"$1,250.50": 125050, "0.05": 5, "$0.05": 5, "9007199254740991": 9007199254740991, "$90,071,992,547,409.91": 9007199254740991,
	} {
		got, err := parseCents(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "$", "300,000", "300.0", "300.000", "$300.5", "$1,25", "$,300", "1,2,3.00", "-300", "-$3.00", "3e4", "$ 300", "300 USD", "€300", ".50", "٣٠٠"} {
		_, err := parseCents(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), "is not an amount: write whole cents, 30000, or dollars, $300 or 300.00", text)
	}
	for _, text := range []string{"9007199254740992", "$90,071,992,547,409.92", "99999999999999999999999"} {
		_, err := parseCents(text)
		assert.EqualError(t, err, text+" is too large")
	}
}
