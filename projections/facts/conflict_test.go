package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

// That sources differ on an event is known from when it was noted until that is
// taken back, or until the event no longer stands, at any effective time.
func TestConflicts(t *testing.T) {
	s := office()
	arrived := s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	of := domain.Position(len(s.log) - 1)
	one := domain.ConflictNoted{Matter: "the day", Accounts: []string{"1 January: note", "8 January: list"}, Taken: "the note"}
	two := domain.ConflictNoted{Matter: "the rank", Accounts: []string{"attaché: note", "second secretary: list"}, Taken: "the list"}
	other := domain.ConflictNoted{Matter: "the rank", Accounts: two.Accounts, Taken: "the note"}

	first := s.write(domain.Member("ana"), when("2030-01-01"), arrived, one)
	second := s.write(domain.Member("ana"), when("2024-02-01"), arrived, two)
	s.write(domain.Member("ana"), when("2024-02-01"), second, domain.EventCorrected{Reason: "slip", Body: other})
	s.write(domain.Member("ana"), when("2024-02-01"), first, domain.EventRetracted{Reason: "found"})

	store := load(t, s.log)
	for _, tt := range []struct {
		known domain.Position
		want  []domain.ConflictNoted
	}{
		{of, nil}, {of + 1, nil}, {of + 2, []domain.ConflictNoted{one}}, {of + 3, []domain.ConflictNoted{one, two}},
		{of + 4, []domain.ConflictNoted{one, other}}, {of + 5, []domain.ConflictNoted{other}},
	} {
		assert.Equal(t, tt.want, store.At(tt.known).Conflicts(of), "as known at %d", tt.known)
	}
	assert.Empty(t, store.At(of+5).Conflicts(0))
}
