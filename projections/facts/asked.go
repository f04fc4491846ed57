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
}
