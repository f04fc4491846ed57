package analysis

import "github.com/comity-project/comity/rules"

// A subject is a way in which somebody stands before the law.
type subject int

const (
	person  subject = iota // accredited himself
	family                 // by a sponsor
	visitor                // of a mission
	mission                // a mission itself
	nobody                 // a person without any capacity
	subjects
	// principal is the sponsor of a family member, seen as a person: what cuts him cuts
	// the family. He is no subject by himself.
	principal
)

func (s subject) of() rules.Of {
	if s == mission {
		return rules.OfMission
	}
	return rules.OfPerson
}
