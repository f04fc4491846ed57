package facts

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Asked is what of a question decides which requests, vehicles and quantities
// are meant.
type Asked struct {
	Subject   domain.Subject
	Privilege domain.Privilege
	Object    string // what the act is done to; "" or none if the question names none
	Goods     string
	At        timeline.Instant
	// Distance and the Centre from which it is measured, as the request states
	// them; Centres is how many the measures in play name.
	Distance, Centre string
	Centres          int
}
