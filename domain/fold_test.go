package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

func TestFold(t *testing.T) {
	for word, want := range map[string]string{
		"": "", "wine": "wine", "Gasoline": "gasoline", " Airline  tickets ": "airline_tickets", "mission-card": "mission_card",
		"un_district": "un_district", "e - mail": "e_mail", "Crème\tBrûlée": "crème_brûlée", "--": "",
	} {
		assert.Equal(t, want, domain.Fold(word), word)
		assert.Equal(t, want, domain.Fold(want), "folding twice is folding once")
	}
}
